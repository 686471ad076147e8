"""Who may see some sites sees what a filter on them shows, whatever is asked; and nothing else."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import (
    comparison,
    filters,
    kept,
    own_sites,
    pages,
    recording,
    reviews,
    store,
    what_if,
)
from dashboard import reader as readers
from dashboard.launch import HOME_VARIABLE
from dashboard.reader import Reader
from dashboard.report import make
from dashboard.snapshots import Snapshot
from pipelines import access
from pipelines.home import Home
from pipelines.measures.disclosure.rules import Mode
from pipelines.measures.filter import Filter
from pipelines.periods import period
from pipelines.sign_on import code
from tests.signon.conftest import Episodes, World

QUERIES = {
    path.name.removesuffix(".sql"): path.read_text("utf-8")
    for path in Path(str(resources.files("dashboard") / "queries")).glob("*.sql")
}
ABOUT_EPISODES = re.compile(r"\b(?:from|join)\s+(?:episode|log_day|audit_case|breach|contact)\b")


@contextmanager
def looking(*sites: str, seen: Mode = "auditor") -> Iterator[None]:
    """Whoever looks may see these sites (none: all), in a mode."""
    person = Reader("0123456789abcdef", seen, sites or None, datetime.now(UTC), "oidc")
    asked = readers.reader
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("dashboard.") and getattr(module, "reader", None) is asked:
                patch.setattr(module, "reader", lambda: person)
        yield


@pytest.fixture
def snapshot(episodes: Episodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshot]:
    monkeypatch.setenv(HOME_VARIABLE, str(episodes.home))
    yield store.published()
    kept.ALL.clear()


def test_every_query_about_episodes_has_its_sites() -> None:
    # A yes or no about how the data are keyed, told to nobody.
    keyed = {"case_keys"}
    for name, text in QUERIES.items():
        if name in keyed or not ABOUT_EPISODES.search(text):
            assert name not in store.OF_SITES
            continue
        filtered = "@selected(" in text
        assert filtered or (name in store.OF_SITES and "$sites" in text), name
    assert set(QUERIES) >= store.OF_SITES | store.OF_ALL_SITES | store.OF_CASES
    whole = {"levels", "parameters", "part_names", "rules"}  # nothing in them is of a person
    selected = {name for name, text in QUERIES.items() if "@selected(" in text}
    assert set(QUERIES) == store.OF_SITES | store.OF_ALL_SITES | selected | whole | keyed


ANSWERS: list[Callable[[Snapshot, Filter], Any]] = [
    store.covered, store.escalated, store.improved, store.persisting, store.months, store.matrix,
    lambda s, f: store.improvement(s, f, "2 points"),
    lambda s, f: store.table(s, "escalation_confirmed", f, ("site",)),
    lambda s, f: store.table(s, "persistence_share_8_weeks", f, ("month",)),
    lambda s, f: store.series(s, "escalation_confirmed", f),
    lambda s, f: store.cases(s, "escalation_confirmed", f),
    lambda s, f: store.rare(s, "ces_present", f),
    lambda s, f: store.selected(s, "covered", f),
    lambda s, f: store.selected(s, "reviews_found", f, review_keys=(), review_marks=(),
                                review_findings=()),
    lambda s, f: store.reviewed(s, f, []),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_without_a_filter_the_answer_is_of_ones_own_sites(
    snapshot: Snapshot, episodes: Episodes, number: int
) -> None:
    ask, own = ANSWERS[number], episodes.first[0]
    with looking():
        of_all = repr(ask(snapshot, Filter()))
        of_own = repr(ask(snapshot, Filter(sites=(own,))))
    with looking(own):
        assert repr(ask(snapshot, Filter())) == of_own
        assert repr(ask(snapshot, Filter(sites=(own,)))) == of_own
        for sites in ((episodes.other[0],), (own, episodes.other[0]), ("none",)):
            with pytest.raises(own_sites.SitesWithheld):
                ask(snapshot, Filter(sites=sites))
    with looking():  # and nobody has got anybody else's answer from the cache
        assert repr(ask(snapshot, Filter())) == of_all != of_own


def test_the_choice_of_values_is_of_ones_own_sites(snapshot: Snapshot, episodes: Episodes) -> None:
    with looking(episodes.first[0]):
        assert list(filters.site_names(snapshot)) == [episodes.first[0]]
        assert filters.values(snapshot)["site"] == [episodes.first[0]]
        assert "which you may see" in filters.described(snapshot, Filter())
    with looking("none"):
        assert filters.site_names(snapshot) == {}
        for query in ("months", "dimension_values"):
            assert store.rows(snapshot, query) == []
        assert store.covered(snapshot, Filter()) == 0


def test_an_episode_of_another_site_is_unknown(snapshot: Snapshot, episodes: Episodes) -> None:
    (own, first), (_, other) = episodes.first, episodes.other
    with looking():
        assert store.explained(snapshot, other) is not None
        keys = tuple(
            part["episode_key"]
            for each in (first, other)
            for part in (store.explained(snapshot, each) or {})["parts"]
        )
        assert len(store.rows(snapshot, "episode_ids", keys=keys)) >= 2
    with looking(own):
        assert store.explained(snapshot, first) is not None
        assert store.explained(snapshot, other) is None
        assert store.explained(snapshot, "no such episode") is None
        assert store.rows(snapshot, "episode_cases", episode=other) == []
        assert {row["site_id"] for row in store.rows(snapshot, "episode_ids", keys=keys)} == {own}
        near = [row["episode_id"] for row in store.rows(snapshot, "near_ids", episode_id=other)]
        assert other not in near and near
        for key in keys:
            days = store.rows(snapshot, "log_days", episode_key=key)
            assert not days or key in {
                row["episode_key"] for row in store.rows(snapshot, "episode_ids", keys=(key,))
            }


def test_what_is_of_all_sites_together_is_not_theirs(
    snapshot: Snapshot, episodes: Episodes
) -> None:
    home = Home.open(episodes.home, create=False)
    asked: list[Callable[[], object]] = [
        *(lambda q=q: store.rows(snapshot, q) for q in store.OF_ALL_SITES),
        what_if.rules_in_use,
        what_if.stop,
        what_if.expected_seconds,
        lambda: what_if.of_dates("a", "b", "escalation_confirmed", Filter()),
        lambda: what_if.answer({"key": "a"}),
        lambda: recording.save(None, None),  # type: ignore[arg-type]
        lambda: make.make(home, period("2026-01")),
    ]
    with looking(episodes.first[0]):
        for each in asked:
            with pytest.raises(own_sites.SitesWithheld):
                each()


def test_reviews_are_of_ones_own_sites(snapshot: Snapshot, episodes: Episodes) -> None:
    with looking():
        every = store.rows(snapshot, "own_cases", sites=(episodes.first[0], episodes.other[0]))
    with looking(episodes.first[0]):
        own = store.rows(snapshot, "own_cases")
        assert 0 < len(own) < len(every)
        theirs = next(row for row in every if row not in own)
        with pytest.raises(own_sites.SitesWithheld):
            reviews.save(snapshot, {**theirs, "mark": ""}, None, 0, 1)  # type: ignore[arg-type]


def test_shared_figures_are_the_same_for_everybody(snapshot: Snapshot, episodes: Episodes) -> None:
    with looking(episodes.first[0], seen="shared"):
        assert own_sites.sees_every_site()
        assert own_sites.within(Filter()) == Filter()


def test_pages_of_all_sites_are_not_in_their_menu() -> None:
    every = {page.script for page in pages.seen_by("auditor")}
    some = {page.script for page in pages.seen_by("auditor", every_site=False)}
    assert every - some == {"quality", "targets", "what_if", "report"}


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("auditor", set()),
        ("service", {"episodes"}),
        ("local_auditor", {"quality", "targets", "what-if", "report"}),
        ("shared", {page.address for page in pages.PAGES} - {"", "report", "rules", "about"}),
    ],
)
def test_each_has_the_pages_of_their_role(oidc: World, name: str, without: set[str]) -> None:
    tab = oidc.tab(name)
    tab.run()
    assert set(tab.menu) == {page.address for page in pages.PAGES} - without
    tab.close()


def test_on_no_page_there_is_anything_of_another_site(oidc: World) -> None:
    """As sent over the socket, page after page, a fold opened here and there."""
    tab = oidc.tab("local_auditor")
    tab.run()
    for address in tab.menu:
        text = tab.run(address)
        assert tab.titles and oidc.first_site in text, address
        assert oidc.other_site not in text and "Traceback" not in text, address
        assert "error" not in {m.delta.new_element.WhichOneof("type") for m in tab.said}
    tab.close()


APP = Path(readers.__file__).with_name("app.py")


def test_whoever_comes_without_a_visit_sees_words_and_nothing_else(
    episodes: Episodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The script by itself, if ever a request should come past the gate."""
    monkeypatch.setenv(HOME_VARIABLE, str(episodes.home))
    monkeypatch.setenv("OUTCOMES_SIGN_ON", "oidc")
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    assert [each.value for each in at.header] == ["This is not shown to you"]
    assert "Sign in again" in at.info[0].value
    assert not at.sidebar.children and not at.metric and not at.dataframe
    assert not at.exception


def test_to_compare_with_all_sites_is_offered_to_who_sees_them() -> None:
    assert comparison.ALL_SITES in comparison.CHOICES
    with looking("A"):
        at = AppTest.from_function(_choose).run()
    assert comparison.CHOICES[comparison.ALL_SITES] not in at.multiselect[0].options


def _choose() -> None:
    from dashboard import comparison

    comparison.choose()


def test_what_they_saw_is_on_record_without_their_name(oidc: World) -> None:
    tab = oidc.tab("service")
    tab.run("escalation")
    tab.close()
    home = Home(oidc.home)
    who = code(home, "service@example.org")
    seen = [each for each in access.entries(home) if each.event.who == who]
    assert "escalation" in {each.event.page for each in seen}
    assert {each.event.mode for each in seen} == {"service"}
    text = "".join(repr(each) for each in access.entries(home))
    assert "example.org" not in text


def test_on_ones_own_machine_the_page_says_that_nobody_is_asked(
    episodes: Episodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(episodes.home))
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    assert any("Nobody is asked who they are" in each.value for each in at.sidebar.caption)
