"""The mode whose figures may leave the service: protected tables, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import store
from dashboard.shared_figures import MEASURES
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.table import SUPPRESSED, Suppressed
from tests.dashboard.conftest import Opener
from tests.dashboard.test_dashboard_pages import words


@pytest.fixture
def shared(open_page: Opener, released_home: Home, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The start page of a server in shared mode."""
    monkeypatch.setenv("OUTCOMES_MODE", "shared")
    monkeypatch.setenv("OUTCOMES_HOME", str(released_home.root))
    at = AppTest.from_file(str(Path(store.__file__).with_name("app.py")), default_timeout=120)
    return at.run()


def test_it_says_what_it_is_and_counts_nobody_in_the_head(shared: AppTest) -> None:
    assert not shared.exception
    assert [title.value for title in shared.title] == ["Shared figures"]
    said = words(shared)
    assert "Shared (small numbers protected)" in said
    assert "episodes ·" not in said
    # Lists of values would tell which groups are small.
    assert not shared.multiselect


def test_hidden_cells_say_so_and_hold_no_count(shared: AppTest) -> None:
    shared.selectbox(key="shared").select("red_flags_not_in_time_share")
    shared.selectbox(key="shared_by").select("sex").run()
    assert not shared.exception
    table = shared.table[0].value
    found = store.table(store.published(), "red_flags_not_in_time_share", Filter(), ("sex",))
    hidden = [i for i, row in enumerate(found.rows) if isinstance(row.result, Suppressed)]
    assert hidden
    for i in hidden:
        assert table["Figure"][i] == SUPPRESSED
        assert table["Counted"][i] == table["Of"][i] == "–"


def test_only_plain_shares_and_counts_are_offered() -> None:
    assert {measure(name).kind for name in MEASURES} <= {"share", "count"}


def test_it_says_which_release_is_shown(shared: AppTest) -> None:
    assert "data to 30 Jun 2026" in words(shared)
    assert "(release 1)" in words(shared)
    # Two publications side by side are what releases are there to prevent.
    assert "Data as published on" not in words(shared)


def test_without_a_release_it_says_so_and_shows_no_figure(
    open_page: Opener, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_MODE", "shared")
    at = open_page(demo_home)
    assert not at.exception and not at.table
    assert "nothing has been released yet" in words(at)
