"""A review outlives rebuilds, corrections and roll-backs, and says when its case has changed."""

from __future__ import annotations

import dataclasses
import shutil

import pytest

from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.measures.filter import Filter
from pipelines.reviews.agreement import before_and_after
from pipelines.reviews.database import URL_VARIABLE
from pipelines.reviews.findings import Verdict
from pipelines.reviews.standing import CHANGED, GONE, OPEN, REVIEWED, audit_cases, standings
from pipelines.reviews.store import Seen, open_store
from tests import exports


@pytest.fixture
def home(worked_home, tmp_path, monkeypatch):
    """A copy of the worked cases' home, with a review of one appointment trigger not acted on."""
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    return Home.open(shutil.copytree(worked_home.root, tmp_path / "home"))


def cases_of(home):
    con = snapshot.open_readonly(snapshot.current(home).path)
    try:
        return audit_cases(con)
    finally:
        con.close()


def missed(home):
    """A trigger without action whose episode has a single contact."""
    single = {
        case_id
        for case_id, content in exports.worked_inputs()
        if len(content["contacts"]) == 1 and not content.get("referrals")
    }
    return next(
        case
        for case in cases_of(home)
        if case.found == "MISSED" and case.level == "GP" and case.key.episode in single
    )


def correct(home, tmp_path, key, day, destination):
    """Export the case's contact again, now with a referral, as a correction."""
    content = dict(exports.worked_inputs())[key.episode]
    (row,) = exports.contacts(key.episode, content)
    row |= {"episode_id": key.episode, "referral_date": day, "referral_destination": destination}
    stamp = content["extract_date"].replace("-", "")
    path = tmp_path / f"canonical_triage_{destination}_{stamp}.csv"
    exports.write(path, exports.columns("triage"), [row])
    with home.lock("test"):
        ingest_file(home, path, source=key.source, correction=True)
    build(home)


def state_of(home, key):
    store = open_store(home)
    try:
        found = {each.key: each for each in standings(cases_of(home), store.standing())}
        return found[key].state
    finally:
        store.close()


@pytest.fixture
def reviewed(home):
    case = missed(home)
    store = open_store(home)
    store.add(case.key, Verdict("agree", "A. Reader"), Seen(case.mark, "r", "p"))
    store.close()
    return case


def test_a_review_stands_when_the_same_data_are_built_again(home, reviewed):
    build(home)
    assert state_of(home, reviewed.key) == REVIEWED
    others = {each.state for each in standings(cases_of(home), []) if each.key != reviewed.key}
    assert others == {OPEN}


def test_a_correction_that_changes_the_case_sends_it_back_and_a_roll_back_settles_it(
    home, reviewed, tmp_path
):
    before = snapshot.current(home).name
    late = f"{reviewed.key.day.replace(month=reviewed.key.day.month + 2):%Y-%m-%d}"
    correct(home, tmp_path, reviewed.key, late, "GP")
    assert state_of(home, reviewed.key) == CHANGED, "acted on late now, not without action"
    snapshot.rollback(home, before)
    assert state_of(home, reviewed.key) == REVIEWED


def test_a_case_that_a_correction_settles_is_kept_as_no_longer_in_the_data(
    home, reviewed, tmp_path
):
    correct(home, tmp_path, reviewed.key, f"{reviewed.key.day:%Y-%m-%d}", "GP")
    assert state_of(home, reviewed.key) == GONE
    store = open_store(home)
    assert [review.key for review in store.history()] == [reviewed.key]
    store.close()


def test_rules_that_decide_otherwise_let_the_case_go_and_their_return_brings_it_back(
    home, reviewed
):
    """Nearly a year to act: the trigger is not missed yet, it is awaited."""
    home.config_file.write_text("[parameters.referral_window_days]\nGP = 365\n", encoding="utf-8")
    build(home)
    assert state_of(home, reviewed.key) == GONE
    home.config_file.unlink()
    build(home)
    assert state_of(home, reviewed.key) == REVIEWED


def test_agreement_after_review_counts_episodes_whose_every_case_was_in_line(home):
    """Against a count over the published rows, one finding after the other."""
    con = snapshot.open_readonly(snapshot.current(home).path)
    try:
        judged = dict(
            con.execute(
                "select episode_key, audit_category = 'AGREE' from episode "
                "where n_evaluated > 0 and worst_lb = worst_ub "
                "and audit_category in ('AGREE', 'LATE', 'UNDER', 'OVER')"
            ).fetchall()
        )
        cases = con.execute("select episode_key, case_key from audit_case").fetchall()
        found = audit_cases(con)
        store = open_store(home)
        for number, case in enumerate(found):
            finding = ("agree", "justified", "not_exported", "documentation")[number % 4]
            mark = case.mark if number % 5 else "another"
            store.add(
                case.key,
                Verdict(finding, "A. Reader", reason=store.reasons[0]),
                Seen(mark, "r", "p"),
            )
        reviews = store.standing()
        store.close()
        told = before_and_after(con, reviews, Filter())
        good = {
            str(r.key)
            for r, case in ((r, c) for r in reviews for c in found if c.key == r.key)
            if r.verdict.finding in ("justified", "not_exported") and r.seen.mark == case.mark
        }
        changed = {
            str(r.key) for r in reviews for c in found if c.key == r.key and r.seen.mark != c.mark
        }
    finally:
        con.close()
    of = {}
    for episode, key in cases:
        of.setdefault(episode, set()).add(key)
    out = [episode for episode, agrees in judged.items() if not agrees]
    moved = sum(bool(of[e]) and of[e] <= good for e in out)
    waiting = sum(bool(of[e] & changed) for e in out)
    assert moved and waiting
    assert (told.moved, told.waiting) == (moved, waiting)
    assert told.before.numerator == sum(judged.values())
    assert told.after.numerator == told.before.numerator + moved
    assert told.before.denominator == told.after.denominator == len(judged)


def test_two_seen_alike_are_one_case_and_a_mark_tells_apart_what_a_reader_would(home):
    found = cases_of(home)
    assert len({case.key for case in found}) == len(found) > 20
    assert {case.found for case in found} == {"MISSED", "LATE", "OVER"}
    assert all(dataclasses.astuple(case)[1] for case in found)
    places = [case.place for case in found]
    assert places == sorted(places)
