"""Limits of a share whose rows are finer than people: several rows of one person tell less.

Two contacts of one person, or an advice and the referral that followed it, are alike more often
than those of two people. Wilson's limits are therefore taken at the effective sample size, the
number of rows divided by the design effect. Where every person has one row the design effect is 1
and the limits are Wilson's own, to the last place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pipelines.measures.proportion import normal_quantile, share
from pipelines.measures.types import Estimate, Exclusions, Interval, MeasureError, Result

CLUSTERED: Final = "Wilson score at the effective sample size, rows of one patient together"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Ordered pairs of two different rows of one person, counted over all people.

    With n_c rows and x_c hits of person c: `n` = sum of n_c (n_c - 1), `hit` = sum of
    x_c (n_c - 1), the pairs whose first row is a hit, `both` = sum of x_c (x_c - 1). They add up
    over people, and over the months and sites that the two rows of a pair are from.
    """

    n: int
    hit: int
    both: int

    def __post_init__(self) -> None:
        """Refuse what no rows can give."""
        if not 0 <= self.both <= self.hit <= self.n:
            raise MeasureError(f"no rows have such pairs: {self}")


def effective_size(x: int, n: int, pairs: Pairs) -> float:
    """Rows that would tell as much if each were another person's; `n` where there are no pairs.

    The variance is that of a ratio of totals by Taylor linearisation with people as clusters
    (sum over people of (x_c - p n_c)^2), its small-sample factor C/(C - 1) at the effective number
    of people C = n^2 / sum of n_c^2, divided by that of n people with a row each. A design effect
    below 1 is taken as 1. At 0 and 100 % nothing tells how alike rows of one person are: they are
    taken as fully alike, which leaves C. One person alone counts as one row.

    Source: Korn and Graubard 1998, Survey Methodology 24:193; Wilson's limits at this size: Dean
    and Pagano 2015, J Surv Stat Methodol 3:484.
    """
    if n < 1 or not 0 <= x <= n:
        raise MeasureError(f"{x} of {n} is no proportion: 0 <= numerator <= denominator is needed")
    if not pairs.n:
        return float(n)
    people = n * n / (n + pairs.n)
    if x in (0, n) or people <= 1.0:
        return people
    p = x / n
    together = pairs.both - 2.0 * p * pairs.hit + p * p * pairs.n
    effect = 1.0 + together / (n * p * (1.0 - p))
    effect *= people / (people - 1.0) * (n - 1.0) / n
    return max(1.0, n / max(1.0, effect))


def wilson_at(value: float, size: float, confidence: float = 0.95) -> Interval:
    """Wilson score limits of a share that rests on `size` rows, not necessarily a whole number."""
    z2 = normal_quantile(confidence) ** 2
    spread = math.sqrt(z2 * z2 + 4.0 * z2 * size * value * (1.0 - value))
    middle = 2.0 * size * value + z2
    lower = 0.0 if value == 0.0 else (middle - spread) / (2.0 * (size + z2))
    upper = 1.0 if value == 1.0 else (middle + spread) / (2.0 * (size + z2))
    return Interval(min(value, max(0.0, lower)), max(value, min(1.0, upper)))


def clustered_share(
    measure: str,
    x: int,
    n: int,
    pairs: Pairs,
    exclusions: Exclusions = (),
    *,
    confidence: float = 0.95,
    empty: str = "nobody is in the denominator",
) -> Result:
    """x of n rows as an estimate whose limits know which rows are of one person."""
    size = effective_size(x, n, pairs) if n else 0.0
    if size == n:
        return share(measure, x, n, exclusions, confidence=confidence, empty=empty)
    limits = wilson_at(x / n, size, confidence)
    return Estimate(
        measure, x / n, limits.lower, limits.upper, x, n, exclusions, CLUSTERED, "share", confidence
    )


def size_behind(result: Estimate) -> float:
    """The sample size that Wilson's limits of a share were taken at, from their width.

    The denominator where rows of one person were not taken together.
    """
    if result.method != CLUSTERED or result.lower is None or result.upper is None:
        return float(result.denominator)
    z2 = normal_quantile(result.confidence) ** 2
    # With k = z^2 / size: width^2 (1 + k)^2 = 4 p (1 - p) k + k^2, a quadratic in k.
    wide = (result.upper - result.lower) ** 2
    noise = 4.0 * result.value * (1.0 - result.value)
    half = noise / 2.0 - wide
    k = wide / (half + math.sqrt(half * half + wide * (1.0 - wide)))
    return z2 / k
