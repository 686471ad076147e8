"""Which snapshot is published, and read-only access to it.

Each cache key holds the snapshot's path, and a path is never used twice, so nothing here can be
stale: a new publication is a new key.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import duckdb

from dashboard import mode
from dashboard.kept import kept
from dashboard.launch import HOME_VARIABLE
from dashboard.reading import NoSnapshot, asked, read_ahead
from pipelines.snapshot import CURRENT, DamagedSnapshot
from pipelines.totals.files import cases_of, totals_of

__all__ = ["NoSnapshot", "asked", "read_ahead"]

FILE_NAME: Final = re.compile(r"[A-Za-z0-9._-]+\.duckdb")


@dataclass(frozen=True)
class Snapshot:
    """One published data set: its file, and the few facts that every page prints."""

    path: str
    published: datetime | None
    data_to: date | None
    rules: str
    leaflet_review: str
    adopted_by: str
    adopted_on: str
    previous: str = ""

    @property
    def name(self) -> str:
        """The snapshot's name, also where its file of totals is read."""
        return cases_of(Path(self.path)).name


def home() -> Path:
    """The data home; NoSnapshot when the process was started without one."""
    root = os.environ.get(HOME_VARIABLE)
    if not root:
        raise NoSnapshot(
            "No data home is set. Start the dashboard with `outcomes dashboard`, or set "
            f"{HOME_VARIABLE}."
        )
    return _path(root)


@lru_cache(maxsize=4)
def _path(root: str) -> Path:
    return Path(root)


def current_name() -> str:
    """The name that CURRENT holds; NoSnapshot with a sentence for the reader if none."""
    try:
        return (home() / "snapshots" / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        raise NoSnapshot("No snapshot has been published yet: run `outcomes demo`.") from None


def published() -> Snapshot:
    """The snapshot that CURRENT names now; NoSnapshot with a sentence for the reader if none."""
    return named(current_name())


def from_cases() -> None:
    """Let this process read the file of cases in every mode: a command of the home's owner, who
    has it anyway. A server never calls this.
    """
    _FROM_CASES.append(True)


_FROM_CASES: Final[list[bool]] = []


def counts_alone() -> bool:
    """Whether this reader is answered from the file of totals: everybody who sees no case."""
    return not mode.sees_cases() and not _FROM_CASES


def named(name: str) -> Snapshot:
    """A snapshot of this home by its file's name; NoSnapshot where it cannot be read.

    For a reader who sees no case it is its file of totals, and the file of cases is never opened.
    """
    path = home() / "snapshots" / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        raise NoSnapshot(
            f"The pointer {CURRENT} names a snapshot that is not there. Run `outcomes build`, or "
            "choose an earlier one with `outcomes snapshots`."
        )
    if counts_alone():
        path = totals_of(path)
        if not path.is_file():
            raise NoSnapshot(
                f"The data as published in {name} have no file of totals, which is all that is "
                "opened in this mode. Run `outcomes build` to publish them anew."
            )
    try:
        return _described(str(path))
    except (DamagedSnapshot, duckdb.Error) as error:
        raise NoSnapshot(
            f"The snapshot {name} cannot be read ({type(error).__name__}). Run `outcomes build`, "
            "or choose an earlier one with `outcomes snapshots`."
        ) from error


def names() -> list[str]:
    """All snapshots of this home, the latest first; damaged ones too."""
    folder = home() / "snapshots"
    if not folder.is_dir():
        return []
    return sorted((p.name for p in folder.glob("outcomes-*.duckdb")), reverse=True)


@kept
def _described(path: str) -> Snapshot:
    found = asked(path, lambda cur: cur.execute("from meta").fetchall())
    meta = {str(key): str(value or "") for key, value in found}
    data_to = _moment(meta.get("data_to", ""))
    return Snapshot(
        path,
        _moment(meta.get("created_at", "")),
        data_to.date() if data_to else None,
        meta.get("ruleset_version") or "not recorded",
        meta.get("leaflet_review") or "not recorded",
        meta.get("adopted_by", ""),
        meta.get("adopted_on", ""),
        meta.get("previous_snapshot", ""),
    )


def _moment(words: str) -> datetime | None:
    """A date or time in the reader's own time zone; None for what is no date."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found.astimezone() if found.tzinfo else found
