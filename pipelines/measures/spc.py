"""Control charts for monthly figures: XmR for values, p-chart for shares.

A chart never re-bases itself and never judges a month whose figure is still to change: immature
points are drawn but take part neither in the limits nor in any rule. A flat series is answered
with "not enough variation" instead of limits of no width that make every point a signal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from pipelines.measures.spc_rules import (
    NEAR,
    RULE_TEXT,
    TINY,
    Direction,
    Profile,
    Rule,
    Side,
    State,
    profile,
    special_causes,
    state_of,
    whole_sign,
    zone,
)
from pipelines.measures.types import MeasureError

Method = Literal["XmR", "p", "p (Laney)"]

WIDTH: Final = 2.66
"""Limits of an XmR chart in mean moving ranges (3 / 1.128 as published, to two places)."""
SCREEN: Final = 3.267
"""Moving ranges from this many times their mean are left out once (Nelson 1982)."""
SIGMA_FROM_RANGE: Final = 1.128
MIN_POINTS: Final = 3
TRIAL_BELOW: Final = 12
OVERDISPERSED: Final = 1.2


@dataclass(frozen=True, slots=True)
class SpcPoint:
    """One point in the order given. Limits are None where the point takes no part."""

    value: float | None
    mature: bool
    lower: float | None = None
    upper: float | None = None
    near_lower: float | None = None
    near_upper: float | None = None
    rule: Rule | None = None
    side: Side | None = None
    state: State = "common"


@dataclass(frozen=True, slots=True)
class SpcChart:
    """A chart and its verdict, which is that of the last point that takes part.

    `since` is the index of the first point of the unbroken row of points with that verdict's rule
    and side that ends at the last point; None for common cause. `sigma_z` (p-charts) is the
    spread between points relative to chance alone: above 1.2 the shares vary more than their
    denominators explain.
    """

    method: Method
    profile: str
    direction: Direction
    state: State
    reason: str
    centre: float | None
    points: tuple[SpcPoint, ...]
    n_points: int
    trial: bool
    rule: Rule | None = None
    side: Side | None = None
    since: int | None = None
    sigma_z: float | None = None


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Limits and signs of the points that take part, index by index."""

    value: list[float]
    half: list[float]
    centre: float
    sides: list[int]
    moves: list[int]
    clip: bool


def _sign(value: float, scale: float) -> int:
    return 0 if abs(value) <= TINY * scale else (1 if value > 0 else -1)


def xmr_chart(
    values: Sequence[float | None],
    *,
    direction: Direction = "neutral",
    mature: Sequence[bool] | None = None,
    settings: str = "nhsr",
) -> SpcChart:
    """Chart of single values; None marks a month without one, its neighbours are compared.

    Limits: mean +- 2.66 mean moving range, near limits at two thirds of that. Source: Wheeler
    2000, Understanding Variation; screening: Nelson 1982, J Qual Technol 14:172-173.
    """
    chosen, ready = profile(settings), _ready(values, mature)
    if any(v is not None and not math.isfinite(v) for v in values):
        raise MeasureError("a value of the series is not finite; leave it out as None")
    used = [i for i, v in enumerate(values) if v is not None and ready[i]]
    y = [float(v) for v in (values[i] for i in used) if v is not None]
    if len(y) < MIN_POINTS:
        return _without("XmR", chosen, direction, "not_enough_points", values, ready, len(y))
    scale = max(abs(v) for v in y)
    centre = math.fsum(y) / len(y)
    width = _mean_range(y, chosen.screen)
    if width <= TINY * scale:
        return _without("XmR", chosen, direction, "not_enough_variation", values, ready, len(y))
    moves = [0] + [_sign(b - a, scale) for a, b in pairwise(y)]
    sides = [_sign(v - centre, scale) for v in y]
    drawn = _Drawn(y, [WIDTH * width] * len(y), centre, sides, moves, clip=False)
    return _chart("XmR", chosen, direction, values, ready, used, drawn, None)


def p_chart(
    numerators: Sequence[int],
    denominators: Sequence[int],
    *,
    direction: Direction = "neutral",
    mature: Sequence[bool] | None = None,
    settings: str = "nhsr",
    spread: Literal["auto", "binomial", "laney"] = "auto",
) -> SpcChart:
    """Chart of shares whose denominators vary; a denominator of 0 is a month without a value.

    Limits: p +- 3 sqrt(p (1 - p) / n_i) with p over all points that take part, cut at 0 and 1.
    With `spread` "auto" and 12 points or more the limits are widened (or narrowed, with "laney")
    by sigma_z where that is above 1.2; the method says so. Source: Shewhart 1931; Laney 2002,
    Qual Eng 14:531-537. Signs of runs are found in whole numbers, so equal shares are equal.
    """
    chosen = profile(settings)
    values = _shares(numerators, denominators)
    ready = _ready(values, mature)
    used = [i for i, n in enumerate(denominators) if n and ready[i]]
    xs, ns = [numerators[i] for i in used], [denominators[i] for i in used]
    if len(used) < MIN_POINTS:
        return _without("p", chosen, direction, "not_enough_points", values, ready, len(used))
    if sum(xs) in (0, sum(ns)):
        return _without("p", chosen, direction, "not_enough_variation", values, ready, len(used))
    drawn, sigma_z = _p_drawn(xs, ns)
    laney = spread == "laney" or (
        spread == "auto" and len(used) >= TRIAL_BELOW and sigma_z > OVERDISPERSED
    )
    method: Method = "p (Laney)" if laney else "p"
    if laney and sigma_z <= TINY:
        return _without(method, chosen, direction, "not_enough_variation", values, ready, len(used))
    if laney:
        drawn = replace(drawn, half=[sigma_z * half for half in drawn.half])
    return _chart(method, chosen, direction, values, ready, used, drawn, sigma_z)


def _shares(numerators: Sequence[int], denominators: Sequence[int]) -> list[float | None]:
    if len(numerators) != len(denominators):
        raise MeasureError("numerators and denominators differ in length")
    pairs = list(zip(numerators, denominators, strict=True))
    if any(n < 0 or not 0 <= x <= n for x, n in pairs):
        raise MeasureError("each numerator must lie between 0 and its denominator")
    return [x / n if n else None for x, n in pairs]


def _p_drawn(xs: Sequence[int], ns: Sequence[int]) -> tuple[_Drawn, float]:
    """(binomial limits and signs, sigma_z) of shares x/n with all n above 0, not all 0 or 1."""
    total_x, total_n = sum(xs), sum(ns)
    centre = total_x / total_n
    shares = [x / n for x, n in zip(xs, ns, strict=True)]
    sigma = [math.sqrt(centre * (1.0 - centre) / n) for n in ns]
    z = [(p - centre) / s for p, s in zip(shares, sigma, strict=True)]
    sides = [whole_sign(x * total_n - total_x * n) for x, n in zip(xs, ns, strict=True)]
    both = list(zip(xs, ns, strict=True))
    moves = [0] + [whole_sign(b[0] * a[1] - a[0] * b[1]) for a, b in pairwise(both)]
    drawn = _Drawn(shares, [3.0 * s for s in sigma], centre, sides, moves, clip=True)
    return drawn, _mean_range(z, screen=False) / SIGMA_FROM_RANGE


def _ready(values: Sequence[float | None], mature: Sequence[bool] | None) -> list[bool]:
    if mature is None:
        return [True] * len(values)
    if len(mature) != len(values):
        raise MeasureError("mature must have one element per point")
    return [bool(flag) for flag in mature]


def _mean_range(y: Sequence[float], screen: bool) -> float:
    """Mean moving range; with `screen` without the ranges of 3.267 times it or more, once."""
    ranges = [abs(b - a) for a, b in pairwise(y)]
    mean = math.fsum(ranges) / len(ranges)
    if screen:
        kept = [r for r in ranges if r < SCREEN * mean]
        mean = math.fsum(kept) / len(kept) if kept else 0.0
    return mean


def _without(
    method: Method,
    chosen: Profile,
    direction: Direction,
    state: State,
    values: Sequence[float | None],
    ready: Sequence[bool],
    n: int,
) -> SpcChart:
    """A chart without limits, and why."""
    reason = (
        "Not enough variation: the points hardly differ, so limits would mean nothing."
        if state == "not_enough_variation"
        else f"Not enough points: {n} of at least {MIN_POINTS}."
    )
    points = tuple(SpcPoint(v, r, state=state) for v, r in zip(values, ready, strict=True))
    return SpcChart(method, chosen.name, direction, state, reason, None, points, n, n < TRIAL_BELOW)


def _chart(
    method: Method,
    chosen: Profile,
    direction: Direction,
    values: Sequence[float | None],
    ready: Sequence[bool],
    used: Sequence[int],
    drawn: _Drawn,
    sigma_z: float | None,
) -> SpcChart:
    zones = [zone(v - drawn.centre, h) for v, h in zip(drawn.value, drawn.half, strict=True)]
    causes = special_causes(drawn.sides, drawn.moves, zones, chosen)
    points = [SpcPoint(v, r) for v, r in zip(values, ready, strict=True)]
    for place, i in enumerate(used):
        points[i] = _point(drawn, place, causes[place], direction)
    last = causes[-1]
    since = len(used) - 1
    while last and since and causes[since - 1] == last:
        since -= 1
    reason = "Common cause: the points vary no more than the past leads to expect."
    if last:
        reason = f"Special cause: {RULE_TEXT[last[0]]} ({last[1]})."
    return SpcChart(
        method,
        chosen.name,
        direction,
        state_of(last, direction),
        reason,
        drawn.centre,
        tuple(points),
        len(used),
        len(used) < TRIAL_BELOW,
        last[0] if last else None,
        last[1] if last else None,
        used[since] if last else None,
        sigma_z,
    )


def _point(
    drawn: _Drawn, place: int, cause: tuple[Rule, Side] | None, direction: Direction
) -> SpcPoint:
    half = drawn.half[place]
    limits = [drawn.centre + k * half for k in (-1.0, 1.0, -NEAR, NEAR)]
    if drawn.clip:
        limits = [min(1.0, max(0.0, limit)) for limit in limits]
    lower, upper, near_lower, near_upper = limits
    rule, side = cause or (None, None)
    return SpcPoint(
        drawn.value[place],
        True,
        lower,
        upper,
        near_lower,
        near_upper,
        rule,
        side,
        state_of(cause, direction),
    )
