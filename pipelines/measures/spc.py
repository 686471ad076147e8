"""Control charts for figures over time: XmR for values, p-chart for shares.

A chart never re-bases itself and never judges a month whose figure is still to change: immature
points are drawn but take part neither in the limits nor in any rule. A flat series is answered
with "not enough variation" instead of limits of no width that make every point a signal. Charts
for rare events are in `spc_rare`, the words for any chart in `spc_reading`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from pipelines.measures.spc_limits import Limits, NoLimits, Shares, p_limits, sigma_z, xmr
from pipelines.measures.spc_phases import Frame, Part, assemble, split
from pipelines.measures.spc_rules import Direction, profile
from pipelines.measures.spc_types import TRIAL_BELOW, Gaps, Method, PhaseStart, SpcChart, SpcPoint
from pipelines.measures.types import MeasureError

__all__ = ["SpcChart", "SpcPoint", "p_chart", "xmr_chart"]

Spread = Literal["auto", "binomial", "laney"]
OVERDISPERSED: Final = 1.2
"""sigma_z above this: the shares vary more than their denominators explain."""


def xmr_chart(
    values: Sequence[float | None],
    *,
    direction: Direction = "neutral",
    mature: Sequence[bool] | None = None,
    settings: str = "nhsr",
    phases: Sequence[PhaseStart] = (),
    target: float | None = None,
    gaps: Gaps = "bridge",
    fix_after: int | None = None,
) -> SpcChart:
    """Chart of single values in the order of time; None marks a point without one.

    `mature` (one per value) says which may be judged. `settings` names the profile. `fix_after`
    takes each phase's limits from its first so many points, at least 12. Formulas and sources:
    `spc_limits.xmr`. MeasureError on a value or target that is not finite, on lengths that
    differ, and on phases that do not ascend.
    """
    chosen = profile(settings)
    if any(v is not None and not math.isfinite(v) for v in values):
        raise MeasureError("a value of the series is not finite; leave it out as None")
    _check(target, fix_after)
    ready = _ready(values, mature)
    frame = Frame("XmR", chosen, direction, values, ready, gaps, target)
    return assemble(
        frame,
        split(frame, phases),
        lambda part: xmr(
            [float(values[i] or 0.0) for i in part.used], part.joined, chosen, fix_after
        ),
    )


def p_chart(
    numerators: Sequence[int],
    denominators: Sequence[int],
    *,
    direction: Direction = "neutral",
    mature: Sequence[bool] | None = None,
    settings: str = "nhsr",
    spread: Spread = "auto",
    phases: Sequence[PhaseStart] = (),
    target: float | None = None,
    gaps: Gaps = "bridge",
    fix_after: int | None = None,
) -> SpcChart:
    """Chart of shares whose denominators vary; a denominator of 0 is a month without a value.

    Formulas and sources: `spc_limits.p_limits`. With `spread` "auto" and 12 points or more the
    limits of all phases are widened by sigma_z where, over the moving ranges of all phases
    together, that is above 1.2; "laney" widens or narrows whatever it is. A phase of 12 points
    or more is widened by its own sigma_z, a shorter one by that of all phases together. The
    method of the chart says so. Other arguments and errors: as `xmr_chart`.
    """
    chosen = profile(settings)
    _check(target, fix_after)
    values = _shares(numerators, denominators)
    frame = Frame("p", chosen, direction, values, _ready(values, mature), gaps, target)
    parts = split(frame, phases)

    def shares(part: Part) -> Shares:
        xs, ns = [numerators[i] for i in part.used], [denominators[i] for i in part.used]
        return Shares(xs, ns, part.joined, fix_after)

    pooled = _pooled([shares(part) for part in parts])
    n = sum(len(part.used) for part in parts)
    laney = pooled is not None and (
        spread == "laney" or (spread == "auto" and n >= TRIAL_BELOW and pooled > OVERDISPERSED)
    )

    def draw(part: Part) -> Limits | NoLimits:
        found = shares(part)
        own = None if found.without_limits() else sigma_z(found.z_ranges())
        enough = len(part.used) >= TRIAL_BELOW or len(parts) == 1
        wide = own if enough and own is not None else pooled
        drawn = p_limits(found, wide if laney else None)
        return replace(drawn, sigma_z=own) if isinstance(drawn, Limits) else drawn

    method: Method = "p (Laney)" if laney else "p"
    return assemble(replace(frame, method=method), parts, draw)


def _pooled(parts: Sequence[Shares]) -> float | None:
    """sigma_z over the moving ranges of all phases that have limits."""
    found: list[float] = []
    for part in parts:
        if part.without_limits() is None:
            found += part.z_ranges()
    return sigma_z(found)


def _shares(numerators: Sequence[int], denominators: Sequence[int]) -> list[float | None]:
    if len(numerators) != len(denominators):
        raise MeasureError("numerators and denominators differ in length")
    pairs = list(zip(numerators, denominators, strict=True))
    if any(n < 0 or not 0 <= x <= n for x, n in pairs):
        raise MeasureError("each numerator must lie between 0 and its denominator")
    return [x / n if n else None for x, n in pairs]


def _ready(values: Sequence[float | None], mature: Sequence[bool] | None) -> list[bool]:
    if mature is None:
        return [True] * len(values)
    if len(mature) != len(values):
        raise MeasureError("mature must have one element per point")
    return [bool(flag) for flag in mature]


def _check(target: float | None, fix_after: int | None) -> None:
    if target is not None and not math.isfinite(target):
        raise MeasureError(f"the target is {target}, not a finite number")
    if fix_after is not None and fix_after < TRIAL_BELOW:
        raise MeasureError(
            f"limits can be fixed after {TRIAL_BELOW} points or more, not {fix_after}"
        )
