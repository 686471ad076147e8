"""Centre line and limits of one phase: XmR for values, p (and Laney's p') for shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipelines.measures.spc_rules import NEAR, TINY, Profile, State, whole_sign, zone
from pipelines.measures.spc_types import MIN_POINTS

WIDTH: Final = 2.66
"""Limits of an XmR chart in mean moving ranges (3 / 1.128 as published, to two places)."""
SCREEN: Final = 3.267
"""Moving ranges from this many times their mean are left out once (Nelson 1982)."""
SIGMA_FROM_RANGE: Final = 1.128
FLAT: Final = (
    "Not enough variation: nearly all points are equal, so limits would mean nothing. "
    "What differs has to be looked at by itself."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one phase, element by element: limits, and the signs and zones that the rules read."""

    centre: float
    lower: list[float | None]
    upper: list[float | None]
    near_lower: list[float | None]
    near_upper: list[float | None]
    sides: list[int]
    moves: list[int]
    zones: list[int]
    sigma_z: float | None = None


@dataclass(frozen=True, slots=True)
class NoLimits:
    """Why a phase has no limits."""

    state: State
    reason: str


def too_few(n: int) -> NoLimits:
    """The phase is shorter than any chart needs."""
    return NoLimits("not_enough_points", f"Not enough points: {n} of at least {MIN_POINTS}.")


def sign(value: float, scale: float) -> int:
    """-1, 0 or 1; a value that is rounding against `scale` is 0."""
    return 0 if abs(value) <= TINY * scale else (1 if value > 0 else -1)


def ranges(y: Sequence[float], joined: Sequence[bool]) -> list[float]:
    """Moving ranges between points that follow each other (`joined` is of the later one)."""
    return [abs(b - a) for (a, b), to in zip(pairwise(y), joined[1:], strict=True) if to]


def mean_range(found: Sequence[float], screen: bool) -> float:
    """Mean of moving ranges; with `screen` without those of 3.267 times it or more, once."""
    mean = math.fsum(found) / len(found)
    if screen:
        # a range that equals the bound but for rounding is left out, as the rule says
        kept = [r for r in found if r < SCREEN * mean * (1.0 - 1e-12)]
        mean = math.fsum(kept) / len(kept) if kept else 0.0
    return mean


def xmr(
    y: Sequence[float], joined: Sequence[bool], chosen: Profile, fix_after: int | None = None
) -> Limits | NoLimits:
    """Mean +- 2.66 mean moving range; near limits at two thirds of that.

    Centre and width come from the first `fix_after` points where that is given. Sources: Wheeler
    2000, Understanding Variation; screening: Nelson 1982, J Qual Technol 14:172-173. A series is
    flat, in every profile, if without outlying ranges nothing is left: otherwise nine equal
    values and a tenth are ten signals.
    """
    base = list(y[:fix_after])
    found = ranges(base, joined[:fix_after])
    if len(base) < MIN_POINTS or not found:
        return too_few(len(base))
    scale = max(abs(v) for v in y)
    if mean_range(found, screen=True) <= TINY * scale:
        return NoLimits("not_enough_variation", FLAT)
    centre = math.fsum(base) / len(base)
    half = WIDTH * mean_range(found, chosen.screen)
    sides = [sign(v - centre, scale) for v in y]
    return _around(y, [half] * len(y), centre, sides, _moves(y, joined, scale), clip=False)


def _moves(y: Sequence[float], joined: Sequence[bool], scale: float) -> list[int]:
    steps = zip(pairwise(y), joined[1:], strict=True)
    return [0, *(sign(b - a, scale) if to else 0 for (a, b), to in steps)]


def _around(
    y: Sequence[float],
    half: Sequence[float],
    centre: float,
    sides: list[int],
    moves: list[int],
    clip: bool,
) -> Limits:
    zones = [zone(v - centre, h) for v, h in zip(y, half, strict=True)]

    def line(part: float) -> list[float | None]:
        found = (centre + part * h for h in half)
        return [min(1.0, max(0.0, v)) if clip else v for v in found]

    return Limits(
        centre, line(-1.0), line(1.0), line(-NEAR), line(NEAR), sides, moves, zones
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shares:
    """One phase of shares x/n, all n above 0."""

    xs: Sequence[int]
    ns: Sequence[int]
    joined: Sequence[bool]
    fix_after: int | None = None

    def totals(self) -> tuple[int, int]:
        """(sum of x, sum of n) over the points that set the centre."""
        return sum(self.xs[: self.fix_after]), sum(self.ns[: self.fix_after])

    def without_limits(self) -> NoLimits | None:
        """Too few points, or shares that are all 0 or all 1."""
        if len(self.xs) < MIN_POINTS:
            return too_few(len(self.xs))
        x, n = self.totals()
        return NoLimits("not_enough_variation", FLAT) if x in (0, n) else None

    def z_ranges(self) -> list[float]:
        """Moving ranges of the standardised shares of the points that set the centre."""
        x, n = self.totals()
        centre = x / n
        z = [
            (xi / ni - centre) / math.sqrt(centre * (1.0 - centre) / ni)
            for xi, ni in list(zip(self.xs, self.ns, strict=True))[: self.fix_after]
        ]
        return ranges(z, self.joined[: self.fix_after])


def sigma_z(found: Sequence[float]) -> float | None:
    """Spread between points relative to chance alone; 1 where chance explains it all.

    From moving ranges of standardised shares. Source: Laney 2002, Qual Eng 14:531-537.
    """
    return mean_range(found, screen=False) / SIGMA_FROM_RANGE if found else None


def p_limits(part: Shares, widen: float | None) -> Limits | NoLimits:
    """p +- 3 sqrt(p (1 - p) / n_i), cut at 0 and 1, times `widen` where given (Laney).

    Source: Shewhart 1931. Signs of runs are found in whole numbers, so equal shares are equal.
    """
    why = part.without_limits()
    if why:
        return why
    if widen is not None and widen <= TINY:
        return NoLimits("not_enough_variation", FLAT)
    x, n = part.totals()
    centre = x / n
    both = list(zip(part.xs, part.ns, strict=True))
    half = [3.0 * (widen or 1.0) * math.sqrt(centre * (1.0 - centre) / ni) for _, ni in both]
    sides = [whole_sign(xi * n - x * ni) for xi, ni in both]
    steps = zip(pairwise(both), part.joined[1:], strict=True)
    moves = [0, *(whole_sign(b[0] * a[1] - a[0] * b[1]) if to else 0 for (a, b), to in steps)]
    return _around([xi / ni for xi, ni in both], half, centre, sides, moves, clip=True)
