"""How much of a curve of improvement comes from when people happened to be asked?

Improvement is dated when a score shows it; it came about after the last score that did not. Its
day is therefore known only as an interval of whole days, from the day after that score (the left
end) to the day of the first score that shows it (the right end). All curves of this project use
the right end, which is late. Here the left end is tried too, and the widest range between.

What stays outside: an improvement that came and went between two scores, and one that came before
an escalation without being scored. No data on those days can tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.competing import IncidenceCurve, aalen_johansen
from pipelines.measures.risk import Floats, Ints, people, risk_table
from pipelines.measures.types import MeasureError

EVENT = 1
"""The cause whose day is an interval; higher causes and the end of follow-up have known days."""


@dataclass(frozen=True, slots=True)
class IncidenceRange:
    """F_1 at each of `days`, whatever the day of each event within its interval; arrays (k,).

    No placing of the events gives less than `lowest` or more than `highest`, and both are reached
    by one. The two curves `earliest` and `latest` of a band may cross; these bounds cannot.
    """

    days: Floats
    lowest: Floats
    highest: Floats


@dataclass(frozen=True, slots=True)
class Intervals:
    """Checked input: one row per (left end, right end, cause), with its number of people.

    `left` is the first day on which the event can have happened, `right` the day on which it was
    seen; both are the day of leaving where the cause is not EVENT. All arrays (m,).
    """

    left: Floats
    right: Floats
    cause: Ints
    count: Ints
    causes: int

    def at_day(self, day: float, *, early: bool) -> float:
        """F_1(day) with the events where they give the most (`early`) or the least.

        Most: all that can have happened by the day did, as late as they can (up to the day). A
        later event has taken over more of the weight of those who left before it. Least: only
        those that must have happened by the day, each on its first possible day.
        """
        if early:
            placed = np.where(self.left <= day, np.minimum(self.right, day), self.right)
        else:
            placed = np.where(self.right <= day, self.left, self.right)
        moved = np.where(self.cause == EVENT, placed, self.right)
        return _incidence(moved, self.cause, self.count, self.causes, day)

    def range_at(self, days: ArrayLike) -> IncidenceRange:
        """The widest range of F_1 at each of `days`; MeasureError on a missing day."""
        at = np.atleast_1d(np.asarray(days, dtype=np.float64))
        if not bool(np.all(np.isfinite(at))):
            raise MeasureError("a day is missing or infinite")
        low = [self.at_day(day, early=False) for day in at.tolist()]
        high = [self.at_day(day, early=True) for day in at.tolist()]
        return IncidenceRange(at, np.array(low), np.array(high))


@dataclass(frozen=True, slots=True)
class IncidenceBand:
    """Curves with every event on its first possible day, and on the day it was seen.

    `latest` is the curve shown everywhere else. `uncertain` events have an interval of more than
    one day; `median_width` is the median length in days of the intervals of all events.
    """

    earliest: IncidenceCurve
    latest: IncidenceCurve
    uncertain: int
    median_width: float | None
    intervals: Intervals

    def range_at(self, days: ArrayLike) -> IncidenceRange:
        """The widest range of F_1 at each of `days`; MeasureError on a missing day."""
        return self.intervals.range_at(days)

    def median_range(self) -> tuple[int | None, int | None]:
        """(earliest, latest) first day with F_1 at or above one half; None = not reached."""
        return self._first_half(early=True), self._first_half(early=False)

    def _first_half(self, *, early: bool) -> int | None:
        """Both bounds never fall from day to day, so halving the range finds the first day."""
        if self.latest.last is None:
            return None
        low, high = 0, int(self.latest.last)
        if self.intervals.at_day(high, early=early) < 0.5 - 1e-12:
            return None
        while low < high:
            middle = (low + high) // 2
            if self.intervals.at_day(middle, early=early) >= 0.5 - 1e-12:
                high = middle
            else:
                low = middle + 1
        return low


def incidence_band(
    exit: ArrayLike,
    cause: ArrayLike,
    last_without: ArrayLike,
    *,
    count: ArrayLike | None = None,
    causes: int = 2,
    confidence: float = 0.95,
) -> IncidenceBand:
    """Aalen-Johansen curves at both ends of the interval of cause 1; one cause: 1 - Kaplan-Meier.

    `exit`, `cause`, `count` as in `aalen_johansen`, in whole days, everyone observed from day 0:
    under delayed entry the ends of the intervals no longer give the extremes. `last_without` (n,)
    is the day of the last score without the event, for rows of cause 1 (0 where only the first
    score came before); others may hold anything, NaN too. MeasureError on a missing or negative
    such day, one that is not before the event's, or days that are not whole.
    """
    checked = _checked(exit, cause, last_without, count, causes)
    ends, before, kinds, weights, left = checked
    own = kinds == EVENT
    latest = aalen_johansen(ends, cause, count=count, causes=causes, confidence=confidence)
    return IncidenceBand(
        aalen_johansen(left, cause, count=count, causes=causes, confidence=confidence),
        latest,
        int(weights[own & (left < ends)].sum()),
        _median((ends - before)[own], weights[own]),
        _fold(left, ends, kinds, weights.astype(np.int64), causes),
    )


def incidence_range(
    exit: ArrayLike,
    cause: ArrayLike,
    last_without: ArrayLike,
    days: ArrayLike,
    *,
    count: ArrayLike | None = None,
    causes: int = 2,
) -> IncidenceRange:
    """`incidence_band(...).range_at(days)` without the curves: the least and the most by each day.

    Arguments as there.
    """
    ends, _, kinds, weights, left = _checked(exit, cause, last_without, count, causes)
    return _fold(left, ends, kinds, weights.astype(np.int64), causes).range_at(days)


def _checked(
    exit: ArrayLike,
    cause: ArrayLike,
    last_without: ArrayLike,
    count: ArrayLike | None,
    causes: int,
) -> tuple[Floats, Floats, Ints, Ints, Floats]:
    """(days of leaving, of the last score before, causes, counts, first possible days)."""
    ends = np.atleast_1d(np.asarray(exit, dtype=np.float64))
    before = np.atleast_1d(np.asarray(last_without, dtype=np.float64))
    risk_table(people(ends, cause, None, count), causes, 0)  # refuses what no curve can have
    kinds = np.atleast_1d(np.asarray(cause)).astype(np.int64)
    weights = np.ones(ends.shape, np.int64) if count is None else np.atleast_1d(np.asarray(count))
    if before.shape != ends.shape:
        raise MeasureError(f"times and last scores differ in length: {ends.shape}, {before.shape}")
    own = kinds == EVENT
    if not bool(np.all(ends == np.floor(ends)) and np.all(before[own] == np.floor(before[own]))):
        raise MeasureError("intervals need whole days, and the last score before each event")
    if bool(np.any(before[own] < 0)) or bool(np.any(before[own] >= ends[own])):
        raise MeasureError("the last score without the event must lie from day 0 to before it")
    return ends, before, kinds, weights, np.where(own, before + 1.0, ends)


def _fold(left: Floats, right: Floats, cause: Ints, count: Ints, causes: int) -> Intervals:
    if not right.size:
        return Intervals(left, right, cause, count, causes)
    rows = np.column_stack((left, right, cause.astype(np.float64)))
    unique, place = np.unique(rows, axis=0, return_inverse=True)
    folded = np.zeros(len(unique), np.int64)
    np.add.at(folded, place.reshape(-1), count)
    return Intervals(unique[:, 0], unique[:, 1], unique[:, 2].astype(np.int64), folded, causes)


def _median(values: Floats, count: Ints) -> float | None:
    """Weighted median: the lowest value with at least half of the people at or below it."""
    if not count.sum():
        return None
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(count[order]) * 2 >= count.sum()
    return float(values[order][np.argmax(reached)])


def _incidence(exit: Floats, cause: Ints, count: Ints, causes: int, day: float) -> float:
    """F_1(day) alone, without errors and limits."""
    table = risk_table(people(exit, cause, None, count), causes, 0)
    n, events = table.n_risk.astype(np.float64), table.n_event
    before = np.concatenate(([1.0], np.cumprod((n - events.sum(axis=0)) / n)))[:-1]
    return float((before * events[EVENT - 1] / n)[table.time <= day].sum())
