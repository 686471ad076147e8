"""What the models cost on Spark and on DuckDB as the rows grow, and that both make the same.

    python -m benchmarks.spark_scale --copies 1 4 16

Spark runs on this machine (`--master`, two cores by default). Its own event log gives CPU, bytes
shuffled and bytes spilled; the equality of every table is checked at every size.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.spark_copies import write_copies
from pipelines.engines.duck import connect, run_models
from pipelines.engines.project import models
from pipelines.engines.spark import make
from pipelines.engines.spark_session import session
from pipelines.engines.spark_settings import SparkSettings
from rules.ruleset import load

RULES = load()


def main() -> int:
    """Print a table of figures per size; exit code 1 where a table differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--memory", default="4g")
    given = parser.parse_args()
    different = 0
    for copies in given.copies:
        with tempfile.TemporaryDirectory(prefix="outcomes-spark-") as place:
            found, wrong = measured(Path(place), copies, given.master, given.memory)
            print(json.dumps(found), flush=True)
            different += wrong
    return 1 if different else 0


def measured(folder: Path, copies: int, master: str, memory: str) -> tuple[dict[str, Any], int]:
    """Figures of one size, and how many tables differ."""
    paths = write_copies(folder / "landing", copies)
    con = connect(folder / "work.duckdb", temp=folder)
    for table, files in paths.items():
        con.execute(f"create view {table} as select * from read_parquet({files})")
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    run_models(con, models(RULES))
    after, duck_wall = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
    duck_cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    options = {
        "spark.driver.memory": memory,
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder}",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    walls: list[tuple[str, float]] = []
    began = time.perf_counter()
    with session(SparkSettings(master=master, options=options), folder) as spark:
        started = time.perf_counter() - began
        make(
            spark,
            paths,
            models(RULES),
            str(folder / "made"),
            lambda name, *_: walls.append((name, time.perf_counter())),
        )
        ended = time.perf_counter()
    ends = [at for _, at in walls[1:]] + [ended]
    by_model = {name: end - at for (name, at), end in zip(walls, ends, strict=True)}
    wrong = [model.name for model in models(RULES) if not alike(con, model.name, folder / "made")]
    rows = {
        name: con.execute(f"select count(*) from {name}").fetchall()[0][0]
        for name in ("episode", "stg_contact", "stg_log")
    }
    con.close()
    log = next(
        path for path in folder.iterdir() if path.name.startswith(("local-", "app-", "events"))
    )
    slowest = sorted(by_model.items(), key=lambda each: -each[1])[:5]
    return {
        "copies": copies,
        **rows,
        "duckdb_cpu_s": round(duck_cpu, 1),
        "duckdb_wall_s": round(duck_wall, 1),
        "spark_start_s": round(started, 1),
        "spark_wall_s": round(ended - began - started, 1),
        **tasks(log),
        "result_bytes": sum(p.stat().st_size for p in (folder / "made").rglob("*.parquet")),
        "slowest_s": {name: round(wall, 1) for name, wall in slowest},
        "tables_different": wrong,
    }, len(wrong)


def alike(con: Any, name: str, made: Path) -> bool:
    """Whether both engines made the same rows."""
    other = f"select * from read_parquet('{made / name}/*.parquet')"
    return not any(
        con.execute(f"select count(*) from ({one} except all {two})").fetchall()[0][0]
        for one, two in ((f"from {name}", other), (other, f"from {name}"))
    )


def tasks(log: Path) -> dict[str, float]:
    """Sums over all tasks of Spark's event log."""
    found: Counter[str] = Counter()
    longest = 0.0
    for line in log.open(encoding="utf-8"):
        event = json.loads(line)
        if event["Event"] != "SparkListenerTaskEnd":
            continue
        told = event.get("Task Metrics") or {}
        found["tasks"] += 1
        found["cpu_ns"] += told.get("Executor CPU Time", 0)
        found["gc_ms"] += told.get("JVM GC Time", 0)
        found["spilled_bytes"] += told.get("Disk Bytes Spilled", 0)
        found["shuffled_bytes"] += told.get("Shuffle Write Metrics", {}).get(
            "Shuffle Bytes Written", 0
        )
        longest = max(longest, told.get("Executor Run Time", 0) / 1000)
    return {
        "spark_task_cpu_s": round(found["cpu_ns"] / 1e9, 1),
        "spark_gc_s": round(found["gc_ms"] / 1e3, 1),
        "tasks": found["tasks"],
        "shuffled_bytes": found["shuffled_bytes"],
        "spilled_bytes": found["spilled_bytes"],
        "longest_task_s": round(longest, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
