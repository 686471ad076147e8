"""Rebuild, ingest, publication and a day's files at full size, as ratios to a bare count.

    python -m benchmarks.at_size [--quick] [--episodes 5000000] [--growth 20000 100000 500000]
        [--folder FOLDER] [--keep docs/rebuild_speed.md]

Generates five million episodes, six million contacts and 99 million diary rows (`--quick`: a
fiftieth), and measures each step in a process of its own: the bare `count(*)` of the diary's CSV
files, ingest, the rebuild from landing with every model, publication, one day's new files; the
improvement and persistence job as our models, in Polars and in pandas, at a tenth of the size,
their rows compared; and the rebuild at the sizes of `--growth`. Out come a table and a plot. Exit
code 1 when a budget is not kept or rows differ. benchmarks/README.md says how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FULL, QUICK, GROWTH = 5_000_000, 100_000, (20_000, 100_000, 500_000)
LEAST_JOB = 100_000
NEW = re.compile(rb"\b(RE|ME|P)-")
"""Pseudonyms, which a new day's people must not share with others."""
TOOLS = ("duckdb", "polars", "pandas")


def step(what: str, *places: object) -> dict[str, Any]:
    """Run one step of `at_size_step` in a process of its own; what it tells."""
    command = [sys.executable, "-m", "benchmarks.at_size_step", what, *map(str, places)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{what}: {found['cpu']:.1f} s of CPU, {found['memory']:,.0f} MB", file=sys.stderr)
    return found


def whole(module: str, *places: object) -> dict[str, float]:
    """CPU and memory of a whole program, its start included."""
    process = subprocess.Popen([sys.executable, "-m", module, *map(str, places)])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{module} ended with exit code {os.waitstatus_to_exitcode(status)}")
    return {"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}


def exports(folder: Path, episodes: int) -> Path:
    """Exports of so many episodes."""
    command = [sys.executable, "-m", "benchmarks.at_size_exports", str(folder), str(episodes)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return folder


def days_files(whole_exports: Path, folder: Path, days: int = 900) -> Path:
    """One day's share of people and diary rows that are new."""
    folder.mkdir(parents=True)
    for path in sorted(whole_exports.glob("*2026H1.csv")):
        if "correction" in path.name:
            continue
        name = path.name.replace("2026H1", "2026-06-30")
        head = 4 if path.name.startswith("Riverside") else 1
        with path.open("rb") as lines, (folder / name).open("wb") as out:
            size, upto = path.stat().st_size, 0
            for number, line in enumerate(lines):
                upto += len(line)
                if number >= head and upto > size * 5 / days:
                    break
                out.write(line if number < head else NEW.sub(rb"\g<1>99999-", line))
            if head > 1:
                out.write(b"*** End of report, %d rows\r\n" % (number - head))
    return folder


def measure(folder: Path, episodes: int, growth: list[int]) -> dict[str, Any]:
    """Everything that is measured, by name."""
    given, home = exports(folder / "exports", episodes), folder / "home"
    found: dict[str, Any] = {"episodes": episodes}
    found["count"] = min((step("count", given) for _ in range(3)), key=lambda each: each["cpu"])
    found["triage_count"] = step("count", given, "moorland_triage*.csv")
    found["ingest"] = step("ingest", given, home)
    found["rebuild"] = step("rebuild", home)
    found["job"] = job(folder, home, episodes)
    found["day"] = step("day", days_files(given, folder / "day"), home)
    shutil.rmtree(home)
    shutil.rmtree(given)
    found["growth"] = [(episodes, found["rebuild"])]
    for size in growth:
        if size != episodes:
            own = folder / str(size)
            step("ingest", exports(own / "exports", size), own / "home")
            found["growth"].append((size, step("rebuild", own / "home")))
            shutil.rmtree(own)
    found["growth"].sort(key=lambda each: each[0])
    return found


def job(folder: Path, home: Path, episodes: int) -> dict[str, Any]:
    """The job in three tools at a tenth of the size, and in how many rows they differ."""
    size = min(episodes, max(LEAST_JOB, episodes // 10))
    if size != episodes:
        home = folder / "tenth"
        step("ingest", exports(folder / "tenth_exports", size), home)
        shutil.rmtree(folder / "tenth_exports")
    given = folder / "job"
    found: dict[str, Any] = {"episodes": size, "rows": step("job_inputs", home, given)["rows"]}
    for tool in TOOLS:
        (folder / tool).mkdir()
        tries = [whole(f"benchmarks.outcome_job.in_{tool}", given, folder / tool) for _ in range(3)]
        found[tool] = min(tries, key=lambda each: each["cpu"])
        print(f"{tool}: {found[tool]['cpu']:.1f} s of CPU", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.outcome_job.compare", str(folder / TOOLS[0])]
    for tool in TOOLS[1:]:
        done = subprocess.run(
            [*command, str(folder / tool)], stdout=subprocess.PIPE, text=True, check=True
        )
        found[f"{tool}_differs"] = json.loads(done.stdout)
    return found


def main() -> int:
    """The command."""
    words = argparse.ArgumentParser(description="Our steps at size, as ratios to a bare count.")
    words.add_argument("--quick", action="store_true")
    words.add_argument("--episodes", type=int)
    words.add_argument("--growth", type=int, nargs="*", default=None)
    words.add_argument("--folder", type=Path, help="where to work (default: temporary)")
    words.add_argument("--keep", type=Path, help="write table and plot here (.md, .svg beside it)")
    words.add_argument("--json", type=Path, help="write all that was measured here")
    asked = words.parse_args()
    episodes = asked.episodes or (QUICK if asked.quick else FULL)
    growth = list(GROWTH[:2] if asked.quick else GROWTH) if asked.growth is None else asked.growth
    with tempfile.TemporaryDirectory(dir=asked.folder) as scratch:
        found = measure(Path(scratch), episodes, growth)
    if asked.json:
        asked.json.write_text(json.dumps(found), encoding="utf-8")
    # Imported late: a process hands the memory it once had on to those that it starts.
    from benchmarks.at_size_report import kept, plot, report

    text = report(found)
    print(text)
    if asked.keep:
        asked.keep.write_text(text, encoding="utf-8")
        asked.keep.with_suffix(".svg").write_text(plot(found), encoding="utf-8")
    return 0 if kept(found) else 1


if __name__ == "__main__":
    sys.exit(main())
