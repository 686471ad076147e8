"""Phases: where limits begin anew, by recorded annotation only, and a chart put together of them.

A chart never re-bases itself. Limits, moving ranges and runs begin afresh in each phase.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipelines.measures.spc_assurance import assure
from pipelines.measures.spc_limits import Limits, NoLimits
from pipelines.measures.spc_rules import (
    PRECEDENCE,
    RULE_TEXT,
    Direction,
    Profile,
    Run,
    labels,
    runs,
    state_of,
)
from pipelines.measures.spc_types import (
    Gaps,
    Method,
    Phase,
    PhaseStart,
    Signal,
    SpcChart,
    SpcPoint,
)
from pipelines.measures.types import MeasureError


@dataclass(frozen=True, slots=True)
class Rebase:
    """An annotation that re-bases: from which day, why, who recorded it when, at which sites.

    `sites` empty: at all of them.
    """

    on: date
    reason: str
    by: str = ""
    recorded: date | None = None
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a re-basing without a reason."""
        if not self.reason.strip():
            raise MeasureError(f"the re-basing on {self.on} has no reason; say what changed")


def phase_starts(dates: Sequence[date], rebases: Sequence[Rebase]) -> tuple[PhaseStart, ...]:
    """Annotations -> the points with which phases begin; `dates` are the points', ascending.

    A phase begins with the first point dated on or after the annotation: with months dated by
    their first day, a change within a month counts from the next month, the first that lies
    wholly after it. Annotations that come to the same point make one phase, with both reasons.
    One on or before the first point or after the last begins nothing. Rare events of one day have
    equal dates; the first of them begins the phase.
    """
    if any(b < a for a, b in pairwise(dates)):
        raise MeasureError("the dates of a chart's points must ascend")
    return _starts(dates, rebases)


def _starts(dates: Sequence[date], rebases: Sequence[Rebase]) -> tuple[PhaseStart, ...]:
    found: dict[int, PhaseStart] = {}
    for note in sorted(rebases, key=lambda r: (r.on, r.reason)):
        index = next((i for i, day in enumerate(dates) if day >= note.on), 0)
        if not index:
            continue
        earlier = found.get(index)
        reason = f"{earlier.reason}; {note.reason}" if earlier else note.reason
        found[index] = PhaseStart(index, reason, note.on, note.by)
    return tuple(found[index] for index in sorted(found))


@dataclass(frozen=True, slots=True)
class Part:
    """One phase before its limits: bounds, the points that take part, and which are joined.

    `joined[k]` says whether used[k] follows used[k - 1]; never for the first.
    """

    began: PhaseStart
    end: int
    used: tuple[int, ...]
    joined: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a chart is asked for, whatever its method."""

    method: Method
    profile: Profile
    direction: Direction
    values: Sequence[float | None]
    ready: Sequence[bool]
    gaps: Gaps = "bridge"
    target: float | None = None


def split(frame: Frame, starts: Sequence[PhaseStart]) -> list[Part]:
    """The phases of a series; MeasureError unless their starts ascend within it."""
    n = len(frame.values)
    places = [start.index for start in starts]
    if places != sorted(set(places)) or any(not 0 < place < n for place in places):
        raise MeasureError(
            f"phases must begin at ascending points between 1 and {n - 1}, not at {places}"
        )
    if frame.gaps not in ("bridge", "break"):
        raise MeasureError(f"gaps must be 'bridge' or 'break', not {frame.gaps!r}")
    begins = [PhaseStart(0), *starts]
    ends = [*places, n]
    return [_part(frame, begin, end) for begin, end in zip(begins, ends, strict=True)]


def _part(frame: Frame, began: PhaseStart, end: int) -> Part:
    used = [
        i for i in range(began.index, end) if frame.values[i] is not None and frame.ready[i]
    ]  # fmt: skip
    joined = [
        k > 0 and (frame.gaps == "bridge" or used[k] == used[k - 1] + 1) for k in range(len(used))
    ]
    return Part(began, end, tuple(used), tuple(joined))


Draw = Callable[[Part], Limits | NoLimits]


def assemble(frame: Frame, parts: Sequence[Part], draw: Draw) -> SpcChart:
    """Limits phase by phase, rules within each, and the verdicts at the end of the series."""
    points = [SpcPoint(v, r) for v, r in zip(frame.values, frame.ready, strict=True)]
    phases: list[Phase] = []
    signals: list[Signal] = []
    last = max((part.used[-1] for part in parts if part.used), default=None)
    for number, part in enumerate(parts):
        drawn = draw(part)
        phases.append(_phase(part, drawn))
        for i in range(part.began.index, part.end):
            points[i] = replace(points[i], phase=number, state=phases[-1].state)
        if isinstance(drawn, Limits):
            found = _runs(drawn, part, frame.profile)
            _paint(points, drawn, part, found, frame.direction)
            signals += [_signal(run, part, number, frame.direction, last) for run in found]
    signals.sort(key=lambda s: (s.end, -_rank(s), s.start))
    return _verdict(frame, points, phases, signals, last)


def _phase(part: Part, drawn: Limits | NoLimits) -> Phase:
    begin, end, n = part.began.index, part.end, len(part.used)
    if isinstance(drawn, NoLimits):
        return Phase(begin, end, n, None, drawn.state, drawn.reason, part.began)
    return Phase(begin, end, n, drawn.centre, "common", "", part.began, drawn.sigma_z)


def _rank(signal: Signal) -> int:
    return PRECEDENCE.index(signal.rule)


def _runs(drawn: Limits, part: Part, chosen: Profile) -> list[Run]:
    """Rule breaks within the phase; no run passes from a point to one that is not joined."""
    cuts = [k for k, joined in enumerate(part.joined) if not joined]
    out = []
    for a, b in zip(cuts, [*cuts[1:], len(part.used)], strict=True):
        found = runs(drawn.sides[a:b], drawn.moves[a:b], drawn.zones[a:b], chosen)
        out += [replace(run, points=tuple(a + i for i in run.points)) for run in found]
    return out


def _paint(
    points: list[SpcPoint], drawn: Limits, part: Part, found: Sequence[Run], direction: Direction
) -> None:
    named = labels(found, len(part.used))
    for k, i in enumerate(part.used):
        rule, side = named[k] or (None, None)
        points[i] = replace(
            points[i],
            lower=drawn.lower[k], upper=drawn.upper[k],
            near_lower=drawn.near_lower[k], near_upper=drawn.near_upper[k],
            rule=rule, side=side, state=state_of(named[k], direction), centre=drawn.centre,
        )  # fmt: skip


def _signal(run: Run, part: Part, number: int, direction: Direction, last: int | None) -> Signal:
    at = tuple(part.used[k] for k in run.points)
    taking_part = run.points[-1] - run.points[0] + 1
    return Signal(
        run.rule, run.side, state_of((run.rule, run.side), direction), at, number,
        at[-1] - at[0] + 1 - taking_part, at[-1] == last,
    )  # fmt: skip


def _verdict(
    frame: Frame,
    points: Sequence[SpcPoint],
    phases: Sequence[Phase],
    signals: Sequence[Signal],
    last: int | None,
) -> SpcChart:
    final = phases[-1]
    end = points[last] if last is not None and last >= final.start else None
    state, reason = final.state, final.reason
    if state == "common" and end is not None:
        state = end.state
        reason = "Common cause: the points vary no more than the past leads to expect."
        if end.rule:
            reason = f"Special cause: {RULE_TEXT[end.rule]} ({end.side})."
    own = [s for s in signals if end and end.rule and s.current and s.rule == end.rule]
    own = [s for s in own if end and s.side == end.side]
    return SpcChart(
        frame.method, frame.profile.name, frame.direction, state, reason, final.centre,
        tuple(points), sum(phase.n_points for phase in phases), final.trial,
        rule=end.rule if end else None, side=end.side if end else None,
        since=own[-1].start if own else None, sigma_z=final.sigma_z,
        state_since=_state_since(points, final.start, last) if own else None,
        phases=tuple(phases), signals=tuple(signals),
        assurance=assure(frame.target, frame.direction, end), gaps=frame.gaps,
    )  # fmt: skip


def _state_since(points: Sequence[SpcPoint], start: int, last: int | None) -> int | None:
    """First of the unbroken row of points with the state of the last one, within its phase."""
    since = last
    for i in range(last if last is not None else -1, start - 1, -1):
        if points[i].centre is None:
            continue
        if last is None or points[i].state != points[last].state:
            break
        since = i
    return since
