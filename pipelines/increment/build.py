"""Publish what new files add to the published snapshot."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.checks.run import Check
from pipelines.engines.duck import connect
from pipelines.home import Home
from pipelines.increment.checks import moved_checks
from pipelines.increment.doubt import NeedsFull
from pipelines.increment.merge import carry_on, drop_the_rest
from pipelines.increment.pairs import find_people, move_pairs, pair
from pipelines.increment.plan import Plan, plan
from pipelines.increment.touched import find_touched
from pipelines.increment.worlds import WORLDS, fill, number, run, show_files
from pipelines.ingest.receipt import Receipt
from pipelines.snapshot import SnapshotInfo, publish
from pipelines.snapshot_tables import at_once, attached, write_making, write_worked_out
from rules.ruleset import Ruleset

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Carried:
    """What came of it: the snapshot, its checks, how many episodes each cause touched."""

    info: SnapshotInfo
    checks: list[Check]
    causes: dict[str, int]

    @property
    def touched(self) -> int:
        """How many episodes were worked out anew, for whatever cause (`touched.CAUSES`)."""
        return sum(self.causes.values())


def carry(
    home: Home, ruleset: Ruleset, receipts: list[Receipt], progress: Progress | None = None
) -> Carried:
    """Carry the published snapshot on to the files that hold now, and publish it.

    The caller holds the home's lock. Raises NeedsFull, with nothing published, where only a full
    build is sure to be right.
    """
    found = plan(home, ruleset, receipts)
    scratch = Path(tempfile.mkdtemp(prefix=".build-", dir=home.root))
    made: list[tuple[list[Check], dict[str, int]]] = []

    def write(path: Path) -> None:
        con = connect(scratch / "work.duckdb", temp=scratch)
        try:
            made.append(_write(con, path, home, ruleset, receipts, found, progress))
        finally:
            con.close()

    try:
        info = publish(home, write)
    except duckdb.Error as error:
        raise NeedsFull(
            f"the published snapshot could not be carried on ({_kind(error)})"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Carried(info, *made[0])


def _write(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    home: Home,
    ruleset: Ruleset,
    receipts: list[Receipt],
    found: Plan,
    progress: Progress | None,
) -> tuple[list[Check], dict[str, int]]:
    shutil.copyfile(found.base.path, path)
    path.chmod(0o600)
    with attached(con, path):
        show_files(con, home, receipts, found)
        touched = find_touched(con)
        number(con, ruleset)
        fill(con)
        for place, world in enumerate(WORLDS):
            run(con, world, ruleset, _part(progress, place))
        find_people(con)
        pair(con, "before")
        carry_on(con, home, ruleset)
        pair(con, "after")
        move_pairs(con)
        checks = moved_checks(con, home, receipts)
        con.execute(f"create table models_engine as select 'DuckDB {duckdb.__version__}' as name")
        drop_the_rest(con)
        con.execute("checkpoint snap")  # the room of what went is used again
        with at_once(con):
            write_making(con, path, home, ruleset, checks, found.since_full)
        write_worked_out(con, path, totals=True, pairs=False)
    return checks, touched


def _part(progress: Progress | None, place: int) -> Progress | None:
    """The progress of one world's models as that of both worlds'."""
    if progress is None:
        return None
    return lambda name, number, total: progress(name, place * total + number, 2 * total)


def _kind(error: duckdb.Error) -> str:
    """The class alone: an engine's words may hold values of cells."""
    return type(error).__name__
