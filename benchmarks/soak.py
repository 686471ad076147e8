"""A soak: readers at work while new data are published and the pipeline is killed now and then.

    python -m benchmarks.soak --minutes 60 --readers 50 [--small] [--keep docs/soak.md]

Starts the real server on a home of its own (the demo's; `--small`: the worked cases), and readers
that browse, filter, open cases and review. Every minute new episodes are taken in and published;
every third time the pipeline is killed on its way. It is wrong, and told, when

- a page is an error page, a case does not open, or the server's output has a traceback
- a new tab, or one that asked for newer data, shows data older than those published by then
- a page covers another number of episodes than the file holds of which its tab is
- two readers get different figures or charts from the same page, site and data, or others than a
  quiet server on the same files gives afterwards
- a review that a reader was told is saved is not in the store
- nothing was published after a kill
- the server's memory grows: see `flat`

Exit code 1 when anything is wrong. Linux only, for the memory.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import importlib.metadata
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sample_data
from benchmarks.dashboard_client import resident
from benchmarks.soak_publishing import Pipeline, Publications
from benchmarks.soak_readers import UNKNOWN_SITE, Reader, Seen, opened
from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.reviews.store import open_store
from tests import exports, numbers
from tests.dashboard.serving import Server, running

CHECKED = 60
"""Pages that are asked for again at a quiet server, at most."""
TELL = 60.0
"""Seconds between lines that say how a run stands."""
GROWTH, MORE = 1.15, 48 * 2**20
"""Memory is flat when its last quarter is not above its second by more than both of these."""


@dataclass(frozen=True)
class Plan:
    """How long, how many, on which home; seconds between publications and between clicks.

    Of `home` a copy is used. `enough` may end it before its time. `more`: bytes by which memory
    may grow all the same; a run that is over before everything was used once needs more.
    """

    minutes: float
    readers: int
    small: bool = False
    home: Path | None = None
    every: float = 60.0
    pause: float = 4.0
    more: int = MORE
    first_kill: int = 2
    enough: Callable[[Pipeline, Seen], bool] = lambda _pipeline, _seen: False


@dataclass
class Result:
    """What came of it; `wrong` empty means that it held."""

    plan: Plan
    seen: Seen
    pipeline: Pipeline
    checked: int
    memory: list[int]
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[tuple[str, str]]:
        """The figures in words."""
        seen, memory = self.seen, [each / 2**20 for each in self.memory]
        return [
            ("minutes, readers", f"{self.plan.minutes:g}, {self.plan.readers}"),
            ("pages", f"{seen.pages:,}"),
            ("cases opened", f"{seen.cases:,}"),
            ("reviews saved; refused because somebody else was faster",
             f"{seen.saved:,}; {seen.refused:,}"),
            ("publications; runs of the pipeline that were killed",
             f"{self.pipeline.published:,}; {self.pipeline.killed:,}"),
            ("tabs that went over to newer data", f"{seen.switched:,}"),
            ("pages with figures: kinds; of these compared with a quiet server",
             f"{len(seen.figures):,}; {self.checked:,}"),
            ("memory of the server: at first, second quarter, last quarter, highest",
             f"{memory[0]:.0f}, {_quarter(memory, 1):.0f}, {_quarter(memory, 3):.0f}, "
             f"{max(memory):.0f} MB"),
            ("wrong", "; ".join(self.wrong) or "nothing"),
        ]  # fmt: skip


def _quarter(values: Sequence[float], which: int) -> float:
    """The median of a quarter, 0 to 3."""
    size = max(1, len(values) // 4)
    return statistics.median(values[which * size : (which + 1) * size] or values[-1:])


def flat(memory: Sequence[int], more: int = MORE) -> bool:
    """Whether memory stays: the second quarter comes after everything was used once."""
    before, after = _quarter(memory, 1), _quarter(memory, 3)
    return after <= before * GROWTH or after <= before + more


def make_home(root: Path, plan: Plan) -> Home:
    """A home with a publication, that is nobody else's."""
    if plan.home is not None:
        shutil.copytree(plan.home, root)
        return Home.open(root)
    if plan.small:
        home = exports.worked_home(root)
    else:
        home = Home.open(root)
        with home.lock("soak"):
            for path in sample_data.demo_files():
                ingest_file(home, Path(path))
    build(home)
    return home


def cases_of(home: Home, most: int = 200) -> list[tuple[str, str]]:
    """Case number and id of episodes with a case of the audit, all of which stay."""
    info = snapshot.current(home)
    assert info is not None
    con = snapshot.open_readonly(info.path)
    try:
        rows = con.execute(
            "select distinct episode_id from audit_case order by 1 limit ?", [most]
        ).fetchall()
    finally:
        con.close()
    return [(numbers.of_episode(home, str(row[0])), str(row[0])) for row in rows]


async def work(
    server: Server, home: Home, folder: Path, plan: Plan
) -> tuple[Seen, Pipeline, Publications, list[int]]:
    """Let everybody work for so long."""
    published, seen, memory = Publications(home), Seen(), []
    published.look()
    pipeline = Pipeline(home, folder / "exports", plan.every, random.Random(1), plan.first_kill)
    cases = cases_of(home)
    people = [
        Reader(f"Reader {n + 1}", server.port, published, cases, seen, plan.pause)
        for n in range(plan.readers)
    ]
    works = [pipeline.work(), published.watch(), *(each.work() for each in people)]
    tasks = [asyncio.create_task(each) for each in works]
    ends = time.monotonic() + 60 * plan.minutes
    told = time.monotonic()
    while time.monotonic() < ends and not plan.enough(pipeline, seen):
        memory.append(resident(server.pid))
        if time.monotonic() - told >= TELL:
            told = time.monotonic()
            _tell(ends - told, seen, pipeline, memory[-1])
        await asyncio.sleep(min(5.0, plan.every / 12))
    for task in tasks:
        task.cancel()
    for found in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(found, Exception):
            seen.wrong[f"a part of the soak itself failed: {found!r}"] += 1
    return seen, pipeline, published, memory


def _tell(left: float, seen: Seen, pipeline: Pipeline, memory: int) -> None:
    """Where a long run stands, so that nobody waits an hour for what went wrong at once."""
    wrong = "; ".join([*(f"{n} times: {what}" for what, n in seen.wrong.items()), *pipeline.errors])
    print(
        f"{left / 60:.0f} min left: {seen.pages:,} pages, {pipeline.published} publications, "
        f"{pipeline.killed} killed, {memory / 2**20:.0f} MB; wrong: {wrong or 'nothing'}",
        file=sys.stderr,
        flush=True,
    )


async def again(port: int, seen: Seen, published: Publications) -> tuple[int, list[str]]:
    """Ask a quiet server for the same figures; how many were compared, and which differ."""
    tab = await opened(port)
    await tab.run("")
    labels = list(tab.widgets["Data as published on"].options)[1:]
    folder = published.home.root / "snapshots"
    # As the choice has them: the latest first, those too that were made but never current.
    names = sorted((path.name for path in folder.glob("outcomes-*.duckdb")), reverse=True)
    by_name = dict(zip(names, labels, strict=False))
    known = [each for each in seen.figures if each[2] in by_name]
    chosen = random.Random(1).sample(known, min(CHECKED, len(known)))
    wrong = []
    for page, site, name in chosen:
        words = UNKNOWN_SITE[0] if site == UNKNOWN_SITE[1] else site
        await tab.run(
            page,
            **{"Data as published on": by_name[name], "Site": [words] if site else []},
        )
        if tab.episodes != published.held[name].get(site, 0):
            wrong.append(f"a quiet server covers other episodes on page {page!r}")
        elif tab.digest != seen.figures[page, site, name]:
            wrong.append(f"a quiet server gives other figures on page {page!r}")
    await tab.socket.close()
    return len(chosen), sorted(set(wrong))


def soak(plan: Plan) -> Result:
    """Everything, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = make_home(folder / "home", plan)
        with running(home.root) as server:
            seen, pipeline, published, memory = asyncio.run(work(server, home, folder, plan))
            told = server.output.read_text("utf-8", "replace")
        with running(home.root) as server:
            checked, differ = asyncio.run(again(server.port, seen, published))
        kept = open_store(home)
        saved = len(kept.history())
        kept.close()
    result = Result(plan, seen, pipeline, checked, memory)
    result.wrong += [f"{n} times: {what}" for what, n in seen.wrong.items()]
    result.wrong += [*pipeline.errors, *differ]
    if "Traceback" in told:
        result.wrong.append(f"the server's output has a traceback: {told[-1500:]}")
    if saved < seen.saved:
        result.wrong.append(f"{seen.saved} reviews were said to be saved, {saved} are there")
    if not pipeline.published:
        result.wrong.append("nothing was published")
    if not flat(memory, plan.more):
        result.wrong.append("the server's memory grows")
    return result


def document(result: Result) -> str:
    """The result as a page of the documentation."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "streamlit", "plotly")
    )
    return "\n".join(
        (
            "# Soak",
            "",
            "Written by `python -m benchmarks.soak --keep docs/soak.md`; what is looked at stands "
            "at the head of that file.",
            "",
            f"{dt.date.today():%-d %B %Y}, {os.cpu_count()} cores, "
            f"Python {platform.python_version()}, {versions}.",
            "",
            "| what | figure |",
            "|---|---|",
            *(f"| {what} | {figure} |" for what, figure in result.lines()),
            "",
        )
    )


def main() -> None:
    """Read the arguments, soak, tell the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--every", type=float, default=60, help="seconds between publications")
    parser.add_argument("--small", action="store_true", help="a home of the worked cases alone")
    parser.add_argument("--home", type=Path, help="a data home that is there; a copy is used")
    parser.add_argument("--keep", type=Path, help="write the result to this Markdown file")
    given = parser.parse_args()
    result = soak(Plan(given.minutes, given.readers, given.small, given.home, given.every))
    for what, figure in result.lines():
        print(f"{what}: {figure}")
    if given.keep:
        given.keep.write_text(document(result), encoding="utf-8")
    sys.exit(1 if result.wrong else 0)


if __name__ == "__main__":
    main()
