"""Requests that no browser makes, byte by byte, over a socket of their own."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from tests.hardening.hostile import TEXTS

ROOTS: Final = (
    *("/", "/episodes", "/static/", "/static/js/", "/media/", "/component/", "/component/a/"),
    *("/_stcore/", "/_stcore/bidi-components/a/", "/_stcore/upload_file/a/", "/app/static/"),
    *("/_stcore/stream", "/_stcore/metrics", "/_stcore/host-config", "/_stcore/health"),
    *("/_stcore/agent/mcp", "/_stcore/agent/openapi.json", "/_stcore/script-health-check"),
    *("/auth/login", "/oauth2callback", "/sign-in", "/sign-out", "/signed-out", "/favicon.png"),
)
CLIMBS: Final = (
    *("..", "%2e%2e", "..%2f", "%252e%252e%252f", "..%5c", "%c0%ae%c0%ae/", ".%00./", "//", "\\"),
    *("..;/", "/./", "%2fetc%2fpasswd", "%ff%fe", "%", "%zz", "%u002e", ";x=y", "?", "#"),
)
METHODS: Final = (
    *(*["GET"] * 24, "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"),
    *("CONNECT", "PROPFIND", "get", "G" * 300),
)
HEADERS: Final = (
    *("Host", "Origin", "Cookie", "Range", "Accept-Encoding", "If-None-Match", "Connection"),
    *("Upgrade", "Content-Length", "Transfer-Encoding", "X-Forwarded-For", "X-Forwarded-Host"),
    *("X-Outcomes-Visit", "X-Remote-User", "Sec-WebSocket-Protocol", "Sec-WebSocket-Key"),
    *("Sec-WebSocket-Version", "Expect", "Content-Type", "Referer", "X-HTTP-Method-Override"),
)
VALUES: Final = (
    *("", "a", "*", "null", "http://192.0.2.9", "127.0.0.1", "websocket", "Upgrade", "chunked"),
    *("0", "-1", "5", "99999999999", "bytes=0-", "bytes=5-1", "bytes=0-0,1-1,2-2", "gzip;q=nan"),
    *("streamlit, a, b", "_streamlit_user=x; outcomes_80=" + "A" * 43, "13", "100-continue"),
)


def requests(seed: int, many: int, host: str) -> Iterator[bytes]:
    """So many requests; the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(many):
        whole = _request(rng, host)
        yield _broken(rng, whole) if rng.random() < 0.15 else whole


def _request(rng: random.Random, host: str) -> bytes:
    path = rng.choice(ROOTS)
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        path += rng.choice((*CLIMBS, quote(rng.choice(TEXTS)), rng.choice(("a.js", "index.html"))))
    if rng.random() < 0.4:
        pairs = (f"{rng.choice(('site', 'from', 'episode', 'view', 'a', 'next', 'code'))}="
                 f"{quote(rng.choice(TEXTS))}" for _ in range(rng.randrange(1, 6)))  # fmt: skip
        path += "?" + "&".join(pairs)
    if rng.random() < 0.03:
        path += "?" + "a" * rng.choice((9_000, 70_000))
    lines = [f"{rng.choice(METHODS)} {path} HTTP/{rng.choice(('1.1', '1.1', '1.1', '1.0', '3'))}"]
    if rng.random() < 0.95:
        lines.append(f"Host: {host}")
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        value = rng.choice((*VALUES, *VALUES, rng.choice(TEXTS)))
        lines.append(f"{rng.choice(HEADERS)}: {value}")
    if rng.random() < 0.03:
        lines += [f"X-{n}: {'a' * rng.choice((1, 400))}" for n in range(150)]
    lines.append("Connection: close")
    body = rng.randbytes(rng.choice((0, 0, 0, 10, 3000)))
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body


def _broken(rng: random.Random, whole: bytes) -> bytes:
    """Cut, changed in some places, or nothing but noise."""
    kind = rng.randrange(3)
    if kind == 0:
        return whole[: rng.randrange(1, len(whole))]
    if kind == 1:
        return rng.randbytes(rng.randrange(1, 2000))
    found = bytearray(whole)
    for _ in range(rng.randrange(1, 8)):
        found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found)


def sent(port: int, data: bytes, wait: float = 1.0) -> bytes:
    """What the server answers, up to a megabyte; nothing where it waits for the rest."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        try:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            line.settimeout(wait)
            while len(answer) < 1_000_000:
                more = line.recv(65_536)
                if not more:
                    break
                answer += more
        except OSError:  # closed while we were talking, or silence
            pass
    return answer


def status(answer: bytes) -> int:
    """The status of an answer; 0 where there was none."""
    first = answer.split(b"\r\n", 1)[0].split(b" ")
    return int(first[1]) if len(first) > 1 and first[1].isdigit() else 0
