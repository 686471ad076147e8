"""The queue with reviews: its filters, which case is next, and that a second reader is blind."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from pathlib import Path

import pytest

from dashboard import store
from dashboard.review_queue import NOTHING
from dashboard.reviews import parameters
from pipelines import snapshot
from pipelines.home import Home
from pipelines.measures.filter import Filter
from pipelines.reviews.case import CaseKey
from pipelines.reviews.database import StoreAway
from pipelines.reviews.findings import Verdict
from pipelines.reviews.samples import draw_sample
from pipelines.reviews.standing import audit_cases
from pipelines.reviews.store import FIRST, SECOND, Review, ReviewStore, Seen, open_store
from tests import numbers

NOBODY = parameters([], FIRST)
EVERY = 100_000


def ask(con, query, named):
    """The rows of one of the dashboard's queries."""
    named = {k: list(v) if isinstance(v, tuple) else v for k, v in named.items()}
    cursor = con.cursor().execute(store._statement(query), named)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def queue(snapshot_file):
    """The rows of the queue of the demo, under the given narrowing and reviews."""
    con = snapshot.open_readonly(Path(snapshot_file))

    def asked(lists=NOBODY, most=EVERY, after="", **chosen):
        flt = Filter()
        named = {**flt.parameters(), **NOTHING, **chosen, **lists, "most": most, "after": after}
        found = ask(con, "queue", named)
        if not after:
            del named["after"]
            first = ask(con, "queue_first", named)
            told = set(found[0]) & set(first[0]) if found and first else set()
            assert (len(first) == len(found) and len(told) > 20) or not found
            for one, other in zip(first, found, strict=True):
                assert {name: one[name] for name in told} == {name: other[name] for name in told}
        return found

    yield asked
    con.close()


def review(row, finding="agree", reviewer="A. Reader", reading=FIRST, mark=None):
    seen = Seen(mark or row["mark"], "r", "p")
    key = CaseKey.parse(row["case_key"])
    return Review(key, reading, 1, Verdict(finding, reviewer), dt.datetime(2026, 7, 1), seen)


def keys(rows):
    return [row["case_key"] for row in rows]


def test_what_follows_a_case_goes_through_the_whole_list_and_begins_again(queue):
    whole = keys(queue())
    assert len(set(whole)) == len(whole) > 700
    for at in (0, 1, 400, len(whole) - 1):
        assert keys(queue(after=whole[at])) == whole[at + 1 :] + whole[:at]
    assert keys(queue(after="no|such|case")) == whole


def test_a_case_that_was_just_reviewed_keeps_its_place_for_what_is_next(queue):
    rows = queue()
    lists = parameters([review(rows[0]), review(rows[2]), review(rows[3], mark="another")], FIRST)
    wanted = ("open", "changed")
    assert keys(queue(lists, 1, rows[0]["case_key"], states=wanted)) == [rows[1]["case_key"]]
    # The third is reviewed; the fourth was, and has changed since.
    assert keys(queue(lists, 1, rows[1]["case_key"], states=wanted)) == [rows[3]["case_key"]]
    assert keys(queue(lists, 1, rows[-1]["case_key"], states=wanted)) == [rows[1]["case_key"]]


def test_filters_by_review_finding_and_reviewer_add_up(queue):
    rows = queue()
    made = [
        review(rows[0]),
        review(rows[1], "incident", "B. Reader"),
        review(rows[2], "agree", "B. Reader", mark="another"),
    ]
    lists = parameters(made, FIRST)
    by_state = {name: queue(lists, states=(name,)) for name in ("open", "reviewed", "changed")}
    assert keys(by_state["reviewed"]) == keys(rows[:2])
    assert keys(by_state["changed"]) == keys(rows[2:3])
    assert sum(map(len, by_state.values())) == len(rows) == rows[0]["n_all"]
    assert keys(queue(lists, findings=("agree",))) == [rows[0]["case_key"], rows[2]["case_key"]]
    assert keys(queue(lists, reviewers=("B. Reader",))) == keys(rows[1:3])
    sample = (rows[9]["case_key"], rows[4]["case_key"])
    assert tuple(keys(queue(lists, sample=sample))) == sample, "in the order in which it was drawn"


@pytest.mark.parametrize("flt", (Filter(), Filter(sites=("RIV-NORTH",)), Filter(sexes=("none",))))
def test_counts_of_reviews_by_whole_rows_are_those_by_key(queue, snapshot_file, flt):
    rows = queue()
    made = [review(rows[0]), review(rows[7], "incident"), review(rows[400], mark="another")]
    with snapshot.open_readonly(Path(snapshot_file)) as con:
        assert ask(con, "case_keys", {}) == [{"each_its_own": True}]
        for lists in (NOBODY, parameters(made, FIRST)):
            named = {k: v for k, v in {**flt.parameters(), **lists}.items() if k != "review_by"}
            found = ask(con, "reviews_found", named)
            assert ask(con, "reviews_counted", named) == found
            by_state = Counter()
            for row in found:
                by_state[row["state"]] += row["n"]
            del named["review_findings"]
            told = {row["state"]: row["n"] for row in ask(con, "review_states", named)}
            assert told == by_state


def test_a_second_reader_gets_nothing_of_the_first(queue):
    rows = queue()
    made = [review(rows[0], "incident"), review(rows[1], "agree", "B. Reader", SECOND)]
    blind = queue(parameters(made, SECOND))
    assert {row["review"] for row in blind} == {None, "agree"}
    assert {row["reviewer"] for row in blind} == {None, "B. Reader"}
    assert blind[0]["state"] == "open"


@pytest.fixture
def reviewed_home(demo_home, tmp_path, monkeypatch):
    """A home with the demo's published snapshot and reviews of its own; (folder, cases, store)."""
    monkeypatch.delenv("OUTCOMES_REVIEWS_URL", raising=False)
    shutil.copytree(demo_home / "snapshots", tmp_path / "snapshots")
    home = Home.open(tmp_path)
    con = snapshot.open_readonly(snapshot.current(home).path)
    cases = audit_cases(con)
    con.close()
    store = open_store(home)
    yield tmp_path, cases, store
    store.close()


def sent(at):
    """Every byte of the page as the browser gets it."""

    def walk(node):
        proto = getattr(node, "proto", None)
        if proto is not None:
            yield proto.SerializeToString()
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    return b"".join(walk(at._tree))


FIRST_NAME, FIRST_NOTE, FIRST_REFERENCE = "Quillfeather", "zymurgist", "W-98765-Q"


def first_reading(cases, kept):
    """The first reader's review of the most urgent case, with words that stand nowhere else."""
    verdict = Verdict("incident", FIRST_NAME, None, FIRST_REFERENCE, FIRST_NOTE)
    kept.add(cases[0].key, verdict, Seen(cases[0].mark, "r", "p"))
    return cases[0].key


@pytest.mark.parametrize("page", ["audit", "episode"])
def test_nothing_of_the_first_reading_reaches_the_second_reader_before_they_save(
    open_page, reviewed_home, page
):
    home, cases, kept = reviewed_home
    key = first_reading(cases, kept)
    query = {"of_episode": key.episode, "of_case": key} if page == "episode" else {}
    told = sent(open_page(home, page, **query))
    assert FIRST_NAME.encode() in told, "the first reader sees their own"
    # By the address alone: a page that is loaded again is a new session, and must stay blind.
    at = open_page(home, page, second="true", **query)
    assert at.toggle(key="second").value is True
    blind = sent(at)
    for word in (FIRST_NAME, FIRST_NOTE, FIRST_REFERENCE):
        assert word.encode() not in blind, word
    said = " ".join(each.value for each in at.markdown)
    assert f"{len(cases)} not reviewed by a second reader" in said
    assert "came into line by review" not in said
    if page == "audit":  # the case is opened from the queue, on another page
        rows = at.selectbox(key="chosen_in_queue_typed")
        (place,) = [n for n, words in enumerate(rows.options) if key.episode in words]
        rows.set_value(place).run()
        assert not at.exception
        assert at.query_params["case"] == numbers.of_review(home, key)
        assert at.toggle(key="second").value is True
        opened = sent(at)
        for word in (FIRST_NAME, FIRST_NOTE, FIRST_REFERENCE):
            assert word.encode() not in opened, word
    else:
        at.text_input(key="reviewer_name").set_value("Second Person").run()
        at.radio(key=f"finding_2_{key}").set_value("documentation")
        (save,) = [each for each in at.button if each.label == "Save"]
        save.click().run()
        assert kept.newest(key, SECOND).verdict.finding == "documentation"
        after = sent(at)
        assert FIRST_NOTE.encode() not in after


def test_readers_are_compared_over_a_sample_as_well_as_over_every_case(open_page, reviewed_home):
    home, cases, kept = reviewed_home
    drawn = draw_sample(
        kept, "q2", cases, seed="q2", margin=0.1, made_by="AB", ruleset="r", published="p"
    )
    outside = [case for case in cases if case.key not in set(drawn.cases)]
    by_key = {case.key: case for case in cases}
    inside = [by_key[key] for key in drawn.cases]
    for those, second in ((inside[:12], "agree"), (outside[:9], "incident")):
        for number, case in enumerate(those):
            for reading, name in ((FIRST, "A. Reader"), (SECOND, "B. Reader")):
                # Inside they differ once; outside always.
                finding = "documentation" if number == 0 and reading == FIRST else second
                if second == "incident" and reading == FIRST:
                    finding = "agree"
                reference = "W1" if finding == "incident" else None
                kept.add(
                    case.key, Verdict(finding, name, None, reference), Seen(case.mark, "r", "p"),
                    reading=reading,
                )  # fmt: skip
    at = open_page(home, "audit")

    def readers():
        (said,) = [e.value for e in at.markdown if e.value.startswith("Two readers found")]
        return said

    assert "the same in 11 of 21 cases" in readers()
    at.selectbox(key="readers_of").set_value("q2").run()
    assert "the same in 11 of 12 cases" in readers()
    assert "Kappa" in readers()


@pytest.mark.parametrize("question", ["newest", "history"])
def test_a_store_that_goes_away_while_a_review_is_read_is_told(
    open_page, reviewed_home, monkeypatch, question
):
    home, cases, _ = reviewed_home

    def away(*_, **__):
        raise StoreAway("the store of reviews: it cannot be reached or used", hint="Try again.")

    monkeypatch.setattr(ReviewStore, question, away)
    at = open_page(home, "episode", of_episode=cases[0].key.episode, of_case=cases[0].key)
    assert not at.exception
    assert any("cannot be reached or used" in each.value for each in at.warning)
    assert any("Contacts" in each.value for each in at.header), "the rest of the page is there"


def test_what_was_saved_is_said_to_be_saved_when_the_store_goes_away_right_after(
    open_page, reviewed_home, monkeypatch
):
    home, cases, kept = reviewed_home
    key = cases[0].key
    at = open_page(home, "episode", of_episode=key.episode, of_case=key)
    at.text_input(key="reviewer_name").set_value("A. Reader").run()
    real = ReviewStore.add

    def add(store, *given, **named):
        saved = real(store, *given, **named)
        monkeypatch.setattr(ReviewStore, "standing", away)
        return saved

    def away(*_, **__):
        raise StoreAway("the store of reviews: it cannot be reached or used")

    monkeypatch.setattr(ReviewStore, "add", add)
    at.radio(key=f"finding_1_{key}").set_value("documentation")
    (save,) = [each for each in at.button if each.label == "Save and open the next case"]
    save.click().run()
    assert not at.exception
    assert kept.newest(key).verdict.finding == "documentation"
    (said,) = [each.value for each in at.success]
    assert said.startswith("Saved: Documentation gap")
    assert "The next case cannot be opened now" in said


def test_what_was_typed_outlives_a_store_that_goes_away(open_page, reviewed_home, monkeypatch):
    """And whoever reviewed the case meanwhile is not overwritten when it is back."""
    home, cases, kept = reviewed_home
    key = cases[0].key
    at = open_page(home, "episode", of_episode=key.episode, of_case=key)
    at.text_input(key="reviewer_name").set_value("A. Reader").run()

    def away(*_, **__):
        raise StoreAway("the store of reviews: it cannot be reached or used", hint="Try again.")

    def save():
        (button,) = [each for each in at.button if each.label == "Save"]
        button.click().run()
        assert not at.exception
        return [each.value for each in at.error]

    at.radio(key=f"finding_1_{key}").set_value("documentation")
    at.text_input(key=f"note_1_{key}").set_value("typed before")
    with monkeypatch.context() as patch:
        for question in ("add", "newest", "history", "standing"):
            patch.setattr(ReviewStore, question, away)
        (told,) = save()
        assert told.startswith("Not saved") and told.endswith("Try again.")
        assert at.radio(key=f"finding_1_{key}").value == "documentation"
        assert at.text_input(key=f"note_1_{key}").value == "typed before"
    kept.add(key, Verdict("agree", "B. Other"), Seen(cases[0].mark, "r", "p"))
    (told,) = save()
    assert "was reviewed by B. Other since you opened it" in told
    assert at.text_input(key=f"note_1_{key}").value == "typed before"
    assert save() == []
    assert [each.verdict.reviewer for each in kept.history(key)] == ["B. Other", "A. Reader"]
