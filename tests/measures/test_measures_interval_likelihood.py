"""Maximum likelihood for events known between two days: published figures, other people's
estimators where they coincide, a general optimiser, and truth in simulated services."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binom

from pipelines.measures.case_query import case_rows
from pipelines.measures.catalogue import measure
from pipelines.measures.estimate_intervals import KNOTS
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.interval_likelihood import interval_curve
from pipelines.measures.survival import kaplan_meier
from pipelines.measures.types import Estimate, MeasureError, NotEstimable

INF = math.inf
ALL = Filter()
PUBLISHED_INTERVALS = tuple(
    (a, b or math.inf)
    for a, b in (
        *((45, 0), (6, 10), (0, 7), (46, 0), (46, 0), (7, 16), (17, 0), (7, 14), (37, 44), (0, 8)),
        *((4, 11), (15, 0), (11, 15), (22, 0), (46, 0), (46, 0), (25, 37), (46, 0), (26, 40)),
        *((46, 0), (27, 34), (36, 44), (46, 0), (36, 48), (37, 0), (40, 0), (17, 25), (46, 0)),
        *((11, 18), (38, 0), (5, 12), (37, 0), (0, 5), (18, 0), (24, 0), (36, 0), (5, 11)),
        *((19, 35), (17, 25), (24, 0), (32, 0), (33, 0), (19, 26), (37, 0), (34, 0), (36, 0)),
    )
)
"""Months between which the breast was first seen changed after radiotherapy alone, 46 women
(Finkelstein and Wolfe 1985, Biometrics 41:933-945)."""
PUBLISHED_MASSES = {
    (4, 5): 0.0463,
    (6, 7): 0.0334,
    (7, 8): 0.0887,
    (11, 12): 0.0708,
    (24, 25): 0.0926,
    (33, 34): 0.0818,
    (38, 40): 0.1209,
    (46, 48): 0.4656,
}
"""Turnbull's estimate of them, as R interval prints it (Fay and Shaw 2010, J Stat Softw 36:2)."""
# (seen without, more days until seen with it, or never)
person = st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(1, 30)))
groups = st.lists(person, min_size=1, max_size=30)


def ends(group):
    return [a for a, _ in group], [INF if more is None else a + more for a, more in group]


def test_the_trial_in_which_it_was_first_used_gives_its_published_masses():
    left, right = zip(*PUBLISHED_INTERVALS, strict=True)
    curve = interval_curve(left, right, np.arange(61))
    for (begin, end), mass in PUBLISHED_MASSES.items():
        # printed to four decimals
        assert curve.mass[begin:end].sum() == pytest.approx(mass, abs=5.1e-5)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_with_known_days_and_a_knot_a_day_it_is_kaplan_meier(group):
    days = [day for day, _ in group]
    curve = interval_curve(
        [day - 1 if event else day for day, event in group],
        [day if event else INF for day, event in group],
        np.arange(32),
    )
    other = kaplan_meier(days, [event for _, event in group])
    for day in sorted({d for d, event in group if event}):
        assert curve.at(day).value == pytest.approx(1.0 - other.at(day).value, abs=1e-5)


@given(groups)
@settings(max_examples=40, deadline=None)
def test_no_other_masses_are_more_likely(group):
    left, right = ends(group)
    curve = interval_curve(left, right, KNOTS)
    inside = np.array(
        [
            [*np.clip((np.minimum(b, curve.knots[1:]) - np.maximum(a, curve.knots[:-1]))
               / np.diff(curve.knots), 0, 1), float(b == INF)]
            for a, b in zip(left, right, strict=True)
        ]
    )  # fmt: skip

    def cost(at):
        masses = np.exp(at - at.max())
        return -float(np.log(np.maximum(inside @ (masses / masses.sum()), 1e-300)).sum())

    found = float(np.log(inside @ curve.mass).sum())
    best = minimize(cost, np.zeros(inside.shape[1]), method="L-BFGS-B")
    assert curve.mass.min() >= 0 and curve.mass.sum() == pytest.approx(1.0)
    assert found >= -best.fun - 1e-4


@given(groups)
@settings(max_examples=40, deadline=None)
def test_a_share_never_falls_and_limits_hold_it(group):
    left, right = ends(group)
    curve = interval_curve(left, right, KNOTS)
    assert curve.at(curve.reach + 1) is None
    last = 0.0
    for day in range(int(curve.reach) + 1):
        point = curve.at(day)
        assert last - 1e-12 <= point.value <= 1.0
        if point.lower is not None:
            assert 0.0 <= point.lower <= point.value <= point.upper <= 1.0
        last = point.value


def simulated(rng, n):
    """(left, right, day seen, left the day seen without): visits that do not know the course."""
    course = np.where(rng.random(n) < 0.85, rng.weibull(1.2, n) * 45, 900.0)
    rows = []
    for day in course:
        visits = np.cumsum(rng.integers(12, 46, rng.integers(1, 4)))
        after = [v for v in visits if v >= day]
        before = [v for v in visits if v < day]
        rows.append((max(before, default=0), min(after, default=INF)))
    return course, np.array(rows)


def test_limits_hold_the_truth_where_a_curve_of_seen_days_does_not():
    rng = np.random.default_rng(8)
    truth = {day: float(np.mean(simulated(rng, 40_000)[0] <= day)) for day in (42, 84)}
    runs, held, curve_held = 150, dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    for _ in range(runs):
        _, rows = simulated(rng, 600)
        found = interval_curve(rows[:, 0], rows[:, 1], KNOTS)
        seen = np.isfinite(rows[:, 1])
        dated = kaplan_meier(np.where(seen, rows[:, 1], rows[:, 0]), seen)
        for day, share in truth.items():
            point, other = found.at(day), dated.at(day)
            held[day] += point.lower <= share <= point.upper
            if other is not None:
                curve_held[day] += 1 - other.upper <= share <= 1 - other.lower
    for day, x in held.items():
        assert binom.cdf(x, runs, 0.95) > 0.001, (day, x)
    assert curve_held[42] < 0.2 * runs  # it dates the event on the day on which it is seen


def test_what_the_data_do_not_settle_has_no_standard_error():
    # All seen once, before day 20, without it: nothing is known of later days but that.
    curve = interval_curve([15.0] * 9 + [15.0], [INF] * 9 + [90.0], KNOTS)
    assert curve.at(84).se is None
    assert curve.at(120) is None
    assert interval_curve([], [], KNOTS).at(0) is None
    everyone = interval_curve([0] * 12, [5] * 12, KNOTS).at(5)
    assert everyone.value == pytest.approx(5 / 7, abs=0.3) and everyone.value <= 1.0


@pytest.mark.parametrize(
    ("left", "right", "knots", "words"),
    [
        ([3], [3], KNOTS, "before it ends"),
        ([-1], [3], KNOTS, "day 0 or later"),
        ([math.nan], [3], KNOTS, "day 0 or later"),
        ([1, 2], [3], KNOTS, "differ in length"),
        ([1], [3], (0, 0), "ascend"),
        ([1], [3], (7, 14), "ascend from 0"),
    ],
)
def test_what_cannot_be_is_refused(left, right, knots, words):
    with pytest.raises(MeasureError, match=words):
        interval_curve(left, right, knots)


def test_the_days_of_improvement_are_those_of_the_scores(demo_snapshot):
    """A recount from the scores themselves."""
    scores = {}
    for key, day, fall in demo_snapshot.execute(
        "select episode_key, score_date, coalesce(kpi_fall, false) from score order by 1, 2"
    ).fetchall():
        scores.setdefault(key, []).append((day, fall))
    improved = dict(
        demo_snapshot.execute("select episode_key, improved_date from episode").fetchall()
    )
    rows = case_rows(demo_snapshot, measure("improvement_by_day_interval"), ALL, {})
    counted = [row for row in rows if row["reason"] is None]
    assert len(counted) > 1000
    for row in counted:
        own, seen = scores[row["episode_key"]], improved[row["episode_key"]]
        start = own[0][0]
        without = max(day for day, fall in own if not fall and (seen is None or day < seen))
        assert row["seen_without"] == (without - start).days
        assert row["seen_with"] == (None if seen is None else (seen - start).days)
        assert seen is not None or len(own) >= 2


def test_the_days_on_which_symptoms_ended_are_those_that_were_seen(demo_snapshot):
    """A recount from the days with and without symptoms, discharges left out."""
    days = {}
    for key, day, symptomatic in demo_snapshot.execute(
        "select episode_key, day, symptomatic from symptom_day"
    ).fetchall():
        days.setdefault(key, []).append((day, symptomatic))
    rows = case_rows(demo_snapshot, measure("persistence_by_interval"), ALL, {})
    onset = {
        key: (onset, first, close if why == "resolved" else None)
        for key, onset, first, close, why in demo_snapshot.execute(
            "select episode_key, onset_latest, first_contact_date, close_date, close_reason "
            "from episode"
        ).fetchall()
    }
    ended = 0
    for row in rows:
        if row["reason"] is not None:
            continue
        began, first, closed = onset[row["episode_key"]]
        own = days.get(row["episode_key"], [])
        last = max([first, *(day for day, symptomatic in own if symptomatic)])
        clear = [day for day, symptomatic in own if not symptomatic and day > last]
        assert row["seen_without"] == (last - began).days
        expected = min(clear, default=None)
        if expected is None or expected == closed:
            assert row["seen_with"] is None
        else:
            ended += 1
            assert row["seen_with"] == (expected - began).days
    assert ended > 300


def test_too_few_are_told_and_the_range_holds_the_estimate(demo_snapshot):
    few = evaluate(demo_snapshot, "improvement_by_day_interval", Filter(sites=("MOOR-ISLE",)))
    assert all(isinstance(row.result, NotEstimable) for row in few.rows)
    assert few.rows[0].result.reason.startswith("Not shown: ")
    interval = evaluate(demo_snapshot, "improvement_by_day_interval", ALL).rows
    ranges = {
        r.part: r.result for r in evaluate(demo_snapshot, "improvement_by_day_range", ALL).rows
    }
    curve = {r.part: r.result for r in evaluate(demo_snapshot, "improvement_by_day", ALL).rows}
    for row in interval:
        assert isinstance(row.result, Estimate)
        low, high = (ranges[f"{row.part}, {end}"].value for end in ("at least", "at most"))
        assert low <= row.result.value <= high
        assert low <= curve[row.part].value <= high
