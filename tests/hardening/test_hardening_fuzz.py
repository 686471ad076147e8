"""Made-up requests and messages against the real server, in every mode."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from pipelines.home import Home
from tests.hardening import fuzzed_requests
from tests.hardening.talking import talk
from tests.hardening.watched import START_WATCHED, Watched, ids_of, watched
from tests.signon import browsing, serving
from tests.signon.attempts import HEADERS
from tests.signon.browsing import Tab
from tests.signon.conftest import OIDC, PROXY

MODES = (
    *("auditor", "service", "shared", "identity provider"),
    pytest.param("proxy", marks=pytest.mark.deep),  # the same gate
)
WHO = {**HEADERS, "X-Remote-Groups": "msk-service"}
GROWTH = 150 * 2**20
"""Bytes that a server may take while it is fuzzed: sessions stay for two minutes."""
REFUSED = {301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 413, 414, 416, 421, 431}


@contextmanager
def dashboard(mode: str, home: Home, folder: Path) -> Iterator[tuple[Watched, Callable[[], Tab]]]:
    """A server in a mode, under watch, and how a reader of it opens a tab."""
    if mode not in ("identity provider", "proxy"):
        with watched(home.root, folder, mode) as found:
            yield found, partial(browsing.open_tab, None, found.server.url)
        return
    own = Path(shutil.copytree(home.root, folder / "home"))
    did = folder / "did.txt"
    more = {"start": START_WATCHED, "WATCHED": str(did)}
    if mode == "proxy":
        with serving.dashboard(own, PROXY, ("x",), **more) as server:
            client = browsing.browser(WHO)
            assert client.get(server.url).status_code == 200
            opened = partial(browsing.open_tab, client, server.url, headers=WHO)
            yield Watched(server, did, ids_of(own)), opened
        return
    with serving.identity_provider() as issuer:
        section = OIDC.replace("$ISSUER", issuer)
        with serving.dashboard(own, section, ("x",), **more) as server:
            client = browsing.browser()
            assert browsing.sign_in(client, server.url, "service").status_code == 303
            yield Watched(server, did, ids_of(own)), partial(browsing.open_tab, client, server.url)


@pytest.fixture(scope="module", params=MODES)
def under_watch(
    request: pytest.FixtureRequest, demo_home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Watched, Callable[[], Tab]]]:
    """One server for the tests of a mode."""
    folder = tmp_path_factory.mktemp("watched")
    with dashboard(request.param, demo_home, folder) as (found, open_tab):
        yield request.param, found, open_tab


def looks(mode: str, found: Watched) -> Callable[[str], None]:
    """Whether a text holds what nobody may see, or what helps nobody but an attacker."""

    def look(text: str) -> None:
        assert "Traceback" not in text
        assert "site-packages" not in text, "where in which library something failed"
        assert mode == "auditor" or not found.cases_in(text)

    return look


def ask_for_anything(mode: str, found: Watched, seed: int, many: int) -> Counter[int]:
    """So many made-up requests; how often each status came."""
    look, statuses = looks(mode, found), Counter[int]()
    host = found.server.url.removeprefix("http://")
    for data in fuzzed_requests.requests(seed, many, host):
        answer = fuzzed_requests.sent(found.server.port, data)
        status = fuzzed_requests.status(answer)
        assert status in {0, 200, 206, 304, *REFUSED}, (data[:500], answer[:500])
        look(answer.decode("latin-1"))
        assert not re.search(rb"(?i)\r\nlocation: *(//|\\\\|https?://192)", answer), data[:500]
        statuses[status] += 1
    return statuses


def unharmed(found: Watched, before: int) -> None:
    """Others are answered, nothing went out, no program was started, memory is bounded."""
    found.answers()
    assert found.outside == ""
    assert found.memory() - before < GROWTH


def say_anything(
    mode: str, found: Watched, open_tab: Callable[[], Tab], seed: int, many: int
) -> Counter[str]:
    """So many made-up messages; how often each kind of answer came."""
    return talk(open_tab, seed, many, looks(mode, found))


def test_no_request_brings_the_server_down_or_gets_more_than_it_may(under_watch) -> None:
    mode, found, _ = under_watch
    before = found.memory()
    statuses = ask_for_anything(mode, found, 8, 800)
    assert statuses[405] and statuses[400] and statuses[404]
    assert sum(statuses.values()) - statuses[0] > 500, "most requests are answered"
    unharmed(found, before)


def test_no_message_brings_the_server_down_or_gets_more_than_it_may(under_watch) -> None:
    mode, found, open_tab = under_watch
    before = found.memory()
    kinds = say_anything(mode, found, open_tab, 8, 40)
    assert kinds["page"] > 5, "most messages are answered by a page"
    assert any(kind.startswith("closed") for kind in kinds)
    unharmed(found, before)


@pytest.mark.deep
def test_many_requests_and_messages(under_watch) -> None:
    mode, found, open_tab = under_watch
    ask_for_anything(mode, found, 1, 500)  # what is loaded upon first use does not count
    say_anything(mode, found, open_tab, 1, 50)
    before = found.memory()
    for seed in range(2, 12):
        ask_for_anything(mode, found, seed, 2_000)
        say_anything(mode, found, open_tab, seed, 100)
    unharmed(found, before)
