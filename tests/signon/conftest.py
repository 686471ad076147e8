"""One identity provider, and one dashboard for each way to sign in, for all tests of a worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import httpx
import pytest

from pipelines.home import Home
from pipelines.snapshot import current
from tests import numbers
from tests.dashboard.serving import Server
from tests.signon import browsing, serving
from tests.signon.browsing import Tab

OIDC = """[access]
sign_on = "oidc"
address = "$ADDRESS"

[access.oidc]
issuer = "$ISSUER"
client_id = "outcomes"
"""
PROXY = """[access]
sign_on = "proxy"
address = "$ADDRESS"
"""


@dataclass
class World:
    """The dashboard that is under test, its home, and two episodes of different sites."""

    server: Server
    home: Path
    issuer: str
    first_site: str
    first_episode: str
    other_site: str
    other_episode: str
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def other_number(self) -> str:
        """The other episode as an address has to name it."""
        return numbers.of_episode(self.home, self.other_episode)

    def signed_in(self, name: str) -> httpx.Client:
        """The browser of one of the provider's people, signed in once."""
        if name not in self._clients:
            self._clients[name] = browsing.browser()
            answer = browsing.sign_in(self._clients[name], self.url, name)
            assert answer.status_code == 303, answer.text
        return self._clients[name]

    def tab(self, name: str) -> Tab:
        """A new tab of a person."""
        return browsing.open_tab(self.signed_in(name), self.url)


@dataclass(frozen=True)
class Episodes:
    """A home of its own, and an episode of each of two sites."""

    home: Path
    first: tuple[str, str]
    other: tuple[str, str]


@pytest.fixture(scope="session")
def episodes(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Episodes:
    """A copy of the demo home, whose settings may be changed."""
    home = Path(shutil.copytree(demo_home.root, tmp_path_factory.mktemp("signon") / "home"))
    found = current(Home.open(home))
    assert found is not None
    with duckdb.connect(str(found.path), read_only=True) as con:
        rows = con.execute(
            "select site_id, min(episode_id) from episode where site_id <> 'unknown' "
            "group by site_id order by site_id limit 2"
        ).fetchall()
    return Episodes(home, *rows)


def _world(found: Episodes, running: Server, issuer: str) -> World:
    return World(running, found.home, issuer, *found.first, *found.other)


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The identity provider."""
    with serving.identity_provider() as found:
        yield found


@pytest.fixture(scope="session")
def oidc(episodes: Episodes, issuer: str) -> Iterator[World]:
    """A dashboard that asks it."""
    section = OIDC.replace("$ISSUER", issuer)
    with serving.dashboard(episodes.home, section, episodes.first[:1]) as running:
        yield _world(episodes, running, issuer)


@pytest.fixture(scope="session")
def proxied(episodes: Episodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A dashboard that believes a proxy; it stands at the address of the proxy's port."""
    home = tmp_path_factory.mktemp("proxied") / "home"
    shutil.copytree(episodes.home, home)
    copied = Episodes(home, episodes.first, episodes.other)
    with serving.dashboard(home, PROXY, episodes.first[:1]) as running:
        yield _world(copied, running, "")
