"""Whether two results of the job have the same rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from benchmarks.outcome_job.inputs import RESULTS


def differences(ours: Path, theirs: Path) -> dict[str, int]:
    """Result -> rows that only one of the two folders has; dates and numbers by their value."""
    con = duckdb.connect()
    found = {}
    for name in RESULTS:
        columns = con.execute(f"describe from read_parquet('{ours / name}.parquet')").fetchall()
        told = ", ".join(
            f"{column}::{'date' if kind == 'DATE' else kind} as {column}"
            for column, kind, *_ in columns
        )
        one, two = (
            f"select {told} from read_parquet('{folder / name}.parquet')"
            for folder in (ours, theirs)
        )
        found[name] = sum(
            con.execute(f"select count(*) from ({a} except all {b})").fetchall()[0][0]
            for a, b in ((one, two), (two, one))
        )
    return found


if __name__ == "__main__":
    print(json.dumps(differences(Path(sys.argv[1]), Path(sys.argv[2]))))
