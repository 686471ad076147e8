"""What a request may be like, before anything else looks at it.

This dashboard only ever reads what a browser asks for: it takes no body, so no upload, form or
method that changes something is let through, whatever Streamlit would do with it.
"""

from __future__ import annotations

import math
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.entrance.limits import ADDRESS, ADDRESSES, BURST, HEADER_LINES, HEADERS, Limits
from dashboard.entrance.rates import Allowance, Allowances
from dashboard.sign_on import addresses, answers

METHODS: Final = frozenset({"GET", "HEAD"})
SERVED: Final = (addresses.HOST_CONFIG, addresses.SOCKET)
RETRY: Final = {"retry-after": "5"}


class Requests:
    """Refuses what is too large, too often, of another kind or from another page."""

    def __init__(self, app: ASGIApp, limits: Limits, local: bool) -> None:
        """`local`: nobody signs in, so no gate behind this closes what is not served."""
        self.app, self.local = app, local
        rate = limits.requests_per_second
        self._often = Allowances(lambda: Allowance(BURST, rate), ADDRESSES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answer = self._refusal(scope)
        if answer is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await answer(scope, receive, send)
        else:
            await refuse_socket(scope, receive, send, answer)

    def _refusal(self, scope: Scope) -> Response | None:
        client = scope.get("client") or ("",)
        if not self._often.take(str(client[0])):
            return answers.bare("Too many requests at once. Wait a moment.", 429, RETRY)
        return _too_large(scope) or _of_another_kind(scope) or self._closed(scope)

    def _closed(self, scope: Scope) -> Response | None:
        """Where nobody signs in: what is not served, and what another page asks for.

        Streamlit takes a page of any other port of this machine for one of its own; and asked by
        a page elsewhere it asks a server in the internet for this machine's address.
        """
        if not self.local:
            return None
        path: str = scope["path"]
        closed = path.startswith(addresses.CLOSED) and path not in SERVED
        if addresses.is_crooked(scope) or (closed and not addresses.is_open(scope)):
            return answers.bare("There is nothing at this address.", 404)
        headers = Headers(scope=scope)
        origins, own = headers.getlist("origin"), f"http://{headers.get('host', '')}"
        if origins and origins != [own]:
            return answers.bare("This is not for a page of another address.", 403)
        return None


def _too_large(scope: Scope) -> Response | None:
    raw = scope.get("raw_path") or scope["path"].encode()
    if len(raw) + len(scope["query_string"]) > ADDRESS:
        return answers.bare("This address is too long.", 414)
    lines = scope["headers"]
    if len(lines) > HEADER_LINES or sum(len(n) + len(v) for n, v in lines) > HEADERS:
        return answers.bare("The headers of this request are too large.", 431)
    return None


def _of_another_kind(scope: Scope) -> Response | None:
    if scope["type"] == "websocket":
        return None
    if scope["method"] not in METHODS:
        words = "This dashboard takes no such request: it is read only."
        return answers.bare(words, 405, {"allow": ", ".join(sorted(METHODS))})
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers or headers.get("content-length", "0").strip() != "0":
        return answers.bare("This dashboard takes no files and no forms.", 413)
    if "," in headers.get("range", ""):
        return answers.bare("Ask for one part at a time.", 416)
    return None


async def refuse_socket(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    """Refuse a socket before it opens, with the words where the server can send them."""
    await receive()  # websocket.connect
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    start = {"status": answer.status_code, "headers": answer.raw_headers}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": bytes(answer.body)})


def soon(seconds: float) -> dict[str, str]:
    """The header that says when to try again."""
    return {"retry-after": str(max(1, math.ceil(seconds)))}
