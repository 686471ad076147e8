"""How soon the dashboard answers, and what it needs, at a million episodes.

    python -m benchmarks.dashboard_speed [--quick] [--home FOLDER] [--keep docs/dashboard_speed.md]

Makes a home (exports generated, taken in, built, published twice, as a correction comes in), starts
the real server on it and measures, on loopback alone and each in a loop of fixed length:

- a filter change on each main page, at the server: of a selection that nobody has asked for, and of
  one that was asked for before; one reader, median
- 50 readers at once over the main pages, who each change a filter every few seconds: the 95th
  percentile, and the server's resident memory meanwhile; then the same once more
- the first chart in Chromium, with an empty cache and with a warm one

`--quick` takes 20,000 episodes. `--home` uses a home that is there. Exit code 1 when a budget is
not kept. benchmarks/README.md says how to read the figures.
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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dashboard_client import Reader, Selection, opened, resident
from benchmarks.multiplied import multiplied
from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from tests.dashboard.serving import Server, running

EPISODES, QUICK = 1_000_000, 20_000
DIFFERENT = 250_000
"""Of a million episodes so many are drawn singly; the others are those under other pseudonyms."""
PAGES = {
    "Overview": "",
    "Escalation": "escalation",
    "Improvement": "improvement",
    "Past 8 weeks": "past-8-weeks",
    "Referral audit": "audit",
    "Waits and equity": "waits",
    "Exercise": "exercise",
    "Data quality": "quality",
}
ALONE, READERS, CHANGES, PAUSE = 9, 50, 5, 4.0
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
                      "--disable-background-networking", "--disable-component-update"]  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One measurement, and its budget where it has one."""

    what: str
    value: float
    unit: str
    budget: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the budget is kept; a figure without one keeps it."""
        return self.budget is None or self.value <= self.budget

    def cells(self) -> tuple[str, str, str]:
        """What was measured, the figure, and the verdict in words."""
        digits = 2 if self.unit == "s" else 0
        shown = f"{self.value:,.{digits}f} {self.unit}"
        if self.budget is None:
            return self.what, shown, ""
        verdict = "kept" if self.kept else "not kept"
        return self.what, shown, f"{verdict} (at most {self.budget:,g} {self.unit})"


def make_home(root: Path, episodes: int) -> Path:
    """A home with two snapshots, before and after the correction, as the demo has."""
    exports = root / "exports"
    multiplied(exports, episodes, DIFFERENT)
    home = Home.open(root / "home")
    files = sorted(exports.glob("*.csv.gz"))
    for late in (False, True):
        with home.lock("benchmark"):
            for path in files:
                if ("correction" in path.name) is late:
                    ingest_file(home, path)
        build(home)
    return home.root


def episodes_of(home: Path) -> int:
    """How many episodes the published snapshot holds."""
    info = snapshot.current(Home.open(home, create=False))
    if info is None:
        raise SystemExit(f"nothing is published in {home}")
    con = snapshot.open_readonly(info.path)
    try:
        found = con.execute("select count(*) from episode").fetchall()
    finally:
        con.close()
    return int(found[0][0])


def selections(reader: Reader, seed: int) -> Iterator[Selection]:
    """Selections without end, none twice: one to three sites from a month on."""
    rng, seen = random.Random(seed), set()
    sites = reader.options["Site"][:-1]
    months = reader.options["First contact from"][1:-6]
    while True:
        chosen = Selection(tuple(sorted(rng.sample(sites, rng.randint(1, 3)))), rng.choice(months))
        if chosen not in seen:
            seen.add(chosen)
            yield chosen


async def alone(port: int, name: str, page: str) -> list[Figure]:
    """One reader on one page: new selections, then the same ones again."""
    reader = await opened(port, page)
    # Each page has its own, so that none finds what another has asked for already.
    offered = selections(reader, list(PAGES).index(name))
    chosen = [next(offered) for _ in range(ALONE)]
    new = [await reader.choose(each) for each in chosen]
    again = [await reader.choose(each) for each in chosen]
    await reader.socket.close()
    return [
        Figure(f"{name}: a new selection, median", 1000 * statistics.median(new), "ms", 40),
        Figure(f"{name}: asked for before, median", 1000 * statistics.median(again), "ms", 40),
    ]


async def crowd(server: Server, again: bool = False) -> list[Figure]:
    """Many readers at once, each with a page and selections of its own, but for the sites' few.

    `again`: all of it has been asked for before, so what is left is the drawing.
    """
    pages = list(PAGES.values())
    readers = [await opened(server.port, pages[n % len(pages)]) for n in range(READERS)]
    times: list[float] = []
    memory: list[int] = []

    async def reads(number: int, reader: Reader) -> None:
        rng = random.Random(number)
        sites = reader.options["Site"]
        await asyncio.sleep(rng.uniform(0, PAUSE))
        for _ in range(CHANGES):
            chosen = tuple(sorted(rng.sample(sites, rng.randint(1, 3))))
            times.append(await reader.choose(Selection(chosen)))
            memory.append(resident(server.pid))
            await asyncio.sleep(rng.uniform(PAUSE, PAUSE + 1))

    await asyncio.gather(*(reads(n, reader) for n, reader in enumerate(readers)))
    for reader in readers:
        await reader.socket.close()
    who = f"{READERS} readers{', all asked for before' if again else ''}"
    ordered = sorted(times)
    p95 = ordered[int(0.95 * len(ordered))]
    return [
        Figure(f"{who}: median", 1000 * statistics.median(times), "ms"),
        Figure(f"{who}: 95th percentile", 1000 * p95, "ms", None if again else 110),
        Figure(f"{who}: memory of the server, highest", max(memory) / 2**20, "MB", 350),
    ]


def first_charts(server: Server) -> list[Figure]:
    """Seconds to the first chart on the screen; none where there is no Chromium."""
    where = shutil.which("chromium") or shutil.which("chromium-browser")
    if not where:
        print("No Chromium is here: the first chart is not timed.")
        return []
    from playwright.sync_api import sync_playwright

    cold, warm = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, args=CHROMIUM_ARGUMENTS)
        for _ in range(5):
            context = browser.new_context()  # a context has a cache of its own, empty at first
            page = context.new_page()
            for times in (cold, warm):
                begun = time.perf_counter()
                page.goto(server.url)
                page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=120_000)
                times.append(time.perf_counter() - begun)
            context.close()
        browser.close()
    what = "First chart in Chromium, {} cache, median of 5"
    return [
        Figure(what.format("empty"), statistics.median(cold), "s", 3.0),
        Figure(what.format("warm"), statistics.median(warm), "s", 0.9),
    ]


def measure(home: Path) -> list[Figure]:
    """Every figure. The browser comes first, while the server is as it is after a start."""
    found: list[Figure] = []

    def tell(figures: list[Figure]) -> None:
        for figure in figures:
            print(" | ".join(figure.cells()), flush=True)
        found.extend(figures)

    with running(home) as server:
        tell([Figure("Memory of the server, started", resident(server.pid) / 2**20, "MB")])
        tell(first_charts(server))
        for name, page in PAGES.items():
            tell(asyncio.run(alone(server.port, name, page)))
    with running(home) as server:
        for again in (False, True):
            tell(asyncio.run(crowd(server, again)))
    return found


def document(found: list[Figure], episodes: int) -> str:
    """The result as a page of the documentation."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "streamlit", "plotly")
    )
    lines = [
        "# Speed of the dashboard",
        "",
        "Written by `python -m benchmarks.dashboard_speed --keep docs/dashboard_speed.md`; what "
        "the lines mean is in [benchmarks/README.md](../benchmarks/README.md).",
        "",
        f"{dt.date.today():%-d %B %Y}, {episodes:,} episodes, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {versions}.",
        "",
        "| what | measured | budget |",
        "|---|---|---|",
    ]
    lines += [f"| {' | '.join(figure.cells())} |" for figure in found]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the arguments, make a home where none is given, measure, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} episodes")
    parser.add_argument("--home", type=Path, help="a data home that is there already")
    parser.add_argument("--keep", type=Path, help="write the result to this Markdown file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or make_home(Path(folder), QUICK if given.quick else EPISODES)
        episodes = episodes_of(home)
        found = measure(home)
    if given.keep:
        given.keep.write_text(document(found, episodes), encoding="utf-8")
    sys.exit(0 if all(figure.kept for figure in found) else 1)


if __name__ == "__main__":
    main()
