"""What stands between the network and Streamlit: host names, security headers, compression."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path
from typing import Final

import anyio.to_thread
import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.launch import LOOPBACK_HOSTS

INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
COMPRESSED: Final = (".js", ".css", ".html", ".svg", ".json")
NO_PAGE: Final = ("/_stcore/", "/static/", "/media/", "/component/", "/app/")
MEDIA: Final = "/media/"
SHARING: Final = "access-control-"
"""Headers by which a server lets pages of others read its answers; Streamlit sets some."""
FIXED_HEADERS: Final = (
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
)


def inline_script_hashes(index: Path | None = None) -> tuple[str, ...]:
    """CSP sources of the scripts written inside the installed index.html.

    Computed rather than written down: the script changes with Streamlit's version.
    """
    page = index or Path(streamlit.__file__).parent / "static" / "index.html"
    digests = (
        hashlib.sha256(script.encode()).digest()
        for script in INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))
    )
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def content_policy(port: int, hashes: tuple[str, ...], address: str = "") -> str:
    """A policy under which the browser itself refuses to send anything to anybody else.

    `address` is where browsers find the server, where that is not this machine's own address.
    """
    named = address.replace("http", "ws", 1)
    sockets = named or " ".join(f"ws://{host}:{port}" for host in LOOPBACK_HOSTS)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'wasm-unsafe-eval' {' '.join(hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {sockets}",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


class SecurityHeaders:
    """Adds the content policy and the fixed headers to every HTTP answer."""

    def __init__(self, app: ASGIApp, address: str = "") -> None:
        self.app, self.address = app, address
        self.hashes = inline_script_hashes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        server = scope.get("server") or ("", 80)
        policy = content_policy(server[1] or 80, self.hashes, self.address)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = policy
                for name, value in FIXED_HEADERS:
                    headers[name] = value
                for name in [each for each in headers if each.startswith(SHARING)]:
                    del headers[name]
                if scope["path"].startswith(MEDIA):  # tables and reports stay in no cache
                    headers["cache-control"] = "no-store"
            await send(message)

        await self.app(scope, receive, with_headers)


def chart_code(static: Path | None = None) -> str:
    """The tag by which a browser loads the charts' code at once; empty where there is none such.

    Without it that code, half of all, is asked for when the first chart has come. Looked up rather
    than written down: the file's name changes with Streamlit's version.
    """
    folder = static or Path(streamlit.__file__).parent / "static"
    return "".join(
        f'<link rel="modulepreload" crossorigin href="./static/js/{path.name}">'
        for path in sorted(folder.glob("static/js/PlotlyChart.*.js"))
    )


class EarlyCharts:
    """Adds `chart_code` to the head of the page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.tag = chart_code().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or path.startswith(NO_PAGE):
            await self.app(scope, receive, send)
            return
        start, body = await whole(self.app, scope, receive)
        headers = MutableHeaders(raw=list(start["headers"]))
        if headers.get("content-type", "").startswith("text/html") and start["status"] == 200:
            body = body.replace(b"</head>", self.tag + b"</head>", 1)
            headers["content-length"] = str(len(body))
        await replay(send, {**start, "headers": headers.raw}, body)


class CompressedAssets:
    """Gzip for the page and its scripts, each file compressed once.

    Streamlit leaves these, eight megabytes at first load, uncompressed; compressing them at every
    request would cost more than it saves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._applies(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path not in self.kept:
            answer = await self._compressed(scope, receive)
            if not _is_code(answer[0]):
                await replay(send, *answer)
                return
            self.kept[path] = answer
        await replay(send, *self.kept[path])

    @staticmethod
    def _applies(scope: Scope) -> bool:
        if scope["type"] != "http" or scope["method"] != "GET":
            return False
        headers, path = Headers(scope=scope), scope["path"]
        return (
            path.startswith("/static/")
            and path.endswith(COMPRESSED)
            and "gzip" in headers.get("accept-encoding", "")
            and not {"range", "if-none-match", "if-modified-since"} & set(headers.keys())
        )

    async def _compressed(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        start, body = await whole(self.app, scope, receive)
        headers = MutableHeaders(raw=list(start["headers"]))
        if start["status"] == 200 and "content-encoding" not in headers:
            body = await anyio.to_thread.run_sync(gzip.compress, body, 6)
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(body))
            headers.add_vary_header("Accept-Encoding")
        return {**start, "headers": headers.raw}, body


def _is_code(start: Message) -> bool:
    """Whether an answer is a file that there is. Streamlit answers with its page for all others;
    kept for each such address, that would fill the memory.
    """
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return bool(start["status"] == 200) and not kind.startswith("text/html")


async def whole(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """An answer once it has come to its end: how it starts, and its body."""
    start: Message = {}
    parts: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(scope, receive, collect)
    return start, b"".join(parts)


async def replay(send: Send, start: Message, body: bytes) -> None:
    """Send an answer that `whole` has collected."""
    # A copy: what is sent passes through middleware that adds headers to it.
    await send({**start, "headers": list(start["headers"])})
    await send({"type": "http.response.body", "body": body})
