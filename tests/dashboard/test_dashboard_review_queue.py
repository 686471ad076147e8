"""The queue with reviews: its filters, which case is next, and that a second reader is blind."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dashboard import store
from dashboard.review_queue import NOTHING
from dashboard.reviews import parameters
from pipelines import snapshot
from pipelines.measures.filter import Filter
from pipelines.reviews.case import CaseKey
from pipelines.reviews.findings import Verdict
from pipelines.reviews.store import FIRST, SECOND, Review, Seen

NOBODY = parameters([], FIRST)
EVERY = 100_000


@pytest.fixture(scope="module")
def queue(snapshot_file):
    """The rows of the queue of the demo, under the given narrowing and reviews."""
    con = snapshot.open_readonly(Path(snapshot_file))

    def asked(lists=NOBODY, most=EVERY, after="", **chosen):
        flt = Filter()
        named = {**flt.parameters(), **NOTHING, **chosen, **lists, "most": most, "after": after}
        named = {k: list(v) if isinstance(v, tuple) else v for k, v in named.items()}
        cursor = con.cursor().execute(store._statement("queue"), named)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

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


def test_a_second_reader_gets_nothing_of_the_first(queue):
    rows = queue()
    made = [review(rows[0], "incident"), review(rows[1], "agree", "B. Reader", SECOND)]
    blind = queue(parameters(made, SECOND))
    assert {row["review"] for row in blind} == {None, "agree"}
    assert {row["reviewer"] for row in blind} == {None, "B. Reader"}
    assert blind[0]["state"] == "open"
