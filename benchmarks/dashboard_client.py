"""A reader without a screen: speaks to the dashboard's websocket as the page in a browser does.

Times are from sending what a widget now says until the server has finished the script. A run that
fails, or that answers for another selection than the one asked for, is an error and no time.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

LONGEST = 300.0
"""Seconds after which a run counts as failed."""


@dataclass(frozen=True)
class Selection:
    """What a reader chooses: names of sites, and the first month in words ("" for the start)."""

    sites: tuple[str, ...]
    first: str = ""


@dataclass
class Reader:
    """One session on one page. `options` are the words of the two filters, once it is open."""

    socket: ClientConnection
    page: str
    ids: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    covers: str = ""

    async def choose(self, wanted: Selection | None) -> float:
        """Change the filters (None: open the page); the server's time in seconds.

        RuntimeError when the script fails or its page covers another selection.
        """
        begun = time.perf_counter()
        await self.socket.send(self._asked(wanted))
        async with asyncio.timeout(LONGEST):
            await self._finished()
        took = time.perf_counter() - begun
        asked = (*wanted.sites, wanted.first) if wanted else ()
        if not all(words in self.covers for words in asked):
            raise RuntimeError(f"{self.page}: asked for {wanted}, answered for {self.covers!r}")
        return took

    def _asked(self, wanted: Selection | None) -> bytes:
        message = BackMsg()
        message.rerun_script.page_name = self.page
        message.rerun_script.query_string = ""
        if wanted is not None:
            site = message.rerun_script.widget_states.widgets.add()
            site.id = self.ids["Site"]
            site.string_array_value.data.extend(wanted.sites)
            if wanted.first:
                month = message.rerun_script.widget_states.widgets.add()
                month.id = self.ids["First contact from"]
                month.string_value = wanted.first
        found: bytes = message.SerializeToString()
        return found

    async def _finished(self) -> None:
        self.covers = ""
        async for element in drawn(self.socket, self.page):
            self._see(element)

    def _see(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(f"{self.page}: {element.exception.type} on the page")
        if kind == "multiselect" or kind == "selectbox":
            widget = getattr(element, kind)
            self.ids[widget.label] = widget.id
            self.options[widget.label] = list(widget.options)
        if kind == "markdown" and element.markdown.body.startswith("Covers "):
            self.covers = element.markdown.body


def resident(pid: int) -> int:
    """Bytes of memory that a server and its workers hold just now (Linux).

    What two of them share is counted for each.
    """
    size, found, processes = os.sysconf("SC_PAGE_SIZE"), 0, [str(pid)]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            processes += (thread / "children").read_text(encoding="ascii").split()
    for each in processes:
        with suppress(FileNotFoundError):  # a worker that has just ended
            found += int(Path(f"/proc/{each}/statm").read_text(encoding="ascii").split()[1]) * size
    return found


class BadEnd(RuntimeError):
    """A script that did not end well."""


async def drawn(socket: ClientConnection, page: str) -> AsyncIterator[Any]:
    """What the page's script draws until it ends. BadEnd where it does not end well."""
    while True:
        message = ForwardMsg()
        data = await socket.recv()
        message.ParseFromString(data if isinstance(data, bytes) else b"")
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                raise BadEnd(f"{page}: the script ended {message.script_finished}")
            return
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            yield message.delta.new_element


async def opened(port: int, page: str) -> Reader:
    """A new session that has the page (its place in the address; "" the first) before it."""
    socket = await connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=["streamlit"],  # type: ignore[list-item]
        compression=None,
        max_size=None,
        open_timeout=60,
        ping_interval=None,
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
    )
    reader = Reader(socket, page)
    await reader.choose(None)
    return reader
