"""The report in a browser: it needs nothing else, draws every chart, and axe finds nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from dashboard.launch import HOME_VARIABLE, MODE_VARIABLE
from dashboard.report import make
from dashboard.report.workbook import ABOUT
from pipelines.home import Home
from pipelines.periods import period
from tests.browser.conftest import Visitor
from tests.browser.test_browser_pages import faults
from tests.dashboard.serving import Server

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = pytest.mark.browser


@pytest.fixture
def report(demo_home: Path, tmp_path: Path, monkeypatch) -> Path:
    """The HTML of a month, outside the home."""
    monkeypatch.setenv(HOME_VARIABLE, str(demo_home))
    monkeypatch.setenv(MODE_VARIABLE, "service")
    made = make.make(Home.open(demo_home), period("2025-10"), formats=("html",), out=tmp_path)
    return made.files[0]


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_draws_every_chart_and_asks_for_nothing(browser, report: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    try:
        page = context.new_page()
        asked, wrong = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(report.as_uri())
        charts = page.locator('script[type="application/json"]').count()
        assert charts > 8
        page.locator(".chart .main-svg").first.wait_for()
        drawn = page.locator(".chart:has(.main-svg)").count()
        assert drawn == charts
        assert wrong == []
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, "nothing is wider than the screen"
        found = axe.Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:120]) for each in found] == []
    finally:
        context.close()


@pytest.fixture
def nothing_kept(demo_home: Path):
    """No report and no commentary of the served home afterwards."""
    yield
    for name in (make.FOLDER, make.COMMENTARY):
        shutil.rmtree(demo_home / name, ignore_errors=True)


def test_a_report_is_written_made_and_taken_away(
    visit: Visitor, service_server: Server, nothing_kept, demo_home: Path, tmp_path: Path
) -> None:
    page = visit("/report", at=service_server)
    words = page.page.get_by_role("textbox", name="Commentary")
    words.wait_for()
    words.fill("Seen by <b>us</b>.")
    page.page.get_by_role("button", name="Keep the commentary and make the report").click()
    page.page.get_by_text("is made.").wait_for(timeout=90_000)
    page.settle()
    with page.page.expect_download() as taken:
        page.page.get_by_role("button", name="Workbook (XLSX)").click()
    taken.value.save_as(tmp_path / "taken.xlsx")
    book = openpyxl.load_workbook(tmp_path / "taken.xlsx")
    about = {row[0]: row[1] for row in book[ABOUT].iter_rows(values_only=True)}
    assert about["Commentary"] == "Seen by <b>us</b>."
    assert about["Mode"].startswith("Service")
    (kept,) = (demo_home / make.COMMENTARY).iterdir()
    assert kept.read_text("utf-8") == "Seen by <b>us</b>."
    assert not faults(page)
