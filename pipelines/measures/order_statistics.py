"""Quantiles of values that are fully observed, with limits that assume no distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.distributions import binomial
from pipelines.measures.proportion import normal_quantile
from pipelines.measures.types import (
    Estimate,
    Exclusions,
    MeasureError,
    NotEstimable,
    Result,
    Unit,
)

MIN_N = 8
"""Below this many values no quantile is shown."""
METHOD = "sample quantile (type 1), limits from order statistics"


def _ranks(n: int, q: float, confidence: float) -> tuple[int | None, int | None]:
    """Ranks (from 1) of the order statistics that enclose the quantile; None: no such rank.

    X(l) and X(u) with P(B < l) <= a/2 and P(B >= u) <= a/2 for B binomial(n, q). The interval
    has at least the stated confidence. Source: Conover 1999, Practical Nonparametric Statistics,
    section 3.2.
    """
    tail = (1.0 - confidence) / 2.0
    counts = binomial(n, q)
    below = np.cumsum(counts.probability)  # P(B <= k), k from the first count on
    above = np.cumsum(counts.probability[::-1])  # P(B >= k), k from the last count down
    lower = counts.first + int(np.count_nonzero(below <= tail))
    upper = counts.first + len(above) - int(np.count_nonzero(above <= tail))
    return lower or None, upper if upper <= n else None


def quantile(
    measure: str,
    values: ArrayLike,
    q: float,
    exclusions: Exclusions = (),
    *,
    unit: Unit = "days",
    confidence: float = 0.95,
) -> Result:
    """The q-quantile of values given with their counts: the smallest with at least q below or at.

    `values` are pairs (value, count), shape (k, 2).
    Not shown below 8 values. A limit is None where too few values lie on that side.
    """
    if not 0.0 < q < 1.0:
        raise MeasureError(f"{measure}: a quantile lies between 0 and 1, both excluded: {q}")
    normal_quantile(confidence)
    pairs = np.array(values, np.float64).reshape(-1, 2)
    pairs = pairs[pairs[:, 1] > 0]
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    passed = np.cumsum(pairs[:, 1])
    total = int(passed[-1]) if len(passed) else 0
    if not bool(np.isfinite(pairs[:, 0]).all()):
        raise MeasureError(f"{measure}: a value is not a finite number")
    if total < MIN_N:
        reason = f"Not shown: {total} values; a quantile needs at least {MIN_N}."
        return NotEstimable(reason, measure, total, exclusions)

    def at(rank: int) -> float:
        return float(pairs[np.searchsorted(passed, rank), 0])

    low, high = _ranks(total, q, confidence)
    # the product q * total can exceed a whole number by a last bit
    value = at(max(1, math.ceil(q * total - 1e-9)))
    return Estimate(
        measure,
        value,
        at(low) if low else None,
        at(high) if high else None,
        None,
        total,
        exclusions,
        METHOD,
        unit,
        confidence,
    )
