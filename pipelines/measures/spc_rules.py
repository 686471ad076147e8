"""The four run rules for control charts, and the profiles that name their settings.

Settings follow NHS "Making Data Count" as two tools implement it; which profile was used is
stored with each chart, because tools differ and the same data can give two verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from pipelines.measures.types import MeasureError

Rule = Literal["outside", "trend", "two_in_three", "shift"]
Side = Literal["high", "low"]
Direction = Literal["up", "down", "neutral"]
State = Literal[
    "common",
    "concern",
    "improve",
    "neutral_high",
    "neutral_low",
    "not_enough_variation",
    "not_enough_points",
]

PRECEDENCE: Final[tuple[Rule, ...]] = ("outside", "trend", "two_in_three", "shift")
"""Where several rules hold for a point, the first of these names it."""

RULE_TEXT: Final[dict[Rule, str]] = {
    "outside": "a point outside the limits",
    "trend": "a run of points moving one way",
    "two_in_three": "two of three points near one limit",
    "shift": "a run of points on one side of the mean",
}


NEAR: Final = 2.0 / 3.0
"""Near limits, as a part of the distance from the mean to the limits."""
TINY: Final = 1e-9
"""Differences below this part of the largest value are rounding, not movement."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Run lengths in points, and whether outlying moving ranges are left out of the XmR width."""

    name: str
    shift: int
    trend: int
    screen: bool


PROFILES: Final = {
    # NHSRplotthedots: 7 and 7 points, moving ranges at or above 3.267 times their mean left out
    "nhsr": Profile("nhsr", 7, 7, True),
    # NHS England's spreadsheet: as above without leaving out moving ranges
    "nhse_excel": Profile("nhse_excel", 7, 7, False),
}


def profile(name: str) -> Profile:
    """The named profile; MeasureError that lists the known ones."""
    if name not in PROFILES:
        raise MeasureError(f"there is no SPC profile {name!r}; known: {', '.join(PROFILES)}")
    return PROFILES[name]


@dataclass(frozen=True, slots=True)
class Run:
    """The points (positions, ascending) that break one rule together, and towards which side."""

    rule: Rule
    side: Side
    points: tuple[int, ...]


def runs(
    sides: Sequence[int], moves: Sequence[int], zones: Sequence[int], chosen: Profile
) -> list[Run]:
    """Every run that breaks a rule; a point can be in several.

    All sequences have one element per point: `sides` is the sign of (point - mean), `moves` the
    sign of (point - previous point; 0 for the first), `zones` 2 outside the limits, 1 between
    near limit and limit, else 0. A point equal to the mean, or to the one before it, breaks a
    run. Of a window of three for "two in three" only the points near the limit are in the run.
    """
    out: list[Run] = []
    outside = [s if z == 2 else 0 for s, z in zip(sides, zones, strict=True)]
    for begin, end, sign in _stretches(outside):
        out.append(_run("outside", sign, range(begin, end)))
    for begin, end, sign in _stretches(moves):
        # a move joins two points: k moves one way are k + 1 points, the first before the moves
        if end - begin + 1 >= chosen.trend:
            out.append(_run("trend", sign, range(begin - 1, end)))
    for begin, end, sign in _stretches(sides):
        out += _two_in_three(zones, begin, end, sign)
        if end - begin >= chosen.shift:
            out.append(_run("shift", sign, range(begin, end)))
    return out


def _stretches(signs: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(begin, end after the last, sign) of each maximal stretch of one sign other than 0."""
    begin = 0
    for sign, group in groupby(signs):
        end = begin + sum(1 for _ in group)
        if sign:
            yield begin, end, sign
        begin = end


def _run(rule: Rule, sign: int, points: Sequence[int]) -> Run:
    return Run(rule, "high" if sign > 0 else "low", tuple(points))


def _two_in_three(zones: Sequence[int], begin: int, end: int, sign: int) -> list[Run]:
    """Runs of two in three within a stretch on one side of the mean (begin to before end)."""
    near: set[int] = set()
    for first in range(begin, end - 2):
        window = [i for i in range(first, first + 3) if zones[i] == 1]
        if len(window) >= 2:
            near.update(window)
    out: list[list[int]] = []
    for i in sorted(near):
        if out and i - out[-1][-1] <= 2:
            out[-1].append(i)
        else:
            out.append([i])
    return [_run("two_in_three", sign, points) for points in out]


def labels(found: Sequence[Run], n: int) -> list[tuple[Rule, Side] | None]:
    """The rule and side that name each of n points, by precedence; None = common cause.

    A turning point that ends one trend and begins the next is given to the later one.
    """
    out: list[tuple[Rule, Side] | None] = [None] * n
    for rule in reversed(PRECEDENCE):
        for run in found:
            if run.rule == rule:
                for i in run.points:
                    out[i] = (rule, run.side)
    return out


def whole_sign(value: int) -> int:
    """-1, 0 or 1, without rounding."""
    return (value > 0) - (value < 0)


def zone(distance: float, half: float) -> int:
    """2 beyond the limit, 1 beyond two thirds of it, else 0; a point on a line is inside it."""
    slack = TINY * half
    if abs(distance) > half + slack:
        return 2
    return 1 if abs(distance) > NEAR * half + slack else 0


def state_of(cause: tuple[Rule, Side] | None, direction: Direction) -> State:
    """What a cause means where `direction` says which way is good."""
    if cause is None:
        return "common"
    if direction == "neutral":
        return "neutral_high" if cause[1] == "high" else "neutral_low"
    return "improve" if (cause[1] == "high") == (direction == "up") else "concern"
