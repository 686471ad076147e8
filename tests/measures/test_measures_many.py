"""Figures of many groups at once, and remembered ones: to the last place those of one curve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures import competing
from pipelines.measures.coded import CASES, Column, Sums
from pipelines.measures.competing import aalen_johansen
from pipelines.measures.interval_censoring import incidence_band, incidence_range
from pipelines.measures.lately import Lately
from pipelines.measures.many_incidences import INCIDENCE, with_incidences
from pipelines.measures.many_medians import MEDIAN, with_medians
from pipelines.measures.survival import kaplan_meier
from pipelines.measures.types import MeasureError

PERSON = st.tuples(st.integers(0, 40), st.integers(0, 3))
GROUPS = st.lists(
    st.dictionaries(PERSON, st.integers(1, 500), min_size=1, max_size=40), min_size=2, max_size=6
)
DAYS = (0.0, 14.0, 40.0)


def column(values, given_values):
    """A column as `coded.read` makes it: distinct values ascending, None last."""
    known = sorted({v for v in given_values if v is not None})
    place = {value: i for i, value in enumerate((*known, None))}
    floats = np.array([*known, math.nan], float)
    return Column(np.array([place[v] for v in values], np.int64), (*known, None), floats)


def rows_of(groups, entry=None):
    """A row for each group, as counts in memory give them, and one of those left out."""
    every = [day for group in groups for day, _ in group]
    found = [{"reason": "LEFT_OUT", "n": 3, "part": None}]
    for group in groups:
        cells = sorted(group)
        columns = {
            "entry": column([entry] * len(cells), [entry, 5]),
            "exit": column([day for day, _ in cells], every),
            "event": column([kind for _, kind in cells], [0, 1, 2, 3]),
        }
        n = np.array([group[cell] for cell in cells], np.int64)
        row = {"reason": None, "n": int(n.sum()), "part": None, CASES: Sums(columns, n, None)}
        found.append(row)
    return found


def arrays(group):
    cells = list(group)
    return [c[0] for c in cells], np.array([c[1] for c in cells]), [group[c] for c in cells]


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS, cause=st.integers(1, 3))
def test_medians_at_once_are_those_of_each_curve(groups, cause):
    told = with_medians(rows_of(groups), cause)
    assert MEDIAN not in told[0]
    for group, row in zip(groups, told[1:], strict=True):
        days, kinds, n = arrays(group)
        curve, found = kaplan_meier(days, kinds == cause, count=n), row[MEDIAN]
        assert (found.n, found.events) == (curve.n, curve.events)
        assert (found.value, found.lower, found.upper) == curve.median()


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS, cause=st.integers(1, 3))
def test_shares_by_a_day_are_those_of_each_curve(groups, cause):
    told = with_incidences(rows_of(groups), cause, DAYS)
    assert INCIDENCE not in told[0]
    for group, row in zip(groups, told[1:], strict=True):
        days, kinds, n = arrays(group)
        curve = aalen_johansen(days, kinds, count=n, causes=max(2, cause, int(kinds.max())))
        found = row[INCIDENCE]
        assert (found.n, found.last) == (curve.n, curve.last)
        assert found.points == tuple(curve.at(day, cause) for day in DAYS)


@pytest.mark.parametrize("entry", (5, -3))
def test_who_comes_late_gets_a_curve(entry):
    groups = [{(10, 1): 3, (20, 0): 2}, {(12, 1): 4}]
    late = entry > 0
    assert any(MEDIAN in row for row in with_medians(rows_of(groups, entry), 1)) is not late
    told = with_incidences(rows_of(groups, entry), 1, DAYS)
    assert any(INCIDENCE in row for row in told) is not late


def test_a_time_that_is_not_known_is_left_to_the_curve_which_refuses_it():
    rows = rows_of([{(10, 1): 3}, {(12, 1): 4}])
    sums = rows[1][CASES]
    codes = np.array([len(sums.columns["exit"].values) - 1])
    gone = {**sums.columns, "exit": sums.columns["exit"].of(codes)}
    rows[1] = {**rows[1], CASES: Sums(gone, sums.n, None)}
    assert with_medians(rows, 1) == rows
    told = with_incidences(rows, 1, DAYS)
    assert [INCIDENCE in row for row in told] == [False, False, True]


@settings(max_examples=60, deadline=None)
@given(group=st.dictionaries(PERSON, st.integers(1, 9), min_size=1, max_size=30))
def test_errors_that_were_asked_for_are_those_of_all(group):
    days, kinds, n = arrays(group)
    whole = aalen_johansen(days, kinds, count=n, causes=3)
    alone = aalen_johansen(days, kinds, count=n, causes=3, errors_of=(2,))
    assert [alone.at(day, 2) for day in DAYS] == [whole.at(day, 2) for day in DAYS]
    with pytest.raises(MeasureError, match="not asked for"):
        alone.at(0, 1)


def test_errors_step_by_step_are_those_that_were_asked_for(monkeypatch):
    monkeypatch.setattr(competing, "AT_ONCE", 0)
    curve = aalen_johansen([3, 5, 9], [1, 2, 0], errors_of=(2,))
    assert np.isnan(curve.se[0]).all() and not np.isnan(curve.se[1]).any()


@settings(max_examples=60, deadline=None)
@given(group=st.dictionaries(PERSON, st.integers(1, 9), min_size=1, max_size=30))
def test_the_range_alone_is_that_of_the_band(group):
    cells = [cell for cell in group if cell[0] > 0 and cell[1] < 3]
    days, kinds = [c[0] for c in cells], [c[1] for c in cells]
    n, before = [group[c] for c in cells], [max(0, c[0] - 4) for c in cells]
    if cells:
        band = incidence_band(days, kinds, before, count=n).range_at(DAYS)
        alone = incidence_range(days, kinds, before, DAYS, count=n)
        assert alone.lowest.tolist() == band.lowest.tolist()
        assert alone.highest.tolist() == band.highest.tolist()


def test_only_the_same_counts_are_remembered_and_cannot_be_changed():
    asked = []
    lately = Lately(2)

    def find(days, n):
        given = (np.array(days, float), np.array(n, np.int64))

        def curve():
            asked.append(days)
            return kaplan_meier(days, [1] * len(days), count=n)

        return lately.get(given, (1,), curve)

    first = find([1, 2], [1, 1])
    assert find([1, 2], [1, 1]) is first and len(asked) == 1
    assert find([1, 2], [1, 2]) is not first and find([1], [1]) is not first
    assert len(asked) == 3
    find([1, 2], [1, 1])  # two others came since
    assert len(asked) == 4
    with pytest.raises(ValueError, match="read-only"):
        first.surv[0] = 0.0
