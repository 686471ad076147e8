"""Shares by a day from cases whose event is known to lie between two days.

A case has `seen_without` (the last day seen without the event), `seen_with` (the first day seen
with it, null: never) and `stratum`: each stratum has a curve of its own, and the share is their
mean, weighted by how many people are in each.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pipelines.measures.catalogue import Measure
from pipelines.measures.coded import numbers
from pipelines.measures.estimate_counts import EMPTY
from pipelines.measures.estimate_times import NOBODY, Moments, unseen
from pipelines.measures.interval_censoring import incidence_range
from pipelines.measures.interval_likelihood import IntervalCurve, interval_curve, limits
from pipelines.measures.query import Row
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate, Exclusions, NotEstimable

KNOTS: Final = (*range(0, 57, 7), 84)
MIN_N: Final = 30
MIN_EVENTS: Final = 10
"""Below these the limits do not hold at their rate."""
ENDS: Final = ("at least", "at most")
RANGE: Final = "Aalen-Johansen at the ends of the intervals"
METHOD: Final = "maximum likelihood for intervals, log-log limits"


def interval_incidence_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Share with the event by each day of `at`."""
    return _results(entry, counted, left_out, still=False)


def interval_survival_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Share still without the event after each day of `at`."""
    return _results(entry, counted, left_out, still=True)


def _results(entry: Measure, counted: list[Row], left_out: Exclusions, still: bool) -> Moments:
    n = sum(row["n"] for row in counted)
    with_it = np.isfinite(numbers(counted, "seen_with"))
    events = int(numbers(counted, "n")[with_it].sum())
    curves = [] if n < MIN_N or events < MIN_EVENTS else _curves(counted)

    def one(day: float) -> Shown:
        if not n:
            return NotEstimable(f"Not estimable because {EMPTY}.", entry.id, 0, left_out)
        if not curves:
            reason = (
                f"Not shown: {n} followed and {events} seen with it; an estimate from intervals "
                f"needs at least {MIN_N} and {MIN_EVENTS}."
            )
            return NotEstimable(reason, entry.id, n, left_out)
        points = [(curve.n / n, curve.at(day)) for curve in curves]
        known = [(weight, p) for weight, p in points if p is not None and p.se is not None]
        if len(known) < len(points):
            reason = f"Not estimable because too few were seen again around day {day:.0f}."
            return NotEstimable(reason, entry.id, n, left_out)
        value = sum(weight * p.value for weight, p in known)
        se = math.sqrt(sum((weight * (p.se or 0.0)) ** 2 for weight, p in known))
        low, high = limits(value, se)
        if still:
            value = 1.0 - value
            low, high = (None if x is None else 1.0 - x for x in (high, low))
        return Estimate(entry.id, value, low, high, None, n, left_out, METHOD)

    return [(f"day {day:.0f}" if len(entry.at) > 1 else None, one(day)) for day in entry.at]


def range_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Share with the event first by each day of `at`: the least and the most that the days allow.

    A case has `exit` and `event` as for a curve, and `seen_without`. No limits: the two are the
    ends of what the people seen may have had, whatever the days of their events.
    """
    n = sum(row["n"] for row in counted)
    if not n:
        none = NotEstimable(NOBODY, entry.id, 0, left_out)
        return [(f"day {day:.0f}, {end}", none) for day in entry.at for end in ENDS]
    exits = numbers(counted, "exit")
    found = incidence_range(
        exits,
        numbers(counted, "event").astype(np.int64),
        numbers(counted, "seen_without", 0.0),
        entry.at,
        count=numbers(counted, "n").astype(np.int64),
    )
    last = float(exits.max())
    moments: Moments = []
    for day, *ends in zip(entry.at, found.lowest, found.highest, strict=True):
        for end, value in zip(ENDS, ends, strict=True):
            shown: Shown = Estimate(
                entry.id, min(1.0, float(value)), None, None, None, n, left_out, RANGE
            )
            if day > last:
                shown = NotEstimable(unseen(day, 0.0, last), entry.id, n, left_out)
            moments.append((f"day {day:.0f}, {end}", shown))
    return moments


def _curves(counted: list[Row]) -> list[IntervalCurve]:
    left, right = numbers(counted, "seen_without"), numbers(counted, "seen_with", math.inf)
    strata, n = numbers(counted, "stratum"), numbers(counted, "n").astype(np.int64)
    return [
        interval_curve(left[at], right[at], KNOTS, count=n[at])
        for at in (strata == stratum for stratum in np.unique(strata))
    ]
