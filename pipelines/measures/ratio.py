"""Ratios of two independent shares or rates, with limits that hold for small numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from pipelines.measures.distributions import binomial
from pipelines.measures.proportion import normal_quantile
from pipelines.measures.types import Estimate, MeasureError, NotEstimable, Result

KOOPMAN: Final = "Koopman score"
CONDITIONAL: Final = "exact, conditional on the sum of events"
STEPS: Final = 200
NONE_BELOW: Final = "nobody in the group compared with had it, so there is no ratio"


def _bisect(inside: Callable[[float], bool], known: float, outside: float) -> float:
    """Border between `known`, where `inside` holds, and `outside`, where it does not."""
    for _ in range(STEPS):
        middle = 0.5 * (known + outside)
        if middle in (known, outside):
            break
        known, outside = (middle, outside) if inside(middle) else (known, middle)
    return known


def _score(x1: float, n1: float, x2: float, n2: float, ratio: float) -> float:
    """Score statistic (squared) of the hypothesis p1 = ratio * p2.

    The shares under the hypothesis are the root of a quadratic: Koopman 1984, Biometrics
    40:513-517, in the form of Miettinen and Nurminen 1985, Stat Med 4:213-226, without their
    n/(n - 1).
    """
    a = (n1 + n2) * ratio
    b = -(n1 * ratio + x1 + n2 + x2 * ratio)
    c = float(x1 + x2)
    # the smaller root, in the form that loses no digits
    second = 2.0 * c / (-b + math.sqrt(max(0.0, b * b - 4.0 * a * c)))
    second = min(second, 1.0, 1.0 / ratio)
    first = ratio * second
    variance = first * (1.0 - first) / n1 + ratio * ratio * second * (1.0 - second) / n2
    away = x1 / n1 - ratio * x2 / n2
    if variance <= 0.0:
        return 0.0 if abs(away) < 1e-15 else math.inf
    return away * away / variance


def ratio_of_shares(
    measure: str,
    x1: int,
    n1: int,
    x2: int,
    n2: int,
    *,
    confidence: float = 0.95,
    sizes: tuple[float, float] | None = None,
) -> Result:
    """(x1/n1) / (x2/n2) of two groups without common members, with Koopman's score limits.

    A limit of None means that the data set none on that side. NotEstimable where a group is empty
    or nobody in the second group had it; the denominator given is n1 + n2. `sizes`: the effective
    sample sizes that the limits rest on, where rows of one person are not independent.
    """
    for x, n in ((x1, n1), (x2, n2)):
        if n < 0 or not 0 <= x <= n:
            raise MeasureError(f"{x} of {n} is no proportion")
    if n1 == 0 or n2 == 0:
        reason = "Not estimable because one of the two groups is empty."
        return NotEstimable(reason, measure, n1 + n2)
    if x2 == 0:
        return NotEstimable(f"Not estimable because {NONE_BELOW}.", measure, n1 + n2)
    bound = normal_quantile(confidence) ** 2
    value = (x1 / n1) / (x2 / n2)
    size1, size2 = sizes or (n1, n2)
    told1, told2 = (x1 / n1 * size1, x2 / n2 * size2) if sizes else (x1, x2)

    def holds(log_ratio: float) -> bool:
        return _score(told1, size1, told2, size2, math.exp(log_ratio)) <= bound

    centre = math.log(value) if value > 0 else -40.0
    lower = 0.0 if value == 0 else math.exp(_bisect(holds, centre, centre - 40.0))
    upper = math.exp(
        _bisect(holds, _inside(holds, centre) if value == 0 else centre, centre + 80.0)
    )
    return Estimate(
        measure, value, min(lower, value), max(upper, value), None, n1 + n2, (), KOOPMAN, "ratio",
        confidence,
    )  # fmt: skip


def _inside(holds: Callable[[float], bool], start: float) -> float:
    """With no event in the first group every small enough ratio holds."""
    while not holds(start):  # pragma: no cover - at exp(-40) the score is below any bound used
        start -= 20.0
    return start


def ratio_of_rates(
    measure: str,
    events1: int,
    exposure1: float,
    events2: int,
    exposure2: float,
    *,
    n: int,
    confidence: float = 0.95,
) -> Result:
    """(events1/exposure1) / (events2/exposure2) of two independent Poisson counts.

    Given their sum, the first count is binomial; the limits are the exact ones of its chance
    (Clopper and Pearson 1934, Biometrika 26:404), turned into a ratio. `n` is the number of
    people or episodes behind both, printed as the denominator.
    """
    if min(events1, events2) < 0 or not all(
        math.isfinite(e) and e >= 0 for e in (exposure1, exposure2)
    ):
        raise MeasureError("events and exposures must be finite numbers from 0")
    if exposure1 == 0 or exposure2 == 0 or n == 0:
        return NotEstimable("Not estimable because there is no time at risk.", measure, n)
    if events2 == 0:
        return NotEstimable(f"Not estimable because {NONE_BELOW}.", measure, n)
    normal_quantile(confidence)
    tail, total = (1.0 - confidence) / 2.0, events1 + events2
    scale = exposure2 / exposure1

    def odds(chance: float) -> float:
        return scale * chance / (1.0 - chance)

    value = scale * events1 / events2
    centre = events1 / total
    low = (
        _bisect(lambda p: binomial(total, p).at_least(events1) >= tail, centre, 0.0)
        if events1
        else 0.0
    )
    high = _bisect(lambda p: binomial(total, p).at_most(events1) >= tail, centre, 1.0)
    return Estimate(
        measure, value, min(odds(low), value), max(odds(high), value), None, n, (), CONDITIONAL,
        "ratio", confidence,
    )  # fmt: skip
