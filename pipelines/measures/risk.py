"""Risk sets by day: who is under observation when, with ties and delayed entry.

Conventions, used by every estimator here:

- A person is at risk at time t when entry < t <= exit.
- No entry, or an entry of 0 or less, means "observed from the start": such a person is at risk
  at time 0 too, so an event on day 0 counts and (0, 0) is a person with a time of 0.
- A later entry with exit = entry is a follow-up of no length: never at risk. Such people are left
  out of the estimate and counted in `no_length`; the caller prints them.
- At equal times events come before censorings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.types import MeasureError

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

FROM_START = -1.0
"""Internal entry of people observed from the start: below every possible time."""


@dataclass(frozen=True, slots=True)
class People:
    """Distinct (entry, exit, cause) with the number of people that share them; all arrays (m,)."""

    entry: Floats
    exit: Floats
    cause: Ints
    count: Ints
    no_length: int

    @property
    def n(self) -> int:
        """People with a follow-up of some length."""
        return int(self.count.sum())

    @property
    def delayed(self) -> bool:
        """True when somebody comes under observation after time 0."""
        return bool(np.any(self.entry > FROM_START))

    def at_risk(self, times: ArrayLike) -> Ints:
        """Numbers at risk at each of `times`, shape (k,)."""
        at = np.atleast_1d(np.asarray(times, dtype=np.float64))
        began = _counted_below(self.entry, self.count, at)
        ended = _counted_below(self.exit, self.count, at)
        return began - ended


def _counted_below(values: Floats, count: Ints, at: Floats) -> Ints:
    """Sum of `count` over values < at, for each element of `at`."""
    order = np.argsort(values, kind="stable")
    total = np.concatenate(([0], np.cumsum(count[order])))
    below: Ints = total[np.searchsorted(values[order], at, side="left")].astype(np.int64)
    return below


def _whole(values: ArrayLike, name: str) -> Ints:
    raw = np.asarray(values)
    if raw.dtype == np.bool_:
        return raw.astype(np.int64)
    figures = raw.astype(np.float64)
    if figures.size and not bool(np.all(np.isfinite(figures) & (figures == np.floor(figures)))):
        raise MeasureError(f"{name} must hold whole numbers only")
    return figures.astype(np.int64)


def people(
    exit: ArrayLike,
    cause: ArrayLike,
    entry: ArrayLike | None = None,
    count: ArrayLike | None = None,
) -> People:
    """Check the input and fold equal rows together.

    `exit`, `cause`, `entry`, `count` have one shape (n,): days, 0 = censored or 1, 2, ... = the
    event, days of entry (None = from the start), and how many people a row stands for (None = 1).
    MeasureError on different lengths, missing or negative times, or an exit before the entry.
    """
    ends = np.atleast_1d(np.asarray(exit, dtype=np.float64))
    causes = np.atleast_1d(_whole(cause, "event"))
    begins = np.zeros_like(ends) if entry is None else np.asarray(entry, dtype=np.float64)
    weights = np.ones(ends.shape, np.int64) if count is None else _whole(count, "count")
    begins, weights = np.atleast_1d(begins), np.atleast_1d(weights)
    shapes = {ends.shape, causes.shape, begins.shape, weights.shape}
    if len(shapes) != 1 or ends.ndim != 1:
        raise MeasureError(f"times, events, entries and counts differ in length: {sorted(shapes)}")
    if not bool(np.all(np.isfinite(ends)) and np.all(np.isfinite(begins))):
        raise MeasureError("a time is missing or infinite; leave such people out and count them")
    if bool(np.any(ends < 0)) or bool(np.any(causes < 0)) or bool(np.any(weights < 0)):
        raise MeasureError("times, event codes and counts must not be negative")
    begins = np.where(begins <= 0.0, FROM_START, begins)
    if bool(np.any(ends < begins)):
        raise MeasureError("somebody leaves before coming under observation (exit < entry)")
    if entry is None and _folded(ends, causes) and bool(np.all(weights > 0)):
        return People(begins, ends, causes, weights, 0)
    kept = (begins < ends) & (weights > 0)
    no_length = int(weights[begins >= ends].sum())
    return _fold(begins[kept], ends[kept], causes[kept], weights[kept], no_length)


def _folded(ends: Floats, causes: Ints) -> bool:
    """Whether no two rows are equal and all are in order, as counts come."""
    later = np.diff(ends)
    return bool(np.all((later > 0) | ((later == 0) & (np.diff(causes) > 0))))


def _fold(begins: Floats, ends: Floats, causes: Ints, weights: Ints, no_length: int) -> People:
    if not ends.size:
        empty = np.empty(0, np.int64)
        return People(ends, ends, empty, empty, no_length)
    order = np.lexsort((causes, ends, begins))
    begins, ends, causes = begins[order], ends[order], causes[order]
    other = (np.diff(begins) != 0) | (np.diff(ends) != 0) | (np.diff(causes) != 0)
    first = np.flatnonzero(np.concatenate(([True], other)))
    folded = np.add.reduceat(weights[order], first)
    return People(begins[first], ends[first], causes[first], folded, no_length)


def first_time_with(group: People, minimum: int) -> float | None:
    """Earliest time just after which at least `minimum` people are at risk; None if never.

    0.0 when that many are observed from the start (or when no minimum is asked for).
    """
    if minimum <= 0:
        return 0.0
    begins = np.unique(group.entry)
    if not begins.size:
        return None
    begun = _counted_below(group.entry, group.count, np.nextafter(begins, np.inf))
    ended = _counted_below(group.exit, group.count, np.nextafter(begins, np.inf))
    enough = np.flatnonzero(begun - ended >= minimum)
    return None if not enough.size else max(0.0, float(begins[enough[0]]))


def after(group: People, start: float) -> tuple[People, int]:
    """Those still followed after `start`, and the number of events at or before it (left out)."""
    if start <= 0.0:
        return group, 0
    kept = group.exit > start
    lost = int(group.count[~kept & (group.cause > 0)].sum())
    rest = People(
        group.entry[kept], group.exit[kept], group.cause[kept], group.count[kept], group.no_length
    )
    return rest, lost


@dataclass(frozen=True, slots=True)
class RiskTable:
    """What both estimators start from; one row per distinct time of leaving after `start`.

    `time`, `n_risk` have shape (m,), `n_event` (causes, m). `start` is None, and the table empty,
    when the minimum risk set is never reached; `events_before` are the events up to `start`.
    """

    people: People
    time: Floats
    n_risk: Ints
    n_event: Ints
    start: float | None
    events_before: int


def risk_table(group: People, causes: int, min_risk: int) -> RiskTable:
    """Numbers at risk and events of each cause 1..causes; MeasureError on a higher code."""
    if group.cause.size and int(group.cause.max()) > causes:
        raise MeasureError(f"event code {int(group.cause.max())} is above the highest, {causes}")
    start = first_time_with(group, min_risk)
    rows, before = (group, 0) if start is None else after(group, start)
    times = np.empty(0) if start is None else np.unique(rows.exit)
    n_event = np.zeros((causes, len(times)), np.int64)
    if times.size:
        place = np.searchsorted(times, rows.exit)
        for k in range(causes):
            np.add.at(n_event[k], place, rows.count * (rows.cause == k + 1))
    return RiskTable(rows, times, rows.at_risk(times), n_event, start, before)
