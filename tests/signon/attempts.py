"""What somebody may try who should not get in, or not so far, and what they get instead.

Each is done for real against a running server. The table in `docs/access.md` is made of these.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import InvalidStatus

from tests.signon import browsing
from tests.signon.browsing import Tab
from tests.signon.conftest import World
from tests.signon.identity_provider import WRONG
from tests.signon.serving import PROXY_SECRET

ASKED: Final = (
    "401, Sign in: This dashboard holds data about patients, so it shows nothing before you have "
    "signed in"
)
SHUT: Final = "socket refused, 403"


@dataclass(frozen=True)
class Attempt:
    """What is tried, the answer, and how it is tried; `make` returns the answer it got."""

    words: str
    answer: str
    make: Callable[[World], str]


def said(answer: httpx.Response) -> str:
    """An answer as the table has it: its status, and its heading or first line."""
    found = re.search(r"<h1>(.*?)</h1>(?:<p>(.*?)</p>)?", answer.text)
    words = ": ".join(filter(None, found.groups())) if found else answer.text.split("\n")[0]
    return f"{answer.status_code}, {html.unescape(words)[:160]}".rstrip(", .")


def socket(try_it: Callable[[], Tab]) -> str:
    """Whether a socket opens, and where it leads."""
    try:
        tab = try_it()
    except InvalidStatus as refused:
        return f"socket refused, {refused.response.status_code}"
    tab.hear(("auth_redirect",), timeout=5)
    sent_to = tab.said[-1].auth_redirect.url if tab.said else ""
    tab.close()
    return f"sent to {sent_to}" if sent_to else "socket opened"


def page(tab: Tab) -> str:
    """The page that a tab shows: its own title, which comes after those of the side bar."""
    own = [each for each in tab.titles if each not in ("Data as published on", "Which episodes")]
    return f"page “{own[0]}”" if own else "no page"


def _get(path: str) -> Callable[[World], str]:
    return lambda world: said(browsing.browser().get(world.url + path))


def _wrong(name: str) -> Callable[[World], str]:
    def make(world: World) -> str:
        client = browsing.browser()
        answer = browsing.sign_in(client, world.url, name)
        assert said(client.get(world.url + "/")).startswith("401")
        return said(answer)

    return make


def _goes(name: str, address: str, query: str = "") -> Callable[[World], str]:
    """A person opens a page's address directly."""

    def make(world: World) -> str:
        tab = world.tab(name)
        text = tab.run(address, query.format(other=world.other_number))
        assert world.other_episode not in text
        tab.close()
        return page(tab)

    return make


def other_page_by_hash(world: World) -> str:
    """The service's tab asks for the auditors' page by the hash of its script."""
    auditor, tab = world.tab("auditor"), world.tab("service")
    auditor.run()
    known = [m.navigation for m in auditor.said if m.WhichOneof("type") == "navigation"][-1]
    hashed = {each.url_pathname: each.page_script_hash for each in known.app_pages}
    tab.run()
    text = tab.run("episodes", f"episode={world.other_number}", page_script_hash=hashed["episodes"])
    auditor.close()
    tab.close()
    assert "What happened when" not in text
    return page(tab)


def other_site_by_widget(world: World) -> str:
    """A tab of the first team says that the site filter holds another site."""
    tab = world.tab("local_auditor")
    tab.run()
    widget = tab.widget("Site")
    state = WidgetState(id=widget.id)
    state.string_array_value.data.extend([world.other_site])
    named = WidgetState(id=widget.id)
    named.string_array_value.data.extend(["Another site"])
    assert not [each for each in widget.options if world.other_site in each]
    for crafted in (state, named):
        text = tab.run(widgets=[crafted])
        assert world.other_site not in text.replace(f'"{world.other_site}"', "")
    tab.close()
    return page(tab)


def other_fragment(world: World) -> str:
    """The service's tab asks for a fragment of an auditor's session."""
    tab = world.tab("service")
    tab.run()
    with contextlib.suppress(TimeoutError):
        tab.run(fragment_id="0" * 32, wait=3)
    tab.close()
    return "nothing is drawn" if not tab.titles else page(tab)


def other_session(world: World) -> str:
    """The service reconnects to an auditor's session by its id."""
    auditor = world.tab("auditor")
    auditor.run("episodes", f"episode={world.other_number}")
    new = next(m.new_session for m in auditor.said if m.WhichOneof("type") == "new_session")
    theirs = new.initialize.session_id
    tab = browsing.open_tab(world.signed_in("service"), world.url, session=theirs)
    tab.run()
    own = next(m.new_session for m in tab.said if m.WhichOneof("type") == "new_session")
    assert own.initialize.session_id != theirs
    auditor.run("episodes", f"episode={world.other_number}")
    assert page(auditor) == "page “Episodes”"
    auditor.close()
    tab.close()
    return f"a session of their own, {page(tab)}"


def a_file(tab: Tab) -> str:
    """The address of a file that a tab was offered."""
    found = re.search(r"/media/[\w.-]+", tab.text)
    assert found is not None, "this page offers no file"
    return found[0]


def other_file(world: World) -> str:
    """The shared reader fetches a file that the service was offered."""
    tab = world.tab("service")
    tab.run("rules")
    path = a_file(tab)
    assert world.signed_in("service").get(world.url + path).status_code == 200
    answer = world.signed_in("nobody").get(world.url + path)
    other = world.signed_in("shared").get(world.url + path)
    nobody = browsing.browser().get(world.url + path)
    tab.close()
    return "; ".join(map(said, (other, answer, nobody)))


def deferred_file(world: World) -> str:
    """Somebody asks over the socket for a file to be made by an id."""
    tab = world.tab("shared")
    tab.run()
    message = BackMsg()
    new = next(m.new_session for m in tab.said if m.WhichOneof("type") == "new_session")
    message.backend_operation_request.request_id = "1"
    message.backend_operation_request.session_id = new.initialize.session_id
    message.backend_operation_request.deferred_file.file_id = "0" * 32
    with contextlib.suppress(TimeoutError):
        tab.send(message, wait=1)
    told = [
        m.backend_operation_response.error_msg
        for m in tab.said
        if m.HasField("backend_operation_response")
    ]
    tab.close()
    return "; ".join(told) or "nothing happens"


def administration(world: World) -> str:
    """Messages by which a browser would stop the server, clear its caches or write files."""
    tab = world.tab("auditor")
    tab.run()
    message = BackMsg()
    for name in ("debug_shutdown_runtime", "clear_cache", "set_run_on_save"):
        setattr(message, name, True)
        with contextlib.suppress(TimeoutError):
            tab.send(message, wait=0.5)
        assert not tab.titles and not tab.closed
    tab.run()
    tab.close()
    return f"nothing happens, {page(tab)}"


def stale_tab(world: World) -> str:
    """A tab goes on after its person has signed out in another one."""
    client = browsing.browser()
    browsing.sign_in(client, world.url, "auditor")
    tab = browsing.open_tab(client, world.url)
    tab.run()
    assert page(tab) == "page “Overview”"
    cookies = dict(client.cookies)
    client.get(f"{world.url}/sign-out")
    tab.run("episodes", f"episode={world.other_number}")
    sent_to = tab.said[-1].auth_redirect.url
    assert not tab.titles and world.other_episode not in tab.text
    assert tab.hear() is None and tab.closed
    for name, value in cookies.items():  # a copy of the key is worth nothing either
        client.cookies.set(name, value, domain="127.0.0.1")
    assert said(client.get(world.url + "/")).startswith("401")
    again = socket(lambda: browsing.open_tab(client, world.url))
    return f"sent to {sent_to}; anew: {again}"


def forged_cookie(world: World) -> str:
    """A key that somebody made up, and Streamlit's own cookie of a person who is signed in."""
    client = browsing.browser()
    name = next(iter(world.signed_in("auditor").cookies.keys()))
    client.cookies.set(name, "A" * 43)
    claims = json.dumps({"is_logged_in": True, "origin": world.url, "sub": "auditor"})
    client.cookies.set("_streamlit_user", base64.b64encode(claims.encode()).decode())
    inner = {"X-Outcomes-Visit": world.signed_in("auditor").cookies[name]}
    answer = client.get(world.url + "/_stcore/metrics", headers=inner)
    opened = socket(lambda: browsing.open_tab(client, world.url, headers=inner))
    return f"{said(answer)}; {opened}"


def without_origin(world: World) -> str:
    """A program with a good cookie, which is no browser on the dashboard's own page."""
    client = world.signed_in("auditor")
    elsewhere = (None, "https://elsewhere.example.org", "null")
    opened = [partial(browsing.open_tab, client, world.url, each) for each in elsewhere]
    return "; ".join(sorted(set(map(socket, opened))))


def twice(world: World) -> str:
    """An answer of the provider is used a second time."""
    client = browsing.browser()
    asked = browsing.to_provider(client, world.url).replace("/authorize?", "/as/auditor?")
    back = client.get(asked).headers["location"]
    assert client.get(back).status_code == 303
    return said(client.get(back))


def somebody_elses_answer(world: World) -> str:
    """An answer of the provider is brought to a browser that began no sign-in."""
    asked = browsing.to_provider(browsing.browser(), world.url)
    back = httpx.get(asked.replace("/authorize?", "/as/auditor?")).headers["location"]
    return said(browsing.browser().get(back))


OF_PROVIDER: Final = (
    Attempt("open a page without signing in", ASKED, _get("/")),
    Attempt("open a page's address without signing in", ASKED, _get("/episodes?episode=1")),
    *(
        Attempt(f"ask for {path} without signing in", "401, Nobody is signed in", _get(path))
        for path in (
            "/_stcore/metrics",
            "/_stcore/host-config",
            "/_stcore/agent/openapi.json",
            "/_stcore/stream",
            "/media/a.csv",
            "/component/a",
            "/app/static/a",
        )
    ),
    Attempt(
        "climb out of the code's folder",
        "404, There is nothing at this address",
        _get("/static/%2e%2e/_stcore/metrics"),
    ),
    Attempt(
        "open the socket without signing in",
        SHUT,
        lambda world: socket(lambda: browsing.open_tab(None, world.url)),
    ),
    Attempt("open the socket from another page, or from none", SHUT, without_origin),
    Attempt(
        "make up a key, a cookie of Streamlit and the gate's own header",
        "401, Nobody is signed in; sent to /signed-out",
        forged_cookie,
    ),
    *(
        Attempt(
            f"sign in, the answer: {name.replace('_', ' ')}",
            f"403, The sign-in was not accepted: {words}".rstrip("."),
            _wrong(name),
        )
        for name, words in WRONG.items()
    ),
    Attempt(
        "use an answer of the provider twice",
        "403, The sign-in was not accepted: The identity provider's answer could not be verified",
        twice,
    ),
    Attempt(
        "bring an answer to another browser",
        "403, The sign-in was not accepted: The identity provider's answer could not be verified",
        somebody_elses_answer,
    ),
    Attempt(
        "service: open the page of the auditors",
        "page “Overview”",
        _goes("service", "episodes", "episode={other}"),
    ),
    Attempt("service: ask for it by the hash of its script", "page “Overview”", other_page_by_hash),
    Attempt("service: run a fragment by its id", "nothing is drawn", other_fragment),
    Attempt(
        "service: reconnect to the session of an auditor",
        "a session of their own, page “Overview”",
        other_session,
    ),
    Attempt(
        "send the messages of a developer's browser: stop, clear the caches",
        "nothing happens, page “Overview”",
        administration,
    ),
    Attempt("shared: open an exact page", "page “Shared figures”", _goes("shared", "escalation")),
    Attempt("shared: have a file made by an id", "nothing happens", deferred_file),
    Attempt(
        "fetch a file that was offered to somebody else (another reader; no role; nobody)",
        "404, There is nothing at this address; 401, You are signed in, but your account has no "
        "role here, or none for any site; 401, Nobody is signed in",
        other_file,
    ),
    Attempt(
        "auditor of one site: open an episode of another",
        "page “Episodes”",
        _goes("local_auditor", "episodes", "episode={other}"),
    ),
    Attempt(
        "auditor of one site: say that the filter holds another",
        "page “Overview”",
        other_site_by_widget,
    ),
    Attempt(
        "auditor of one site: open a page of all sites together",
        "page “Overview”",
        _goes("local_auditor", "quality"),
    ),
    Attempt(
        "go on in a tab after signing out in another",
        "sent to /signed-out; anew: sent to /signed-out",
        stale_tab,
    ),
)
"""Against a dashboard with an identity provider."""

HEADERS: Final = {
    "X-Outcomes-Proxy-Secret": PROXY_SECRET,
    "X-Remote-User": "pat@example.org",
    "X-Remote-Groups": "msk-audit, choir",
    "X-Remote-Sites": "trust",
}


def _by_headers(
    without: str = "", more: tuple[tuple[str, str], ...] = (), path: str = "/"
) -> Callable[[World], str]:
    def make(world: World) -> str:
        kept = [each for each in HEADERS.items() if each[0] != without]
        return said(httpx.get(world.url + path, headers=[*kept, *more]))

    return make


def stolen_visit(world: World) -> str:
    """Somebody whom the proxy names takes along the cookie of another person."""
    client = browsing.browser(HEADERS)
    client.get(world.url + "/")
    headers = {**HEADERS, "X-Remote-User": "other@example.org", "X-Remote-Groups": "msk-board"}
    answer = httpx.get(
        world.url + "/_stcore/metrics", headers=headers, cookies=dict(client.cookies)
    )
    return said(answer)


OF_PROXY: Final = (
    Attempt(
        "pass by the proxy, with its headers but without its secret",
        "403, This server takes requests from its proxy only",
        _by_headers("X-Outcomes-Proxy-Secret"),
    ),
    Attempt(
        "pass by the proxy with a secret that is wrong",
        "403, This server takes requests from its proxy only",
        _by_headers("X-Outcomes-Proxy-Secret", (("X-Outcomes-Proxy-Secret", "x" * 40),)),
    ),
    Attempt(
        "a proxy that names nobody",
        "403, The sign-in was not accepted: The proxy did not say who you are",
        _by_headers("X-Remote-User"),
    ),
    Attempt(
        "a proxy that leaves a forged name beside its own",
        "403, The sign-in was not accepted: The header x-remote-user is there more than once, so "
        "it is not believed",
        _by_headers(more=(("X-Remote-User", "other@example.org"),)),
    ),
    Attempt(
        "a proxy that leaves forged roles beside its own",
        "403, The sign-in was not accepted: The header x-remote-groups is there more than once, "
        "so it is not believed",
        _by_headers(more=(("X-Remote-Groups", "msk-audit"),)),
    ),
    Attempt(
        "a proxy that names no role",
        "403, Nothing is open to you here: You are signed in, but "
        "your account has no role here, or none for any site",
        _by_headers("X-Remote-Groups"),
    ),
    Attempt(
        "a proxy that names no site",
        "403, Nothing is open to you here: You are signed in, but "
        "your account has no role here, or none for any site",
        _by_headers("X-Remote-Sites"),
    ),
    Attempt("take along the cookie of another person", "401, Nobody is signed in", stolen_visit),
    Attempt(
        "go on at the proxy's dashboard by an address that it has not",
        "421, Open it at its own address",
        lambda world: said(
            httpx.get(world.url.replace("127.0.0.1", "localhost"), headers=HEADERS)
        ).split(":")[0],
    ),
)
"""Against a dashboard behind a proxy."""


def table() -> str:
    """The table of all attempts, as Markdown."""
    rows = [
        f"| {kind} | {each.words} | {each.answer} |"
        for kind, attempts in (("identity provider", OF_PROVIDER), ("proxy", OF_PROXY))
        for each in attempts
    ]
    return "\n".join(("| sign-on | what is tried | the answer |", "|---|---|---|", *rows))


if __name__ == "__main__":
    print(table())
