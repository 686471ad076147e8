"""An auditor's finding, in a browser and by keyboard: given, kept, the next case opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines import snapshot
from pipelines.home import Home
from pipelines.reviews.findings import Verdict
from pipelines.reviews.standing import audit_cases
from pipelines.reviews.store import Seen, open_store
from tests import numbers
from tests.browser.conftest import Visit, Visitor
from tests.browser.test_browser_pages import faults

pytestmark = pytest.mark.browser


@pytest.fixture
def store(demo_home: Path, monkeypatch):
    """The reviews of the served home, none before and none after."""
    monkeypatch.delenv("OUTCOMES_REVIEWS_URL", raising=False)
    found = open_store(Home.open(demo_home))
    yield found
    with found.engine.begin() as con:
        con.exec_driver_sql("delete from review")
    found.close()


def main(visit: Visit) -> str:
    return str(visit.page.locator("[data-testid=stMain]").inner_text())


def choose(visit: Visit, finding: str) -> None:
    """Reach the finding by keyboard: into the group, down to it."""
    visit.page.get_by_label("Your name or initials").press("Tab")
    group = visit.page.get_by_role("radiogroup", name="What did you find?")
    for _ in range(8):
        if group.get_by_role("radio", name=finding).is_checked():
            return
        visit.page.keyboard.press("ArrowDown")
    raise AssertionError(f"{finding} was not reached")


def test_a_verdict_is_given_by_keyboard_and_the_next_case_opens(
    visit: Visitor, store, demo_home: Path
) -> None:
    page = visit("/audit")
    page.page.get_by_text("not reviewed", exact=False).first.wait_for()
    total = int(main(page).split(" not reviewed")[0].split()[-1].replace(",", ""))
    assert f"{total} not reviewed, 0 reviewed, 0 changed since review, of {total} cases." in main(
        page
    )
    page.page.locator("[data-testid=stDataFrame]:visible").first.wait_for()

    page.go(numbers.episode_page(demo_home, "STORY-01-LATE-AE"))
    page.page.get_by_role("radiogroup", name="What did you find?").wait_for()
    first = page.query
    page.page.get_by_label("Your name or initials").fill("A. Physio")
    page.page.get_by_label("Your name or initials").press("Enter")
    page.settle()
    choose(page, "Documentation gap")
    page.page.get_by_label("Note", exact=True).fill("# <b>box</b> not ticked")
    page.page.keyboard.press("Control+s")
    page.page.get_by_text("Saved: Documentation gap").wait_for()
    page.settle()
    assert page.query != first, "the next case is open"
    assert f"{total - 1} not reviewed, 1 reviewed" in main(page)
    assert page.page.get_by_label("Your name or initials").input_value() == "A. Physio"
    (saved,) = store.history()
    assert saved.key.episode == "STORY-01-LATE-AE"
    assert saved.verdict == Verdict("documentation", "A. Physio", note="# <b>box</b> not ticked")

    page.go(numbers.episode_page(demo_home, "STORY-01-LATE-AE"))
    page.page.get_by_text("Documentation gap").first.wait_for()
    assert "# <b>box</b> not ticked" in main(page), "shown as typed, not as markup"
    assert not faults(page)


def test_what_is_incomplete_or_was_overtaken_is_not_saved_and_stays_in_the_form(
    visit: Visitor, store, demo_home: Path
) -> None:
    page = visit(numbers.episode_page(demo_home, "STORY-01-LATE-AE"), width=390, theme="dark")
    page.page.get_by_role("radiogroup", name="What did you find?").wait_for()
    page.page.get_by_label("Your name or initials").fill("B. Physio")
    page.page.get_by_label("Your name or initials").press("Enter")
    page.settle()
    choose(page, "Incident raised")
    page.page.get_by_role("button", name="Save", exact=True).click()
    page.page.get_by_text("an incident needs its local reference").wait_for()
    assert store.history() == []
    assert not faults(page)

    page.page.get_by_label("Local reference, for an incident").fill("W/12")
    con = snapshot.open_readonly(snapshot.current(Home.open(demo_home)).path)
    case = next(each for each in audit_cases(con) if each.key.episode == "STORY-01-LATE-AE")
    con.close()
    theirs = store.add(case.key, Verdict("agree", "C. Other"), Seen(case.mark, "r", "p"))
    page.page.get_by_role("button", name="Save", exact=True).click()
    page.page.get_by_text("was reviewed by C. Other since you opened it").wait_for()
    page.settle()
    assert store.history() == [theirs]
    assert "Agree with the leaflet's reading" in main(page)
    assert page.page.get_by_label("Local reference, for an incident").input_value() == "W/12"
    page.page.get_by_role("button", name="Save", exact=True).click()
    page.page.get_by_text("Saved: Incident raised").wait_for()
    assert [each.verdict.reviewer for each in store.history()] == ["C. Other", "B. Physio"]
