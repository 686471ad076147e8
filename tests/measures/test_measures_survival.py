"""Kaplan-Meier and Aalen-Johansen against worked vectors, statsmodels and exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from pipelines.measures import competing
from pipelines.measures.risk import people, risk_table
from pipelines.measures.survival import aalen_johansen, kaplan_meier
from pipelines.measures.types import MeasureError

# worked vectors kaplan_meier and aalen_johansen of the specification
TIME = [7, 14, 14, 21, 28, 35, 42, 56, 56, 70]
EVENT = [1, 1, 2, 1, 0, 2, 1, 0, 1, 0]
KM_ROWS = [
    (7, 10, 1, 0.9, 0.473009, 0.985281),
    (14, 9, 1, 0.8, 0.408691, 0.945873),
    (21, 7, 1, 0.685714, 0.304585, 0.887148),
    (28, 6, 0, 0.685714, 0.304585, 0.887148),
    (35, 5, 0, 0.685714, 0.304585, 0.887148),
    (42, 4, 1, 0.514286, 0.143498, 0.79631),
    (56, 3, 1, 0.342857, 0.054349, 0.674727),
    (70, 1, 0, 0.342857, 0.054349, 0.674727),
]
AJ_ROWS = [
    (7, 10, 1, 0, 0.9, 0.1, 0.0),
    (14, 9, 1, 1, 0.7, 0.2, 0.1),
    (21, 7, 1, 0, 0.6, 0.3, 0.1),
    (28, 6, 0, 0, 0.6, 0.3, 0.1),
    (35, 5, 0, 1, 0.48, 0.3, 0.22),
    (42, 4, 1, 0, 0.36, 0.42, 0.22),
    (56, 3, 1, 0, 0.24, 0.54, 0.22),
    (70, 1, 0, 0, 0.24, 0.54, 0.22),
]

person = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 2))
# (entry, length, cause) with small numbers, so that nearly everything ties
cohorts = st.lists(person, min_size=1, max_size=25)


def split(cohort: list[tuple[int, int, int]]) -> tuple[list[int], list[int], list[int]]:
    """(entry, exit, cause) lists."""
    return (
        [e for e, _, _ in cohort],
        [e + length for e, length, _ in cohort],
        [cause for _, _, cause in cohort],
    )


def by_fractions(
    entry: list[int], exit: list[int], cause: list[int]
) -> dict[int, tuple[int, Fraction, Fraction, Fraction]]:
    """{time: (n, S, F1, F2)} person by person in exact fractions; the slow, obvious way."""
    at_risk = [(e if e > 0 else -1, x, c) for e, x, c in zip(entry, exit, cause, strict=True)]
    surv, first, second, out = Fraction(1), Fraction(0), Fraction(0), {}
    for t in sorted({x for e, x, _ in at_risk if e < x}):
        n = sum(e < t <= x for e, x, _ in at_risk)
        d1 = sum(e < t and x == t and c == 1 for e, x, c in at_risk)
        d2 = sum(e < t and x == t and c == 2 for e, x, c in at_risk)
        first += surv * Fraction(d1, n)
        second += surv * Fraction(d2, n)
        surv *= 1 - Fraction(d1 + d2, n)
        out[t] = (n, surv, first, second)
    return out


def test_worked_kaplan_meier() -> None:
    curve = kaplan_meier(TIME, [e == 1 for e in EVENT])
    rows = zip(
        curve.time, curve.n_risk, curve.n_event, curve.surv, curve.lower, curve.upper, strict=True
    )
    for row, expected in zip(rows, KM_ROWS, strict=True):
        assert row == pytest.approx(expected, abs=6e-7)
    assert curve.median() == (56, 7, None)
    mean = curve.restricted_mean(56)
    assert mean is not None and mean.value == pytest.approx(40.5, abs=1e-12) and mean.tau == 56
    assert curve.n_risk.dtype == np.int64 and curve.surv.dtype == np.float64


def test_worked_aalen_johansen() -> None:
    curve = aalen_johansen(TIME, EVENT)
    rows = zip(curve.time, curve.n_risk, *curve.n_event, curve.surv, *curve.cif, strict=True)
    for row, expected in zip(rows, AJ_ROWS, strict=True):
        assert row == pytest.approx(expected, abs=1e-12)
    at_42, at_56, escalated = curve.at(42, 1), curve.at(56, 1), curve.at(56, 2)
    assert at_42 and at_56 and escalated
    assert (at_42.value, at_56.value, escalated.value) == pytest.approx((0.42, 0.54, 0.22))
    assert (at_56.events, escalated.events) == (5, 2)
    assert curve.at(84, 1) is None  # one person was still open on day 70, nobody later


def test_worked_days_to_referral() -> None:
    # worked vector days_to_referral: the median among those referred (1) hides the two who wait
    curve = kaplan_meier([0, 0, 1, 3, 7, 20, 40], [1, 1, 1, 1, 1, 0, 0])
    assert curve.median()[0] == 3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("delayed", [False, True])
def test_kaplan_meier_equals_statsmodels(seed: int, delayed: bool) -> None:
    rng = np.random.default_rng(seed)
    n = 300
    entry = rng.integers(0, 40, n) if delayed else np.zeros(n, int)
    # people from day 0 keep every risk set above the number of events: S stays above 0
    entry[:50] = 0
    exit = entry + rng.integers(1, 60, n)
    event = rng.integers(0, 2, n)
    event[:50] = 0
    exit[:50] = 120
    mine = kaplan_meier(exit, event, entry)
    other = SurvfuncRight(exit, event, entry=entry if delayed else None)
    at = np.searchsorted(mine.time, other.surv_times)
    assert np.array_equal(mine.time[at], other.surv_times)
    assert np.array_equal(mine.n_risk[at], other.n_risk)
    assert np.array_equal(mine.n_event[at], other.n_events)
    assert np.abs(mine.surv[at] - other.surv_prob).max() < 1e-12
    assert np.abs(mine.se[at] - other.surv_prob_se).max() < 1e-12


def test_median_limits_equal_statsmodels() -> None:
    rng = np.random.default_rng(7)
    for n in (20, 60, 400):
        exit, event = rng.integers(1, 90, n), (rng.random(n) < 0.8).astype(int)
        exit[0], event[0] = 99, 0  # keeps S above 0, where statsmodels divides by it
        mine = kaplan_meier(exit, event)
        other = SurvfuncRight(exit, event)
        low, high = other.quantile_ci(0.5, method="cloglog")
        assert mine.median() == (other.quantile(0.5), low, high)


@pytest.mark.parametrize("seed", range(4))
def test_aalen_johansen_equals_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    exit, cause = rng.integers(0, 60, 400), rng.integers(0, 3, 400)
    exit[0], cause[0] = 99, 0  # keeps S above 0, where statsmodels divides by it
    mine = aalen_johansen(exit, cause)
    other = CumIncidenceRight(exit, cause)
    at = np.searchsorted(mine.time, other.times)
    for k in range(2):
        assert np.abs(mine.cif[k][at] - other.cinc[k]).max() < 1e-12
        assert np.abs(mine.se[k][at] - other.cinc_se[k]).max() < 1e-12


@given(cohorts)
@settings(max_examples=150, deadline=None)
def test_equals_exact_fractions_under_delayed_entry(cohort: list[tuple[int, int, int]]) -> None:
    entry, exit, cause = split(cohort)
    expected = by_fractions(entry, exit, cause)
    curve = aalen_johansen(exit, cause, entry)
    assert curve.time.tolist() == sorted(expected)
    for j, t in enumerate(curve.time.tolist()):
        n, surv, first, second = expected[int(t)]
        assert curve.n_risk[j] == n
        got = (curve.surv[j], curve.cif[0, j], curve.cif[1, j])
        assert got == pytest.approx((float(surv), float(first), float(second)), abs=1e-12)
    assert curve.no_length == sum(length == 0 and e > 0 for e, length, _ in cohort)
    assert curve.n + curve.no_length == len(cohort)


@given(cohorts)
@settings(max_examples=150, deadline=None)
def test_curves_keep_their_laws(cohort: list[tuple[int, int, int]]) -> None:
    entry, exit, cause = split(cohort)
    both = aalen_johansen(exit, cause, entry)
    alone = kaplan_meier(exit, [c > 0 for c in cause], entry)
    assert np.allclose(both.cif.sum(axis=0) + both.surv, 1.0, rtol=0, atol=1e-12)
    assert np.allclose(both.surv, alone.surv, rtol=0, atol=1e-12)
    assert (np.diff(both.cif, axis=1) >= -1e-15).all() and (np.diff(both.surv) <= 1e-15).all()
    assert ((both.se >= 0) & np.isfinite(both.se)).all()
    inside = ~np.isnan(both.lower)
    assert (both.lower[inside] <= both.cif[inside] + 1e-12).all()
    assert (both.upper[inside] >= both.cif[inside] - 1e-12).all()
    # 1 - KM of improvement alone, escalation taken as censoring, is never below the incidence
    cause_specific = kaplan_meier(exit, [c == 1 for c in cause], entry)
    assert (1 - cause_specific.surv >= both.cif[0] - 1e-12).all()


@given(cohorts, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_and_folding_do_not_matter(cohort: list[tuple[int, int, int]], rng: object) -> None:
    entry, exit, cause = split(cohort)
    mixed = list(cohort)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    entry2, exit2, cause2 = split(mixed)
    one = aalen_johansen(exit + exit, cause + cause, entry + entry)
    two = aalen_johansen(exit2, cause2, entry2, count=[2] * len(mixed))
    for name in ("time", "n_risk", "surv", "cif", "se"):
        assert np.allclose(getattr(one, name), getattr(two, name), rtol=0, atol=1e-12), name


def test_standard_error_is_the_jackknife_by_definition() -> None:
    """Weigh one person at a time a little more and see how far F moves."""
    rng = np.random.default_rng(3)
    n = 40
    entry = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 10, n))
    exit, cause = entry + rng.integers(1, 25, n), rng.integers(0, 3, n)
    curve = aalen_johansen(exit, cause, entry)
    base, step = 10**7, 10**3
    moved = np.zeros((n, *curve.cif.shape))
    for i in range(n):
        weights = np.full(n, base)
        plus, minus = weights.copy(), weights.copy()
        plus[i] += step
        minus[i] -= step
        up = aalen_johansen(exit, cause, entry, count=plus).cif
        down = aalen_johansen(exit, cause, entry, count=minus).cif
        moved[i] = (up - down) / (2 * step / base)
    by_definition = np.sqrt((moved**2).sum(axis=0))
    assert np.abs(by_definition - curve.se).max() < 1e-7


def test_one_cause_jackknife_error_is_close_to_greenwood() -> None:
    rng = np.random.default_rng(5)
    exit, event = rng.integers(1, 60, 2000), rng.integers(0, 2, 2000)
    km, aj = kaplan_meier(exit, event), aalen_johansen(exit, event, causes=1)
    assert np.allclose(1 - km.surv, aj.cif[0], rtol=0, atol=1e-12)
    late = km.surv < 0.9
    assert np.abs(aj.se[0][late][:-1] / km.se[late][:-1] - 1).max() < 0.02


def test_one_person() -> None:
    improved = aalen_johansen([10], [1])
    assert improved.cif[0].tolist() == [1.0] and improved.surv.tolist() == [0.0]
    point = improved.at(99, 1)  # nobody is left, so it is known for ever
    assert point is not None and point.value == 1.0 and point.lower is None
    censored = kaplan_meier([10], [0])
    assert censored.surv.tolist() == [1.0] and censored.median() == (None, None, None)
    assert censored.at(10) is not None and censored.at(11) is None
    assert kaplan_meier([10], [1]).median() == (10, None, None)


def test_nobody() -> None:
    for curve in (kaplan_meier([], []), kaplan_meier([], [], min_risk=8)):
        assert curve.n == 0 and curve.at(0) is None and curve.restricted_mean(84) is None
        assert curve.median() == (None, None, None) and curve.at_risk([0, 56]).tolist() == [0, 0]
    assert aalen_johansen([], []).at(42, 1) is None


def test_all_censored_and_nobody_censored() -> None:
    flat = kaplan_meier([5, 9, 30], [0, 0, 0])
    assert flat.surv.tolist() == [1.0, 1.0, 1.0] and np.isnan(flat.lower).all()
    point = flat.at(9)
    assert point is not None and (point.value, point.lower, point.upper) == (1.0, None, None)
    full = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])
    assert full.surv == pytest.approx([0.75, 0.5, 0.25, 0.0])
    assert full.median()[0] == 2  # S is one half exactly: reached


def test_everyone_on_the_same_day() -> None:
    curve = aalen_johansen([14] * 10, [1] * 6 + [2] * 3 + [0])
    assert curve.cif[:, 0] == pytest.approx([0.6, 0.3]) and curve.surv[0] == pytest.approx(0.1)
    assert curve.n_risk.tolist() == [10]
    # all at once is a plain proportion, and its jackknife error the binomial one
    assert curve.se[0, 0] == pytest.approx(np.sqrt(0.6 * 0.4 / 10))


def test_events_come_before_censorings_at_ties() -> None:
    assert kaplan_meier([5, 5], [1, 0]).n_risk.tolist() == [2]
    assert kaplan_meier([5, 5], [1, 0]).surv.tolist() == [0.5]


def test_entry_on_day_nought_and_follow_up_of_no_length() -> None:
    # (0, 0) with an event counts from the start; (5, 5) was never under observation
    curve = kaplan_meier([0, 5, 9], [1, 1, 0], [0, 5, 0])
    assert curve.n == 2 and curve.no_length == 1
    assert curve.time.tolist() == [0.0, 9.0] and curve.surv.tolist() == [0.5, 0.5]
    assert curve.at_risk([0, 5, 9, 10]).tolist() == [2, 1, 1, 0]


def test_ignoring_entry_would_bias_the_share_upwards() -> None:
    rng = np.random.default_rng(11)
    onset_to_end = rng.exponential(40, 20_000)
    entry = rng.uniform(0, 60, 20_000)
    seen = onset_to_end > entry  # those who recover before they are seen are never seen
    exit, entry = np.ceil(onset_to_end[seen]), np.floor(entry[seen])
    right = kaplan_meier(exit, np.ones(exit.size, int), entry, min_risk=8).at(56)
    wrong = kaplan_meier(exit, np.ones(exit.size, int)).at(56)
    assert right is not None and wrong is not None
    truth = float(np.exp(-56 / 40))
    assert abs(right.value - truth) < 0.02 and wrong.value - truth > 0.05


def test_minimum_risk_set_starts_the_curve_later() -> None:
    # one person from day 0 recovers on day 2; eight more enter on day 10
    entry, exit = [0] + [10] * 8, [2] + [20] * 4 + [40] * 4
    event = [1] + [1] * 4 + [0] * 4
    naive = kaplan_meier(exit, event, entry)
    assert naive.surv[0] == 0.0  # the whole curve falls to 0 for one early recovery
    curve = kaplan_meier(exit, event, entry, min_risk=8)
    assert curve.start == 10 and curve.events_before == 1 and curve.n == 8
    assert curve.at(9) is None
    after = curve.at(20)
    assert after is not None and after.value == 0.5
    never = kaplan_meier(exit, event, entry, min_risk=9)
    assert never.start is None and never.at(20) is None and never.time.size == 0
    assert kaplan_meier([3] * 8, [1] * 8, min_risk=8).start == 0.0


def test_restricted_mean_is_the_area() -> None:
    rng = np.random.default_rng(2)
    exit, event = rng.integers(1, 100, 200), rng.integers(0, 2, 200)
    curve = kaplan_meier(exit, event)
    mean = curve.restricted_mean(84)
    assert mean is not None
    # S is a right-continuous step function of whole days: sum S over the days 0..83
    days = [1.0 if d < curve.time[0] else curve.at(d).value for d in range(84)]  # type: ignore[union-attr]
    assert mean.value == pytest.approx(sum(days), abs=1e-9) and mean.tau == 84
    assert mean.lower < mean.value < mean.upper
    short = kaplan_meier([10, 20, 30], [1, 0, 0]).restricted_mean(84)
    assert short is not None and short.tau == 30
    assert short.value == pytest.approx(10 + 20 * 2 / 3)


def test_restricted_mean_error_equals_the_bootstrap() -> None:
    rng = np.random.default_rng(4)
    exit, event = rng.integers(1, 100, 300), rng.integers(0, 2, 300)
    mean = kaplan_meier(exit, event).restricted_mean(60)
    assert mean is not None
    drawn = []
    for _ in range(400):
        pick = rng.integers(0, 300, 300)
        again = kaplan_meier(exit[pick], event[pick]).restricted_mean(60)
        assert again is not None
        drawn.append(again.value)
    assert (mean.upper - mean.value) / 1.959964 == pytest.approx(np.std(drawn), rel=0.12)


@pytest.mark.parametrize(
    ("exit", "event", "entry", "words"),
    [
        ([1, 2], [1], None, "differ in length"),
        ([np.nan], [1], None, "missing or infinite"),
        ([-1], [1], None, "negative"),
        ([5], [1], [6], "exit < entry"),
        ([5], [2], None, "above the highest"),
        ([5], [0.5], None, "whole numbers"),
    ],
)
def test_wrong_input_is_refused(
    exit: list[float], event: list[float], entry: list[float] | None, words: str
) -> None:
    with pytest.raises(MeasureError, match=words):
        kaplan_meier(exit, event, entry)


def test_a_curve_at_once_is_the_curve_step_by_step():
    """Both ways of the same formula, with late entry, ties, minimum risk sets and nobody left."""
    rng = np.random.default_rng(11)
    compared = 0
    for turn in range(400):
        n = int(rng.integers(1, 60))
        exit, cause = rng.integers(0, 30, n), rng.integers(0, 3, n)
        entry = None if turn % 2 else np.minimum(rng.integers(0, 20, n), exit)
        table = risk_table(people(exit, cause, entry, None), 2, 0 if turn % 3 else 3)
        if len(table.time):
            compared += 1
            pairs = zip(
                competing.at_once(table, (1, 2)), competing._step_by_step(table), strict=True
            )
            for one, other in pairs:
                np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)
    assert compared > 300
