"""Every page in a browser: accessible at both widths, and each user's main story to its end."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

import duckdb
import pytest

from dashboard.pages import PAGES, seen_by
from tests import numbers
from tests.browser.conftest import Visit, Visitor
from tests.browser.test_browser_first_light import ALLOWED, INSIDE, choose_site
from tests.dashboard.serving import Server

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = pytest.mark.browser

ADDRESSES = [page.address for page in seen_by("auditor") if page.address not in ("", "episodes")]
# Each page in one of the two each time, in turn, and in the other one in the long runs.
SEEN = [
    pytest.param(address, *how, marks=[pytest.mark.deep] if (place + turn) % 2 else [])
    for place, address in enumerate(ADDRESSES)
    for turn, how in enumerate(((1440, "light"), (390, "dark")))
]


def faults(visit: Visit) -> set[tuple[str, str, str]]:
    """What axe finds, but for the faults that are Streamlit's own."""
    visit.page.wait_for_timeout(500)
    return {
        (violation["id"], " ".join(node["target"]), node["failureSummary"][:200])
        for violation in axe.Axe().run(visit.page).response["violations"]
        for node in violation["nodes"]
        if (violation["id"], " ".join(node["target"])) not in ALLOWED
    }


@pytest.mark.parametrize(("address", "width", "theme"), SEEN)
def test_every_page_is_accessible_and_fits(
    revisit: Visitor, address: str, width: int, theme: Literal["light", "dark"]
) -> None:
    page = revisit(f"/{address}", width, theme)
    assert faults(page) == set()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(INSIDE)] == []


def test_the_manager_sees_whether_escalation_changes_and_where(visit: Visitor) -> None:
    page = visit()
    page.wait_for_charts(8)
    page.page.get_by_role("link", name="Escalation", exact=True).first.click()
    page.page.wait_for_selector("h1:has-text('Escalation')")
    page.wait_for_charts(3)
    said = page.page.locator("[data-testid=stMain]")
    titles = said.locator("h3").all_inner_texts()
    assert any("special cause in September 2025" in title for title in titles)
    assert any(
        title.startswith("Escalation confirmed at first contact, by site") for title in titles
    )
    page.picture("manager_1_escalation")
    site = choose_site(page)
    page.wait_for_charts(3)
    # The same chart for one site, and the way to the cases of a month.
    page.page.get_by_role("link", name="Open a month").first.click()
    page.page.wait_for_selector("h1:has-text('Behind a figure')")
    page.settle()
    query = parse_qs(page.query)
    assert query["site"] == [site]
    assert query["by"] == ["Month"]
    assert "cases looked at" in said.inner_text()
    page.picture("manager_2_behind_a_month")


def test_the_physio_gets_from_the_queue_to_the_source_row_and_back(visit: Visitor) -> None:
    page = visit("/audit?finding=No+action+recorded&level=A%26E&certain=Confirmed")
    page.wait_for_charts(1)
    grid = page.page.locator("[data-testid=stDataFrame]:visible").first
    page.picture("physio_1_queue")
    grid.scroll_into_view_if_needed()
    page.page.wait_for_timeout(800)
    grid.click(position={"x": 18, "y": 54})
    page.wait_for_query("episode=")
    page.page.wait_for_selector("h1:has-text('Episodes')")
    page.wait_for_charts(1)
    said = page.page.locator("[data-testid=stMain]").inner_text()
    assert "leads to A&E" in said
    assert re.search(r"Source: \S+, line \d+", said)
    page.picture("physio_2_episode")
    page.page.get_by_role("link", name=re.compile("Back to the audit queue")).click()
    page.page.wait_for_selector("h1:has-text('Referral audit')")
    page.settle()
    query = parse_qs(page.query)
    assert query["finding"] == ["No action recorded"]
    assert query["level"] == ["A&E"]
    assert "Last opened: row 1 of" in page.page.locator("[data-testid=stMain]").inner_text()


def test_the_audit_goes_from_case_to_case_by_keyboard(visit: Visitor) -> None:
    """Every step with keys alone: choose a row, read, go to the next row, and back to the list."""
    page = visit("/audit?finding=No+action+recorded")
    keys = page.page.keyboard

    def focus(words: str) -> None:
        """Tab on until the focus is where the words are; it must get there."""
        for _ in range(120):
            keys.press("Tab")
            said = page.page.evaluate(
                "(() => { const e = document.activeElement;"
                " return (e.getAttribute('aria-label') || e.innerText || '').trim(); })()"
            )
            if words in said and len(said) < 200:  # the page itself takes the focus, too
                return
        raise AssertionError(f"the keyboard does not reach {words!r}")

    focus("Or open a row by its number or episode")
    keys.type("2: ")
    keys.press("Enter")
    page.page.wait_for_selector("h1:has-text('Episodes')")
    page.settle()
    main = page.page.locator("[data-testid=stMain]")
    assert "Row 2 of" in main.inner_text()
    second = parse_qs(page.query)["episode"]
    focus("Next row")
    keys.press("Enter")
    page.page.get_by_text("Row 3 of").wait_for()
    page.settle()
    assert parse_qs(page.query)["episode"] != second
    assert re.search(r"Source: \S+, line \d+", main.inner_text())
    page.page.get_by_role("link", name="Back to the audit queue").focus()
    keys.press("Enter")
    page.page.wait_for_selector("h1:has-text('Referral audit')")
    page.settle()
    assert "Last opened: row 3 of" in main.inner_text()


HIDDEN = "/?shared=Share+of+red+flags+not+acted+on+in+time&shared_by=Sex"
"""A shared figure of which the demo's small groups are hidden."""


@pytest.mark.parametrize(
    ("path", "width", "theme"),
    [(HIDDEN, 1440, "light"), (HIDDEN, 390, "dark"), ("/rules", 390, "light"),
     ("/about", 1440, "dark")],
)  # fmt: skip
def test_shared_pages_are_accessible_and_send_no_case(
    visit: Visitor, shared_server: Server, snapshot_file: Path,
    path: str, width: int, theme: Literal["light", "dark"],
) -> None:  # fmt: skip
    page = visit(path, width, theme, at=shared_server)
    if path == HIDDEN:
        page.wait_for_charts(1)
        said = page.page.locator("[data-testid=stMain]").inner_text()
        assert "suppressed (small numbers)" in said
        page.picture(f"shared_{width}_{theme}")
    assert faults(page) == set()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []
    with duckdb.connect(str(snapshot_file), read_only=True) as con:
        ids = [row[0] for row in con.execute("select episode_id from episode").fetchall()]
    sent = b"\n".join(page.frames)
    assert b"Shared (small numbers protected)" in sent
    assert [each for each in ids if each.encode() in sent] == []


@pytest.mark.parametrize("path", ["/", "/behind?measure=Did+not+attend"])
def test_service_pages_are_accessible(visit: Visitor, service_server: Server, path: str) -> None:
    page = visit(path, 390, "light", at=service_server)
    page.wait_for_charts(1)
    assert faults(page) == set()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.complaints == []


def open_files(pid: int) -> set[str]:
    """The files that a process has open just now."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(os.readlink(each))
    return found


def test_no_case_reaches_a_browser_without_cases(
    visit: Visitor, service_server: Server, snapshot_file: Path
) -> None:
    with duckdb.connect(str(snapshot_file), read_only=True) as con:
        ids = [row[0] for row in con.execute("select episode_id from episode").fetchall()]
    shown = visit(at=service_server)
    for page in PAGES:
        shown.go(f"/{page.address}")
    shown.go(numbers.episode_page(snapshot_file.parents[1], "STORY-05-FOOT-BLANK"))
    said = shown.page.locator("body").inner_text()
    assert "Page not found" in said
    sent = b"\n".join(shown.frames)
    assert b"Service (exact totals, no cases)" in sent
    held = open_files(service_server.pid)
    home = str(snapshot_file.parents[1])
    assert [each for each in held if "/snapshots/totals-" in each]
    assert not [each for each in held if each.startswith(home) and "/snapshots/totals-" not in each]
    assert [each for each in ids if each.encode() in sent] == []
