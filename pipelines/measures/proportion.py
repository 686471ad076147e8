"""Shares, rates and differences of shares, with limits that hold for small numbers.

All functions take whole counts. Empty input gives None or `NotEstimable`, never NaN and never 0 %.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Final, Literal

from pipelines.measures.distributions import gamma_quantile
from pipelines.measures.types import (
    Estimate,
    Exclusions,
    Interval,
    MeasureError,
    NotEstimable,
    Result,
)

BYAR_FROM: Final = 10
"""Events from which Byar's approximation replaces the exact Poisson limits (UKHSA practice)."""

WILSON: Final = "Wilson score"
NEWCOMBE: Final = "Newcombe method 10"


@cache
def normal_quantile(confidence: float) -> float:
    """z for a two-sided interval, e.g. 1.959964 for 0.95; MeasureError outside (0, 1)."""
    if not 0.0 < confidence < 1.0:
        raise MeasureError(f"confidence must lie between 0 and 1, both excluded: {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


def _check(x: int, n: int) -> None:
    if n < 0 or not 0 <= x <= n:
        raise MeasureError(f"{x} of {n} is no proportion: 0 <= numerator <= denominator is needed")


def wilson(x: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Wilson score limits of x/n, or None for n = 0.

    Source: Wilson 1927, J Am Stat Assoc 22:209-212; the form used for English public health data.
    The limits at x = 0 and x = n are set to exactly 0 and 1, which rounding would otherwise miss.
    """
    _check(x, n)
    z = normal_quantile(confidence)
    if n == 0:
        return None
    z2 = z * z
    spread = z * math.sqrt(z2 + 4.0 * x * (n - x) / n)
    lower = 0.0 if x == 0 else (2.0 * x + z2 - spread) / (2.0 * (n + z2))
    upper = 1.0 if x == n else (2.0 * x + z2 + spread) / (2.0 * (n + z2))
    return Interval(max(0.0, lower), min(1.0, upper))


def share(
    measure: str,
    x: int,
    n: int,
    exclusions: Exclusions = (),
    *,
    confidence: float = 0.95,
    empty: str = "nobody is in the denominator",
) -> Result:
    """x of n as an estimate with Wilson limits; NotEstimable(empty) for n = 0."""
    limits = wilson(x, n, confidence)
    if limits is None:
        return NotEstimable(f"Not estimable because {empty}.", measure, 0, exclusions)
    return Estimate(
        measure, x / n, limits.lower, limits.upper, x, n, exclusions, WILSON, "share", confidence
    )


def newcombe(
    measure: str,
    x1: int,
    n1: int,
    x2: int,
    n2: int,
    *,
    confidence: float = 0.95,
) -> Result:
    """Difference x1/n1 - x2/n2 with square-and-add limits of two independent groups.

    Source: Newcombe 1998, Stat Med 17:873-890, method 10 (Wilson limits, no continuity
    correction). The groups must not share members. The denominator given is n1 + n2.
    """
    first, second = wilson(x1, n1, confidence), wilson(x2, n2, confidence)
    if first is None or second is None:
        return NotEstimable(
            "Not estimable because one of the two groups is empty.", measure, n1 + n2
        )
    p1, p2 = x1 / n1, x2 / n2
    lower = (p1 - p2) - math.hypot(p1 - first.lower, second.upper - p2)
    upper = (p1 - p2) + math.hypot(first.upper - p1, p2 - second.lower)
    return Estimate(
        measure,
        p1 - p2,
        max(-1.0, lower),
        min(1.0, upper),
        None,
        n1 + n2,
        (),
        NEWCOMBE,
        "difference",
        confidence,
    )


def poisson_exact(x: int, confidence: float = 0.95) -> Interval:
    """Exact limits of a count: the means at which x or more, x or fewer, have probability a/2.

    Source: Garwood 1936, Biometrika 28:437-442; equal to the chi-square form
    chi2(a/2; 2x)/2 and chi2(1 - a/2; 2x + 2)/2, here as quantiles of the gamma distribution.
    """
    if x < 0:
        raise MeasureError(f"a count cannot be negative: {x}")
    normal_quantile(confidence)
    tail = (1.0 - confidence) / 2.0
    upper = gamma_quantile(1.0 - tail, x + 1.0)
    return Interval(gamma_quantile(tail, float(x)) if x else 0.0, upper)


def poisson_byar(x: int, confidence: float = 0.95) -> Interval:
    """Byar's approximation to the limits of a count; meant for x >= 10.

    Source: Breslow and Day 1987, Statistical Methods in Cancer Research vol II, p 69.
    """
    if x < 1:
        raise MeasureError(f"Byar's limits need at least one event: {x}; use poisson_exact")
    z = normal_quantile(confidence)
    lower = x * (1.0 - 1.0 / (9.0 * x) - z / (3.0 * math.sqrt(x))) ** 3
    above = x + 1
    upper = above * (1.0 - 1.0 / (9.0 * above) + z / (3.0 * math.sqrt(above))) ** 3
    return Interval(max(0.0, lower), upper)


def rate(
    measure: str,
    events: int,
    exposure: float,
    *,
    n: int,
    per: float = 1.0,
    confidence: float = 0.95,
    method: Literal["auto", "exact", "byar"] = "auto",
) -> Result:
    """Events per `per` units of exposure (e.g. person-days); exact below 10 events, else Byar.

    `n` is the number of people or episodes behind the exposure, printed as the denominator.
    """
    if exposure < 0 or not math.isfinite(exposure):
        raise MeasureError(f"exposure must be a finite number from 0: {exposure}")
    if exposure == 0 or n == 0:
        return NotEstimable("Not estimable because there is no time at risk.", measure, n)
    exact = method == "exact" or (method == "auto" and events < BYAR_FROM)
    limits = (poisson_exact if exact else poisson_byar)(events, confidence)
    scale = per / exposure
    return Estimate(
        measure,
        events * scale,
        limits.lower * scale,
        limits.upper * scale,
        events,
        n,
        (),
        "exact Poisson" if exact else "Byar",
        "rate",
        confidence,
    )
