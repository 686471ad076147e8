"""Bounds of improvement between two scores, against every placing and against simulated truth."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.interval_censoring import incidence_band
from pipelines.measures.survival import aalen_johansen, kaplan_meier
from pipelines.measures.types import MeasureError

# (last day without, days until seen, cause)
person = st.tuples(st.integers(0, 8), st.integers(1, 6), st.integers(0, 2))
few = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=5
)
cohorts = st.lists(person, min_size=1, max_size=20)


def split(cohort: list[tuple[int, int, int]]) -> tuple[list[int], list[int], list[int]]:
    """(exit, cause, last day without)."""
    return (
        [last + more for last, more, _ in cohort],
        [cause for _, _, cause in cohort],
        [last for last, _, _ in cohort],
    )


@given(few)
@settings(max_examples=80, deadline=None)
def test_range_is_reached_and_never_left_by_any_placing(cohort: list[tuple[int, int, int]]) -> None:
    exit, cause, last = split(cohort)
    days = np.arange(0, 10)
    found = incidence_band(exit, cause, last).range_at(days)
    choices = [
        range(a + 1, b + 1) if kind == 1 else (b,)
        for a, b, kind in zip(last, exit, cause, strict=True)
    ]
    values = []
    for placed in itertools.product(*choices):
        curve = aalen_johansen(placed, cause)
        at = np.searchsorted(curve.time, days, side="right") - 1
        values.append(np.where(at >= 0, curve.cif[0][np.maximum(at, 0)], 0.0))
    np.testing.assert_allclose(found.lowest, np.min(values, axis=0), atol=1e-12)
    np.testing.assert_allclose(found.highest, np.max(values, axis=0), atol=1e-12)


@given(cohorts, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_truth_lies_within(cohort: list[tuple[int, int, int]], rng: Any) -> None:
    exit, cause, last = split(cohort)
    truth = [
        rng.randint(a + 1, b) if kind == 1 else b
        for a, b, kind in zip(last, exit, cause, strict=True)
    ]
    for causes, kinds in ((2, cause), (1, [int(kind == 1) for kind in cause])):
        band = incidence_band(exit, kinds, last, causes=causes)
        curve = aalen_johansen(truth, kinds, causes=causes)
        at = band.range_at(curve.time)
        assert (at.lowest <= curve.cif[0] + 1e-12).all()
        assert (curve.cif[0] <= at.highest + 1e-12).all()
        early, late = band.median_range()
        middle = curve.time[curve.cif[0] >= 0.5 - 1e-12]
        if late is not None:
            assert middle.size and middle[0] <= late
        if middle.size:
            assert early is not None and early <= middle[0]


@given(cohorts)
@settings(max_examples=100, deadline=None)
def test_right_end_is_the_curve_shown_elsewhere(cohort: list[tuple[int, int, int]]) -> None:
    exit, cause, last = split(cohort)
    band, today = incidence_band(exit, cause, last), aalen_johansen(exit, cause)
    for name in ("time", "n_risk", "surv", "cif", "se", "lower", "upper"):
        assert np.array_equal(getattr(band.latest, name), getattr(today, name), equal_nan=True)
    at = band.range_at(today.time)
    assert (at.lowest <= today.cif[0] + 1e-12).all() and (today.cif[0] <= at.highest + 1e-12).all()
    assert (np.diff(at.lowest) >= -1e-12).all() and (np.diff(at.highest) >= -1e-12).all()
    # scores on every day leave nothing open
    daily = incidence_band(exit, cause, [day - 1 for day in exit])
    sure = daily.range_at(today.time)
    np.testing.assert_allclose(sure.lowest, today.cif[0], atol=1e-12)
    np.testing.assert_allclose(sure.highest, today.cif[0], atol=1e-12)
    assert daily.uncertain == 0 and daily.median_width in (None, 1.0)


def test_curves_at_both_ends_may_cross_but_the_range_holds() -> None:
    # one leaves on day 5; the event of the other was on a day from 3 to 10
    band = incidence_band([10, 5], [1, 0], [2, 0])
    assert band.earliest.cif[0].tolist() == [0.5, 0.5] and band.latest.cif[0].tolist() == [0, 1]
    at = band.range_at([2, 3, 10])
    assert at.lowest.tolist() == [0, 0, 0.5] and at.highest.tolist() == [0, 0.5, 1.0]
    assert band.median_range() == (3, 10) and (band.uncertain, band.median_width) == (1, 8.0)


def test_folding_does_not_matter() -> None:
    one = incidence_band([9, 9, 9, 20], [1, 1, 2, 0], [3, 3, 0, 0])
    two = incidence_band([9, 9, 20], [1, 2, 0], [3, np.nan, np.nan], count=[2, 1, 1])
    days = [3, 4, 8, 9, 20]
    assert one.range_at(days).highest.tolist() == two.range_at(days).highest.tolist()
    assert (one.uncertain, one.median_width) == (two.uncertain, two.median_width) == (2, 6.0)


def test_known_curve_lies_between_when_people_are_asked_at_random() -> None:
    """True days to improvement are exponential; scores come 5 to 25 days apart."""
    rng = np.random.default_rng(8)
    n = 4000
    truth = np.ceil(rng.exponential(40, n))
    visits = np.cumsum(rng.integers(5, 26, (n, 12)), axis=1)
    shown = visits >= truth[:, None]
    event = shown.any(axis=1)
    first = np.where(event, shown.argmax(axis=1), visits.shape[1] - 1)
    exit = visits[np.arange(n), first]
    last = np.where(first > 0, visits[np.arange(n), np.maximum(first - 1, 0)], 0)
    band = incidence_band(exit, event.astype(int), last, causes=1)
    days = np.array([14, 28, 42, 56, 84])
    at, known = band.range_at(days), 1 - np.exp(-days / 40)
    assert (at.lowest < known).all() and (known < at.highest).all()
    # taking the day seen for the day it happened is late by several points; that is the point
    seen = kaplan_meier(exit, event.astype(int)).at(28)
    assert seen is not None and (1 - seen.value) < known[1] - 0.05
    early, late = band.median_range()
    assert early is not None and late is not None and early < 40 * np.log(2) < late


def test_nobody() -> None:
    band = incidence_band([], [], [])
    assert band.median_range() == (None, None) and band.median_width is None
    assert band.range_at([0, 56]).highest.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("exit", "cause", "last", "words"),
    [
        ([5], [1], [5], "before it"),
        ([5], [1], [-1], "before it"),
        ([5], [1], [np.nan], "last score"),
        ([5.5], [1], [1], "whole days"),
        ([5], [1], [1, 2], "differ in length"),
        ([np.nan], [1], [1], "missing"),
        ([5], [3], [1], "above the highest"),
    ],
)
def test_wrong_input_is_refused(exit: Any, cause: Any, last: Any, words: str) -> None:
    with pytest.raises(MeasureError, match=words):
        incidence_band(exit, cause, last)
    with pytest.raises(MeasureError, match="missing or infinite"):
        incidence_band([5], [1], [1]).range_at([np.nan])
