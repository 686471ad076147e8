"""How much the server takes on: of one request, of one message, at once, and in a minute."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from dashboard.entrance.connections import told_uvicorn
from dashboard.entrance.limits import FRAMES, Limits, limits
from dashboard.entrance.rates import Allowance, Allowances, Places
from dashboard.entrance.tabs import Heard, Tabs
from dashboard.middleware import CompressedAssets, SecurityHeaders
from pipelines.errors import OutcomesError
from pipelines.home import Home
from tests.dashboard.serving import Server, running, unused_port
from tests.dashboard.test_dashboard_launch import Page, ask
from tests.hardening.watched import START_WATCHED
from tests.signon.browsing import Tab, open_tab

SETTINGS = (
    "[server]\nsockets = 3\nnew_sockets_per_minute = 100000\n"
    "messages_per_second = 1000\nconnections = 12\n"
)


class Clock:
    """A clock that a test sets."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_an_allowance_is_used_up_and_comes_back_with_time() -> None:
    clock = Clock()
    own = Allowance(3, 2, clock)
    assert [own.take() for _ in range(4)] == [True, True, True, False]
    assert own.wait() == pytest.approx(0.5)
    clock.at = 0.5
    assert own.take() and not own.take()
    clock.at = 1000
    assert [own.take() for _ in range(4)] == [True, True, True, False]  # never more than at first


def test_each_client_has_an_allowance_and_only_the_latest_are_remembered() -> None:
    clock = Clock()
    own = Allowances(lambda: Allowance(1, 0.001, clock), 2)
    assert own.take("a") and not own.take("a")
    assert own.take("b") and own.take("c")
    assert len(own._of) == 2
    assert not own.take("c")


def test_places_are_given_back() -> None:
    own = Places(2)
    assert own.take("a") and own.take("a") and not own.take("a") and own.take("b")
    own.give_back("a")
    assert own.take("a")
    for who in ("a", "a", "b"):
        own.give_back(who)
    assert own._taken == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nsocket = 3\n", "no limit socket"),
        ("[server]\nsockets = 0\n", "whole number from 1"),
        ("[server]\nworkers = 65\n", "whole number from 0 to 64"),
        ("[server]\nworkers = -1\n", "whole number from 0 to 64"),
        ('[server]\nsockets = "3"\n', "whole number from 1"),
        ("[server]\nsockets = true\n", "whole number from 1"),
        ("[server]\nsockets = 900\n", "must be more than sockets"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "outcomes.toml").write_text(text, "utf-8")
    with pytest.raises(OutcomesError, match=words) as refused:
        limits(Home(tmp_path))
    assert "outcomes.toml, line" in str(refused.value.where)


def test_usual_limits_leave_fifty_readers_room(tmp_path: Path) -> None:
    usual = limits(Home(tmp_path))
    assert usual == Limits()
    assert usual.sockets >= 4 * 50
    assert usual.connections >= 50 * 6 + usual.sockets  # a browser opens six for its files


# Tabs, before an application of the test's own.


def heard(messages: list[dict[str, Any]], clock: Clock | None = None) -> tuple[list, list, list]:
    """What an application hears of these messages, what is sent to the tab, and the waits."""
    sent, waits, left = [], [], [*messages, {"type": "websocket.disconnect", "code": 1000}]

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def run() -> list[dict[str, Any]]:
        own = Heard(Limits(messages_per_second=2), receive, send)  # type: ignore[arg-type]
        if clock is not None:
            own._turn = Allowance(3, 2, clock)
        found = []
        while not found or found[-1]["type"] != "websocket.disconnect":
            found.append(await own())
        return found

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        if clock is not None:
            clock.at += seconds

    before, asyncio.sleep = asyncio.sleep, pause  # type: ignore[assignment]
    try:
        loop = asyncio.new_event_loop()
        found = loop.run_until_complete(run())
        loop.close()
    finally:
        asyncio.sleep = before
    return found, sent, waits


def said(name: str = "app_heartbeat") -> dict[str, Any]:
    """A message of this kind."""
    message = BackMsg()
    if name == "rerun_script":
        message.rerun_script.page_name = "escalation"
    else:
        setattr(message, name, True)
    return {"type": "websocket.receive", "bytes": message.SerializeToString()}


def test_messages_that_come_too_fast_wait_and_none_is_lost() -> None:
    found, sent, waits = heard([said("rerun_script")] * 9, Clock())
    assert len(found) == 10 and not sent
    assert sum(waits) == pytest.approx((9 - 3) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"text": "rerun"}, 1003),
        ({"bytes": b"\xff\xff\xff"}, 1002),
        ({"bytes": b"\x00" * 1_000_001}, 1009),
    ],
)
def test_what_is_no_message_closes_the_socket_with_words(message: dict, code: int) -> None:
    found, sent, _ = heard([{"type": "websocket.receive", **message}, said()])
    assert [each["type"] for each in found] == ["websocket.disconnect"]
    assert sent == [{"type": "websocket.close", "code": code, "reason": sent[0]["reason"]}]
    assert sent[0]["reason"].endswith(".")


def test_messages_for_developers_are_not_heard() -> None:
    quiet = ("clear_cache", "set_run_on_save", "debug_shutdown_runtime", "load_git_info")
    found, sent, _ = heard([*map(said, quiet), said("stop_script")])
    assert len(found) == 2 and not sent


def opened(tabs: Tabs, *persons: str) -> list[int]:
    """The status with which each of these persons' sockets is refused; 101 where it opens."""

    async def one(person: str) -> int:
        statuses: list[int] = []
        scope = {
            "type": "websocket", "path": "/_stcore/stream", "person": person,
            "extensions": {"websocket.http.response": {}}, "headers": [],
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.http.response.start":
                statuses.append(message["status"])

        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(tabs(scope, receive, send), 0.05)  # type: ignore[arg-type]
        return statuses[0] if statuses else 101

    async def everybody() -> list[int]:
        return list(await asyncio.gather(*map(one, persons)))

    return asyncio.new_event_loop().run_until_complete(everybody())


async def stays(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application whose sockets stay open."""
    await asyncio.Event().wait()


def test_one_person_cannot_take_the_places_of_all() -> None:
    most = Limits(sockets=5, sockets_of_one=2, new_sockets_per_minute=100_000)
    tabs = Tabs(stays, most, lambda scope: scope["person"])
    assert opened(tabs, "a", "a", "a", "b", "b", "b", "c", "d") == [
        *(101, 101, 429), *(101, 101, 429), 101, 503,
    ]  # fmt: skip
    assert opened(tabs, "a", "e") == [101, 101], "places are given back"


def test_sockets_that_are_opened_too_fast_are_refused_for_a_moment() -> None:
    tabs = Tabs(stays, Limits(sockets=3, new_sockets_per_minute=1))
    assert opened(tabs, "", "", "") == [101, 101, 101]
    assert opened(tabs, "") == [429]


async def sharing(_scope: Any, _receive: Any, send: Any) -> None:
    """An application that lets others read its answers, and caches keep them."""
    headers = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"public")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"a,b"})


def test_downloads_stay_in_no_cache_and_pages_of_others_read_nothing() -> None:
    for path, kept in (("/media/a.csv", "no-store"), ("/static/a.js", "public")):
        status, headers, _ = ask(SecurityHeaders(sharing), path)
        assert (status, headers["cache-control"]) == (200, kept)
        assert "access-control-allow-origin" not in headers


def test_made_up_addresses_of_files_are_not_kept() -> None:
    own = CompressedAssets(Page())  # as Streamlit does, it answers anything with its page
    for number in range(5):
        assert ask(own, f"/static/{number}.js", ("accept-encoding", "gzip"))[0] == 200
    assert own.kept == {}


# The connections, on a server of the test's own.


async def slow(scope: Any, receive: Any, send: Any) -> None:
    """Answers after longer than a connection may be silent; a socket says how it ended."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "heard"})
        return
    if scope["type"] == "http":
        await asyncio.sleep(1.0)
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def impatient() -> Iterator[int]:
    """The port of a server that waits for 0.4 seconds, and has six connections."""
    more = told_uvicorn(Limits(sockets=1, connections=6), behind_proxy=False)
    more["http"].keywords["patience"] = 0.4
    port = unused_port()
    config = uvicorn.Config(slow, port=port, log_level="critical", lifespan="off", **more)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join(10)


def until_closed(line: socket.socket) -> bytes:
    """All that comes until the server closes."""
    line.settimeout(20)
    found = b""
    while more := line.recv(65_536):
        found += more
    return found


@pytest.mark.parametrize("begin", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_connection_that_says_nothing_whole_is_closed(impatient: int, begin: bytes) -> None:
    with socket.create_connection(("127.0.0.1", impatient)) as line:
        line.sendall(begin)
        assert until_closed(line) == b""


def test_trickling_does_not_buy_time(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        with pytest.raises(OSError):
            for _ in range(200):
                line.sendall(b"X: a\r\n")
                time.sleep(0.05)


def test_an_answer_may_take_its_time_and_the_next_request_must_be_whole_too(
    impatient: int,
) -> None:
    with socket.create_connection(("127.0.0.1", impatient)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        line.settimeout(20)
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET / HT")
        until_closed(line)


def test_there_are_so_many_connections_and_the_next_is_told(impatient: int) -> None:
    lines = [socket.create_connection(("127.0.0.1", impatient)) for _ in range(12)]
    answers = [until_closed(line) for line in lines]
    for line in lines:
        line.close()
    told = [answer for answer in answers if b"503" in answer]
    assert len(told) >= 6 and all(b"Too many connections" in each for each in told)
    assert len(told) < 12
    assert httpx.get(f"http://127.0.0.1:{impatient}/", timeout=20).text == "ok"


def test_a_message_in_endless_empty_pieces_ends_the_socket(impatient: int) -> None:
    with connect(f"ws://127.0.0.1:{impatient}/", proxy=None, compression=None) as line:
        line.send("whole")
        assert line.recv() == "heard"

        def piece(opcode: Opcode) -> bytes:
            return Frame(opcode, b"", fin=False).serialize(mask=True)

        with contextlib.suppress(OSError):
            line.socket.sendall(piece(Opcode.TEXT))
            line.socket.sendall(piece(Opcode.CONT) * (FRAMES + 10))
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=20)
    assert line.protocol.close_code == 1009


def test_a_message_that_is_too_large_ends_the_socket(impatient: int) -> None:
    line = connect(f"ws://127.0.0.1:{impatient}/", proxy=None, compression=None)
    with line, contextlib.suppress(ConnectionClosed):
        line.send(b"a" * 1_000_001)
        line.recv(timeout=20)
    assert line.protocol.close_code == 1009


# The real server, with limits that a test can reach.


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A dashboard of an empty home, and the file of what it did outside."""
    folder = tmp_path_factory.mktemp("small")
    home = Home.open(folder / "home").root
    (home / "outcomes.toml").write_text(SETTINGS, "utf-8")
    did = folder / "did.txt"
    with running(home, start=START_WATCHED, WATCHED=str(did)) as server:
        yield server, did


def titles(tab: Tab) -> list[str]:
    """Have a tab's page drawn."""
    tab.run()
    return tab.titles


def test_as_many_tabs_as_there_may_be_and_a_page_that_says_so(small) -> None:
    server, _ = small
    tabs = [open_tab(None, server.url) for _ in range(3)]
    with pytest.raises(InvalidStatus) as refused:
        open_tab(None, server.url)
    assert refused.value.response.status_code == 503
    assert b"As many tabs are open" in refused.value.response.body
    page = httpx.get(server.url)
    assert page.status_code == 503 and "The dashboard is full just now" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert all(titles(tab) for tab in tabs), "those that are open go on"
    for tab in tabs:
        tab.close()
    for _ in range(100):
        if httpx.get(server.url).status_code == 200:
            break
        time.sleep(0.05)
    again = open_tab(None, server.url)
    assert titles(again)
    again.close()


def test_idle_connections_do_not_shut_others_out_for_good(small) -> None:
    server, _ = small
    tab = open_tab(None, server.url)
    lines = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    assert b"Too many connections" in until_closed(lines[-1])
    assert titles(tab), "who is there goes on"
    for line in lines:
        line.close()
    assert httpx.get(f"{server.url}/_stcore/health", timeout=20).status_code == 200
    tab.close()


LARGE = {f"x-{n}": "a" for n in range(120)}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "words"),
    [
        ("GET", "/?a=" + "a" * 9_000, {}, 414, "too long"),
        ("GET", "/", LARGE, 431, "too large"),
        ("GET", "/", {"x": "a" * 40_000}, 431, "too large"),
        ("GET", "/", {"content-length": "5"}, 413, "no files and no forms"),
        ("GET", "/", {"transfer-encoding": "chunked"}, 413, "no files and no forms"),
        ("GET", "/", {"range": "bytes=0-0,2-2"}, 416, "one part at a time"),
        ("PUT", "/_stcore/upload_file/a/b", {}, 405, "read only"),
        ("DELETE", "/_stcore/upload_file/a/b", {}, 405, "read only"),
        ("POST", "/", {}, 405, "read only"),
        ("OPTIONS", "/_stcore/health", {}, 405, "read only"),
        ("GET", "/_stcore/metrics", {}, 404, "nothing at this address"),
        ("GET", "/_stcore/agent/openapi.json", {}, 404, "nothing at this address"),
        ("GET", "/_stcore/upload_file/a/b", {}, 404, "nothing at this address"),
        ("GET", "/_stcore/script-health-check", {}, 404, "nothing at this address"),
        ("GET", "/component/a/b.js", {}, 404, "nothing at this address"),
        ("GET", "/app/static/a", {}, 404, "nothing at this address"),
        ("GET", "/auth/login", {}, 404, "nothing at this address"),
        ("GET", "/oauth2callback", {}, 404, "nothing at this address"),
        ("GET", "/static/%2e%2e/%2e%2e/etc/passwd", {}, 404, "nothing at this address"),
        ("GET", "/static/..%5c..%5cx", {}, 404, "nothing at this address"),
        ("GET", "/", {"origin": "http://localhost:3000"}, 403, "another address"),
        ("GET", "/_stcore/health", {"origin": "null"}, 403, "another address"),
        ("GET", "/", {"host": "evil.example"}, 400, "Invalid host"),
    ],
)
def test_what_is_refused_is_told_and_has_the_headers(
    small, method: str, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    server, _ = small
    line = HTTPConnection("127.0.0.1", server.port, timeout=20)
    line.putrequest(method, path, skip_host="host" in headers)
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    assert answer.status == status
    assert words in text
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    names = {name.lower() for name in answer.headers}
    assert "server" not in names
    assert not [name for name in names if name.startswith("access-control")]


def test_a_page_of_another_address_opens_no_socket_and_nobody_outside_is_asked(small) -> None:
    """Streamlit lets in any port of this machine, and asks a server which address it has."""
    server, did = small
    origins = ("http://localhost:3000", "http://127.0.0.1:1", "http://192.0.2.9", "null", "a")
    for origin in origins:
        with pytest.raises(InvalidStatus) as refused:
            open_tab(None, server.url, origin=origin)
        assert refused.value.response.status_code == 403
    assert not did.exists(), did.read_text("utf-8")
    open_tab(None, server.url).close()
    open_tab(None, server.url, origin=None).close()
