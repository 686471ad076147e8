"""Charts for rare events: t (days between events) and g (cases between events).

A monthly share of a rare event is mostly 0 and its limits say nothing; the distance from one
event to the next says something with every event.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final, Literal

from pipelines.measures.spc_limits import FLAT, Limits, NoLimits, too_few, xmr
from pipelines.measures.spc_phases import Frame, Part, assemble, split
from pipelines.measures.spc_rules import Direction, Profile, profile, whole_sign
from pipelines.measures.spc_types import MIN_POINTS, PhaseStart, SpcChart
from pipelines.measures.types import MeasureError

POWER: Final = 1.0 / 3.6
"""Times between events to this power are close to normal (Nelson 1994, J Qual Technol 26:239)."""
SAME_DAY: Final = 0.5
"""Days between two events of one day. Dates are whole days, so 0 would claim an instant, which
the root stretches into a wide moving range; half a day stands for "some time within the day"."""
OUTER_TAIL: Final = 0.5 * math.erfc(3.0 / math.sqrt(2.0))
"""0.00135: what a normal distribution leaves beyond 3 standard deviations on one side."""
NEAR_TAIL: Final = 0.5 * math.erfc(2.0 / math.sqrt(2.0))
"""0.02275: the same beyond 2 standard deviations."""


@dataclass(frozen=True, slots=True)
class OpenGap:
    """From the last event until now: no point yet, since it can only grow.

    `length` in days (t) or cases (g). `beyond` is True where it exceeds the upper limit already,
    so that whatever comes it will be a signal; None without limits.
    """

    length: int
    beyond: bool | None


@dataclass(frozen=True, slots=True)
class RareChart:
    """A chart of gaps: point i is the gap that ends with event i + 1 (counted from 0).

    What lies before the first event is no gap, because when the one before happened is not known.
    `same_day` counts gaps between events of one day (t-chart).
    """

    chart: SpcChart
    n_events: int
    open_gap: OpenGap | None = None
    same_day: int = 0


def t_chart(
    events: Sequence[date],
    *,
    until: date | None = None,
    direction: Direction = "neutral",
    settings: str = "nhsr",
    phases: Sequence[PhaseStart] = (),
    target: float | None = None,
) -> RareChart:
    """Days between events: to the power 1/3.6, XmR limits there, and back.

    `events` in ascending order, one entry per event, equal days allowed (see SAME_DAY). `until` is
    the last day on which an event would be known (the extract date). `direction` and `target` are
    about the days between: for events that should not happen "up" is good. A phase begins with a
    gap, the one that ends first on or after the annotation (`phase_starts(events[1:], ...)` with
    one date per gap). A lower limit below 0 is none. Source: Nelson 1994, J Qual Technol
    26:239-240. MeasureError on events that descend or lie after `until`.
    """
    if any(b < a for a, b in pairwise(events)):
        raise MeasureError("the events must be in the order of their dates")
    if until is not None and events and until < events[-1]:
        raise MeasureError(f"an event on {events[-1]} lies after {until}, the last day known")
    days = [(b - a).days for a, b in pairwise(events)]
    gaps = [float(d) if d else SAME_DAY for d in days]
    chosen = profile(settings)
    frame = Frame("t", chosen, direction, gaps, [True] * len(gaps), target=_target(target))
    chart = assemble(frame, split(frame, phases), lambda part: _t_limits(gaps, part, chosen))
    open_gap = None
    if until is not None and events:
        open_gap = _open((until - events[-1]).days, chart)
    return RareChart(chart, len(events), open_gap, days.count(0))


def _target(target: float | None) -> float | None:
    if target is not None and not (math.isfinite(target) and target >= 0):
        raise MeasureError(f"the target is {target}; a gap between events is 0 or more")
    return target


def _t_limits(gaps: Sequence[float], part: Part, chosen: Profile) -> Limits | NoLimits:
    drawn = xmr([gaps[i] ** POWER for i in part.used], part.joined, chosen)
    if isinstance(drawn, NoLimits):
        return drawn
    return replace(
        drawn, centre=drawn.centre ** (1.0 / POWER),
        lower=_back(drawn.lower), upper=_back(drawn.upper),
        near_lower=_back(drawn.near_lower), near_upper=_back(drawn.near_upper),
    )  # fmt: skip


def _back(found: Sequence[float | None]) -> list[float | None]:
    """Days from the transformed scale; below 0 there is no limit."""
    return [v ** (1.0 / POWER) if v is not None and v > 0.0 else None for v in found]


def _open(length: int, chart: SpcChart) -> OpenGap:
    upper = next((p.upper for p in reversed(chart.points) if p.upper is not None), None)
    has_limits = chart.centre is not None and upper is not None
    return OpenGap(length, length > upper if has_limits and upper is not None else None)


@dataclass(frozen=True, slots=True)
class Between:
    """Cases between events. `unknown` cases could not be told apart and are in no gap."""

    gaps: tuple[int, ...]
    open_cases: int | None
    n_events: int
    unknown: int


def cases_between(cases: Sequence[bool | None]) -> Between:
    """Cases in the order of time (True: the event) -> numbers of cases without it in between.

    None, a case for which it is not known, is left out of every gap and counted: it is not "no".
    """
    gaps: list[int] = []
    run, events = 0, 0
    for case in cases:
        if case is True:
            if events:
                gaps.append(run)
            events, run = events + 1, 0
        elif case is False:
            run += 1
    unknown = sum(case is None for case in cases)
    return Between(tuple(gaps), run if events else None, events, unknown)


def g_chart(
    gaps: Sequence[int],
    *,
    open_cases: int | None = None,
    direction: Direction = "neutral",
    settings: str = "nhsr",
    phases: Sequence[PhaseStart] = (),
    target: float | None = None,
) -> RareChart:
    """Cases between events, with limits that are exact for the geometric distribution.

    `gaps` as from `cases_between`. The chance of an event is gaps / (gaps + cases in them); the
    centre line is the median and the limits leave the tails of 3 standard deviations of a normal
    distribution (near limits: of 2) on each side, see `geometric_lines`. The published mean +- 3
    sqrt(mean (mean + 1)) (Benneyan 2001, Health Care Manag Sci 4:305-318) has no lower limit ever
    and leaves 1.8 % instead of 0.135 % above the upper; and a mean has 63 % of the points below
    it, so runs of seven are common. Equal gaps throughout have not enough variation.
    """
    if any(gap < 0 for gap in gaps):
        raise MeasureError("a number of cases between events cannot be below 0")
    chosen = profile(settings)
    values = [float(gap) for gap in gaps]
    frame = Frame("g", chosen, direction, values, [True] * len(gaps), target=_target(target))
    chart = assemble(frame, split(frame, phases), lambda part: _g_limits(gaps, part))
    open_gap = None if open_cases is None else _open(open_cases, chart)
    return RareChart(chart, len(gaps) + (open_cases is not None or bool(gaps)), open_gap)


def _g_limits(gaps: Sequence[int], part: Part) -> Limits | NoLimits:
    found = [gaps[i] for i in part.used]
    n = len(found)
    if n < MIN_POINTS:
        return too_few(n)
    if len(set(found)) == 1:
        return NoLimits("not_enough_variation", FLAT)
    line = geometric_lines(n / (n + sum(found)))
    moves = [0, *(whole_sign(b - a) for a, b in pairwise(found))]
    return Limits(
        centre=float(line.median),
        lower=[_line(line.lower)] * n, upper=[float(line.upper)] * n,
        near_lower=[_line(line.near_lower)] * n, near_upper=[float(line.near_upper)] * n,
        sides=[whole_sign(x - line.median) for x in found],
        moves=moves,
        zones=[line.zone(x) for x in found],
    )  # fmt: skip


def _line(value: int) -> float | None:
    return float(value) if value else None


@dataclass(frozen=True, slots=True)
class GeometricLines:
    """Lines for a number of cases between events. A lower line of 0 rules nothing out."""

    lower: int
    near_lower: int
    median: int
    near_upper: int
    upper: int

    def zone(self, x: int) -> Literal[0, 1, 2]:
        """2 outside the limits, 1 between near limit and limit, else 0; on a line is inside."""
        if x > self.upper or x < self.lower:
            return 2
        return 1 if x > self.near_upper or x < self.near_lower else 0


def geometric_lines(chance: float) -> GeometricLines:
    """Lines of the geometric distribution of the cases before an event of that chance (0 to 1).

    P(X >= k) = (1 - chance)^k. An upper line is the smallest number above which no more than the
    tail lies, a lower line the largest below which no more than the tail lies, the median the
    smallest with at least half at or below it. The tails are OUTER_TAIL and NEAR_TAIL.
    """
    if not 0.0 < chance < 1.0:
        raise MeasureError(f"the chance of an event must lie between 0 and 1, not {chance}")
    return GeometricLines(
        lower=_largest_below(chance, OUTER_TAIL),
        near_lower=_largest_below(chance, NEAR_TAIL),
        median=_smallest_above(chance, 0.5),
        near_upper=_smallest_above(chance, NEAR_TAIL),
        upper=_smallest_above(chance, OUTER_TAIL),
    )


def _smallest_above(chance: float, tail: float) -> int:
    """Smallest k with P(X > k) <= tail."""
    k = max(0, math.ceil(math.log(tail) / math.log1p(-chance)) - 1)
    while k and math.exp(k * math.log1p(-chance)) <= tail:
        k -= 1
    return k if math.exp((k + 1) * math.log1p(-chance)) <= tail else k + 1


def _largest_below(chance: float, tail: float) -> int:
    """Largest k with P(X < k) <= tail."""
    k = math.floor(math.log1p(-tail) / math.log1p(-chance))
    while -math.expm1((k + 1) * math.log1p(-chance)) <= tail:
        k += 1
    return k if -math.expm1(k * math.log1p(-chance)) <= tail else k - 1
