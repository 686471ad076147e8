"""One measured step in a process of its own: `python -m benchmarks.at_size_step WHAT PLACE…`.

Writes nothing but JSON: CPU seconds of the step (without the program's start), the most resident
memory in MB, and what the step has to tell.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.outcome_job import inputs
from benchmarks.rebuild_profile import cpu, peak_since, profiled
from pipelines import build as building
from pipelines.home import Home
from pipelines.ingest.door import ingest_file

DIARY_PROFILE = "demo-app-adherence"


def count(exports: Path, pattern: str = "*_app_*.csv") -> dict[str, Any]:
    """DuckDB's bare count of the files, all in one statement."""
    con = duckdb.connect(config={"threads": "2"})
    con.execute("select 1")
    files = [str(path) for path in sorted(exports.glob(pattern))]
    before = cpu()
    statement = "select count(*) from read_csv(?, header = true)"
    found = con.execute(statement, [files]).fetchall()
    size = sum(Path(path).stat().st_size for path in files)
    return {"cpu": cpu() - before, "rows": found[0][0], "bytes": size}


def ingest(exports: Path, home: Path) -> dict[str, Any]:
    """Every file through the door, corrections last."""
    store = Home.open(home)
    before = cpu()
    with store.lock("benchmark"):
        for late in (False, True):
            for path in sorted(exports.glob("*.csv")):
                if ("correction" in path.name) is late:
                    profile = DIARY_PROFILE if "_app_" in path.name else None
                    ingest_file(store, path, profile=profile)
    size = sum(path.stat().st_size for path in store.landing.rglob("*.parquet"))
    return {"cpu": cpu() - before, "bytes": size}


def rebuild(home: Path) -> dict[str, Any]:
    """The whole rebuild from landing, statement by statement."""
    store = Home.open(home, create=False)
    before = cpu()
    steps = profiled(store)
    newest = max(store.snapshots.glob("outcomes-*.duckdb"))
    return {
        "cpu": cpu() - before,
        "bytes": newest.stat().st_size,
        "steps": [dataclasses.asdict(step) for step in steps],
        "rows": _rows(newest),
        "memory": max(step.memory for step in steps),
    }


def _rows(snapshot: Path) -> dict[str, int]:
    con = duckdb.connect()
    con.execute(f"attach '{snapshot}' as snap (read_only)")
    told = con.execute(
        "select table_name, estimated_size from duckdb_tables() where database_name = 'snap'"
    ).fetchall()
    return {name: rows for name, rows in told if name in ("episode", "contact", "log_day")}


def day(exports: Path, home: Path) -> dict[str, Any]:
    """One more day's files, taken in and published."""
    taken = ingest(exports, home)
    before = cpu()
    building.build(Home.open(home, create=False))
    built = cpu() - before
    return {"cpu": taken["cpu"] + built, "ingest": taken["cpu"], "build": built}


def job_inputs(home: Path, folder: Path) -> dict[str, Any]:
    """What the job in three tools reads."""
    return {"rows": inputs.write(Home.open(home, create=False), folder), "cpu": 0.0}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "count": count,
    "ingest": ingest,
    "rebuild": rebuild,
    "day": day,
    "job_inputs": job_inputs,
}


def main() -> None:
    """The command."""
    what, *places = sys.argv[1:]
    peak_since()
    if what == "count" and len(places) == 2:
        found = count(Path(places[0]), places[1])
    else:
        found = STEPS[what](*map(Path, places))
    found["memory"] = max(found.get("memory", 0.0), peak_since())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
