"""`[retention]` of outcomes.toml: how long episodes are kept, and who has opted out."""

from __future__ import annotations

import calendar
import datetime as dt
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.settings_lines import place

SECTION: Final = "retention"
MOST_MONTHS: Final = 1200


@dataclass(frozen=True)
class Retention:
    """Months after its last activity that an episode is kept (None: no end); the opt-out list."""

    months: int | None = None
    opt_out: Path | None = None


def retention(home: Home) -> Retention:
    """The settings of a home. OutcomesError names a wrong line."""
    found = home.config().get(SECTION, {})
    if not isinstance(found, dict):
        raise OutcomesError(
            "write retention as name = value under it", where=place(home.config_file, SECTION)
        )
    for name in found:
        if name not in ("months", "opt_out"):
            near = difflib.get_close_matches(name, ("months", "opt_out"), 1)
            raise OutcomesError(
                f"there is no setting {name}",
                where=place(home.config_file, SECTION, name),
                hint=f"Did you mean {near[0]}?" if near else "Known: months, opt_out.",
            )
    months = found.get("months")
    if months is not None and (type(months) is not int or not 1 <= months <= MOST_MONTHS):
        raise OutcomesError(
            f"months is a whole number from 1 to {MOST_MONTHS}",
            where=place(home.config_file, SECTION, "months"),
        )
    opt_out = found.get("opt_out")
    if opt_out is not None and not isinstance(opt_out, str):
        raise OutcomesError(
            "opt_out is the path of a file", where=place(home.config_file, SECTION, "opt_out")
        )
    path = Path(opt_out).expanduser() if opt_out else None
    return Retention(months, home.root / path if path else None)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day so many months earlier, or the last one that the month has."""
    at = day.year * 12 + day.month - 1 - months
    year, month = divmod(at, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def pseudonyms(path: Path) -> list[str]:
    """The pseudonyms of a list: one a line, empty lines and what follows a # left out.

    OutcomesError for a file that is missing or no text, or a line with more than one word.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise OutcomesError(
            f"the list of pseudonyms cannot be read: {why}",
            where=str(path),
            hint="Write one pseudonym a line. Nothing is taken in without the list.",
        ) from None
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip().strip('"')
        if len(text.split()) > 1 or "," in text:
            raise OutcomesError(
                "more than one word stands here",
                where=f"{path.name}, line {number}",
                hint="Write one pseudonym a line.",
            )
        if text:
            found.append(text)
    return found
