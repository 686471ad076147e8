"""Signing in and out in a real browser, with a real identity provider."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import PICTURES, Visit, sync_api
from tests.dashboard.serving import unused_port
from tests.signon import serving
from tests.signon.conftest import OIDC, Episodes, World
from tests.signon.serving import PROXY_SECRET

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser


@pytest.fixture
def person(browser: sync_api.Browser, oidc: World) -> Iterator[Visit]:
    """A clean browser; its requests and what the server sent are kept."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    found = Visit(context.new_page(), oidc.server)
    context.on("request", lambda request: found.requests.append(request.url))
    found.page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda sent: found.frames.append(sent if isinstance(sent, bytes) else sent.encode()),
        ),
    )
    yield found
    context.close()


def drawn(page: sync_api.Page) -> None:
    """Wait until a page of the dashboard is there; its code has to be loaded first."""
    page.wait_for_selector("[data-testid=stHeading]", timeout=90_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)


def sign_in(found: Visit, name: str) -> None:
    """From the page that asks, to the provider, and back."""
    found.page.get_by_role("link", name="Sign in").click()
    found.page.get_by_role("link", name=name, exact=True).click()


def test_there_and_back_and_out_again(person: Visit, oidc: World) -> None:
    page = person.page
    page.goto(oidc.url + "/escalation?age=45-54")
    sync_api.expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not person.frames  # no socket before
    sign_in(person, "auditor")
    drawn(page)
    assert page.url.startswith(oidc.url + "/escalation?age=45-54")  # where they wanted to go
    sync_api.expect(page.get_by_text("Signed in since")).to_be_visible()
    held = {each["name"]: each for each in page.context.cookies()}
    key = held.pop(f"outcomes_{oidc.server.port}")
    assert key["httpOnly"] and key["sameSite"] == "Lax" and key["expires"] == -1
    assert set(held) <= {"_streamlit_xsrf"}  # nothing of the person, and no token
    # A second tab of the same browser is open to them, and shows data.
    other = page.context.new_page()
    other.goto(oidc.url + "/episodes")
    other.wait_for_selector("[data-testid=stDataFrame]", timeout=90_000)
    page.get_by_role("link", name="Sign out").click()
    sync_api.expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    # The other one leaves by itself, and takes everything along.
    sync_api.expect(other.get_by_role("heading", name="Sign in again")).to_be_visible(
        timeout=30_000
    )
    assert other.locator("[data-testid=stApp]").count() == 0
    other.go_back()
    other.wait_for_load_state()
    assert oidc.first_episode not in other.content()
    own = (oidc.url, oidc.issuer, "data:", "blob:")
    assert [url for url in person.requests if not url.startswith(own)] == []


@pytest.mark.deep  # the same is seen over the socket at each change
@pytest.mark.parametrize(
    ("name", "pages", "not_theirs"),
    [
        ("auditor", ["Episodes", "Data quality", "Board report"], []),
        ("service", ["Data quality", "Board report"], ["Episodes"]),
        ("shared", ["Shared figures", "Board report"], ["Overview", "Episodes"]),
        ("local_auditor", ["Episodes"], ["Data quality", "Board report", "What if and compare"]),
    ],
)
def test_each_has_the_pages_of_their_role(
    person: Visit, oidc: World, name: str, pages: list[str], not_theirs: list[str]
) -> None:
    page = person.page
    page.goto(oidc.url)
    sign_in(person, name)
    drawn(page)
    menu = page.locator("[data-testid=stSidebarNav]").inner_text()
    for title in pages:
        assert title in menu
    for title in not_theirs:
        assert title not in menu
    if name == "local_auditor":
        told = b"\n".join(person.frames).decode("utf-8", "replace")
        assert oidc.first_site in told and oidc.other_site not in told


def accessible(page: sync_api.Page) -> None:
    """Nothing that axe would find, light or dark."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert [each["id"] for each in axe.Axe().run(page).response["violations"]] == []


def test_who_has_no_role_is_told_so_and_can_leave(person: Visit, oidc: World) -> None:
    person.page.goto(oidc.url)
    accessible(person.page)
    sign_in(person, "nobody")
    heading = person.page.get_by_role("heading", name="Nothing is open to you here")
    sync_api.expect(heading).to_be_visible()
    assert not person.frames
    PICTURES.mkdir(parents=True, exist_ok=True)
    person.page.screenshot(path=PICTURES / "signon_no_role.png")
    accessible(person.page)
    person.page.get_by_role("link", name="Sign out").click()
    sync_api.expect(person.page.get_by_role("link", name="Sign in")).to_be_visible()
    person.page.screenshot(path=PICTURES / "signon_signed_out.png")
    accessible(person.page)


def test_nothing_of_a_person_or_a_secret_is_in_the_servers_output(oidc: World) -> None:
    oidc.signed_in("auditor")
    told = oidc.server.output.read_text()
    for word in ("example.org", "Pat Physio", "client-secret", PROXY_SECRET, "Traceback"):
        assert word not in told


@pytest.mark.deep
def test_a_page_that_is_left_alone_goes_from_the_screen(
    browser: sync_api.Browser, episodes: Episodes, issuer: str, tmp_path: Path
) -> None:
    """By real clocks: half a minute without use, and the browser leaves by itself."""
    home = Path(shutil.copytree(episodes.home, tmp_path / "home"))
    section = OIDC.replace("$ISSUER", issuer).replace("[access]", "[access]\nidle_minutes = 0.5")
    with serving.dashboard(home, section, episodes.first[:1]) as running:
        context = browser.new_context()
        page = context.new_page()
        page.goto(running.url)
        page.get_by_role("link", name="Sign in").click()
        page.get_by_role("link", name="auditor", exact=True).click()
        drawn(page)
        left = time.monotonic()
        sync_api.expect(page.get_by_role("heading", name="Sign in again")).to_be_visible(
            timeout=90_000
        )
        assert time.monotonic() - left < 60
        assert "not used for a while" in page.content()
        page.goto(running.url + "/episodes")
        sync_api.expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        context.close()


@pytest.mark.deep
def test_a_tab_leaves_when_the_server_was_started_anew(
    browser: sync_api.Browser, episodes: Episodes, issuer: str, tmp_path: Path
) -> None:
    """A restart ends every session; what is on a screen goes when its tab finds the server."""
    home = Path(shutil.copytree(episodes.home, tmp_path / "home"))
    section, port = OIDC.replace("$ISSUER", issuer), unused_port()
    context = browser.new_context()
    page = context.new_page()
    with serving.dashboard(home, section, episodes.first[:1], port=port) as running:
        page.goto(running.url)
        page.get_by_role("link", name="Sign in").click()
        page.get_by_role("link", name="auditor", exact=True).click()
        drawn(page)
    with serving.dashboard(home, section, episodes.first[:1], port=port):
        sync_api.expect(page.get_by_role("heading", name="Sign in again")).to_be_visible(
            timeout=90_000
        )
    context.close()
