"""What a control chart is made of: points, phases, signals, and the chart's two verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from pipelines.measures.spc_rules import Direction, Rule, Side, State

Method = Literal["XmR", "p", "p (Laney)", "t", "g"]
Gaps = Literal["bridge", "break"]
"""A point without a value: its neighbours are compared ("bridge"), or no run and no moving range
passes over it ("break")."""
AssuranceState = Literal["consistently_meets", "hit_or_miss", "consistently_fails", "none"]

MIN_POINTS: Final = 3
TRIAL_BELOW: Final = 12
"""Fewer points than this in a phase make its limits trial limits."""


@dataclass(frozen=True, slots=True)
class PhaseStart:
    """The point with which a new phase begins, and the recorded reason for re-basing there."""

    index: int
    reason: str = ""
    on: date | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class SpcPoint:
    """One point in the order given. Centre and limits are None where the point takes no part.

    A single limit is None where the method knows none on that side (a low count of cases between
    rare events). `phase` counts from 0.
    """

    value: float | None
    mature: bool
    lower: float | None = None
    upper: float | None = None
    near_lower: float | None = None
    near_upper: float | None = None
    rule: Rule | None = None
    side: Side | None = None
    state: State = "common"
    centre: float | None = None
    phase: int = 0


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of points with limits of its own; `end` is the index after its last point.

    `state` is "common" where there are limits (whatever the points do), else why there are none.
    `sigma_z` (p-charts): the spread between points relative to chance alone.
    """

    start: int
    end: int
    n_points: int
    centre: float | None
    state: State
    reason: str
    began: PhaseStart
    sigma_z: float | None = None

    @property
    def trial(self) -> bool:
        """Too few points for limits that will stay."""
        return self.n_points < TRIAL_BELOW


@dataclass(frozen=True, slots=True)
class Signal:
    """One special cause: the points that break one rule together, by index.

    A point can belong to several signals; its own label names the first rule in the order of
    precedence. `gaps` counts points without a part between the first and the last one; `current`
    means that the last point that takes part belongs to it.
    """

    rule: Rule
    side: Side
    state: State
    points: tuple[int, ...]
    phase: int
    gaps: int
    current: bool

    @property
    def start(self) -> int:
        """Index of its first point."""
        return self.points[0]

    @property
    def end(self) -> int:
        """Index of its last point."""
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Assurance:
    """Whether the process as it is will meet the target; `none` with the reason why not told."""

    state: AssuranceState
    reason: str
    target: float | None = None


@dataclass(frozen=True, slots=True)
class SpcChart:
    """A chart, its variation result and its assurance result.

    `state`, `rule`, `side` are those of the last point that takes part (the end-of-series
    reading). `since` is the index of the first point of that rule's signal, None for common
    cause. `state_since` is the first of the unbroken row of points with that state, whatever
    their rules. `signals` holds every special cause, in the order in which they end; the last is
    the any-signal reading (`latest_signal`). `centre`, `trial` and `sigma_z` are the last phase's;
    `n_points` counts all points that take part.
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
    state_since: int | None = None
    phases: tuple[Phase, ...] = ()
    signals: tuple[Signal, ...] = ()
    assurance: Assurance = Assurance("none", "No target is set.")
    gaps: Gaps = "bridge"

    @property
    def latest_signal(self) -> Signal | None:
        """The most recent special cause anywhere in the series, also in an earlier phase."""
        return self.signals[-1] if self.signals else None
