"""Estimates over time from counted cases: medians, shares by a day, restricted means.

A case has `entry` (null: observed from the start), `exit` and `event`: 0 left without an event, 1
the event, 2 and above competing events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from pipelines.measures.catalogue import Measure
from pipelines.measures.coded import numbers
from pipelines.measures.competing import IncidencePoint
from pipelines.measures.many_incidences import INCIDENCE, GroupIncidence
from pipelines.measures.many_medians import MEDIAN, GroupMedian
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
    told: GroupMedian | None = counted[0].get(MEDIAN) if len(counted) == 1 else None
    if told is not None:
        return _median(entry, told, left_out, f"{KM}, cause-specific")
    curve = _alone(counted, entry.cause)
    found = GroupMedian(curve.n, curve.events, *curve.median())
    method = _method(f"{KM}, cause-specific", curve.people.delayed, curve.start)
    return _median(entry, found, _left(curve, counted, left_out), method)


def _median(entry: Measure, found: GroupMedian, out: Exclusions, method: str) -> Moments:
    if found.n < MEDIAN_MIN_N or found.events < MEDIAN_MIN_EVENTS:
        reason = (
            f"Not shown: {found.n} followed and {found.events} with the event; a median needs at "
            f"least {MEDIAN_MIN_N} and {MEDIAN_MIN_EVENTS}."
        )
        return [(None, NotEstimable(reason, entry.id, found.n, out))]
    days = (found.value, found.lower, found.upper)
    return [(None, Median(entry.id, *days, found.n, found.events, out, method))]


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
    told: GroupIncidence | None = counted[0].get(INCIDENCE) if len(counted) == 1 else None
    if told is not None:
        points = dict(zip(entry.at, told.points, strict=True))
        return _by_day(entry, points, told.n, (0.0, told.last), left_out, AJ)
    exits, events, entries, n = _columns(counted)
    curve = aalen_johansen(
        exits,
        events,
        entries,
        count=n,
        causes=max(2, entry.cause, int(events.max(initial=0))),
        min_risk=MIN_RISK if entries is not None else 0,
        errors_of=(entry.cause,),
    )
    if not curve.n or curve.start is None:
        none = NotEstimable(NOBODY, entry.id, 0, left_out)
        return [(_day_name(entry, day), none) for day in entry.at]
    points = {day: curve.at(day, entry.cause) for day in entry.at}
    method = _method(AJ, entries is not None, curve.start)
    return _by_day(entry, points, curve.n, (curve.start, curve.last), left_out, method)


def _by_day(
    entry: Measure,
    points: Mapping[float, IncidencePoint | None],
    n: int,
    ends: tuple[float, float | None],
    left_out: Exclusions,
    method: str,
) -> Moments:
    """The points of a curve from `ends` as results; None is one that it does not have."""

    def one(day: float) -> Shown:
        point = points[day]
        if point is None:
            return NotEstimable(unseen(day, *ends), entry.id, n, left_out)
        value = min(1.0, point.value)
        return Estimate(
            entry.id, value, point.lower, point.upper, point.events, n, left_out, method
        )

    return [(_day_name(entry, day), one(day)) for day in entry.at]


def _day_name(entry: Measure, day: float) -> str | None:
    return f"day {day:.0f}" if len(entry.at) > 1 else None


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
