"""Binomial, Poisson and gamma probabilities, without a statistics library at run time.

Probabilities of counts are built outwards from the most likely count by the ratio of neighbours
and then divided by their sum, so no large factorial is ever formed and tails keep their precision.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.measures.risk import Floats
from pipelines.measures.types import MeasureError

REACH = 42.0
"""Half-width of the window in standard deviations; what lies outside is below 1e-200."""

NEAR: Final = 12.0
"""The same for limits and their tails: what lies outside is below 1e-30, and cannot move the last
bit of a chance above 1e-12."""

FAINT: Final = 1e-40
"""Weights below it cannot move the last bit of a sum of at least 1, and slow it down tenfold."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Probabilities of the counts first, first + 1, ...; outside they are 0 to double precision."""

    first: int
    probability: Floats

    def at_most(self, x: int) -> float:
        """P(X <= x)."""
        place = x - self.first + 1
        return 0.0 if place <= 0 else min(1.0, _total(self.probability[:place]))

    def at_least(self, x: int) -> float:
        """P(X >= x)."""
        place = max(0, x - self.first)
        return min(1.0, _total(self.probability[place:]))

    def inside(self, tail: float) -> tuple[int, int]:
        """(low, high): the counts that are not in either tail.

        A count below `low` has P(X <= x) < tail, one above `high` has P(X >= x) <= tail. Both are
        the usual quantiles: the smallest counts with P(X <= x) >= tail and >= 1 - tail.
        """
        below = np.cumsum(self.probability)
        above = np.cumsum(self.probability[::-1])[::-1]  # P(X >= x), small tails kept exact
        low = int(np.searchsorted(below, tail, side="left"))
        high = int(np.flatnonzero(above > tail)[-1])
        return self.first + min(low, len(below) - 1), self.first + high


def _outwards(low: int, up: Floats, down: Floats) -> Counts:
    """From ratios to neighbours: `up` above the mode, `down` below it as far as `low`."""
    with np.errstate(under="ignore"):
        right, left = np.exp(np.cumsum(np.log(up))), np.exp(np.cumsum(np.log(down)))
    weights = np.concatenate((left[::-1], [1.0], right))
    return Counts(low, weights / _total(weights[weights > FAINT]))


def _total(found: Floats) -> float:
    """In the longest floats there are: as exact as a sum without rounding, and much faster."""
    return float(found.sum(dtype=np.longdouble))


def binomial(n: int, p: float, reach: float = REACH) -> Counts:
    """Counts out of n, each with chance p; MeasureError unless n >= 0 and 0 <= p <= 1.

    `reach` is the half-width of the window in standard deviations: NEAR for whoever asks for no
    chance below 1e-12.
    """
    if n < 0 or not 0.0 <= p <= 1.0:
        raise MeasureError(f"no binomial distribution has n = {n} and p = {p}")
    if p in (0.0, 1.0) or n == 0:
        return Counts(n if p == 1.0 else 0, np.ones(1))
    mode = min(n, int((n + 1) * p))
    width = int(reach * math.sqrt(n * p * (1.0 - p)) + 4 * reach)
    low, high = max(0, mode - width), min(n, mode + width)
    rising, falling = np.arange(mode, high), np.arange(mode, low, -1)
    odds = p / (1.0 - p)
    return _outwards(low, (n - rising) / (rising + 1) * odds, falling / (n - falling + 1) / odds)


def poisson(mean: float, reach: float = REACH) -> Counts:
    """Counts with a mean; MeasureError unless it is finite and at least 0. `reach`: as above."""
    if not math.isfinite(mean) or mean < 0.0:
        raise MeasureError(f"no Poisson distribution has the mean {mean}")
    if mean == 0.0:
        return Counts(0, np.ones(1))
    mode = int(mean)
    width = int(reach * math.sqrt(mean) + 4 * reach)
    low, high = max(0, mode - width), mode + width
    rising, falling = np.arange(mode, high), np.arange(mode, low, -1)
    return _outwards(low, mean / (rising + 1), falling / mean)


def gamma_at_most(shape: float, x: float) -> float:
    """P(G <= x) of a gamma variable with scale 1, by its power series (all terms positive).

    Twice such a variable is chi-square with 2 * shape degrees of freedom, and
    P(Poisson(x) >= k) = gamma_at_most(k, x). Source: Abramowitz and Stegun 6.5.29.
    """
    if not (math.isfinite(shape) and shape > 0.0):
        raise MeasureError(f"no gamma distribution has the shape {shape}")
    if not x > 0.0:
        return 0.0
    if not math.isfinite(x):
        return 1.0
    log_first = shape * math.log(x) - x - math.lgamma(shape + 1.0)
    term, total, k = 1.0, 1.0, 0
    while term > total * 1e-17:
        k += 1
        term *= x / (shape + k)
        total += term
        if total > 1e250:  # a long climb before the terms fall: keep the size in the logarithm
            log_first += math.log(total)
            term, total = term / total, 1.0
    return min(1.0, math.exp(log_first + math.log(total)))


def gamma_quantile(probability: float, shape: float) -> float:
    """The x with gamma_at_most(shape, x) = probability, by bisection to machine precision."""
    if not 0.0 < probability < 1.0:
        raise MeasureError(f"a probability between 0 and 1 is needed, not {probability}")
    low, high = 0.0, shape + 20.0 + 12.0 * math.sqrt(shape + 1.0)
    while gamma_at_most(shape, high) < probability:
        high *= 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if gamma_at_most(shape, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
