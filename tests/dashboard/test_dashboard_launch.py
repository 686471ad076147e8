"""What the server refuses, how it is configured, and what stands before Streamlit."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import socket
import tomllib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import streamlit
from streamlit import config

from dashboard import at_once, launch, middleware, theme

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.20", "example.org", ""])
def test_addresses_that_others_reach_are_refused(address: str) -> None:
    with pytest.raises(launch.LaunchRefused, match=r"patient-level data.*127\.0\.0\.1"):
        launch.check_address(address)
    with pytest.raises(launch.LaunchRefused):
        launch.serve(Path("."), 8599, open_browser=False, address=address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_addresses_of_this_machine_are_taken(address: str) -> None:
    assert launch.check_address(address).startswith("127.")


def test_a_taken_port_is_passed_over_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind((launch.LOOPBACK, 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(launch, "DEFAULT_PORT", taken)
        assert launch.free_port(None) != taken
        with pytest.raises(launch.LaunchRefused, match=f"Port {taken} is taken"):
            launch.free_port(taken)
    assert launch.free_port(taken) == taken
    with pytest.raises(launch.LaunchRefused, match="is no port"):
        launch.free_port(70000)


def test_settings_are_known_and_safe() -> None:
    found = launch.options()
    unknown = set(found) - set(config._config_options_template)
    assert not unknown
    assert found["browser.gatherUsageStats"] is False
    assert found["server.allowedHosts"] == ["localhost", "127.0.0.1"]
    assert found["server.fileWatcherType"] == "none"
    assert found["server.enableAgentApi"] is False
    assert found["client.showErrorLinks"] is False
    assert found["client.toolbarMode"] == "viewer"
    assert found["server.maxUploadSize"] == 1
    assert "server.address" not in found  # given at launch, checked there


def test_chart_and_page_backgrounds_are_the_same() -> None:
    """Hollow markers are filled with the page's background; it must be the real one."""
    path = Path(launch.__file__).with_name("config.toml")
    found = tomllib.loads(path.read_text(encoding="utf-8"))["theme"]
    assert found["light"]["backgroundColor"] == theme.LIGHT.background
    assert found["dark"]["backgroundColor"] == theme.DARK.background
    assert found["light"]["textColor"] == theme.LIGHT.text
    assert found["dark"]["textColor"] == theme.DARK.text


def ask(app: Asgi, path: str, *headers: tuple[str, str]) -> tuple[int, dict[str, str], bytes]:
    """One GET through an ASGI app: status, headers, body."""
    sent: list[Any] = []
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": raw, "server": ("127.0.0.1", 8765),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    # In a thread of its own: a browser test may have left an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(app(scope, receive, send))).result()  # type: ignore[arg-type]
    found = {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:])


class Plain:
    """An inner app that answers with a script in two pieces and counts its calls."""

    body = b"const answer = 42;\n" * 500

    def __init__(self, status: int = 200) -> None:
        self.calls = 0
        self.status = status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        headers = [
            (b"content-type", b"text/javascript"),
            (b"content-length", str(len(self.body)).encode()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        half = len(self.body) // 2
        await send({"type": "http.response.body", "body": self.body[:half], "more_body": True})
        await send({"type": "http.response.body", "body": self.body[half:]})


def test_scripts_are_compressed_once() -> None:
    inner = Plain()
    app = middleware.CompressedAssets(inner)
    for _ in range(3):
        status, headers, body = ask(app, "/static/js/a.js", ("accept-encoding", "gzip, br"))
        assert status == 200
        assert headers["content-encoding"] == "gzip"
        assert headers["content-length"] == str(len(body))
        assert gzip.decompress(body) == Plain.body
        assert len(body) < len(Plain.body) / 5
    assert inner.calls == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/js/a.js", ()),
        ("/static/js/a.js", (("accept-encoding", "gzip"), ("range", "bytes=0-9"))),
        ("/static/js/a.js", (("accept-encoding", "gzip"), ("if-none-match", "x"))),
        ("/static/media/font.woff2", (("accept-encoding", "gzip"),)),
        ("/_stcore/health", (("accept-encoding", "gzip"),)),
    ],
)
def test_the_rest_passes_unchanged(path: str, headers: tuple[tuple[str, str], ...]) -> None:
    status, found, body = ask(middleware.CompressedAssets(Plain()), path, *headers)
    assert (status, body) == (200, Plain.body)
    assert "content-encoding" not in found


def test_a_failure_is_not_kept() -> None:
    inner = Plain(status=404)
    app = middleware.CompressedAssets(inner)
    for _ in range(2):
        assert ask(app, "/static/js/a.js", ("accept-encoding", "gzip"))[0] == 404
    assert inner.calls == 2


class Page(Plain):
    """An inner app that answers with a page."""

    body = b"<html><head><title>a</title></head><body></head></body></html>"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def as_page(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"][0] = (b"content-type", b"text/html; charset=utf-8")
            await send(message)

        await super().__call__(scope, receive, as_page)


def test_a_page_names_the_code_of_the_charts_in_its_head() -> None:
    tag = middleware.chart_code()
    assert tag.count("<link") == tag.count("PlotlyChart.") == 1
    name = tag.split('href="./')[1].split('"')[0]
    assert (Path(streamlit.__file__).parent / "static" / name).is_file()
    for path in ("/", "/escalation"):
        status, headers, body = ask(middleware.EarlyCharts(Page()), path)
        assert status == 200
        assert body == Page.body.replace(b"</head>", tag.encode() + b"</head>", 1)
        assert headers["content-length"] == str(len(body))


def test_where_there_is_no_such_code_the_page_stays_as_it_is(tmp_path: Path) -> None:
    assert middleware.chart_code(tmp_path) == ""


@pytest.mark.parametrize("path", ["/static/a.html", "/_stcore/health", "/media/a.html"])
def test_what_is_no_page_passes_as_it_comes(path: str) -> None:
    assert ask(middleware.EarlyCharts(Page()), path)[2] == Page.body


def test_a_script_or_a_failure_is_no_page() -> None:
    assert ask(middleware.EarlyCharts(Plain()), "/a")[2] == Plain.body
    assert ask(middleware.EarlyCharts(Page(status=404)), "/a")[2] == Page.body


def test_headers_forbid_every_other_host() -> None:
    _, headers, _ = ask(middleware.SecurityHeaders(Plain()), "/")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "ws://127.0.0.1:8765" in policy
    assert "unsafe-eval'" not in policy.replace("'wasm-unsafe-eval'", "")
    assert "http" not in policy.replace("https", "http")
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_hashes_follow_the_page(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<script>\n  a = 1\n</script><script src='x.js'></script>", encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(b"\n  a = 1\n").digest()).decode()
    assert middleware.inline_script_hashes(page) == (f"'sha256-{digest}'",)
    assert len(middleware.inline_script_hashes()) >= 1


def test_connections_that_come_in_send_at_once() -> None:
    def waits(own: socket.socket) -> bool:
        return not own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with socket.socket() as listening, socket.socket() as client, socket.socket() as other:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert waits(listening)
        assert at_once.send_at_once() >= 1
        client.connect(listening.getsockname())
        accepted, _ = listening.accept()
        with accepted:
            assert not waits(accepted)
            assert waits(client) and waits(other)
            client.sendall(b"heard")
            assert accepted.recv(5) == b"heard"


def test_where_open_files_are_not_listed_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(at_once, "OPEN_FILES", tmp_path / "none")
    assert at_once.send_at_once() == 0
