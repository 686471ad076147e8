"""The socket of a page, for as long as its visit lasts and not a message longer.

When the visit ends, the browser is told to leave the page: what was on its screen goes, too.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.sign_on.answers import ENDED
from dashboard.sign_on.visits import Visits

FILES: Final = re.compile(rb"/media/([0-9A-Za-z_.-]{8,200})")
HEARD: Final = frozenset({"rerun_script", "stop_script", "app_heartbeat"})
"""What a page of this dashboard says that is of use. The rest is for developers, such as to clear
all caches or to ask git about this folder, which would start a program, or for what no page here
has, such as files that are made when they are asked for."""
LOOK: Final = 5.0
"""Seconds between two looks whether the person has signed out elsewhere."""
LEAVING: Final = 2.0
"""Seconds that a browser has for going away before the socket is closed."""
POLICY: Final = 1008


def goodbye(to: str) -> bytes:
    """The message upon which a browser opens another address."""
    message = ForwardMsg()
    message.auth_redirect.url = to
    found: bytes = message.SerializeToString()
    return found


async def say_goodbye(headers: Headers, receive: Receive, send: Send, to: str | None) -> None:
    """Refuse a socket; with `to` the browser is sent there first. Streamlit hears nothing of it."""
    await receive()  # websocket.connect
    if to is not None:
        first = headers.get("sec-websocket-protocol", "").split(",")[0].strip()
        await send({"type": "websocket.accept", "subprotocol": first or None})
        await send({"type": "websocket.send", "bytes": goodbye(to)})
        await asyncio.sleep(LEAVING)
    await send({"type": "websocket.close", "code": POLICY})


def read(data: bytes | None) -> tuple[bool, bool]:
    """Of a browser's message: whether Streamlit may hear it, and whether a person was the cause.

    A page that renews itself sends messages too; by those nobody is there.
    """
    message = BackMsg()
    try:
        message.ParseFromString(data if data is not None else b"\xff")
    except Exception:  # the socket is closed behind this gate
        return True, False
    kind = message.WhichOneof("type")
    person = kind == "rerun_script" and not message.rerun_script.is_auto_rerun
    return kind in HEARD, person


class Socket:
    """One socket of a visit."""

    def __init__(self, visits: Visits, key: str, receive: Receive, send: Send) -> None:
        self._visits, self._key = visits, key
        self._receive, self._send = receive, send
        self._waiting: asyncio.Task[Message] | None = None
        self._over = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Let Streamlit and the browser talk until either goes, or the visit ends."""
        try:
            await app(scope, self._heard, self._said)
        finally:
            if self._waiting is not None:
                self._waiting.cancel()

    async def _heard(self) -> Message:
        while not self._over:
            if self._waiting is None:
                self._waiting = asyncio.ensure_future(self._receive())
            left = self._visits.left(self._key)
            if left > 0:
                await asyncio.wait({self._waiting}, timeout=min(left, LOOK))
            if self._visits.find(self._key) is None:
                break
            if self._waiting.done():
                message, self._waiting = self._waiting.result(), None
                heard, person = True, False
                if message["type"] == "websocket.receive":
                    heard, person = read(message.get("bytes"))
                if person:
                    self._visits.use(self._key)
                if heard:
                    return message
        return await self._leave()

    async def _leave(self) -> Message:
        """Send the browser away, close the socket, and tell Streamlit that it has gone."""
        if not self._over:
            self._over = True
            try:
                await self._send({"type": "websocket.send", "bytes": goodbye(ENDED)})
                if self._waiting is not None and not self._waiting.done():
                    await asyncio.wait({self._waiting}, timeout=LEAVING)
                await self._send({"type": "websocket.close", "code": POLICY})
            except Exception:  # the browser was faster
                pass
        return {"type": "websocket.disconnect", "code": POLICY}

    async def _said(self, message: Message) -> None:
        if self._over or self._visits.find(self._key) is None:
            return
        data = message.get("bytes") if message["type"] == "websocket.send" else None
        if data and b"/media/" in data:
            self._visits.offer(self._key, [name.decode() for name in FILES.findall(data)])
        await self._send(message)
