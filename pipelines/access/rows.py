"""Rows about single episodes that are to leave the program: whether they may, and their mark.

Off unless `[access] row_export = true` stands in outcomes.toml, then for auditors only, each time
with a purpose. A line of the access log is written before anything is handed out; what is handed
out names it, in the file and in every row.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.access.line import LONGEST, Event
from pipelines.access.log import record
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.identifiers import holds_nhs_number
from pipelines.neutral import cell
from pipelines.settings_lines import place

SECTION: Final = "access"
SETTING: Final = "row_export"
SHORTEST: Final = 10
COLUMN: Final = "Taken (access log line)"
ALLOW: Final = (
    f"Whoever answers for the data allows it with {SETTING} = true under [{SECTION}] in "
    "outcomes.toml; each export is then put on record."
)


class NotTaken(OutcomesError):
    """Rows about single episodes are not handed out; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Who took rows when, for what, of which data, and the line of the log that says so."""

    who: str
    at: dt.datetime
    purpose: str
    data: str
    line: int

    def words(self) -> tuple[str, ...]:
        """The mark as lines for the head of a file."""
        return (
            "Rows about single episodes. Pseudonymised personal data: for the purpose below only, "
            "not to be passed on, to be destroyed when it is done.",
            f"Taken by {self.who} on {self.at:%d/%m/%Y at %H:%M} UTC",
            f"Purpose: {self.purpose}",
            f"Data: {self.data}",
            f"Access log: line {self.line}",
        )


def allowed(home: Home) -> bool:
    """Whether this home lets rows be taken away. OutcomesError names a wrong line."""
    found = home.config().get(SECTION, {})
    value = found.get(SETTING, False) if isinstance(found, dict) else False
    if not isinstance(value, bool):
        raise OutcomesError(
            f"{SETTING} is true or false", where=place(home.config_file, SECTION, SETTING)
        )
    return value


def stated(purpose: str | None) -> str:
    """The purpose as it is kept; NotTaken for one that says nothing, or holds an identifier."""
    found = " ".join((purpose or "").split())
    if len(found) < SHORTEST:
        raise NotTaken(
            "say in a few words what the rows are for",
            hint="As in: audit of red flags in May, for the lead of the service.",
        )
    if len(found) > LONGEST or not found.isprintable():
        raise NotTaken(f"a purpose is one line of at most {LONGEST} characters")
    if holds_nhs_number(found):
        raise NotTaken("the purpose holds what looks like an NHS number; leave it out")
    return found


def may(home: Home, mode: str, purpose: str | None) -> str:
    """The purpose as it is kept; NotTaken where this home or mode allows no rows, or for none."""
    if mode != "auditor":
        raise NotTaken(f"rows about single episodes are not handed out in the mode {mode}")
    if not allowed(home):
        raise NotTaken("rows about single episodes are not handed out here", hint=ALLOW)
    return stated(purpose)


def take(
    home: Home, who: str, mode: str, page: str, purpose: str | None, data: str, rows: int
) -> Mark:
    """Put on record that rows are taken; their mark. `data` is the snapshot's name.

    NotTaken as `may` has it, NotOnRecord where the log cannot be written: then nothing may be
    handed out.
    """
    why = may(home, mode, purpose)
    event = Event(who, mode, "export", page, purpose=why, detail={"data": data, "rows": rows})
    line = record(home, event, durable=True)
    return Mark(who, dt.datetime.now(dt.UTC), why, data, line)


def as_csv(mark: Mark, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV: the mark's lines first, and the log's line in every row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([cell(f"# {line}")] for line in mark.words())
    writer.writerow([*map(cell, columns), COLUMN])
    for row in rows:
        values = ("" if row.get(name) is None else row[name] for name in columns)
        writer.writerow([*map(cell, values), mark.line])
    return out.getvalue()
