"""From a chart to the form and back: new limits and a target, on the page and in the report."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from dashboard.launch import HOME_VARIABLE, MODE_VARIABLE
from dashboard.report import make
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.periods import period
from tests.browser.conftest import Visit, Visitor
from tests.browser.test_browser_pages import faults
from tests.dashboard.serving import running

pytestmark = pytest.mark.browser

WAIT = measure("wait_referral_to_triage").name


def write(page: Visit, box: str, words: str) -> None:
    page.page.get_by_role("textbox", name=box).fill(words)
    page.page.keyboard.press("Tab")
    page.settle()


def record(page: Visit) -> None:
    page.page.get_by_role("button", name="Record it").click()
    page.page.get_by_text("Recorded. ").wait_for()
    page.settle()


def test_a_manager_sets_new_limits_and_a_target_and_the_report_has_both(
    visit: Visitor, demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    with running(home, "service") as server:
        page = visit("/waits", at=server)
        page.wait_for_charts(1)
        page.page.get_by_role("link", name="Record a change or a target").first.click()
        page.page.wait_for_selector("h1:has-text('Targets and changes')")
        page.wait_for_charts(1)
        assert WAIT in page.page.locator("[data-testid=stMain]").inner_text()
        write(page, "Day of the change", "01/06/2025")
        page.page.get_by_text("New limits begin with June 2025").wait_for()
        write(page, "What changed, and why", "second clinic <i>opened</i>")
        write(page, "Your name or initials", "A. Manager")
        page.wait_for_charts(2)
        assert faults(page) == set()
        page.picture("targets_1_new_limits")
        record(page)

        page.page.get_by_text("A target", exact=True).click()
        page.settle()
        page.page.get_by_role("spinbutton", name=re.compile("Target, days")).fill("3")
        page.page.keyboard.press("Tab")
        page.page.get_by_text("With what you record").wait_for()
        write(page, "Why this target", "agreed by the board")
        record(page)
        assert faults(page) == set()
        page.picture("targets_2_recorded")

        page.go("/waits")
        page.wait_for_charts(1)
        said = page.page.locator("[data-testid=stMain]").inner_text()
        assert "second clinic <i>opened</i> (A. Manager); limits begin anew" in said
        page.page.get_by_text("target 3 days").first.wait_for()
        page.picture("targets_3_chart")
        assert page.complaints == []

    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.setenv(MODE_VARIABLE, "service")
    made = make.make(Home.open(home), period("2025-10"), formats=("html",), out=tmp_path)
    html = made.files[0].read_text("utf-8")
    assert "second clinic &lt;i&gt;opened&lt;/i&gt; (A. Manager)" in html
    specs = [
        json.loads(found)
        for found in re.findall(r'type="application/json" data-at="[^"]*">(.*?)</script>', html)
    ]
    labels = {note["text"] for spec in specs for note in spec["layout"].get("annotations", ())}
    assert "target 3 days" in labels
