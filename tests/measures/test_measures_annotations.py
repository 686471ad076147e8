"""Recorded changes of a service: what the file may say, and that the named chart begins anew."""

from datetime import date

import pytest

from pipelines.chart_settings import chart_settings
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.annotations import EVERY, noted, recorded
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import charted
from pipelines.measures.types import MeasureError

GOOD = """
[[annotation]]
measure = ["screen_completeness", "agreement"]
on = 2025-06-10
what = "process changed here: [new] form"
by = "A. Physio"

[[annotation]]
measure = "agreement"
on = 2025-01-01
what = "second site opened"
"""


def test_each_named_measure_has_its_changes_by_date():
    found = recorded(GOOD)
    assert set(found) == {"screen_completeness", "agreement"}
    assert [each.on for each in found["agreement"]] == [date(2025, 1, 1), date(2025, 6, 10)]
    (one,) = found["screen_completeness"]
    assert (one.reason, one.by) == ("process changed here: [new] form", "A. Physio")
    assert recorded("") == {}


def test_a_note_keeps_the_limits_and_may_be_for_every_chart():
    text = GOOD + (
        '[[annotation]]\nmeasure = "agreement"\non = 2025-03-01\nwhat = "audit day"\n'
        "new_limits = false\n"
        '[[annotation]]\non = 2025-02-01\nwhat = "flu season"\nnew_limits = false\n'
    )
    assert recorded(text) == recorded(GOOD)
    assert noted(GOOD) == {}
    assert {name: [each.reason for each in own] for name, own in noted(text).items()} == {
        "agreement": ["audit day"],
        EVERY: ["flu season"],
    }
    # Limits for every chart at once are not begun anew by one line.
    with pytest.raises(MeasureError, match="the id of a measure"):
        recorded('[[annotation]]\non = 2025-02-01\nwhat = "flu season"\n')
    with pytest.raises(MeasureError, match="true or false"):
        recorded(GOOD + 'new_limits = "no"\n')


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("agreement", "agrement"), "did you mean 'agreement'"),
        (("agreement", "waiting_now"), "no chart by month"),
        (("what =", "wat ="), "annotation 1: unknown key 'wat'; did you mean 'what'"),
        (("on = 2025-06-10", 'on = "June"'), "annotation 1: `on` must be a date without quotes"),
        (("on = 2025-06-10", "on = 2025-06-10T10:00:00"), "must be a date without quotes"),
        (('what = "second site opened"', 'what = " "'), "annotation 2: `what` must say in words"),
        (("by = ", "by = 3 #"), "`by` must be a name"),
        (('measure = "agreement"', "measure = []"), "the id of a measure, or a list"),
        (("[[annotation]]", "[[note]]"), "write every change as"),
        (("[[annotation]]", "[[annotation]"), "cannot be read"),
    ],
)
def test_others_are_refused_with_the_entry_and_the_remedy(change, words):
    with pytest.raises(MeasureError, match=words.replace("[", r"\[")) as refused:
        recorded(GOOD.replace(*change))
    assert str(refused.value).startswith("annotations.toml")


def test_the_file_of_a_home_re_bases_the_named_chart_alone(demo_snapshot, tmp_path):
    home = Home.open(tmp_path / "home")
    name = "screen_completeness"
    before = charted(demo_snapshot, name, Filter(), chart_settings(home).chart_as(name))[0].chart
    assert len(before.phases) == 1
    (home.root / "annotations.toml").write_text(GOOD)
    found = charted(demo_snapshot, name, Filter(), chart_settings(home).chart_as(name))[0]
    first, second = found.chart.phases
    # A change within a month counts from the next one.
    assert found.labels[second.start] == "July 2025"
    assert second.began.reason == "process changed here: [new] form"
    # Each phase is centred on its own cases.
    for phase in (first, second):
        rows = [row.result for row in found.rows[phase.start : phase.end] if row and row.mature]
        hits, n = sum(r.numerator for r in rows), sum(r.denominator for r in rows)
        assert phase.centre == pytest.approx(hits / n, abs=1e-12)
    assert chart_settings(home).chart_as("agreement_late").rebases == ()


def test_a_file_that_cannot_be_is_refused_with_its_path(tmp_path):
    home = Home.open(tmp_path / "home")
    (home.root / "annotations.toml").write_text(GOOD.replace("agreement", "agrement"))
    with pytest.raises(OutcomesError, match="did you mean 'agreement'") as refused:
        chart_settings(home)
    assert refused.value.where == str(home.root / "annotations.toml")
    (home.root / "annotations.toml").write_bytes(b"# ok\n\xff")
    with pytest.raises(OutcomesError, match="not UTF-8") as refused:
        chart_settings(home)
    assert refused.value.where.endswith("line 2")
