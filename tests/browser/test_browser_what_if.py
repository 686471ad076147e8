"""Another decision is tried in the browser: it runs, ends, and leads to an episode that changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.compare import job
from pipelines.home import Home
from tests import numbers
from tests.browser.conftest import Visitor
from tests.browser.test_browser_pages import faults
from tests.dashboard.serving import running

pytestmark = pytest.mark.browser


def test_a_decision_is_tried_and_leads_to_who_changes(
    visit: Visitor, small_home: Home, tmp_path: Path
) -> None:
    home = Home.open(Path(shutil.copytree(small_home.root, tmp_path / "home")))
    with running(home.root) as server:
        page = visit("/what-if?try=h4_bound", at=server)
        page.page.get_by_role("combobox", name="h4_bound: try").click()
        page.page.get_by_role("option", name="lower").click()
        page.wait_for_query("try_h4_bound=lower")
        page.page.get_by_role("button", name="Work it out").click()
        page.page.get_by_text("% done").wait_for(timeout=60_000)
        assert faults(page) == set()
        # The server goes on answering while the comparison runs; another page can be read.
        other = visit("/escalation", at=server)
        other.wait_for_charts(1)
        main = page.page.locator("[data-testid=stMain]")
        page.page.get_by_text("Which figures move").wait_for(timeout=400_000)
        page.settle()
        (kept,) = (p for p in (home.root / "comparisons").glob("*.json") if p.name[0] != ".")
        answer = json.loads(kept.read_text("utf-8"))
        assert f"{answer['changed']} episodes of" in main.inner_text()
        twin = next(c for c in answer["cases"] if c["episode_id"] == "STORY-08-DAY-43")
        assert {"past 8 weeks", "resolved on"}.isdisjoint(f["what"] for f in twin["fields"])
        box = page.page.get_by_role("combobox", name="Or open a row by its number or episode")
        box.click()
        page.page.keyboard.type("STORY-08-DAY-43")
        page.page.get_by_role("option", name="STORY-08-DAY-43").click()
        page.page.get_by_text("Because at").first.wait_for()
        assert faults(page) == set()
        page.picture("what_if_1_who_changes")
        page.page.get_by_role("link", name="Open the episode").click()
        page.page.wait_for_selector("h1:has-text('Episodes')")
        page.wait_for_query(f"episode={numbers.of_episode(home, 'STORY-08-DAY-43')}")
        assert page.complaints == []
    assert not list(home.root.glob(".compare-*"))
    assert job.answer_file(home, kept.stem) == kept


def test_two_dates_are_compared_as_the_command_compares_them(
    visit: Visitor, small_home: Home, tmp_path: Path
) -> None:
    home = Home.open(Path(shutil.copytree(small_home.root, tmp_path / "home")))
    earlier = sorted(path.name for path in home.snapshots.glob("outcomes-*.duckdb"))[0]
    words = ["snapshots", "compare", earlier, "--measure", "escalation_confirmed", "--json"]
    told = json.loads(CliRunner().invoke(app, [*words, "--home", str(home.root)]).stdout)
    revised = [row for row in told if row["changed"] or row["added"] or row["gone"]]
    with running(home.root) as server:
        page = visit("/what-if?between=Two+dates+of+publication", 390, "dark", at=server)
        page.page.get_by_role("button", name="Compare month by month").click()
        said = f"{len(revised)} of {len(told)} month"
        page.page.get_by_text(said).wait_for(timeout=120_000)
        page.settle()
        main = page.page.locator("[data-testid=stMain]").inner_text()
        assert all(row["after"] in main for row in revised)
        assert faults(page) == set()
        page.picture("what_if_2_two_dates")
        assert page.complaints == []
