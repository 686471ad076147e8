"""Funnel plots: is a site further from the common figure than chance would take it?

Never a league table: units keep the order in which they were given, and nothing here ranks them.
A unit is compared with limits around the centre for its own size; the target is the figure of all
units together unless one is given, so each unit is part of what it is compared with.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import Final, Literal

from pipelines.measures.dispersion import (
    Dispersion,
    Scale,
    Trim,
    dispersion,
    widened,
    z_score,
)
from pipelines.measures.distributions import (
    NEAR,
    Counts,
    binomial,
    gamma_quantile,
    poisson,
)
from pipelines.measures.types import Interval, MeasureError, NotEstimable

NOTE: Final = 0.95
ALERT: Final = 0.998
MIN_DENOMINATOR: Final = 10
"""People (or expected events) below which a unit is shown and not judged."""

Kind = Literal["share", "ratio"]
Limits = Literal["exact", "normal", "chi-square"]
Verdict = Literal["well above", "above", "inside", "below", "well below", "too few", "no data"]

METHODS: Final[dict[tuple[Kind, Limits], str]] = {
    ("share", "exact"): "exact binomial limits around the centre",
    ("share", "normal"): "normal limits around the centre (inverse Wilson, UKHSA)",
    ("ratio", "exact"): "exact Poisson limits around the centre",
    ("ratio", "chi-square"): "exact Poisson limits of the expected count, chi-square form",
}
WORDS: Final[dict[Verdict, str]] = {
    "well above": "Above the 99.8% limit: more than chance would give. Look for the reason.",
    "above": "Above the 95% limit, inside the 99.8% limit: worth a note, not an alert.",
    "inside": "Inside the limits: no further from the centre than chance would take it.",
    "below": "Below the 95% limit, inside the 99.8% limit: worth a note, not an alert.",
    "well below": "Below the 99.8% limit: less than chance would give. Look for the reason.",
    "too few": "Too few to judge: shown, not compared.",
    "no data": "No data.",
}
SPREAD_WORDS: Final = "With the spread between units allowed for: "


@dataclass(frozen=True, slots=True)
class FunnelUnit:
    """One unit: x of n, or x observed where `denominator` were expected.

    `value` and the limits are None without data. `verdict` is by chance alone; `adjusted` is the
    verdict with the spread between units allowed for, None where there is no such spread.
    `words` says both.
    """

    code: str
    numerator: int
    denominator: float
    value: float | None
    note_limits: Interval | None
    alert_limits: Interval | None
    adjusted_note_limits: Interval | None
    adjusted_alert_limits: Interval | None
    z: float | None
    verdict: Verdict
    adjusted: Verdict | None
    words: str


@dataclass(frozen=True, slots=True)
class FunnelCurve:
    """The limits at one denominator, for drawing; adjusted ones None where nothing is adjusted."""

    denominator: float
    note: Interval
    alert: Interval
    adjusted_note: Interval | None
    adjusted_alert: Interval | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """All units in the order given, with what they are compared with.

    `expected_notes` is how many of the judged units chance alone would put beyond their 95%
    limits: print it beside the number that are.
    """

    measure: str
    kind: Kind
    limits: Limits
    method: str
    target: float
    target_given: bool
    units: tuple[FunnelUnit, ...]
    judged: int
    expected_notes: float
    min_denominator: float
    dispersion: Dispersion | NotEstimable

    def curve(self, denominators: Sequence[float]) -> tuple[FunnelCurve, ...]:
        """The limits at each denominator > 0; whole numbers where the funnel is of shares."""
        return tuple(_curve(self, n) for n in denominators)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


@lru_cache(maxsize=32)
def _counts(kind: Kind, denominator: float, target: float) -> Counts:
    if kind == "share":
        if denominator != int(denominator):
            raise MeasureError(f"a share needs a whole denominator, not {denominator}")
        return binomial(int(denominator), target, NEAR)
    return poisson(denominator * target, NEAR)


@lru_cache(maxsize=8192)
def chance_limits(
    kind: Kind, denominator: float, target: float, confidence: float, limits: Limits = "exact"
) -> Interval:
    """Limits by chance alone, as a share or ratio; what lies on a limit is inside.

    "exact": quantiles of the binomial (Poisson) distribution of the count, so they move in steps.
    "normal": target +- z sqrt(target (1 - target) / n), cut at 0 and 1; equal to the inverse
    Wilson form of UKHSA's PHEindicatormethods. "chi-square": the exact Poisson limits of a count
    as large as the expected one, divided by it, as in FunnelPlotR; smooth, target 1.
    MeasureError for a kind and a form that do not go together.
    """
    if (kind, limits) not in METHODS:
        raise MeasureError(f"there are no {limits} limits of a {kind}")
    if not (math.isfinite(denominator) and denominator > 0.0):
        raise MeasureError(f"limits need a denominator above 0, not {denominator}")
    tail = (1.0 - confidence) / 2.0
    if limits == "exact":
        low, high = _counts(kind, denominator, target).inside(tail)
        return Interval(low / denominator, high / denominator)
    if limits == "normal":
        reach = _z(confidence) * math.sqrt(target * (1.0 - target) / denominator)
        return Interval(max(0.0, target - reach), min(1.0, target + reach))
    expected = denominator * target
    return Interval(
        gamma_quantile(tail, expected) / denominator,
        gamma_quantile(1.0 - tail, expected + 1.0) / denominator,
    )


def _verdict(value: float, note: Interval, alert: Interval) -> Verdict:
    # limits are counts divided by the same denominator as the value: equal means on the limit
    if value > alert.upper:
        return "well above"
    if value < alert.lower:
        return "well below"
    if value > note.upper:
        return "above"
    return "below" if value < note.lower else "inside"


def _curve(funnel: Funnel, n: float) -> FunnelCurve:
    spread = funnel.dispersion

    def adjusted(confidence: float) -> Interval | None:
        if isinstance(spread, NotEstimable) or not spread.found:
            return None
        return widened(n, funnel.target, _z(confidence), spread)

    def by_chance(confidence: float) -> Interval:
        return chance_limits(funnel.kind, n, funnel.target, confidence, funnel.limits)

    return FunnelCurve(n, by_chance(NOTE), by_chance(ALERT), adjusted(NOTE), adjusted(ALERT))


@lru_cache(maxsize=2048)
def _outside(kind: Kind, n: float, target: float, limits: Interval) -> float:
    """Chance that a unit at the target lies beyond its limits."""
    counts = _counts(kind, n, target)
    # a limit at a count times 1/n may miss that count by a last bit
    low, high = math.ceil(limits.lower * n - 1e-9), math.floor(limits.upper * n + 1e-9)
    return counts.at_most(low - 1) + counts.at_least(high + 1)


def _check(units: Sequence[tuple[str, int, float]], kind: Kind) -> None:
    codes = [code for code, _, _ in units]
    for code in codes:
        if codes.count(code) > 1:
            raise MeasureError(f"unit {code!r} is given twice")
    for code, x, n in units:
        if not (math.isfinite(n) and n >= 0.0 and math.isfinite(x) and x >= 0 and x == int(x)):
            raise MeasureError(f"unit {code!r}: {x} of {n} is not a count and a denominator")
        if kind == "share" and (x > n or n != int(n)):
            raise MeasureError(f"unit {code!r}: {x} of {n} is no share of a whole number")


def _check_settings(kind: Kind, limits: Limits, target: float | None, scale: Scale) -> None:
    if (kind, limits) not in METHODS:
        raise MeasureError(f"there are no {limits} limits of a {kind}")
    if (scale == "arcsine") != (kind == "share"):
        raise MeasureError(f"the {scale} scale does not fit a {kind}")
    if target is not None and not (math.isfinite(target) and target >= 0.0):
        raise MeasureError(f"a target must be a finite number from 0: {target}")
    if target is not None and kind == "share" and target > 1.0:
        raise MeasureError(f"a target share must lie in 0..1: {target}")


def _unit(code: str, x: int, n: float, funnel: Funnel, scale: Scale) -> FunnelUnit:
    if n == 0:
        none = (None,) * 6  # value, four limits, z
        return FunnelUnit(code, x, n, *none, "no data", None, WORDS["no data"])
    at, value = _curve(funnel, n), x / n
    z = None if scale == "logarithm" and not x else z_score(value, n, funnel.target, scale)
    judged = n >= funnel.min_denominator
    verdict: Verdict = _verdict(value, at.note, at.alert) if judged else "too few"
    adjusted: Verdict | None = None
    words = WORDS[verdict]
    if judged and at.adjusted_note is not None and at.adjusted_alert is not None:
        adjusted = _verdict(value, at.adjusted_note, at.adjusted_alert)
        words = f"{words} {SPREAD_WORDS}{WORDS[adjusted][0].lower()}{WORDS[adjusted][1:]}"
    limits = (at.note, at.alert, at.adjusted_note, at.adjusted_alert)
    return FunnelUnit(code, x, n, value, *limits, z, verdict, adjusted, words)


def funnel(
    measure: str,
    units: Sequence[tuple[str, int, float]],
    *,
    kind: Kind = "share",
    limits: Limits = "exact",
    target: float | None = None,
    min_denominator: float = MIN_DENOMINATOR,
    scale: Scale | None = None,
    trim: Trim = "none",
) -> Funnel | NotEstimable:
    """Units (code, numerator, denominator) against limits at 95% and 99.8%.

    The denominator is n for `kind` "share" and the expected number for "ratio". Without `target`
    it is sum of numerators / sum of denominators over all units. `scale` and `trim` are those of
    `dispersion`; the scale is the arcsine for shares and the square root for ratios unless said.
    NotEstimable without data, or where the target leaves chance no room (a share of 0 or 1, a
    ratio of 0). MeasureError on figures that are no counts, or a unit that is given twice.
    """
    used: Scale = scale or ("arcsine" if kind == "share" else "square root")
    _check(units, kind)
    _check_settings(kind, limits, target, used)
    total = math.fsum(n for _, _, n in units)
    if total == 0.0:
        return NotEstimable("Not estimable because no unit has a denominator.", measure)
    aim = sum(x for _, x, _ in units) / total if target is None else target
    if aim == 0.0 or (kind == "share" and aim == 1.0):
        reason = f"the target is {aim:g}, which leaves nothing to chance"
        return NotEstimable(f"Not estimable because {reason}.", measure, math.floor(total))
    large = [(x / n, n) for _, x, n in units if n > 0 and n >= min_denominator]
    beyond = [_outside(kind, n, aim, chance_limits(kind, n, aim, NOTE, limits)) for _, n in large]
    frame = Funnel(
        measure=measure,
        kind=kind,
        limits=limits,
        method=METHODS[kind, limits],
        target=aim,
        target_given=target is not None,
        units=(),
        judged=len(large),
        expected_notes=math.fsum(beyond),
        min_denominator=min_denominator,
        dispersion=dispersion(large, aim, used, trim),
    )
    return replace(frame, units=tuple(_unit(code, x, n, frame, used) for code, x, n in units))
