"""How much CPU the door takes for a long diary, as ratios to one bare count of the same file.

    python -m benchmarks.ingest_speed [--rows 10000000] [--keep docs/ingest_speed.md] [--stages]

Three things are measured in one run, each in a process of its own, the least of several tries:
DuckDB's `count(*)` of the CSV and nothing else; the door's byte scan (hash, NUL bytes, encoding,
line ends); and the whole command `outcomes ingest`, its start included, from the CSV to sorted
landing with identifiers checked and every record accounted for. CPU seconds are user and system
time of the process. `--rows 200000` is a short run; its ratios are mostly the command's start.
Exit code 1 when a budget is not kept (only judged from a million rows on).
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import importlib.metadata
import json
import os
import platform
import pstats
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import diary
from pipelines.home import Home
from pipelines.ingest.door import ingest_file

PROFILE = "demo-app-adherence"
NAME = "riverside_app_adherence.csv"
BUDGETS = {"ingest": 8.0, "scan": 0.6}
AIM = 5.0
MOST_MEMORY = 2.0
JUDGED_FROM = 1_000_000
COUNT = """
import duckdb, resource, sys
con = duckdb.connect(config={"threads": "2"})
con.execute("select 1")
before = resource.getrusage(resource.RUSAGE_SELF)
print(con.execute("select count(*) from read_csv(?, header = true)", [sys.argv[1]]).fetchone()[0])
"""
SCAN = """
import resource, sys
from pathlib import Path
from pipelines.ingest.source import examine
before = resource.getrusage(resource.RUSAGE_SELF)
print(examine(Path(sys.argv[1]), ("utf-8-sig",)).line_ends)
"""
TELL = """
after = resource.getrusage(resource.RUSAGE_SELF)
print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
"""
# What the door does, by the functions that do it; none of them calls another one.
STAGES = {
    "examine": "byte scan: hash, encoding, line ends",
    "_split": "lines to columns of distinct texts",
    "_no_data_in": "blank lines, footers, repeated headers",
    "_joined": "one list of distinct texts for the whole file",
    "repeats": "exact duplicates",
    "guarded": "identifiers of people",
    "map": "canonical, typed columns; the cell ledger",
    "write": "sorting, and Parquet",
}


@dataclass(frozen=True)
class Measured:
    """CPU seconds and peak memory in GB of one process."""

    cpu: float
    memory: float


def run_inside(code: str, path: Path) -> Measured:
    """The CPU of one statement inside a process of its own, without its start."""
    process = subprocess.Popen(
        [sys.executable, "-c", code + TELL, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    out = process.stdout.read()
    used = _waited(process)
    return Measured(float(out.split()[-1]), used.ru_maxrss / 1e6)


def run_command(path: Path, home: Path) -> tuple[Measured, dict[str, object]]:
    """The whole command, start included, and its load report."""
    command = [sys.executable, "-c", "from pipelines.cli import run; run()", "ingest", str(path)]
    command += ["--profile", PROFILE, "--home", str(home), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    out = process.stdout.read()
    used = _waited(process)
    (receipt,) = json.loads(out)
    return Measured(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6), receipt["records"]


def _waited(process: subprocess.Popen[str]) -> resource.struct_rusage:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a measured process ended with exit code {process.returncode}")
    return used


def least(tries: list[Measured]) -> Measured:
    """The least CPU and the most memory of several tries."""
    return Measured(min(t.cpu for t in tries), max(t.memory for t in tries))


def stages(path: Path, home: Path) -> str:
    """Where an ingest spends its time, as a Markdown table; the profiler's own time is in it."""
    profiler = cProfile.Profile()
    profiler.enable()
    ingest_file(Home.open(home), path, profile=PROFILE)
    profiler.disable()
    found = pstats.Stats(profiler)
    total = found.total_tt  # type: ignore[attr-defined]
    spent = dict.fromkeys(STAGES, 0.0)
    for (file, _, name), (_, _, _, cumulative, _) in found.stats.items():  # type: ignore[attr-defined]
        if name in spent and "ingest" in file:
            spent[name] += cumulative
    lines = ["| stage of the ingest | share of the time |", "|---|---|"]
    lines += [f"| {STAGES[name]} | {seconds / total:.0%} |" for name, seconds in spent.items()]
    lines.append(f"| the rest | {1 - sum(spent.values()) / total:.0%} |")
    return "\n".join(lines)


def report(path: Path, home: Path, tries: int) -> tuple[str, bool]:
    """The measured figures as Markdown, and whether every budget was kept."""
    count = least([run_inside(COUNT, path) for _ in range(tries)])
    scan = least([run_inside(SCAN, path) for _ in range(tries)])
    taken, records = [], {}
    for number in range(tries):
        measured, records = run_command(path, home / str(number))
        taken.append(measured)
    ingest = least(taken)
    kept = (
        ingest.cpu <= BUDGETS["ingest"] * count.cpu
        and scan.cpu <= BUDGETS["scan"] * count.cpu
        and ingest.memory <= MOST_MEMORY
    )
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "pyarrow", "numpy")
    )
    lines = [
        f"{dt.date.today():%-d %B %Y}, CPython {platform.python_version()}, {versions}; "
        f"{records['physical']:,} records, {path.stat().st_size / 1e6:,.0f} MB; least of "
        f"{tries} tries.",
        "",
        "| what | CPU s | × the bare count | budget | peak memory |",
        "|---|---|---|---|---|",
        f"| `count(*)` of the CSV, nothing else | {count.cpu:.2f} | 1 | | |",
        f"| byte scan with hash | {scan.cpu:.2f} | {scan.cpu / count.cpu:.2f} | "
        f"{BUDGETS['scan']} | {scan.memory:.2f} GB |",
        f"| `outcomes ingest`, its start included | {ingest.cpu:.2f} | "
        f"**{ingest.cpu / count.cpu:.1f}** | {BUDGETS['ingest']:.0f} (aim {AIM:.0f}) | "
        f"{ingest.memory:.2f} GB of {MOST_MEMORY:.0f} |",
        "",
        f"Of these records {records['accepted']:,} were accepted, {records['quarantined']:,} set "
        f"aside and {sum(records['dropped'].values()):,} dropped.",
    ]
    return "\n".join(lines), kept


def main() -> int:
    """Generate, measure, print, and keep where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="write the result to this file too")
    parser.add_argument("--stages", action="store_true", help="show where the time goes")
    parser.add_argument("--folder", type=Path, help="where to generate (default: temporary)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        path = Path(scratch) / NAME
        diary.write(path, options.rows)
        text, kept = report(path, Path(scratch) / "homes", options.tries)
        if options.stages:
            text += "\n\n" + stages(path, Path(scratch) / "profiled")
    print(text)
    if options.keep:
        head = "# Speed of the door\n\nWritten by `python -m benchmarks.ingest_speed --stages "
        options.keep.write_text(f"{head}--keep {options.keep}`.\n\n{text}\n", encoding="utf-8")
    return 0 if kept or options.rows < JUDGED_FROM else 1


if __name__ == "__main__":
    sys.exit(main())
