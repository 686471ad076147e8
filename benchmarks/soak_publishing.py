"""The pipeline of the soak: takes in new episodes, publishes, and is killed now and then.

What was published when, and how many episodes each publication holds, is read from the files
themselves, not from anything that the dashboard says.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from pipelines import snapshot
from pipelines.home import Home
from tests import exports

COMMAND = "from pipelines.cli import run; run()"
EVERY_SITE = ""


@dataclass
class Publications:
    """Which data were current from when on, and the episodes that each holds by site."""

    home: Home
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    since: list[tuple[float, str]] = field(default_factory=list)

    def look(self) -> None:
        """See what is published now, as the pointer file says."""
        info = snapshot.current(self.home)
        if info is None or (self.since and self.since[-1][1] == info.path.name):
            return
        if info.path.name not in self.held:
            self.held[info.path.name] = episodes(info.path)
        self.since.append((time.monotonic(), info.path.name))

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            self.look()
            await asyncio.sleep(0.1)

    def current_at(self, moment: float) -> str:
        """The data that were surely published by then."""
        return [name for at, name in self.since if at <= moment][-1]

    def with_episodes(self, count: int) -> list[str]:
        """The publications that hold so many episodes."""
        return [name for name, held in self.held.items() if held[EVERY_SITE] == count]


def episodes(path: Path) -> dict[str, int]:
    """Episodes by site, and all of them under EVERY_SITE."""
    con = snapshot.open_readonly(path)
    try:
        rows = con.execute("select coalesce(site_id, 'unknown'), count(*) from episode group by 1")
        by_site = {str(site): int(n) for site, n in rows.fetchall()}
    finally:
        con.close()
    return {**by_site, EVERY_SITE: sum(by_site.values())}


@dataclass
class Pipeline:
    """Publishes every so often; `killed` and `published` count what came of it.

    `first_kill`: 1 or 2, the first run that is killed; from then on every third.
    """

    home: Home
    exports: Path
    every: float
    rng: random.Random
    first_kill: int = 2
    published: int = 0
    killed: int = 0
    errors: list[str] = field(default_factory=list)

    async def work(self) -> None:
        """Take in a batch and build, without end; every third time both are killed on their way."""
        number, took = 0, 4.0  # seconds that a whole run took
        while True:
            begun = time.monotonic()
            number += 1
            folder = self.exports / str(number)
            folder.mkdir(parents=True)
            # Never as many as before, so that a count of episodes tells which data it is of.
            source, paths = exports.batch(folder, f"r{number}", 0.3, self.rng)
            kill = number % 3 == self.first_kill
            await self._run(kill, took, "ingest", *map(str, paths), "--source", source)
            await self._run(kill, took, "build")
            took = time.monotonic() - begun
            await asyncio.sleep(max(0.0, self.every - took))

    async def _run(self, kill: bool, last: float, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", COMMAND, *words, "--home", str(self.home.root), "--wait", "60",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            patience = self.rng.uniform(0.2, last / 2) if kill else 600.0
            try:
                _, told = await asyncio.wait_for(process.communicate(), patience)
            except TimeoutError:
                process.kill()
                await process.wait()
                self.killed += 1
                return
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            self.errors.append(f"{words[0]}: {told.decode(errors='replace')[-500:]}")
        elif words[0] == "build":
            self.published += 1
