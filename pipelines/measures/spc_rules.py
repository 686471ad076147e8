"""The four run rules for control charts, and the profiles that name their settings.

Settings follow NHS "Making Data Count" as two tools implement it; which profile was used is
stored with each chart, because tools differ and the same data can give two verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def special_causes(
    sides: Sequence[int],
    moves: Sequence[int],
    zones: Sequence[int],
    chosen: Profile,
) -> list[tuple[Rule, Side] | None]:
    """The rule that each point breaks, and towards which side; None = common cause.

    All sequences have one element per point: `sides` is the sign of (point - mean), `moves` the
    sign of (point - previous point; 0 for the first), `zones` 2 outside the limits, 1 between
    near limit and limit, else 0. Where several rules hold, the first of outside, trend, two in
    three, shift names the point. A point equal to the mean, or to the one before it, breaks a run.
    """
    found: list[tuple[Rule, Side] | None] = [None] * len(sides)
    for rule, marks in (
        ("shift", _shift(sides, chosen.shift)),
        ("two_in_three", _two_in_three(sides, zones)),
        ("trend", _trend(moves, chosen.trend)),
        ("outside", [s if z == 2 else 0 for s, z in zip(sides, zones, strict=True)]),
    ):
        for i, mark in enumerate(marks):
            if mark:
                found[i] = (rule, "high" if mark > 0 else "low")  # type: ignore[assignment]
    return found


def _shift(sides: Sequence[int], length: int) -> list[int]:
    """Every point of a run of `length` or more on one side of the mean."""
    marks = [0] * len(sides)
    for end in range(length, len(sides) + 1):
        window = sides[end - length : end]
        if window[0] and all(side == window[0] for side in window):
            marks[end - length : end] = window
    return marks


def _trend(moves: Sequence[int], length: int) -> list[int]:
    """Every point of `length` points moving strictly one way (length - 1 moves).

    A turning point can end one run and begin the next; it is given to the later run.
    """
    marks = [0] * len(moves)
    for end in range(length, len(moves) + 1):
        steps = moves[end - length + 1 : end]
        if steps[0] and all(step == steps[0] for step in steps):
            marks[end - length : end] = [steps[0]] * length
    return marks


def _two_in_three(sides: Sequence[int], zones: Sequence[int]) -> list[int]:
    """Points near a limit in a window of three on one side of which two or more are near it."""
    marks = [0] * len(sides)
    for begin in range(len(sides) - 2):
        window = range(begin, begin + 3)
        if sides[begin] and all(sides[i] == sides[begin] for i in window):
            near = [i for i in window if zones[i] == 1]
            if len(near) >= 2:
                for i in near:
                    marks[i] = sides[i]
    return marks


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
