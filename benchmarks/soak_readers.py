"""The readers of the soak: they browse, filter, open cases and review, and look at what they get.

Every page says what it covers. From that, and from what was really published, a reader knows which
data the page has to be of: those with which the tab was opened, or newer ones once asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.dashboard_client import BadEnd, drawn
from benchmarks.soak_publishing import EVERY_SITE, Publications

FIGURES = ("", "escalation", "improvement", "past-8-weeks", "waits", "exercise")
"""Pages whose figures are of nothing but the data; reviews and settings change the others'."""
OTHERS = ("audit", "episodes", "quality", "rules", "about")
UNKNOWN_SITE = ("Site not recorded", "unknown")
EPISODES = re.compile(r" · ([\d,]+) episodes? · ")
NEWER = "Show the newer data"
LONGEST = 120.0
Figure = tuple[str, str, str]
"""Page, site and publication of a page's figures."""


class Found(Exception):
    """Something that must not be."""


@dataclass
class Seen:
    """What all readers have seen: how much, digests of figures, and what must not be."""

    pages: int = 0
    cases: int = 0
    saved: int = 0
    refused: int = 0
    switched: int = 0
    figures: dict[Figure, str] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def figure(self, key: Figure, digest: str) -> None:
        """Keep a page's figures; those of the same page, site and data have to be the same."""
        if self.figures.setdefault(key, digest) != digest:
            raise Found(f"two readers got different figures on page {key[0]!r} of the same data")


class Tab:
    """One tab, and its last page: widgets by label, headings, what it covers, its figures."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.widgets: dict[str, Any] = {}
        self.texts: list[str] = []
        self.alerts: list[str] = []
        self.covers = ""
        self._figures: list[bytes] = []

    async def run(self, page: str, query: str = "", **values: Any) -> None:
        """Have the page drawn, with widgets by label set to a text, a list, or True for pressed."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        message.rerun_script.widget_states.SetInParent()
        for label, value in values.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self.widgets[label].id
            if value is True:
                state.trigger_value = True
            elif isinstance(value, str):
                state.string_value = value
            else:
                state.string_array_value.data.extend(value)
        await self.socket.send(message.SerializeToString())
        self.widgets, self.texts, self.alerts, self._figures = {}, [], [], []
        self.covers = ""
        async with asyncio.timeout(LONGEST):
            await self._finished(page)

    async def _finished(self, page: str) -> None:
        try:
            async for element in drawn(self.socket, page):
                self._see(page, element)
        except BadEnd:
            raise Found(f"page {page!r} did not end well") from None

    def _see(self, page: str, element: Any) -> None:
        kind = element.WhichOneof("type")
        own = getattr(element, kind)
        if kind == "exception":
            raise Found(f"page {page!r} is an error page")
        if getattr(own, "label", "") and getattr(own, "id", ""):
            self.widgets[own.label] = own
        if kind in ("heading", "markdown"):
            self.texts.append(own.body)
            if own.body.startswith("Covers "):
                self.covers = own.body.split("Mode:")[0]
        elif kind == "alert":
            self.alerts.append(own.body)
        elif kind == "metric":
            self._figures.append(f"{own.label}={own.body}".encode())
        elif kind == "plotly_chart":
            self._figures.append(own.spec.encode())

    @property
    def digest(self) -> str:
        """A digest of the page's figures and charts."""
        return hashlib.sha256(b"\n".join(self._figures)).hexdigest()

    @property
    def episodes(self) -> int:
        """How many episodes the page says that it covers."""
        found = EPISODES.search(self.covers)
        if found is None:
            raise Found(f"a page does not say how many episodes it covers: {self.texts[:5]}")
        return int(found[1].replace(",", ""))


async def opened(port: int) -> Tab:
    """A new tab."""
    return Tab(
        await connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            compression=None, max_size=None, open_timeout=60, ping_interval=None,
            origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        )
    )  # fmt: skip


class Reader:
    """One person: opens a tab, works in it for a while, closes it, and comes again."""

    def __init__(
        self, name: str, port: int, published: Publications, cases: list[tuple[str, str]],
        seen: Seen, pause: float,
    ) -> None:  # fmt: skip
        """`cases`: case numbers and ids of episodes with a case of the audit. `pause`: seconds."""
        self.name, self.port, self.published = name, port, published
        self.cases, self.seen, self.pause = cases, seen, pause
        self.rng = random.Random(name)
        self.site, self.data = EVERY_SITE, ""

    async def work(self) -> None:
        """Read without end. What must not be is counted, and work goes on in a new tab."""
        while True:
            await asyncio.sleep(self.rng.uniform(0, self.pause))
            try:
                await self._visit()
            except (Found, TimeoutError, OSError) as wrong:
                self.seen.wrong[str(wrong) or type(wrong).__name__] += 1
            except Exception as wrong:  # a closed socket, a widget that is not there
                self.seen.wrong[f"{type(wrong).__name__}: {wrong}"[:300]] += 1

    async def _visit(self) -> None:
        at = time.monotonic()
        tab = await opened(self.port)
        try:
            self.site = EVERY_SITE
            await tab.run("")
            self._is_now(tab, at)
            for _ in range(self.rng.randint(3, 12)):
                await asyncio.sleep(self.rng.uniform(0.5, 1.5) * self.pause)
                await self._one_thing(tab)
        finally:
            await tab.socket.close()

    def _is_now(self, tab: Tab, since: float) -> None:
        """The page is of data that were current then, or were published since."""
        known = self.published.with_episodes(tab.episodes)
        self.published.look()
        names = [name for _, name in self.published.since]
        before = self.published.current_at(since)
        fresh = names[names.index(before):]  # fmt: skip
        found = [name for name in self.published.with_episodes(tab.episodes) if name in fresh]
        if not found:
            raise Found("stale figures" if known else "figures of no data that were published")
        self.data = found[-1]
        self._is_same(tab, "")

    def _is_same(self, tab: Tab, page: str) -> None:
        """The page is of the tab's data and site, and has the figures of those."""
        self.seen.pages += 1
        held = self.published.held[self.data].get(self.site, 0)
        if tab.episodes != held:
            raise Found(f"page {page!r} covers {tab.episodes} episodes, its data hold {held}")
        if page in FIGURES:
            self.seen.figure((page, self.site, self.data), tab.digest)

    async def _one_thing(self, tab: Tab) -> None:
        kind = self.rng.random()
        if NEWER in tab.widgets and kind < 0.3:
            at = time.monotonic()
            await tab.run("", **{NEWER: True})
            if self.site == EVERY_SITE:
                self._is_now(tab, at)
                self.seen.switched += 1
            else:
                await self._choose(tab, EVERY_SITE)
                self._is_now(tab, at)
        elif kind < 0.5:
            page = self.rng.choice((*FIGURES, *OTHERS[:1]))
            await tab.run(page)
            self._is_same(tab, page)
        elif kind < 0.7:
            sites = [each for each in self.published.held[self.data] if each]
            await self._choose(tab, self.rng.choice((EVERY_SITE, *sites)))
            self._is_same(tab, "")
        elif kind < 0.75:
            await tab.run(self.rng.choice(OTHERS))
            self.seen.pages += 1
        else:
            await self._case(tab)

    async def _choose(self, tab: Tab, site: str) -> None:
        """Filter by a site on the first page."""
        if "Site" not in tab.widgets:
            await tab.run("")
        words = [UNKNOWN_SITE[0] if site == UNKNOWN_SITE[1] else site] if site else []
        await tab.run("", Site=words)
        self.site = site

    async def _case(self, tab: Tab) -> None:
        """Open a case, and mostly review it."""
        number, episode = self.rng.choice(self.cases)
        await tab.run("episodes", f"episode={number}")
        self.seen.pages += 1
        self.seen.cases += 1
        if f"Episode {episode}" not in tab.texts:
            raise Found("a case does not open")
        finding = tab.widgets.get("What did you find?")
        if finding is None or self.rng.random() < 0.3:
            return
        await tab.run(
            "episodes",
            f"episode={number}",
            **{
                "Your name or initials": self.name,
                "What did you find?": self.rng.choice(finding.options[:1]),
                "Save": True,
            },
        )
        if any(each.startswith("Saved") for each in tab.alerts):
            self.seen.saved += 1
        elif any(each.startswith("Not saved") for each in tab.alerts):
            self.seen.refused += 1  # somebody else was faster, and the reader is told
        else:
            raise Found(f"a review is neither saved nor refused: {tab.alerts}")
