"""Do units differ by more than chance? Overdispersion around a target, and limits that allow it.

Source: Spiegelhalter 2005, Stat Med 24:1185-1202 and Qual Saf Health Care 14:347-351 (additive
random effects); the transformations are those that NHS mortality indicators use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from pipelines.measures.distributions import gamma_at_most
from pipelines.measures.risk import Floats
from pipelines.measures.types import Interval, MeasureError, NotEstimable

Scale = Literal["arcsine", "square root", "logarithm"]
"""Where z scores are taken: shares on the arcsine of the square root; ratios on the square root
(Care Quality Commission) or the logarithm (summary hospital mortality indicator)."""

Trim = Literal["none", "winsorise", "truncate"]
TRIMMED: Final = 0.1
MIN_UNITS: Final = 4
"""Units below which the spread between them is not estimated."""


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Spread between units: `phi` = mean squared z score, 1 when chance alone is at work.

    `tau2` is the variance between units on `scale`, 0 when chance explains the spread. `p_value`
    is the chance of squared z scores adding up to as much or more without any real spread
    (chi-square, units - 1 degrees of freedom; no trimming). `units` took part.
    """

    scale: Scale
    trim: Trim
    units: int
    phi: float
    tau2: float
    p_value: float

    @property
    def found(self) -> bool:
        """True when limits have to be widened: more spread than chance gives."""
        return self.tau2 > 0.0


def transformed(value: float, scale: Scale) -> float:
    """A share or ratio on the scale of the z scores; MeasureError for the logarithm of 0."""
    if scale == "arcsine":
        return math.asin(math.sqrt(min(1.0, max(0.0, value))))
    if scale == "square root":
        return math.sqrt(value)
    if value <= 0.0:
        raise MeasureError("a ratio of 0 has no logarithm; use the square root scale")
    return math.log(value)


def back(value: float, scale: Scale) -> float:
    """The share or ratio that belongs to a place on the scale; beyond its ends, the end."""
    if scale == "arcsine":
        return math.sin(min(math.pi / 2, max(0.0, value))) ** 2
    return max(0.0, value) ** 2 if scale == "square root" else math.exp(value)


def standard_error(denominator: float, scale: Scale, target: float) -> float:
    """Of one unit by chance alone, on the scale; denominator is n (shares) or expected (ratios)."""
    if scale == "arcsine":
        return 0.5 / math.sqrt(denominator)
    if scale == "square root":
        return 0.5 / math.sqrt(denominator)
    return 1.0 / math.sqrt(denominator * target)


def z_score(value: float, denominator: float, target: float, scale: Scale) -> float:
    """How many standard errors a unit lies from the target, on the scale."""
    apart = transformed(value, scale) - transformed(target, scale)
    return apart / standard_error(denominator, scale, target)


def _trim(z: Floats, error: Floats, trim: Trim) -> tuple[Floats, Floats]:
    """(z scores, standard errors) after the tails, a tenth at each end, are drawn in or cut off."""
    if trim == "none":
        return z, error
    low, high = np.quantile(z, [TRIMMED, 1.0 - TRIMMED])
    if trim == "winsorise":
        return np.clip(z, low, high), error
    kept = (z > low) & (z < high)
    return z[kept], error[kept]


def dispersion(
    units: Sequence[tuple[float, float]], target: float, scale: Scale, trim: Trim = "none"
) -> Dispersion | NotEstimable:
    """Spread of units (value, denominator > 0) around `target`.

    tau2 = max(0, (k phi - (k - 1)) / (sum w - sum w^2 / sum w)) with w = 1 / standard error^2 and
    k units. Trimming protects the estimate from the units that it is meant to find; with a few
    clinics it throws away most of what is known, so the default is none.
    """
    if len(units) < MIN_UNITS:
        reason = f"there are {len(units)} units to judge and {MIN_UNITS} are needed"
        return NotEstimable(f"Spread between units not estimable because {reason}.")
    if scale == "logarithm" and any(value <= 0.0 for value, _ in units):
        reason = "a unit without an event has no logarithm; the square root scale takes it"
        return NotEstimable(f"Spread between units not estimable because {reason}.")
    z = np.array([z_score(value, n, target, scale) for value, n in units])
    error = np.array([standard_error(n, scale, target) for _, n in units])
    kept, its_error = _trim(z, error, trim)
    k = len(kept)
    if k < 2:
        reason = "fewer than 2 units are left after trimming"
        return NotEstimable(f"Spread between units not estimable because {reason}.")
    phi, w = float((kept**2).mean()), its_error**-2.0
    tau2 = max(0.0, (k * phi - (k - 1)) / float(w.sum() - (w**2).sum() / w.sum()))
    beyond = 1.0 - gamma_at_most((len(z) - 1) / 2.0, float((z**2).sum()) / 2.0)
    return Dispersion(scale, trim, len(units), phi, tau2, max(0.0, beyond))


def widened(denominator: float, target: float, z: float, spread: Dispersion) -> Interval:
    """Limits at +-z standard errors that include the spread between units, on the raw scale."""
    error = standard_error(denominator, spread.scale, target)
    reach = z * math.sqrt(error**2 + spread.tau2)
    middle = transformed(target, spread.scale)
    return Interval(back(middle - reach, spread.scale), back(middle + reach, spread.scale))
