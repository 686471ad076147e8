"""A Chromium for the tests, and pages that remember what they asked for and complained about."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from pipelines.home import Home
from tests.dashboard.conftest import demo_home, server, snapshot_file  # noqa: F401
from tests.dashboard.serving import REPOSITORY, Server, running

if TYPE_CHECKING:
    from playwright import sync_api
else:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

# In the repository's folder for what is built, or where continuous integration collects them.
PICTURES = Path(os.environ.get("OUTCOMES_PICTURES") or REPOSITORY / "build" / "pictures")
# On a deep link the page first asks below its own path, where the answer is "not found".
EXPECTED = re.compile(r"/[a-z0-9-]+/_stcore/(health|host-config)$")


@dataclass
class Visit:
    """One browser page on the dashboard; `frames` is all that the server sent to it."""

    page: sync_api.Page
    server: Server
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    def go(self, path: str = "/") -> None:
        """Open a path and wait until it is there."""
        self.page.goto(self.server.url + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and what it drew is on the screen."""
        # Before its first run the script does not run either: the heading comes with a run.
        self.page.wait_for_selector("[data-testid=stHeading]")
        for _ in range(2):  # a run can be followed by another one at once
            self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
            self.page.wait_for_timeout(400)

    def wait_for_charts(self, least: int = 1) -> None:
        """Wait until at least so many charts are drawn."""
        self.page.locator(".js-plotly-plot:has(.main-svg)").nth(least - 1).wait_for()

    def wait_for_query(self, part: str) -> None:
        """Wait until the address holds this after its question mark, and the page is redrawn."""
        self.page.wait_for_url(lambda url: part in url.partition("?")[2])
        self.settle()

    def picture(self, name: str) -> None:
        """Keep the whole page as it stands, for people to look at after the tests."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        size = self.page.viewport_size or {"width": 1440, "height": 1000}
        height = self.page.locator("[data-testid=stMain]").evaluate("e => e.scrollHeight")
        self.page.set_viewport_size({"width": size["width"], "height": min(int(height), 12_000)})
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=PICTURES / f"{name}.png")
        self.page.set_viewport_size(size)

    def values(self) -> list[str]:
        """The values on the cards."""
        found = self.page.locator("[data-testid=stMetricValue]")
        found.first.wait_for()
        return [words.strip() for words in found.all_inner_texts()]

    @property
    def query(self) -> str:
        """What stands behind the question mark of the address."""
        return str(self.page.url.partition("?")[2])


@pytest.fixture(scope="session")
def service_server(demo_home: Path) -> Iterator[Server]:  # noqa: F811
    """A running server in the mode without cases."""
    with running(demo_home, "service") as found:
        yield found


@pytest.fixture(scope="session")
def shared_server(released_home: Home) -> Iterator[Server]:
    """A running server in the mode whose figures may leave the service."""
    with running(released_home.root, "shared") as found:
        yield found


Visitor = Callable[..., Visit]


@pytest.fixture
def visit(browser: sync_api.Browser, server: Server) -> Iterator[Visitor]:  # noqa: F811
    """Opens a page in a clean profile: `visit("/episodes", width=390, theme="dark")`."""
    contexts = []

    def opened(
        path: str = "/",
        width: int = 1440,
        theme: Literal["light", "dark"] = "light",
        at: Server | None = None,
    ) -> Visit:
        found = _opened(browser, at or server, width, theme)
        contexts.append(found.page.context)
        found.go(path)
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def revisit(browser: sync_api.Browser, server: Server) -> Iterator[Visitor]:  # noqa: F811
    """As `visit`, in one profile for each width and theme: the page's code is loaded once."""
    kept: dict[tuple[int, str], Visit] = {}

    def opened(path: str, width: int, theme: Literal["light", "dark"]) -> Visit:
        if (width, theme) not in kept:
            kept[width, theme] = _opened(browser, server, width, theme)
        found = kept[width, theme]
        found.page.goto("about:blank")
        found.requests.clear()
        found.complaints.clear()
        found.go(path)
        return found

    yield opened
    for each in kept.values():
        each.page.context.close()


def _opened(
    browser: sync_api.Browser, at: Server, width: int, theme: Literal["light", "dark"]
) -> Visit:
    context = browser.new_context(
        viewport={"width": width, "height": 1000},
        color_scheme=theme,
        locale="en-GB",
    )
    # A page that does not come is a fault; a machine that has much to do is none.
    context.set_default_timeout(90_000)
    found = Visit(context.new_page(), at)
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.on("response", lambda answer: _check(found, answer))
    found.page.on("console", lambda message: _heard(found, message))
    found.page.on("websocket", lambda socket: _listen(found, socket))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    return found


def _listen(visit: Visit, socket: sync_api.WebSocket) -> None:
    def keep(sent: bytes | str) -> None:
        visit.frames.append(sent.encode() if isinstance(sent, str) else sent)

    socket.on("framereceived", keep)


def _check(visit: Visit, answer: sync_api.Response) -> None:
    if answer.status >= 400 and not EXPECTED.search(answer.url.split("?")[0]):
        visit.complaints.append(f"{answer.status} {answer.url}")


def _heard(visit: Visit, message: sync_api.ConsoleMessage) -> None:
    """Errors and warnings; a failed request is judged by its address in `_check`."""
    if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
        visit.complaints.append(f"{message.type}: {message.text}")
