"""What readers do is put on record once, by case number, or nothing is shown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dashboard import on_record, store
from dashboard.launch import MODE_VARIABLE
from pipelines import access
from pipelines.access import NotOnRecord
from pipelines.home import Home
from pipelines.surrogates import is_number
from tests import numbers
from tests.dashboard.conftest import Opener

STORY = "STORY-05-FOOT-BLANK"


@pytest.fixture
def told(demo_home: Path):
    """What was put on record since: (what, page, case)."""
    before = sum(1 for _ in access.entries(Home(demo_home)))

    def since() -> list[tuple[str, str, str]]:
        found = [each.event for each in access.entries(Home(demo_home))][before:]
        return [(each.what, each.page, each.case) for each in found]

    return since


def test_a_page_is_told_once_for_each_selection_not_at_each_run(
    open_page: Opener, demo_home: Path, told
) -> None:
    at = open_page(demo_home)
    at.run()
    assert told() == [("page", "overview", "")]
    site = at.multiselect(key="site").options[0]
    at.multiselect(key="site").select(site).run()
    at.run()
    assert told() == [("page", "overview", "")] * 2
    at.switch_page("views/waits.py").run()
    at.run()
    assert told()[2:] == [("page", "waits", "")]
    (*_, last) = access.entries(Home(demo_home))
    assert last.event.mode == "auditor"
    assert last.event.who == access.local_reader(Home(demo_home))
    assert last.event.detail["of"]["sites"]
    assert access.check(Home(demo_home)).wrong == ""


def test_a_case_is_told_by_its_number_when_it_is_opened(
    open_page: Opener, demo_home: Path, told
) -> None:
    number = numbers.of_episode(demo_home, STORY)
    at = open_page(demo_home, "episode", of_episode=STORY)
    assert not at.exception
    at.run()
    assert [each for each in told() if each[0] == "case"] == [("case", "episodes", number)]
    at.button[0].click().run()  # back to the list
    at.text_input(key="episode_id").input(STORY).run()
    assert [each for each in told() if each[0] == "case"] == [("case", "episodes", number)] * 2
    assert f"In addresses and in the access log: {number}" in " ".join(
        each.value for each in at.caption
    )


def test_neither_log_nor_address_names_an_episode_by_its_id(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection
) -> None:
    at = open_page(demo_home, "episode")
    wanted = at.dataframe[0].value["Episode"].iloc[0]
    at.text_input(key="find").input(wanted[:6]).run()
    at.text_input(key="episode_id").input(wanted).run()
    assert is_number(at.query_params["episode"])
    for page in ("audit", "behind", "overview"):
        at.switch_page(f"views/{page}.py").run()
        assert not at.exception
    named = "select distinct episode_id from episode union select patient_id from episode"
    ids = [row[0] for row in cursor.execute(named).fetchall() if row[0] is not None]
    written = b"\n".join(
        path.read_bytes() for path in (demo_home / "access").iterdir() if path.is_file()
    )
    assert [each for each in ids if str(each).encode() in written] == []


def test_an_address_with_an_id_is_not_taken_and_is_told_why(
    open_page: Opener, demo_home: Path, told
) -> None:
    at = open_page(demo_home, "episode", episode=STORY)
    assert not at.exception
    assert "named an episode by its own ID" in at.warning[0].value
    assert STORY not in at.warning[0].value
    assert "episode" not in at.query_params
    assert f"Episode {STORY}" not in [each.value for each in at.header]
    assert all(what != "case" for what, _, _ in told())


def test_a_number_of_another_home_opens_nothing(open_page: Opener, demo_home: Path) -> None:
    at = open_page(demo_home, "episode", episode="case-0123456789ab")
    assert not at.exception
    assert "no episode with this case number" in at.warning[0].value


@pytest.mark.parametrize("mode", ["auditor", "service"])
def test_nothing_is_shown_that_cannot_be_put_on_record(
    open_page: Opener, demo_home: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv(MODE_VARIABLE, mode)

    def refuse(*_, **__):
        raise NotOnRecord("the access log cannot be written: No space left", hint="Free some room.")

    monkeypatch.setattr(on_record.access, "record", refuse)
    at = open_page(demo_home, "audit")
    assert not at.exception
    assert [each.value for each in at.title] == ["Nothing is shown now"]
    assert "No space left. Free some room." in at.error[0].value
    assert not at.dataframe
    assert not at.get("plotly_chart")


def test_no_case_is_read_that_cannot_be_put_on_record(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_HOME", str(demo_home))

    def refuse(*_, **__):
        raise NotOnRecord("the access log cannot be written")

    monkeypatch.setattr(on_record.access, "record", refuse)
    with pytest.raises(NotOnRecord):
        store.explained(store.published(), STORY)
