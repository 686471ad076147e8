"""Readers who see no case are answered from totals: the file of cases is not opened for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dashboard import mode, reviews, snapshots, store, what_if
from dashboard.launch import MODE_VARIABLE
from dashboard.pages import PAGES
from dashboard.snapshots import NoSnapshot
from pipelines.measures.filter import Filter
from tests.dashboard.conftest import Opener, unfold
from tests.dashboard.test_dashboard_pages import words


@pytest.fixture(scope="module")
def without_cases(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's home as it is for a reader without cases: every file of cases is nonsense."""
    home = tmp_path_factory.mktemp("without") / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    for path in (home / "snapshots").glob("outcomes-*.duckdb"):
        path.chmod(0o600)
        path.write_bytes(b"no database")
    return home


@pytest.mark.parametrize("page", [page.script for page in PAGES if "service" in page.modes])
def test_every_page_without_cases_is_made_from_totals(
    open_page: Opener, without_cases: Path, demo_home: Path, monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(MODE_VARIABLE, "service")
    at = unfold(open_page(without_cases, page))
    assert not at.exception
    said = words(at)
    assert "cannot be read" not in said
    assert "cannot be shown" not in said
    monkeypatch.setenv(MODE_VARIABLE, "auditor")
    of_cases = open_page(demo_home, page)
    assert [m.value for m in at.metric] == [m.value for m in of_cases.metric]


def test_an_auditor_gets_nothing_from_totals_instead_of_cases(
    open_page: Opener, without_cases: Path
) -> None:
    assert "cannot be read" in words(open_page(without_cases))


def test_data_without_totals_say_what_to_do(
    open_page: Opener, demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    for path in (home / "snapshots").glob("totals-*"):
        path.unlink()
    monkeypatch.setenv(MODE_VARIABLE, "service")
    monkeypatch.setenv("OUTCOMES_HOME", str(home))
    with pytest.raises(NoSnapshot, match="Run `outcomes build`"):
        store.published()
    assert "have no file of totals" in words(open_page(home))


def test_one_group_at_a_time_is_used_and_said(
    open_page: Opener, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MODE_VARIABLE, "service")
    at = open_page(demo_home, "about")
    for key in ("age", "sex"):
        at.multiselect(key=key).select(at.multiselect(key=key).options[0])
    at.run()
    assert not at.exception
    (said,) = [each.value for each in at.warning if "Only one of these" in each.value]
    assert "age is used, sex not" in said
    covers = next(each.value for each in at.caption if each.value.startswith("Covers"))
    assert "age:" in covers
    assert "sex:" not in covers


def test_reviews_and_what_if_say_who_has_them(
    open_page: Opener, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_HOME", str(demo_home))
    monkeypatch.setenv(MODE_VARIABLE, "service")
    view = store.published()
    for ask in (
        lambda: reviews.counted(view, Filter()),
        lambda: reviews.agreed(view, Filter()),
        lambda: reviews.tens(view),
        reviews.last,
        reviews.between,
    ):
        with pytest.raises(reviews.ReviewsWithheld):
            ask()
    for ask in (what_if.rules_in_use, lambda: what_if.of_dates("a", "b", "agreement", Filter())):
        with pytest.raises(what_if.OnlyFromCases):
            ask()
    assert "counted from single cases" in words(open_page(demo_home, "audit"))
    assert "not opened in this mode" in words(open_page(demo_home, "what_if"))


def test_what_a_question_by_two_groups_gets(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_HOME", str(demo_home))
    monkeypatch.setenv(MODE_VARIABLE, "service")
    data = store.published()
    assert data.name == snapshots.current_name()
    assert data.path.endswith(data.name.replace("outcomes-", "totals-"))
    found = store.one(data, "agreement", Filter(sexes=("female",), age_bands=("40-49",)))
    assert "not opened here" in found.reason
    assert mode.mode() == "service"
