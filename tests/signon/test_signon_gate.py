"""The gate by itself, before an application that would answer everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import reader
from dashboard.launch import HOME_VARIABLE, INNER, SIGN_ON_VARIABLE
from dashboard.sign_on import addresses, claims, gate, sockets
from dashboard.sign_on.gate import Gate
from dashboard.sign_on.visits import Known, Moment, Visits
from pipelines.home import Home
from pipelines.sign_on import SignOn, sign_on, subject
from tests.signon.serving import PROXY_SECRET

ADDRESS = "https://outcomes.example.org"
PROXY = (
    f'[access]\nsign_on = "proxy"\naddress = "{ADDRESS}"\n'
    '[access.roles]\nmsk = "auditor"\nboard = "shared"\n'
)
OIDC = PROXY.replace('"proxy"', '"oidc"') + (
    '[access.oidc]\nissuer = "https://login.example.org"\nclient_id = "outcomes"\n'
)
HEADERS = {
    claims.SECRET_HEADER: PROXY_SECRET,
    "x-remote-user": "pat@example.org",
    "x-remote-groups": "msk",
    "x-forwarded-for": "192.0.2.1",
}


class Clock:
    """A clock that a test sets."""

    at = 1000.0

    def __call__(self) -> Moment:
        return Moment(self.at, self.at)


class Behind:
    """The application behind the gate; it remembers what reached it."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, str]] = []
        self.heard: list[bytes] = []
        self.app = Starlette(
            routes=[
                WebSocketRoute("/_stcore/stream", self.socket),
                Route("/{path:path}", self.page, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )

    async def page(self, request: Request) -> Response:
        self.reached.append((request.url.path, request.headers.get(INNER, "")))
        answer = PlainTextResponse("data of the dashboard")
        answer.set_cookie("_streamlit_xsrf", "2|a")
        answer.set_cookie("_streamlit_user", "who", httponly=True)
        return answer

    async def socket(self, socket: WebSocket) -> None:
        self.reached.append(("socket", ",".join(socket.headers.getlist(INNER))))
        await socket.accept(subprotocol="streamlit")
        await socket.send_bytes(b"a figure /media/abcdef0123.csv and more")
        try:
            while True:
                self.heard.append(await socket.receive_bytes())
                await socket.send_bytes(b"data of the dashboard")
        except WebSocketDisconnect:
            self.reached.append(("gone", ""))


class Made:
    """A gate, what is behind it, and a browser before it."""

    def __init__(self, home: Path, settings: str) -> None:
        (home / "outcomes.toml").write_text(settings, "utf-8")
        self.home, self.settings = home, sign_on(Home(home))
        self.clock, self.behind = Clock(), Behind()
        self.visits = Visits(self.settings.hours, self.settings.idle_minutes, self.clock)
        self.gate = Gate(self.behind.app, self.settings, self.visits, PROXY_SECRET)

    def browser(self, **headers: str) -> TestClient:
        return TestClient(self.gate, base_url=ADDRESS, headers=headers, follow_redirects=False)

    def signed_in(self, *roles: str) -> TestClient:
        """A browser with a visit that was begun at the identity provider."""
        client = self.browser()
        key = self.visits.begin(Known("0123456789abcdef", "oidc", roles or ("msk",), ()))
        client.cookies.set(self.gate.cookie, key, domain="outcomes.example.org")
        return client


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(sockets, "LEAVING", 0.2)
    monkeypatch.setattr(sockets, "LOOK", 0.05)


@pytest.fixture
def oidc(tmp_path: Path) -> Made:
    return Made(tmp_path, OIDC)


@pytest.fixture
def proxy(tmp_path: Path) -> Made:
    return Made(tmp_path, PROXY)


UNKNOWN = [
    ("GET", "/", 401), ("GET", "/episodes", 401), ("GET", "/nothing-such", 401),
    ("GET", "/media/a.csv", 401), ("GET", "/_stcore/metrics", 401),
    ("GET", "/_stcore/host-config", 401), ("GET", "/_stcore/anything-new", 401),
    ("GET", "/_stcore/agent/openapi.json", 401), ("POST", "/_stcore/agent/interact", 401),
    ("PUT", "/_stcore/upload_file/a/b", 401), ("GET", "/component/a/b.js", 401),
    ("GET", "/app/static/a", 401), ("POST", "/", 401), ("DELETE", "/", 401),
    ("GET", "/auth/logout", 401), ("GET", "/auth/anything", 401),
    ("GET", "/static/..%2f_stcore/metrics", 404), ("GET", "/%2e%2e/_stcore/metrics", 404),
    ("GET", "//_stcore/metrics", 404), ("GET", "/_stcore%2fmetrics", 401),
    ("GET", "/static%5c..%5cmedia/a", 404),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), UNKNOWN)
def test_without_a_visit_nothing_passes(oidc: Made, method: str, path: str, status: int) -> None:
    answer = oidc.browser().request(method, ADDRESS + path)
    assert answer.status_code == status
    assert "data of the dashboard" not in answer.text and not oidc.behind.reached
    assert not answer.headers.get("set-cookie")


@pytest.mark.parametrize("path", ["/_stcore/health", "/static/js/a.js", "/favicon.png"])
def test_health_and_code_pass(oidc: Made, path: str) -> None:
    assert oidc.browser().get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/episodes", "/_stcore/host-config", "/a/_stcore/health"])
def test_with_a_visit_a_page_passes(oidc: Made, path: str) -> None:
    answer = oidc.signed_in().get(path, headers={INNER: "forged"})
    assert answer.text == "data of the dashboard"
    assert oidc.behind.reached == [(path, "")]


@pytest.mark.parametrize(
    "path",
    [
        *("/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/anything-new"),
        *("/component/a/b.js", "/app/static/a", "/auth/logout", "/media/other.csv"),
    ],
)
def test_with_a_visit_the_rest_does_not_pass_either(oidc: Made, path: str) -> None:
    assert oidc.signed_in().get(path).status_code == 404
    assert oidc.signed_in().put("/_stcore/upload_file/a/b").status_code == 404
    assert not oidc.behind.reached


def test_cookies_stay_with_this_server_and_say_nothing_of_a_person(oidc: Made) -> None:
    answer = oidc.signed_in().get("/")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 1 and cookies[0].startswith("_streamlit_xsrf=")
    assert "secure" in cookies[0].lower()


def test_the_key_is_sent_over_https_only_and_to_this_host_only(proxy: Made) -> None:
    answer = proxy.browser(**HEADERS).get("/")
    key = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-"))
    parts = {each.strip().lower() for each in key.split(";")[1:]}
    assert parts == {"httponly", "path=/", "samesite=lax", "secure"}


def test_a_person_without_a_role_is_told_so(oidc: Made) -> None:
    client = oidc.signed_in("choir")
    answer = client.get("/")
    assert answer.status_code == 403 and "no role here" in answer.text
    assert client.get("/_stcore/host-config").status_code == 401
    assert not oidc.behind.reached


def test_a_role_that_is_taken_away_is_gone_at_once(oidc: Made) -> None:
    client = oidc.signed_in()
    assert client.get("/").status_code == 200
    file = oidc.home / "outcomes.toml"
    file.write_text(OIDC.replace('msk = "auditor"\n', ""), "utf-8")
    assert client.get("/").status_code == 403
    file.write_text("[access", "utf-8")
    answer = client.get("/")
    assert answer.status_code == 403 and "cannot be read" in answer.text
    file.unlink()
    assert client.get("/").status_code == 403


def test_a_session_that_was_not_used_begins_anew_at_the_sign_in(oidc: Made) -> None:
    client = oidc.signed_in()
    oidc.clock.at += 29 * 60
    assert client.get("/_stcore/host-config").status_code == 200  # a browser asks that by itself
    oidc.clock.at += 61
    assert client.get("/").status_code == 401
    assert "not used for a while" in client.get("/signed-out").text


def test_a_session_in_use_lasts_no_longer_than_it_may(oidc: Made) -> None:
    client = oidc.signed_in()
    for _ in range(8 * 3 - 1):
        oidc.clock.at += 20 * 60
        assert client.get("/").status_code == 200
    oidc.clock.at += 20 * 60
    assert client.get("/").status_code == 401


def test_by_another_name_nobody_is_let_in(oidc: Made) -> None:
    client = TestClient(oidc.gate, base_url="https://elsewhere.example.org")
    answer = client.get("/")
    assert answer.status_code == 421 and ADDRESS in answer.text


@pytest.mark.parametrize("host", ["outcomes.example.org/static", "outcomes.example.org/a?", "@"])
def test_a_made_up_host_makes_no_other_address_of_a_request(oidc: Made, host: str) -> None:
    client = oidc.signed_in()
    for path in ("/_stcore/metrics", "/media/a.csv", "/"):
        assert client.get(path, headers={"host": host}).status_code in (404, 421)
        assert oidc.browser().get(path, headers={"host": host}).status_code in (401, 421)
    assert not oidc.behind.reached


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/episodes?site=A&age=65%2B", "/episodes?site=A&age=65%2B"),
        ("/", ""), ("https://elsewhere.example.org/episodes", ""), ("//elsewhere.example.org", ""),
        ("/\\elsewhere.example.org", ""), ("/episodes\r\nset-cookie: a=b", ""),
        ("/sign-out", ""), ("/media/a", ""), ("javascript:alert(1)", ""), ("/episodes#a", ""),
        ("/episodes?" + "a" * 2000, ""), ("///episodes", ""), ("/episodes?é", ""),
    ],
)  # fmt: skip
def test_after_the_sign_in_one_is_led_to_pages_of_this_dashboard_only(
    wanted: str, led: str
) -> None:
    assert addresses.of_this_dashboard(wanted) == led


# --- the socket


def message(kind: str = "rerun_script", auto: bool = False) -> bytes:
    found = BackMsg()
    if kind == "rerun_script":
        found.rerun_script.is_auto_rerun = auto
        found.rerun_script.page_name = "a"
    else:
        setattr(found, kind, True)
    return bytes(found.SerializeToString())


def led_to(data: bytes) -> str:
    found = ForwardMsg()
    found.ParseFromString(data)
    return str(found.auth_redirect.url)


STREAM = ADDRESS.replace("http", "ws") + "/_stcore/stream"
OWN = {"origin": ADDRESS}


def refused(client: TestClient, **headers: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        client.websocket_connect(STREAM, headers=headers),
    ):
        pass
    assert closed.value.code in (1008, 403)


def test_a_socket_needs_a_visit_and_the_dashboards_own_page(oidc: Made) -> None:
    refused(oidc.browser(), **OWN)
    client = oidc.signed_in()
    refused(client)
    refused(client, origin="https://elsewhere.example.org")
    refused(client, origin=ADDRESS.replace("https", "http"))
    refused(oidc.signed_in("choir"), **OWN)
    assert not oidc.behind.reached
    with client.websocket_connect(STREAM, headers={**OWN, INNER: "forged"}) as socket:
        socket.receive_bytes()
    assert oidc.behind.reached[0] == ("socket", client.cookies[oidc.gate.cookie])


def test_another_socket_is_none(oidc: Made) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        oidc.signed_in().websocket_connect("/anything", headers=OWN),
    ):
        pass


def test_a_file_is_for_whom_it_was_offered(oidc: Made) -> None:
    client, other = oidc.signed_in(), oidc.signed_in("board")
    path = "/media/abcdef0123.csv"
    assert client.get(path).status_code == 404
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
    assert client.get(path).status_code == 200
    assert other.get(path).status_code == 404
    assert oidc.browser().get(path).status_code == 401


@pytest.mark.parametrize("seconds", [30 * 60, 8 * 3600])
def test_a_tab_is_sent_away_when_its_session_ends(oidc: Made, seconds: int) -> None:
    client = oidc.signed_in()
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
        socket.send_bytes(message())
        assert socket.receive_bytes() == b"data of the dashboard"
        oidc.clock.at += seconds
        assert led_to(socket.receive_bytes()) == "/signed-out"  # nobody has asked for anything
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_bytes()
        assert closed.value.code == 1008
    assert len(oidc.behind.heard) == 1


def test_what_a_tab_says_after_the_end_is_heard_by_nobody(
    oidc: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "LOOK", 60)
    client = oidc.signed_in()
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
        time.sleep(0.2)  # the gate waits for the next word
        oidc.clock.at += 30 * 60
        socket.send_bytes(message())
        assert led_to(socket.receive_bytes()) == "/signed-out"
    assert not oidc.behind.heard


def test_a_tab_that_comes_back_after_the_end_is_sent_away_too(oidc: Made) -> None:
    client = oidc.signed_in()
    oidc.clock.at += 30 * 60
    with client.websocket_connect(
        STREAM, subprotocols=["streamlit", "a", "b"], headers=OWN
    ) as socket:
        assert led_to(socket.receive_bytes()) == "/signed-out"
        assert socket.accepted_subprotocol == "streamlit"
        with pytest.raises(WebSocketDisconnect):
            socket.receive_bytes()
    assert not oidc.behind.reached


def test_a_tab_that_outlived_its_session_finds_its_way_to_the_socket(oidc: Made) -> None:
    client = oidc.signed_in()
    oidc.clock.at += 30 * 60
    answer = client.get("/_stcore/host-config")
    assert answer.json() == gate.STALE  # the gate's own words, not Streamlit's
    assert not oidc.behind.reached
    assert client.get("/_stcore/metrics").status_code == 401


def test_a_page_that_renews_itself_keeps_no_session_open(oidc: Made) -> None:
    client = oidc.signed_in()
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
        oidc.clock.at += 20 * 60
        socket.send_bytes(message(auto=True))
        socket.receive_bytes()
        socket.send_bytes(message("app_heartbeat"))
        socket.receive_bytes()
        oidc.clock.at += 10 * 60
        assert led_to(socket.receive_bytes()) == "/signed-out"


def test_a_page_that_is_used_stays_open(oidc: Made) -> None:
    client = oidc.signed_in()
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
        for _ in range(3):
            oidc.clock.at += 20 * 60
            socket.send_bytes(message())
            assert socket.receive_bytes() == b"data of the dashboard"


@pytest.mark.parametrize("kind", ["clear_cache", "debug_shutdown_runtime", "set_run_on_save"])
def test_what_a_developers_browser_says_is_not_heard(oidc: Made, kind: str) -> None:
    with oidc.signed_in().websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
        socket.send_bytes(message(kind))
        socket.send_bytes(message())
        assert socket.receive_bytes() == b"data of the dashboard"
    assert oidc.behind.heard == [message()]


# --- the proxy


def test_the_proxy_is_believed_and_its_word_becomes_a_visit(proxy: Made) -> None:
    client = proxy.browser(**HEADERS)
    assert client.get("/_stcore/host-config").status_code == 401  # not yet a page
    assert client.get("/").status_code == 200
    assert client.get("/_stcore/host-config").status_code == 200
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        socket.receive_bytes()
    visit = proxy.visits.find(client.cookies[proxy.gate.cookie])
    assert visit is not None and visit.who.subject == subject("proxy", "", "pat@example.org")
    assert visit.who.roles == ("msk",)


@pytest.mark.parametrize("header", [claims.SECRET_HEADER, "x-remote-user"])
def test_what_the_proxy_does_not_say_is_not_made_up(proxy: Made, header: str) -> None:
    client = proxy.browser(**HEADERS)
    client.get("/")
    del client.headers[header]
    for path in ("/", "/_stcore/host-config"):
        assert client.get(path).status_code == 403
    refused(client, **OWN)


@pytest.mark.parametrize(
    "again", [claims.SECRET_HEADER, "x-remote-user", "x-remote-groups", "x-remote-sites"]
)
def test_a_header_that_is_there_twice_is_not_believed(proxy: Made, again: str) -> None:
    headers = [*HEADERS.items(), ("x-remote-sites", "a"), (again, "forged")]
    answer = proxy.browser().get("/", headers=headers)
    assert answer.status_code == 403
    assert not proxy.behind.reached


def test_another_person_with_the_same_cookie_gets_a_visit_of_their_own(proxy: Made) -> None:
    client = proxy.browser(**HEADERS)
    client.get("/")
    mine = client.cookies[proxy.gate.cookie]
    client.headers["x-remote-user"] = "other@example.org"
    client.headers["x-remote-groups"] = "board"
    assert client.get("/media/a").status_code == 401
    with client.websocket_connect(STREAM, headers=OWN) as socket:
        assert led_to(socket.receive_bytes()) == "/signed-out"
    assert [each for each, _ in proxy.behind.reached] == ["/"]
    client.get("/")
    assert client.cookies[proxy.gate.cookie] != mine
    visit = proxy.visits.find(client.cookies[proxy.gate.cookie])
    assert visit is not None and reader.of_visit(visit).mode == "shared"


def test_behind_a_proxy_nobody_is_led_to_an_identity_provider(proxy: Made) -> None:
    client = proxy.browser(**HEADERS)
    for path in ("/auth/login", "/oauth2callback", "/auth/logout"):
        assert client.get(path).status_code in (401, 404)
    assert not proxy.behind.reached


# --- tokens

NOW = 1_800_000_000.0
TOKEN: dict[str, Any] = {
    "iss": "https://login.example.org", "aud": "outcomes", "sub": "pat@example.org",
    "iat": NOW - 5, "exp": NOW + 300, "roles": ["msk"], "sites": "east",
}  # fmt: skip


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[SignOn]:
    (tmp_path / "outcomes.toml").write_text(OIDC, "utf-8")
    yield sign_on(Home(tmp_path))


def test_a_token_names_a_person_their_roles_and_sites(asked: SignOn) -> None:
    found = claims.of_token(TOKEN, asked, NOW)
    assert (found.roles, found.sites, found.how) == (("msk",), ("east",), "oidc")
    several = claims.of_token({**TOKEN, "aud": ["a", "outcomes"]}, asked, NOW)
    assert several == found


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "https://login.example.org/"}, "another identity provider"),
        ({"iss": None}, "another identity provider"),
        ({"aud": "outcomes2"}, "another program"),
        ({"aud": None}, "another program"),
        ({"exp": NOW - 121}, "had expired"),
        ({"exp": True}, "does not say when"),
        ({"exp": "2030-01-01"}, "does not say when"),
        ({"exp": None}, "does not say when"),
        ({"iat": None}, "does not say when"),
        ({"iat": NOW + 121}, "from the future"),
        ({"iat": NOW - 3600, "exp": NOW + 3600}, "an old one"),
        ({"sub": ""}, "who you are"),
        ({"sub": None}, "who you are"),
        ({"sub": ["a"]}, "who you are"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(
    asked: SignOn, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(claims.Refused, match=said):
        claims.of_token({**TOKEN, **changed}, asked, NOW)


@pytest.mark.parametrize("late", [-119, 119])
def test_clocks_may_differ_by_two_minutes(asked: SignOn, late: int) -> None:
    changed = {"iat": NOW + late, "exp": NOW + max(late, -119)}
    assert claims.of_token({**TOKEN, **changed}, asked, NOW)


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("msk", ("msk",)), (["msk", "msk", 1, None, "a"], ("msk", "a")), ({"msk": True}, ()),
        (True, ()), (None, ()), (["a"] * 500, ("a",)),
    ],
)  # fmt: skip
def test_odd_claims_say_nothing(asked: SignOn, said: object, values: tuple[str, ...]) -> None:
    assert claims.of_token({**TOKEN, "roles": said}, asked, NOW).roles == values


def test_a_claim_may_lie_deeper(tmp_path: Path) -> None:
    text = OIDC + 'role_claim = "realm_access.roles"\n'
    (tmp_path / "outcomes.toml").write_text(text, "utf-8")
    asked = sign_on(Home(tmp_path))
    deep = {**TOKEN, "realm_access": {"roles": ["msk"]}}
    assert claims.of_token(deep, asked, NOW).roles == ("msk",)
    assert claims.of_token({**deep, "realm_access": "msk"}, asked, NOW).roles == ()


# --- the reader


def test_a_run_without_a_visit_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SIGN_ON_VARIABLE, "oidc")
    with pytest.raises(reader.NotOpen, match="Sign in again"):
        reader.reader()
    with reader.by_itself():
        assert reader.reader().how == "local"
    with pytest.raises(reader.NotOpen):
        reader.reader()
