"""From landing to a published snapshot: load, run the models, check, publish."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.checks.run import Check, run_checks
from pipelines.engines.duck import connect
from pipelines.erasure import leave, published
from pipelines.erasure.landing import episodes_in
from pipelines.errors import OutcomesError
from pipelines.home import Home, telling_of_the_disk
from pipelines.increment.build import Carried, carry
from pipelines.increment.doubt import NeedsFull
from pipelines.ingest.receipt import Receipt, list_receipts
from pipelines.journal import logged
from pipelines.settings_lines import place
from pipelines.snapshot import SnapshotInfo, publish
from pipelines.snapshot_tables import write_snapshot
from pipelines.work import Engine, Work, on_duckdb
from rules.errors import RulesError
from rules.ruleset import Ruleset, load

Progress = Callable[[str, int, int], None]


def build(
    home: Home,
    progress: Progress | None = None,
    wait: float = 0.0,
    engine: Engine = on_duckdb,
    full: bool = False,
    tell: Callable[[str], None] | None = None,
) -> SnapshotInfo:
    """Build and publish a snapshot from everything in landing; `wait` seconds for the lock.

    `engine` runs the models; checks and the snapshot are DuckDB's in any case. On DuckDB only the
    episodes that new files touch are worked out anew where that gives the same rows, unless `full`;
    `tell` is called with a sentence on which kind of build it was, and why.

    Who is to be left out (the opt-out list, the period of retention) goes first, and where rows
    went, what was made of them goes as well.

    Raises OutcomesError when nothing was ingested, a parameter is impossible or a fatal
    check fails; the published snapshot then stays as it was.
    """
    ruleset = service_rules(home)
    with (
        home.lock("build", wait),
        logged(home, "build") as event,
        telling_of_the_disk(home.root),
    ):
        for left in home.root.glob(".build-*"):
            shutil.rmtree(left, ignore_errors=True)
        leave.register_opted_out(home)
        leave.register_past_retention(home)
        leave.apply(home, progress)
        info, said = _published(home, ruleset, progress, engine, full, event)
        if tell:
            tell(said)
        if published.is_pending(home):
            published.finish(home, episodes_in(home))
        return info


def _published(
    home: Home,
    ruleset: Ruleset,
    progress: Progress | None,
    engine: Engine,
    full: bool,
    event: dict[str, Any],
) -> tuple[SnapshotInfo, str]:
    """The new snapshot, and a sentence on how it was built; the journal's `event` is filled in."""
    found, why = _carried(home, ruleset, progress, engine, full)
    if found is None:
        with worked_out(home, ruleset, home.root, progress, engine) as (con, checks):
            info = publish(
                home,
                lambda path: write_snapshot(con, path, home, ruleset, checks, totals=True),
            )
        event |= {"kind": "full", "why": why}
        said = f"Everything was worked out anew, because {why}."
    else:
        info, checks = found.info, found.checks
        event |= {"kind": "incremental", "touched": found.touched, "causes": found.causes}
        n = found.touched
        said = f"{n:,} {'episode was' if n == 1 else 'episodes were'} worked out anew."
    event |= {"snapshot": info.name, "bytes": info.size}
    event["checks"] = dict(Counter(check.status for check in checks))
    return info, said


def _carried(
    home: Home, ruleset: Ruleset, progress: Progress | None, engine: Engine, full: bool
) -> tuple[Carried | None, str]:
    """What carrying the published snapshot on gave; else None, and why a full build is needed."""
    if full:
        return None, "it was asked for"
    if engine is not on_duckdb:
        return None, "the models ran elsewhere"
    try:
        return carry(home, ruleset, _readable(home), progress), ""
    except NeedsFull as reason:
        return None, str(reason)


@contextlib.contextmanager
def worked_out(
    home: Home,
    ruleset: Ruleset,
    folder: Path | None,
    progress: Progress | None = None,
    engine: Engine = on_duckdb,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Check]]]:
    """The models of everything in landing under `ruleset`, in a database of their own.

    The database lies in a new folder inside `folder` (None: the system's) and is gone afterwards.
    Raises OutcomesError when nothing was ingested or a fatal check fails.
    """
    receipts = _readable(home)
    if not any(each.stream == "triage" and not each.withdrawn for each in receipts):
        raise OutcomesError(
            "there is no triage export in the data home yet",
            where=str(home.root),
            hint="Ingest one first: outcomes ingest FILE",
        )
    scratch = Path(tempfile.mkdtemp(prefix=".build-", dir=folder))
    try:
        con = connect(scratch / "work.duckdb", temp=scratch)
        try:
            ran = engine(con, Work(home, receipts, ruleset, scratch), progress)
            con.execute("create or replace table models_engine as select ? as name", [ran])
            yield con, run_checks(con)
        finally:
            con.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _readable(home: Home) -> list[Receipt]:
    """The files that models read; those taken in raw have no contract."""
    return [each for each in list_receipts(home) if each.stream != "raw"]


def service_rules(home: Home) -> Ruleset:
    """The rules under the service's own parameters; OutcomesError names a wrong line."""
    overrides = home.config().get("parameters", {})
    hint = "Correct or remove the line; the published snapshot is unchanged."
    if not isinstance(overrides, dict):
        where = place(home.config_file, "parameters")
        raise OutcomesError("write parameters as name = value under it", where=where, hint=hint)
    try:
        return load(overrides=overrides)
    except RulesError as error:
        where = place(home.config_file, "parameters", error.name)
        raise OutcomesError(str(error), where=where, hint=hint) from None
