"""Where a rebuild's time goes: CPU and peak memory of each statement, from landing to publish.

    python -m benchmarks.rebuild_profile HOME [--copy FOLDER] [--slowest 25] [--json FILE]

The home's landing is built as `outcomes build` does it, in this process, and the snapshot is
published in the home (with `--copy` in a copy of its landing, so that the home stays as it was).
The time between two statements counts towards the first, so every second has its place. Stages are
the functions that ran the statements.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines import build as building
from pipelines.engines.duck import connect
from pipelines.home import Home

MADE = re.compile(
    r"^\s*(?:create (?:or replace )?(?:temp )?(?:table|view)|insert into)\s+([\w.]+)", re.IGNORECASE
)
STAGES = {
    "show_landing": "load from landing",
    "run_models": "models",
    "run_checks": "checks",
    "write_snapshot": "published tables",
    "keep_cases": "kept cases",
    "_keep_counts": "counts",
    "keep_answers": "answers",
    "keep_pairs": "pairs",
    "keep_audit_cases": "audit cases",
    "write_totals": "file of totals",
}
"""The function that ran a statement, the innermost first named here."""


@dataclass
class Step:
    """A statement: CPU in seconds, the most memory meanwhile in MB, and rows of what it made."""

    stage: str
    what: str
    cpu: float = 0.0
    memory: float = 0.0
    rows: int | None = None


class Told:
    """A connection that notes what each statement takes."""

    def __init__(self, con: Any, steps: list[Step]) -> None:
        """Note the statements of `con` in `steps`."""
        self._con, self._steps, self._before = con, steps, cpu()

    def execute(self, text: str, *given: Any, **named: Any) -> Any:
        """As DuckDB's."""
        self.close_step()
        self._steps.append(Step(_stage(), _what(text)))
        return self._con.execute(text, *given, **named)

    def close_step(self) -> None:
        """What was used since the last statement began belongs to it."""
        now = cpu()
        if self._steps:
            last = self._steps[-1]
            last.cpu += now - self._before
            last.memory = max(last.memory, peak_since())
        self._before = now

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def cpu() -> float:
    """User and system seconds of this process until now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_since() -> float:
    """The most resident memory since the last call, in MB; 0 where the system does not tell."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _stage() -> str:
    frame = sys._getframe(2)
    found = "other"
    while frame is not None:
        found = STAGES.get(frame.f_code.co_name, found)
        if found != "other":
            return found
        frame = frame.f_back  # type: ignore[assignment]
    return found


def _what(text: str) -> str:
    found = MADE.match(text)
    return found[1] if found else " ".join(text.split())[:60]


def profiled(home: Home) -> list[Step]:
    """Build and publish in this home; every statement's step."""
    steps: list[Step] = []
    told: list[Told] = []
    plain = building.connect

    def noted(*given: Any, **named: Any) -> Any:
        told.append(Told(connect(*given, **named), steps))
        return told[-1]

    building.connect = noted  # type: ignore[assignment]
    peak_since()
    try:
        building.build(home)
    finally:
        building.connect = plain
    told[-1].close_step()
    return steps


def table(steps: list[Step], slowest: int) -> str:
    """Stages, and the slowest statements, as Markdown."""
    total = sum(step.cpu for step in steps)
    stages: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        stages[step.stage].append(step)
    lines = ["| stage | statements | CPU s | share | peak memory MB |", "|---|---|---|---|---|"]
    for stage, own in sorted(stages.items(), key=lambda each: -sum(s.cpu for s in each[1])):
        spent = sum(step.cpu for step in own)
        most = max(step.memory for step in own)
        lines.append(f"| {stage} | {len(own)} | {spent:.2f} | {spent / total:.0%} | {most:,.0f} |")
    lines += [f"| all | {len(steps)} | {total:.2f} | | {max(s.memory for s in steps):,.0f} |", ""]
    lines += ["| statement | stage | CPU s | peak memory MB |", "|---|---|---|---|"]
    for step in sorted(steps, key=lambda each: -each.cpu)[:slowest]:
        lines.append(f"| {step.what} | {step.stage} | {step.cpu:.2f} | {step.memory:,.0f} |")
    return "\n".join(lines)


def copied(home: Path, folder: Path) -> Home:
    """A home with the same landing and load reports, and nothing published."""
    for name in ("landing", "outcomes.toml"):
        source = home / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.exists():
            shutil.copy(source, folder / name)
    return Home.open(folder)


def main() -> None:
    """The command."""
    words = argparse.ArgumentParser(description="Where a rebuild's time goes.")
    words.add_argument("home", type=Path)
    words.add_argument("--copy", type=Path)
    words.add_argument("--slowest", type=int, default=25)
    words.add_argument("--json", type=Path, help="write every step to this file")
    asked = words.parse_args()
    home = copied(asked.home, asked.copy) if asked.copy else Home.open(asked.home, create=False)
    steps = profiled(home)
    print(table(steps, asked.slowest))
    if asked.json:
        asked.json.write_text(json.dumps([asdict(step) for step in steps]), encoding="utf-8")


if __name__ == "__main__":
    main()
