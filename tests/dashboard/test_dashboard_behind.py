"""Every number opens the cases behind it, and they add up to it; in no mode to more than it may."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import behind_figure, mode, store, theme
from dashboard.drill import Behind, part_words
from dashboard.pages import PAGES, seen_by
from dashboard.ui import View
from pipelines.measures.agreement import agreement
from pipelines.measures.catalogue import catalogue, measure
from pipelines.measures.filter import Filter
from pipelines.measures.matrix import MEASURE
from pipelines.measures.types import Estimate, Median, NotEstimable
from tests.dashboard.conftest import Opener, unfold
from tests.dashboard.test_dashboard_pages import words

FILTERS = (
    Filter(),
    Filter(sites=("RIV-SOUTH",)),
    Filter(date(2025, 1, 1), date(2025, 6, 30)),
    Filter(age_bands=("45-54", "unknown"), sexes=("female",)),
    Filter(sites=("no such site",)),
)
CUTS = ("", "month", "site", "imd_quintile")


@pytest.fixture
def view(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> View:
    monkeypatch.setenv("OUTCOMES_HOME", str(demo_home))
    monkeypatch.delenv("OUTCOMES_MODE", raising=False)
    return View(store.published(), Filter(), theme.LIGHT)


def test_every_part_has_words(view: View) -> None:
    named = part_words(view)
    for name in catalogue():
        for row in store.table(view.snapshot, name, view.filter).rows:
            assert "_" not in named(row.part or ""), name


@pytest.mark.parametrize("name", list(catalogue()))
def test_cases_add_up_to_every_figure(view: View, name: str) -> None:
    entry, chance, looked_at = measure(name), random.Random(name), 0
    for flt in FILTERS:
        own = View(view.snapshot, flt, view.colours)
        by = chance.choice(CUTS)
        rows = store.table(view.snapshot, name, flt, (by,) if by else ()).rows
        for row in chance.sample(rows, min(4, len(rows))):
            to = Behind(name, row.part or "", by, row.by[0] if by else "")
            assert behind_figure.figure(own, to) == row.result
            cases = behind_figure.cases(own, to)
            of = len(behind_figure.chosen(cases, "of"))
            counted = len(behind_figure.chosen(cases, "counted"))
            out = len(behind_figure.chosen(cases, "out"))
            result = row.result
            if isinstance(result, Median):
                assert (of, counted) == (result.n, result.events)
                looked_at += 1
                continue
            assert isinstance(result, Estimate | NotEstimable)
            # who is observed at no length is left out by the estimator itself
            assert of + out == result.denominator + result.excluded
            if isinstance(result, Estimate):
                if entry.kind == "count":
                    assert counted == result.value
                elif result.numerator is not None:
                    assert counted == result.numerator
            looked_at += 1
    assert looked_at >= len(FILTERS) - 1


def test_cells_of_the_matrix_open_as_many_as_they_say(view: View) -> None:
    found = store.matrix(view.snapshot, view.filter)
    assert found.total > 1000
    for expected in range(5):
        for recorded in range(5):
            to = Behind(MEASURE, cell=f"{expected}-{recorded}")
            assert len(behind_figure.cases(view, to)) == found.counts[expected][recorded]


def test_the_matrix_is_that_of_the_recount(view: View, cursor: duckdb.DuckDBPyConnection) -> None:
    """The same table from a statement of its own, which knows nothing of the cases."""
    for flt in FILTERS:
        assert store.matrix(view.snapshot, flt).counts == agreement(cursor, flt).matrix


def test_names_of_measures_tell_them_apart_in_the_address() -> None:
    names = [entry.name for entry in catalogue().values()]
    assert len(set(names)) == len(names)


def open_behind(open_page: Opener, home: Path, view: View, to: Behind) -> AppTest:
    return open_page(home, "behind", **to.address(view))


def test_the_address_opens_the_figure_and_its_list(
    open_page: Opener, demo_home: Path, view: View
) -> None:
    to = Behind("escalation_confirmed", by="site", value="RIV-SOUTH", which="counted")
    at = open_behind(open_page, demo_home, view, to)
    assert not at.exception
    rows = store.table(view.snapshot, to.measure, Filter(), ("site",)).rows
    [result] = [row.result for row in rows if row.by == ("RIV-SOUTH",)]
    assert isinstance(result, Estimate)
    assert f"{result.numerator:,} counted" in words(at)
    assert set(at.dataframe[0].value["Site"]) == {"RIV-SOUTH"}
    assert set(at.dataframe[0].value["In the figure"]) == {"counted"}


@pytest.mark.parametrize("seen", ["service", "shared"])
def test_cases_are_refused_where_they_are_not_shown(
    view: View, monkeypatch: pytest.MonkeyPatch, seen: str
) -> None:
    monkeypatch.setenv("OUTCOMES_MODE", seen)
    asked = [
        lambda: store.cases(view.snapshot, "escalation_confirmed", view.filter),
        lambda: store.explained(view.snapshot, "STORY-05-FOOT-BLANK"),
        *(
            lambda query=query: store.rows(view.snapshot, query)  # type: ignore[misc]
            for query in store.OF_CASES
        ),
    ]
    for question in asked:
        with pytest.raises(mode.CasesWithheld):
            question()
    if seen == "shared":
        for question in (store.answers, store.months, store.matrix):
            with pytest.raises(mode.CasesWithheld):
                question(view.snapshot, view.filter)


def test_queries_of_cases_are_known_as_such() -> None:
    """A query that names an episode's id belongs to the list of those that are withheld."""
    folder = Path(store.__file__).parent / "queries"
    named = {p.stem for p in folder.glob("*.sql") if "episode_id" in p.read_text(encoding="utf-8")}
    assert named <= store.OF_CASES
    keyed = {p.stem for p in folder.glob("*.sql") if "$episode_key" in p.read_text("utf-8")}
    assert keyed <= store.OF_CASES


def test_an_unknown_mode_opens_nothing(
    open_page: Opener, demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_MODE", "servce")
    at = open_page(demo_home)
    assert at.exception
    assert not at.metric


@pytest.mark.parametrize("page", [page.script for page in PAGES if "service" in page.modes])
def test_pages_without_cases_hold_none(
    open_page: Opener,
    demo_home: Path,
    view: View,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:
    ids = {row["episode_id"] for row in _all_ids(view)}
    monkeypatch.setenv("OUTCOMES_MODE", "service")
    at = unfold(open_page(demo_home, page))
    assert not at.exception
    assert "Service (exact totals, no cases)" in words(at)
    held = " ".join([words(at), *(t.value.to_csv() for t in [*at.table, *at.dataframe])])
    assert not [each for each in ids if each in held]


def _all_ids(view: View) -> list[store.Row]:
    found = store.cases(view.snapshot, "escalation_confirmed", Filter())
    keys = tuple(sorted({row["episode_key"] for row in found}))
    return store.rows(view.snapshot, "episode_ids", keys=keys)


def test_without_cases_a_number_opens_a_breakdown_that_adds_up(
    open_page: Opener, demo_home: Path, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store.one(view.snapshot, "escalation_confirmed", Filter())
    monkeypatch.setenv("OUTCOMES_MODE", "service")
    at = open_behind(open_page, demo_home, view, Behind("escalation_confirmed"))
    assert not at.dataframe
    table = unfold(at).table[0].value
    assert isinstance(whole, Estimate)
    for column, wanted in (("Counted", whole.numerator), ("Of", whole.denominator)):
        told = [int(str(cell).replace(",", "")) for cell in table[column] if cell != "–"]
        assert sum(told) == wanted


def test_which_pages_each_mode_has() -> None:
    shared = [page.script for page in seen_by("shared")]
    assert shared == ["shared", "report", "rulebook", "about"]
    assert "episode" not in [page.script for page in seen_by("service")]
    assert len(seen_by("auditor")) == len(PAGES) - 1
