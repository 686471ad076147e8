"""Estimates over time from counted cases: medians, shares by a day, restricted means.

A case has `entry` (null: observed from the start), `exit` and `event`: 0 left without an event, 1
the event, 2 and above competing events.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from pipelines.measures.catalogue import Measure
from pipelines.measures.coded import numbers
from pipelines.measures.query import Row
from pipelines.measures.risk import Floats, Ints
from pipelines.measures.survival import SurvivalCurve, aalen_johansen, kaplan_meier
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate, Exclusions, Median, NotEstimable

MIN_RISK: Final = 8
"""Under delayed entry a curve begins where this many are first under observation at once."""
MEDIAN_MIN_N: Final = 8
MEDIAN_MIN_EVENTS: Final = 3
AJ: Final = "Aalen-Johansen, infinitesimal jackknife, log-log limits"
KM: Final = "Kaplan-Meier, log-log limits"
NOBODY: Final = "Not estimable because nobody has a time."
Moments = list[tuple[str | None, Shown]]


def _columns(counted: list[Row]) -> tuple[Floats, Ints, Floats | None, Ints]:
    """(exit, event, entry or None where nobody enters late, count)."""
    entries = numbers(counted, "entry", 0.0)
    return (
        numbers(counted, "exit"),
        numbers(counted, "event").astype(np.int64),
        entries if bool((entries > 0).any()) else None,
        numbers(counted, "n").astype(np.int64),
    )


def _alone(counted: list[Row], cause: int) -> SurvivalCurve:
    """Kaplan-Meier of one cause; the others count as leaving."""
    exits, events, entries, n = _columns(counted)
    return kaplan_meier(
        exits,
        events == cause,
        entries,
        count=n,
        min_risk=MIN_RISK if entries is not None else 0,
    )


def _method(name: str, entries: bool, start: float | None) -> str:
    if not entries:
        return name
    late = f"{name}, delayed entry"
    return f"{late}; from day {start:.0f} on" if start else late


def _left(curve: SurvivalCurve, counted: list[Row], left_out: Exclusions) -> Exclusions:
    """Exclusions with those whom the estimator itself leaves out, so that all add up."""
    total = sum(row["n"] for row in counted)
    early = 0 if curve.start is None else total - curve.n - curve.no_length
    own = (("NO_FOLLOW_UP", curve.no_length), ("LEFT_BEFORE_START", early))
    return (*left_out, *((code, n) for code, n in own if n))


def median_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Median time to the event, other events counting as the end of follow-up."""
    curve = _alone(counted, entry.cause)
    out = _left(curve, counted, left_out)
    if curve.n < MEDIAN_MIN_N or curve.events < MEDIAN_MIN_EVENTS:
        reason = (
            f"Not shown: {curve.n} followed and {curve.events} with the event; a median needs at "
            f"least {MEDIAN_MIN_N} and {MEDIAN_MIN_EVENTS}."
        )
        return [(None, NotEstimable(reason, entry.id, curve.n, out))]
    value, low, high = curve.median()
    method = _method(f"{KM}, cause-specific", curve.people.delayed, curve.start)
    return [(None, Median(entry.id, value, low, high, curve.n, curve.events, out, method))]


def survival_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Share without the event at each day of `at`."""
    curve = _alone(counted, entry.cause)
    out = _left(curve, counted, left_out)
    method = _method(KM, curve.people.delayed, curve.start)

    def one(day: float) -> Shown:
        if not curve.n or curve.start is None:
            few = f"fewer than {MIN_RISK} were ever under observation at once"
            reason = NOBODY if not counted else f"Not estimable because {few}."
            return NotEstimable(reason, entry.id, curve.n, out)
        point = curve.at(day)
        if point is None:
            return NotEstimable(unseen(day, curve.start, curve.last), entry.id, curve.n, out)
        return Estimate(entry.id, point.value, point.lower, point.upper, None, curve.n, out, method)

    return [(f"day {day:.0f}" if len(entry.at) > 1 else None, one(day)) for day in entry.at]


def unseen(day: float, start: float, last: float | None) -> str:
    """Why there is no figure for a day before the curve starts or after it ends."""
    if day < start:
        return (
            f"Not estimable because {MIN_RISK} people are first under observation at once after "
            f"day {start:.0f}, which is later than day {day:.0f}."
        )
    return f"Not estimable because nobody was followed to day {day:.0f} (last: {last or 0:.0f})."


def incidence_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Share with the event of `cause` by each day of `at`, competing events respected."""
    exits, events, entries, n = _columns(counted)
    curve = aalen_johansen(
        exits,
        events,
        entries,
        count=n,
        causes=max(2, entry.cause, int(events.max(initial=0))),
        min_risk=MIN_RISK if entries is not None else 0,
    )
    method = _method(AJ, entries is not None, curve.start)

    def one(day: float) -> Shown:
        if not curve.n or curve.start is None:
            return NotEstimable(NOBODY, entry.id, 0, left_out)
        point = curve.at(day, entry.cause)
        if point is None:
            reason = unseen(day, curve.start, curve.last)
            return NotEstimable(reason, entry.id, curve.n, left_out)
        return Estimate(
            entry.id,
            min(1.0, point.value),
            point.lower,
            point.upper,
            point.events,
            curve.n,
            left_out,
            method,
        )

    return [(f"day {day:.0f}" if len(entry.at) > 1 else None, one(day)) for day in entry.at]


def mean_results(entry: Measure, counted: list[Row], left_out: Exclusions) -> Moments:
    """Mean days without the event up to the day of `at`, or to the last day observed."""
    curve = _alone(counted, entry.cause)
    mean = curve.restricted_mean(entry.at[0])
    if mean is None:
        return [(None, NotEstimable(NOBODY, entry.id, 0, left_out))]
    method = f"area under {KM.split(',')[0]} to day {mean.tau:.0f}"
    found = Estimate(
        entry.id, mean.value, mean.lower, mean.upper, None, curve.n, left_out, method, "days"
    )
    return [(None, found)]
