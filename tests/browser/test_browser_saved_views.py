"""A view kept by name, in a browser: saved, opened in a clean one, renamed, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote

import pytest

from dashboard import saved_views
from pipelines.measures.catalogue import measure
from tests import numbers
from tests.browser.conftest import Visit, Visitor
from tests.browser.test_browser_first_light import choose_site
from tests.browser.test_browser_pages import faults
from tests.dashboard.serving import Server

pytestmark = pytest.mark.browser

NAME = "Women of one <site>"


@pytest.fixture(autouse=True)
def no_views(demo_home: Path) -> Iterator[None]:
    """No views before and after."""
    yield
    (demo_home / saved_views.FILE).unlink(missing_ok=True)


def menu(visit: Visit) -> None:
    """Open the side bar's part, if it is not open."""
    part = visit.page.locator(".st-key-saved_views")
    if not part.get_by_label("Name for this view").is_visible():
        part.get_by_text("Saved views", exact=True).click()
    part.get_by_label("Name for this view").wait_for()


def keep(visit: Visit, name: str) -> None:
    """Save what is shown under a name, by keyboard."""
    menu(visit)
    visit.page.get_by_label("Name for this view").fill(name)
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text(f"Saved as “{name}”.").wait_for()
    visit.settle()


def covered(visit: Visit) -> str:
    """The line that says what the figures cover."""
    line = visit.page.locator("[data-testid=stMain] [data-testid=stCaptionContainer]").first
    return str(line.inner_text())


def main(visit: Visit) -> list[str]:
    """The page's running text, with its figures; widgets may still be loading."""
    visit.page.get_by_text("cases looked at").wait_for()
    found = visit.page.locator("[data-testid=stMain] [data-testid=stMarkdown]")
    return [str(words) for words in found.all_inner_texts()]


def test_a_saved_view_gives_the_same_figures_in_a_clean_browser(
    visit: Visitor, service_server: Server
) -> None:
    measure_name = measure("agreement").name
    page = visit(f"/behind?sex=Female&measure={quote(measure_name)}")
    site = choose_site(page)
    keep(page, NAME)
    said, figures = covered(page), main(page)
    assert any(measure_name in words for words in figures)
    page.page.reload()
    page.settle()
    assert (covered(page), main(page)) == (said, figures)

    other = visit("/about?age=45-54&from=2025-01&compare=All+sites")
    menu(other)
    other.page.get_by_role("link", name=NAME).click()
    other.page.wait_for_selector("h1:has-text('Behind a figure')")
    other.settle()
    # What was chosen before is gone, what was kept is back.
    assert parse_qs(other.query) == {"site": [site], "sex": ["Female"], "measure": [measure_name]}
    assert (covered(other), main(other)) == (said, figures)
    assert other.complaints == []

    elsewhere = visit("/about", at=service_server)
    menu(elsewhere)
    assert elsewhere.page.locator(".st-key-saved_views").get_by_role("link").count() == 0


def test_a_view_is_renamed_copied_and_deleted(visit: Visitor, demo_home: Path) -> None:
    page = visit(f"{numbers.episode_page(demo_home, 'STORY-05-FOOT-BLANK')}&sex=Male")
    keep(page, "Men")
    # The episode that was open is not kept.
    kept = (demo_home / saved_views.FILE).read_text(encoding="utf-8")
    assert "case-" not in kept
    assert "STORY-05" not in kept
    part = page.page.locator(".st-key-saved_views")
    assert part.locator("code").inner_text() == f"{page.server.url}/episodes?sex=Male"
    assert faults(page) == set()
    part.get_by_label("Its new name").fill("All men")
    page.page.keyboard.press("Enter")
    page.settle()
    part.get_by_role("button", name="Rename").click()
    part.get_by_role("link", name="All men").wait_for()
    part.get_by_role("button", name="Delete").click()
    part.get_by_text("“All men” was deleted.").wait_for()
    assert part.get_by_role("link").count() == 0
