"""The sockets of open tabs: how many there are, how fast they talk, and what they may say.

It stands behind the sign-in, where there is one: who is not signed in takes nobody's place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.entrance.limits import MESSAGE, Limits
from dashboard.entrance.rates import Allowance, Places
from dashboard.entrance.requests import refuse_socket, soon
from dashboard.sign_on import addresses, answers
from dashboard.sign_on.sockets import HEARD

TEXT, NOT_A_MESSAGE, TOO_LARGE = 1003, 1002, 1009
FULL: Final = "As many tabs are open as this dashboard can serve."
FULL_TITLE: Final = "The dashboard is full just now"
FULL_MORE: Final = (
    f"{FULL} Try again in a few minutes; tabs that nobody needs any more can be closed."
)
OWN_FULL: Final = "You have as many tabs open as one person may. Close some."
TOO_FAST: Final = "Too many tabs were opened at once. Wait a moment."


def nobody(_scope: Scope) -> str | None:
    """Where nobody signs in, tabs are nobody's."""
    return None


class Tabs:
    """Counts the tabs, and stands between each and Streamlit."""

    def __init__(
        self, app: ASGIApp, limits: Limits, whose: Callable[[Scope], str | None] = nobody
    ) -> None:
        """`whose`: the person of a socket's request, None where people are not told apart."""
        self.app, self._limits, self._whose = app, limits, whose
        self._all, self._own = Places(limits.sockets), Places(limits.sockets_of_one)
        self._new = Allowance(limits.sockets, limits.new_sockets_per_minute / 60)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http" and self._all.full and addresses.is_page(scope):
            # Streamlit's page would only go on trying.
            full = answers.page(FULL_TITLE, FULL_MORE, 503, ("", "Try again"))
            await full(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        person = self._whose(scope)
        refusal = self._take(person)
        if refusal:
            words, status = refusal
            answer = answers.bare(words, status, soon(self._new.wait()))
            await refuse_socket(scope, receive, send, answer)
            return
        try:
            await self.app(scope, Heard(self._limits, receive, send), send)
        finally:
            self._all.give_back()
            if person is not None:
                self._own.give_back(person)

    def _take(self, person: str | None) -> tuple[str, int] | None:
        """Take a place; where there is none, why."""
        if self._all.full:
            return FULL, 503
        if person is not None and not self._own.take(person):
            return OWN_FULL, 429
        if not self._new.take():
            if person is not None:
                self._own.give_back(person)
            return TOO_FAST, 429
        self._all.take()
        return None


class Heard:
    """What a tab says, as far as Streamlit gets to hear it; to be called like `receive`."""

    def __init__(self, limits: Limits, receive: Receive, send: Send) -> None:
        """Messages that come too fast wait; nothing is read from the tab meanwhile."""
        self._receive, self._send = receive, send
        rate = limits.messages_per_second
        self._turn = Allowance(5 * rate, rate)

    async def __call__(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            await self._turn.in_turn(asyncio.sleep)
            wrong = _wrong(message)
            if wrong is not None:
                code, words = wrong
                await self._send({"type": "websocket.close", "code": code, "reason": words})
                return {"type": "websocket.disconnect", "code": code}
            if kind(message["bytes"]) in HEARD:
                return message


def _wrong(message: Message) -> tuple[int, str] | None:
    """Why a message ends the socket: the code to close it with, and words."""
    data = message.get("bytes")
    if data is None:
        return TEXT, "Text is not understood here."
    if len(data) > MESSAGE:
        return TOO_LARGE, "This message is too large."
    if kind(data) == "":
        return NOT_A_MESSAGE, "This is no message of the dashboard's page."
    return None


def kind(data: bytes) -> str:
    """The kind of a browser's message; empty for what is none."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:  # protobuf's errors differ by its implementation
        return ""
    return message.WhichOneof("type") or "nothing"
