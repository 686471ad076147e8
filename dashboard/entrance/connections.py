"""Connections, before there is a request: how many, and how long one may take to say anything.

uvicorn has no such limits that would hold for sockets and slow senders, so its two protocols are
extended, and what Streamlit tells uvicorn is completed.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from dashboard.entrance.limits import FRAMES, HEADERS, MESSAGE, PATIENCE, Limits

PASSED_ON: Final = "_get_uvicorn_config_kwargs"
"""Streamlit's function that says what uvicorn is told; not promised to stay."""
TOO_LARGE: Final = 1009
BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"connection: close\r\nretry-after: 5\r\n\r\nToo many connections. Wait a moment.\n"
)


class Patient(H11Protocol):
    """A connection that is closed when there are too many, or when it says nothing in time."""

    def __init__(self, *told: Any, most: int, patience: float = PATIENCE, **more: Any) -> None:
        """`most` connections in all; `patience` in seconds."""
        super().__init__(*told, **more)
        self._most, self._patience = most, patience
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.write(BUSY)
            transport.close()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is not self or self._is_answering():
            self._wait_no_more()
        else:
            self._wait()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        """Begin to wait for a whole request; what trickles in does not begin it anew."""
        if self._waiting is None:
            self._waiting = self.loop.call_later(self._patience, self._enough)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _enough(self) -> None:
        self._waiting = None
        if self.transport.get_protocol() is self and not self._is_answering():
            self.transport.close()


class Whole(WebSocketsSansIOProtocol):
    """A socket on which a message comes in not too many pieces: empty ones weigh nothing."""

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) < FRAMES:
            super().handle_cont(event)
            return
        self.conn.fail(TOO_LARGE, "This message comes in too many pieces.")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()


def told_uvicorn(limits: Limits, behind_proxy: bool) -> dict[str, Any]:
    """What uvicorn is told beside what Streamlit tells it."""
    return {
        "http": partial(Patient, most=limits.connections),
        "ws": Whole,
        "ws_max_size": MESSAGE,
        "h11_max_incomplete_event_size": 2 * HEADERS,
        "server_header": False,
        # Who asks, as a proxy on this machine says it; without one anybody could say anything.
        "proxy_headers": behind_proxy,
    }


def narrow(limits: Limits, behind_proxy: bool) -> None:
    """Let the server that Streamlit starts next hold these limits.

    RuntimeError where this version of Streamlit starts it otherwise: it is then not started.
    """
    from streamlit.web.server.starlette import starlette_server

    passed_on = getattr(starlette_server, PASSED_ON, None)
    if passed_on is None:
        raise RuntimeError("this version of Streamlit starts its server in another way")
    more = told_uvicorn(limits, behind_proxy)
    setattr(starlette_server, PASSED_ON, lambda: {**passed_on(), **more})
