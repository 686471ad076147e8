"""Slope and relative index of inequality across ordered groups, such as fifths of deprivation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.measures.proportion import normal_quantile
from pipelines.measures.types import Estimate, MeasureError, NotEstimable, Result

SLOPE: Final = "least squares on rank midpoints weighted by group size, robust (HC0) limits"
RELATIVE: Final = "ratio of the fitted ends, delta-method limits on the log scale"
MIN_GROUPS: Final = 3


@dataclass(frozen=True, slots=True)
class Fit:
    """The straight line through shares by rank: value at the first end, slope, covariances."""

    first: float
    slope: float
    var_first: float
    var_slope: float
    covariance: float

    @property
    def last(self) -> float:
        """The fitted share at the last end."""
        return self.first + self.slope


def midpoints(sizes: Sequence[int]) -> list[float]:
    """Each group's middle on the scale from 0 (first end) to 1 (last end), by cumulative size."""
    total, below, found = sum(sizes), 0, []
    for n in sizes:
        found.append((below + n / 2.0) / total)
        below += n
    return found


def fit(counts: Sequence[tuple[int, int]], effects: Sequence[float] = ()) -> Fit:
    """Line through x/n of ordered groups, as if fitted to every person by himself.

    Weighted least squares with the group sizes as weights is ordinary least squares on the
    persons' yes (1) or no (0); the covariance is White's (1980, Econometrica 48:817), which holds
    whatever the variance of each group and also where the line does not fit. `effects` are the
    design effects of the groups, where rows of one person are not independent: how many times
    larger the variance of a group's share is than that of as many people. Source of the index:
    Mackenbach and Kunst 1997, Soc Sci Med 44:757.
    """
    ranks = midpoints([n for _, n in counts])
    total = sum(n for _, n in counts)
    mean = sum(n * r for (_, n), r in zip(counts, ranks, strict=True)) / total
    spread = sum(n * (r - mean) ** 2 for (_, n), r in zip(counts, ranks, strict=True))
    slope = sum(x * (r - mean) for (x, _), r in zip(counts, ranks, strict=True)) / spread
    first = sum(x for x, _ in counts) / total - slope * mean
    # The sum of squared residuals of each group, spread over its share of the estimates.
    v_first = v_slope = cov = 0.0
    for (x, n), rank, effect in zip(counts, ranks, effects or [1.0] * len(counts), strict=True):
        fitted = first + slope * rank
        residual = effect * (x * (1.0 - fitted) ** 2 + (n - x) * fitted**2)
        on_slope = (rank - mean) / spread
        on_first = 1.0 / total - mean * on_slope
        v_first += residual * on_first**2
        v_slope += residual * on_slope**2
        cov += residual * on_first * on_slope
    return Fit(first, slope, v_first, v_slope, cov)


def _line(counts: Sequence[tuple[int, int]], effects: Sequence[float]) -> Fit:
    """The line through the groups that have anybody in them."""
    filled = [place for place, (_, n) in enumerate(counts) if n]
    return fit([counts[i] for i in filled], [effects[i] for i in filled] if effects else ())


def _checked(measure: str, counts: Sequence[tuple[int, int]]) -> NotEstimable | None:
    for x, n in counts:
        if n < 0 or not 0 <= x <= n:
            raise MeasureError(f"{x} of {n} is no proportion")
    n = sum(n for _, n in counts)
    filled = [pair for pair in counts if pair[1]]
    if len(filled) < MIN_GROUPS:
        why = f"fewer than {MIN_GROUPS} groups have anybody in them"
        return NotEstimable(f"Not estimable because {why}.", measure, n)
    if all(x == 0 for x, _ in filled) or all(x == n for x, n in filled):
        return NotEstimable("Not estimable because all groups are alike.", measure, n)
    return None


def slope_index(
    measure: str,
    counts: Sequence[tuple[int, int]],
    *,
    confidence: float = 0.95,
    effects: Sequence[float] = (),
) -> Result:
    """Fitted share at the first end minus that at the last, from (x, n) of ordered groups.

    With groups ordered from most to least deprived: how much higher the share is among the most
    deprived, in the whole population's gradient. Empty groups count as absent.
    """
    nothing = _checked(measure, counts)
    if nothing:
        return nothing
    line = _line(counts, effects)
    half = normal_quantile(confidence) * math.sqrt(line.var_slope)
    n = sum(n for _, n in counts)
    return Estimate(
        measure, -line.slope, -line.slope - half, -line.slope + half, None, n, (), SLOPE,
        "difference", confidence,
    )  # fmt: skip


def relative_index(
    measure: str,
    counts: Sequence[tuple[int, int]],
    *,
    confidence: float = 0.95,
    effects: Sequence[float] = (),
) -> Result:
    """Fitted share at the first end divided by that at the last; 1 means no gradient.

    NotEstimable where the line leaves 0 to 1 at an end, so that a ratio would mean nothing.
    """
    nothing = _checked(measure, counts)
    if nothing:
        return nothing
    line = _line(counts, effects)
    n = sum(n for _, n in counts)
    if min(line.first, line.last) <= 0.0:
        why = "the fitted line falls below 0 at one end"
        return NotEstimable(f"Not estimable because {why}.", measure, n)
    value = line.first / line.last
    # d log(first/last): first has 1/first - 1/last, slope has -1/last
    on_first, on_slope = 1.0 / line.first - 1.0 / line.last, -1.0 / line.last
    variance = (
        on_first**2 * line.var_first
        + on_slope**2 * line.var_slope
        + 2.0 * on_first * on_slope * line.covariance
    )
    factor = math.exp(normal_quantile(confidence) * math.sqrt(variance))
    return Estimate(
        measure, value, value / factor, value * factor, None, n, (), RELATIVE, "ratio", confidence
    )
