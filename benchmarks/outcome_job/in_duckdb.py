"""Our own models, from the same Parquet: `python -m benchmarks.outcome_job.in_duckdb IN OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.outcome_job.inputs import INPUTS, RESULTS
from pipelines.engines.duck import connect, run_models
from pipelines.engines.project import models
from rules.ruleset import load

DAYS = "select ep, day, max(nprs_today) as nprs_today from entry group by ep, day"
MADE = ("score", "improvement_event", "persistence")


def run(given: Path, out: Path) -> None:
    """Run the models that date improvement and judge persistence."""
    con = connect(temp=out)
    con.execute("set threads = 2")
    for table in INPUTS:
        con.execute(f"create view {table} as from read_parquet('{given / table}.parquet')")
    con.execute(f"create view log_day as {DAYS}")
    run_models(con, [each for each in models(load()) if each.name in MADE])
    for name, columns in RESULTS.items():
        table = "improvement_event" if name == "improvement" else name
        con.execute(f"copy (select {columns} from {table}) to '{out / name}.parquet'")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
