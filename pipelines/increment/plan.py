"""Whether the published snapshot can be carried on, and which files have changed since.

It is decided by comparison: rules, parameters, code, settings and engine have to be those that made
it, and every file that it knows has to be as it was, but for whether it holds.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

import duckdb

from pipelines import landing_tables as landing
from pipelines import snapshot as snapshots
from pipelines.engines.duck import connect
from pipelines.erasure import published
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.increment.doubt import NeedsFull
from pipelines.ingest.receipt import Receipt
from pipelines.landing_load import load_files
from pipelines.made_by import code_digest, settings_digest
from rules.ruleset import Ruleset

MOST_BUILDS: Final = 50
"""After so many, rows are laid down in their order again, as pages read them fastest."""
READS: Final = {
    "ruleset_version": "rules or parameters changed",
    "code_version": "the program changed",
    "code_digest": "the program changed",
    "settings_digest": "outcomes.toml changed",
    "duckdb_version": "DuckDB changed",
    "models_engine": "another engine made what is published",
    "python_version": "Python changed",
}


@dataclass(frozen=True)
class Plan:
    """What to carry on: the published snapshot, and the files that have changed since.

    `before` has the rows of `landing_file` as they were published.
    """

    base: snapshots.SnapshotInfo
    before: list[tuple[Any, ...]]
    since_full: int


def plan(home: Home, ruleset: Ruleset, receipts: list[Receipt]) -> Plan:
    """What to carry on. Raises NeedsFull."""
    base = snapshots.current(home)
    if base is None:
        raise NeedsFull("nothing is published that could be carried on")
    if published.is_pending(home):
        raise NeedsFull("rows were forgotten, and nothing of them may stay in the file")
    if not whole(base):
        raise NeedsFull("the published snapshot is not as it was written")
    try:
        con = snapshots.open_readonly(base.path)
        try:
            meta = dict(con.execute("select key, value from meta").fetchall())
            before = con.execute("select * from file").fetchall()
            columns = [each[0] for each in con.description or []]
        finally:
            con.close()
    except (duckdb.Error, OutcomesError):
        raise NeedsFull("the published snapshot cannot be read") from None
    for key, now in _now(home, ruleset).items():
        if meta.get(key) != now:
            raise NeedsFull(READS[key])
    if columns != list(landing.FILE):
        raise NeedsFull("the program changed")
    since = int(meta["builds_since_full"]) + 1
    if since > MOST_BUILDS:
        raise NeedsFull(f"{MOST_BUILDS} builds carried on since the last full one")
    _same_files(before, receipts)
    return Plan(base, before, since)


def whole(base: snapshots.SnapshotInfo) -> bool:
    """Whether a snapshot is as it was written: its name has the beginning of its digest."""
    digest = hashlib.sha256()
    with base.path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return base.path.stem.endswith(f"-{digest.hexdigest()[:8]}")


def _now(home: Home, ruleset: Ruleset) -> dict[str, str]:
    return {
        "ruleset_version": ruleset.version,
        "code_version": metadata.version("sciatica-outcomes"),
        "code_digest": code_digest(),
        "settings_digest": settings_digest(home),
        "duckdb_version": duckdb.__version__,
        "models_engine": f"DuckDB {duckdb.__version__}",
        "python_version": platform.python_version(),
    }


def _same_files(before: list[tuple[Any, ...]], receipts: list[Receipt]) -> None:
    """Raise NeedsFull where a file that was known has gone or differs in more than `current`."""
    con = connect()
    try:
        load_files(con, receipts)
        now = {row[0]: row for row in con.execute("select * from landing_file").fetchall()}
    finally:
        con.close()
    place = list(landing.FILE).index("current")
    for row in before:
        known = now.get(row[0])
        if known is None:
            raise NeedsFull("a file that was taken in is gone from landing")
        if (*row[:place], *row[place + 1 :]) != (*known[:place], *known[place + 1 :]):
            raise NeedsFull("the load report of a file is another one than it was")
    was, here = _supplied(before), _supplied(now.values())
    sources = {source for source, _ in was}
    for _, stream in sorted(each for each in here - was if each[0] in sources):
        raise NeedsFull(f"a source supplies a stream for the first time ({stream})")
    for _, stream in sorted(was - here):
        raise NeedsFull(f"a source does not supply a stream any more ({stream})")


def _supplied(rows: Any) -> set[tuple[str, str]]:
    return set(_streams(rows))


def _streams(rows: Any) -> Iterator[tuple[str, str]]:
    """Source and stream of the files that hold; whether one records actions is a stream too."""
    names = list(landing.FILE)
    for row in rows:
        told = dict(zip(names, row, strict=True))
        if told["current"]:
            yield told["source"], told["stream"]
            if told["stream"] == "referral" and told["action_source"]:
                yield told["source"], "referral, with actions"
