"""Every measure for every month and site of a published snapshot: CPU, and the slowest ones.

`python -m benchmarks.catalogue_speed --home FOLDER` reads the home's published snapshot. The unit
is one plain pass over the snapshot's contacts and rule results, measured in the same run, so that
the figure means the same on another machine. Exit code 1 where the budget is not kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import duckdb

from pipelines import snapshot
from pipelines.home import Home
from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter

BUDGET = 25.0
"""All measures by month and site may take this many passes over contacts and rule results."""
PASS = (
    "select sum(hash(c)) from contact as c",
    "select sum(hash(t)) from rule_trace as t",
)


def one_pass(con: duckdb.DuckDBPyConnection) -> float:
    """CPU seconds of reading every value of the two largest tables once; the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for text in PASS:
            con.execute(text).fetchall()
        best = min(best, time.process_time() - start)
    return best


def main() -> int:
    """Measure, print, and say whether the budget is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalogue_speed")
    parser.add_argument("--home", type=Path, required=True)
    home = Home.open(parser.parse_args().home, create=False)
    published = snapshot.current(home)
    if published is None:
        print("nothing is published in this home", file=sys.stderr)
        return 2
    con = snapshot.open_readonly(published.path)
    unit, taken = one_pass(con), []
    wall = time.monotonic()
    for entry in catalogue().values():
        start = time.process_time()
        rows = len(evaluate(con, entry.id, Filter(), ("month", "site")).rows)
        taken.append((time.process_time() - start, rows, entry.id))
    wall = time.monotonic() - wall
    total = sum(seconds for seconds, _, _ in taken)
    for seconds, rows, name in sorted(taken, reverse=True)[:8]:
        print(f"{name:42} {seconds:6.2f} s CPU, {rows:,} lines")
    n = sum(rows for _, rows, _ in taken)
    print(f"{len(taken)} measures by month and site: {n:,} lines, {wall:.1f} s")
    print(f"{total:.1f} s CPU, {total / unit:.1f} passes of {unit:.2f} s (budget {BUDGET:.0f})")
    return int(total / unit > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
