"""How long a report takes, what memory it needs at most, and how large its files are.

    python -m benchmarks.report_speed HOME [HOME…] [--period 2025-10] [--mode service]

Makes the report of each period from each data home with the command itself, in a process of its
own, one after another, into a folder that is removed. Nothing in the homes is written: the command
works on a home beside it that sees the same snapshots. The browser that prints the PDF is measured
apart: its processes are not the command's. Exit code 1 when a budget is not kept.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dashboard_speed import episodes_of

COMMAND = "from pipelines.cli import run; run()"
PERIODS = ("2025-10", "2025/26-Q3", "2025/26")
MOST_SECONDS, MOST_MEMORY, MOST_BYTES = 60.0, 1024.0, 10 * 2**20
LONGEST = 900


@dataclass(frozen=True)
class Run:
    """One report: seconds by the clock, seconds of CPU, memory at most (MB), bytes of each file."""

    period: str
    seconds: float
    cpu: float
    memory: float
    files: dict[str, int]

    @property
    def kept(self) -> bool:
        """Whether time, memory and every file are within the budgets."""
        small = all(size <= MOST_BYTES for size in self.files.values())
        return small and self.seconds <= MOST_SECONDS and self.memory <= MOST_MEMORY


def beside(home: Path, root: Path) -> Path:
    """A home that sees the same snapshots, so that nothing in the given one is written."""
    root.mkdir(mode=0o700)
    (root / "snapshots").symlink_to(home.absolute() / "snapshots", target_is_directory=True)
    for name in ("outcomes.toml", "annotations.toml"):
        if (home / name).is_file():
            (root / name).symlink_to(home.absolute() / name)
    return root


def made(home: Path, period: str, mode: str, formats: str, out: Path) -> Run:
    """The report of a period; SystemExit with what the command said where it was not made."""
    words = ["report", "--home", home, "--period", period, "--mode", mode, "--format", formats]
    begun = time.perf_counter()
    # The files are compared with what the command says of itself, so its output is kept.
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *map(str, words), "--out", str(out)],
            stdout=said, stderr=said,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        said.seek(0)
        if status:
            raise SystemExit(said.read().decode("utf-8", "replace"))
    files = {path.suffix[1:]: path.stat().st_size for path in sorted(out.glob("outcomes-*"))}
    return Run(period, seconds, _cpu(used), used.ru_maxrss / 1024, files)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Read the arguments, make the reports, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("homes", nargs="+", type=Path, metavar="HOME")
    parser.add_argument("--period", action="append", help=f"as the command takes it; {PERIODS}")
    parser.add_argument("--mode", default="service")
    given = parser.parse_args()
    kept = True
    print(
        "| episodes | period | seconds | with PDF | CPU | memory, MB | HTML | XLSX | PPTX | PDF |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for home in given.homes:
        n = episodes_of(home)
        for period in given.period or PERIODS:
            with tempfile.TemporaryDirectory() as folder:
                at, out = beside(home, Path(folder) / "home"), Path(folder) / "out"
                run = made(at, period, given.mode, "html,xlsx,pptx", out)
                printed = made(at, period, given.mode, "html,pdf", out)
            sizes = {**run.files, "pdf": printed.files["pdf"]}
            shown = " | ".join(
                f"{sizes[k] / 1024:,.0f} kB" for k in ("html", "xlsx", "pptx", "pdf")
            )
            print(
                f"| {n:,} | {period} | {run.seconds:.1f} | {printed.seconds:.1f} | {run.cpu:.1f} | "
                f"{run.memory:.0f} | {shown} |",
                flush=True,
            )
            kept = kept and run.kept
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
