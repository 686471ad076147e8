"""The share with an event by a day, when all that is known is between which two days it came.

Improvement is seen at a visit; it came about at some time after the visit before. A curve that
dates it on the day it was seen is late, and who is seen without it and never again leaves the
curve just when it would have been seen, which pulls the other way. Maximum likelihood over the
intervals uses what is known and no more: an event in (left, right], or not yet on day `left`.

Within each step between two `knots` events are spread evenly. With every day a knot this is the
nonparametric estimate of Turnbull 1976, J R Stat Soc B 38:290-295; with few knots the number of
unknowns stays the same however many people there are, so that ordinary limits hold.

Assumes that the days of the visits do not depend on the course between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.lately import Lately
from pipelines.measures.proportion import normal_quantile
from pipelines.measures.risk import Floats
from pipelines.measures.types import MeasureError

LATELY: Final = Lately["IntervalCurve"](24)
GAP: Final = 1e-7
"""The logarithm of the likelihood is at most this far from its maximum."""
DAMPS: Final = (1e-8, 1e-3, 0.1, 10.0)
ROUNDS: Final = 2_000
EMPTY: Final = 1e-12
UNSETTLED: Final = 0.5
"""A standard error of a share beyond this says that the data do not settle it."""


@dataclass(frozen=True, slots=True)
class IntervalPoint:
    """F(day), its standard error (None where the data do not settle F) and log-log limits."""

    value: float
    se: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class IntervalCurve:
    """`mass[j]` lies evenly in (knots[j], knots[j + 1]]; the last one after the last knot.

    `knots` (k + 1,), `mass` (k + 1,), `covariance` (k + 1, k + 1). `n` people, `events` of them
    with the event, `reach` the last day on which anybody was seen (with or without it).
    """

    knots: Floats
    mass: Floats
    covariance: Floats
    n: int
    events: int
    reach: float
    confidence: float

    def weights(self, day: float) -> Floats:
        """How much of each mass lies on or before the day, (k + 1,)."""
        width = np.diff(self.knots)
        within: Floats = np.append(np.clip((day - self.knots[:-1]) / width, 0.0, 1.0), 0.0)
        return within

    def at(self, day: float) -> IntervalPoint | None:
        """F(day); None where nobody was seen so late, or nobody at all."""
        if not self.n or day > self.reach:
            return None
        own = self.weights(day)
        value = float(np.clip(own @ self.mass, 0.0, 1.0))
        se = math.sqrt(max(0.0, float(own @ self.covariance @ own)))
        if se > UNSETTLED:
            return IntervalPoint(value, None, None, None)
        low, high = limits(value, se, self.confidence)
        return IntervalPoint(value, se, low, high)


def limits(value: float, se: float, confidence: float = 0.95) -> tuple[float | None, float | None]:
    """Log-log limits of a share; (None, None) at 0 and 1, where they are not defined."""
    if not 1e-9 < value < 1.0 - 1e-9:
        return None, None
    reach = min(normal_quantile(confidence) * se / abs(value * np.log(value)), 700.0)
    return float(value ** np.exp(reach)), float(value ** np.exp(-reach))


def interval_curve(
    left: ArrayLike,
    right: ArrayLike,
    knots: ArrayLike,
    *,
    count: ArrayLike | None = None,
    confidence: float = 0.95,
) -> IntervalCurve:
    """Maximum likelihood of the day of an event known to lie in (left, right].

    `left` (n,) is the last day seen without the event (0 at the start), `right` (n,) the day on
    which it was seen, infinite or NaN where it never was; `knots` ascend from 0. Knots are added
    after the last one where events reach beyond it. Newton steps, and where one fails a step
    towards the best single mass, until the largest directional derivative proves the likelihood to
    be within GAP of its maximum. Standard errors: inverse of the observed
    information on the masses that are not zero, which add up to one. MeasureError for a left end
    that is missing, negative or not before its right end.
    """
    low, high, n, steps = _checked(left, right, knots, count)
    return LATELY.get(
        (low, high, n, steps), (confidence,), lambda: _curve(low, high, n, steps, confidence)
    )


def _curve(low: Floats, high: Floats, n: Floats, steps: Floats, confidence: float) -> IntervalCurve:
    finite = np.isfinite(high)
    if not n.sum():
        none = np.zeros(len(steps))
        return IntervalCurve(steps, none, np.diag(none), 0, 0, 0.0, confidence)
    inside = _overlap(low, high, steps)
    mass = _maximise(inside, n)
    seen = np.where(finite, high, low)
    return IntervalCurve(
        steps,
        mass,
        _covariance(inside, n, mass),
        int(n.sum()),
        int(n[finite].sum()),
        float(seen.max()),
        confidence,
    )


def _checked(
    left: ArrayLike, right: ArrayLike, knots: ArrayLike, count: ArrayLike | None
) -> tuple[Floats, Floats, Floats, Floats]:
    low = np.atleast_1d(np.asarray(left, dtype=np.float64))
    high = np.atleast_1d(np.asarray(right, dtype=np.float64))
    high = np.where(np.isnan(high), np.inf, high)
    n = np.ones(low.shape) if count is None else np.atleast_1d(np.asarray(count, dtype=np.float64))
    if not low.shape == high.shape == n.shape:
        raise MeasureError(f"ends of intervals differ in length: {low.shape}, {high.shape}")
    if not bool(np.all(np.isfinite(low)) and np.all(low >= 0.0) and np.all(low < high)):
        raise MeasureError("an interval must begin on day 0 or later and before it ends")
    steps = np.atleast_1d(np.asarray(knots, dtype=np.float64))
    if len(steps) < 2 or steps[0] != 0.0 or not bool(np.all(np.diff(steps) > 0.0)):
        raise MeasureError("knots must ascend from 0")
    finite = high[np.isfinite(high)]
    last = float(finite.max()) if finite.size else 0.0
    while steps[-1] < last:  # each step half as long again as the one before
        steps = np.append(steps, steps[-1] + 1.5 * (steps[-1] - steps[-2]))
    if bool(np.all((np.diff(low) > 0.0) | ((np.diff(low) == 0.0) & (high[1:] > high[:-1])))):
        return low, high, n, steps  # folded already, as counts are
    rows, place = np.unique(np.column_stack((low, high)), axis=0, return_inverse=True)
    total = np.zeros(len(rows))
    np.add.at(total, place.reshape(-1), n)
    return rows[:, 0], rows[:, 1], total, steps


def _overlap(low: Floats, high: Floats, knots: Floats) -> Floats:
    """(rows, k + 1) which part of each step lies in the interval of a row."""
    begin, end = knots[:-1], knots[1:]
    shared = np.minimum(high[:, None], end) - np.maximum(low[:, None], begin)
    part = np.clip(shared / (end - begin), 0.0, 1.0)
    inside: Floats = np.column_stack((part, np.isinf(high)))
    return inside


@dataclass(frozen=True, slots=True)
class _Place:
    """Masses (k + 1,), the chance of each row under them, and the logarithm of the likelihood."""

    mass: Floats
    chance: Floats
    height: float


def _maximise(inside: Floats, n: Floats) -> Floats:
    """Masses (k + 1,) of the largest likelihood, which is concave: every maximum is as large."""
    total, free = n.sum(), inside.any(axis=0)
    mass: Floats = free / free.sum()
    chance = inside @ mass
    at = _Place(mass, chance, float(n @ np.log(chance)))
    for _ in range(ROUNDS):
        slope = inside.T @ (n / at.chance) - total
        if slope[free].max() < GAP:
            break
        better = None
        for damp in DAMPS:
            better = _along(inside, n, at, _newton(inside, n, at, slope, damp))
            if better is not None:
                break
        else:
            # Towards the mass that promises most (Wu 1978, Ann Stat 6:1296-1301): always upwards.
            goal = np.zeros_like(at.mass)
            goal[int(np.where(free, slope, -np.inf).argmax())] = 1.0
            better = _along(inside, n, at, goal - at.mass)
        if better is None:
            break  # no step is long enough to be told from none
        at = better
    return at.mass


def _newton(inside: Floats, n: Floats, at: _Place, slope: Floats, damp: float) -> Floats:
    """A projected Newton step (Bertsekas 1982, SIAM J Control Optim 20:221-246).

    Masses that are zero and want to be less stay so; the others move together, the more along
    the slope the larger `damp` is.
    """
    moving = np.flatnonzero((at.mass > EMPTY) | (slope > 0.0))
    own = inside[:, moving]
    bend = (own * (n / at.chance**2)[:, None]).T @ own
    # Two masses that no interval tells apart would make it singular.
    bend.flat[:: len(moving) + 1] += damp * bend.diagonal().max()
    way = np.zeros_like(at.mass)
    way[moving] = np.linalg.solve(bend, slope[moving])
    return way


def _along(inside: Floats, n: Floats, at: _Place, way: Floats) -> _Place | None:
    """The first point of halved steps that is more likely; cut at zero, adding up to one."""
    pace = 1.0
    while pace > 1e-4:
        tried = np.maximum(at.mass + pace * way, 0.0)
        tried /= tried.sum() or 1.0
        chance = inside @ tried
        if chance.min() > 0.0:
            height = float(n @ np.log(chance))
            if height > at.height:
                return _Place(tried, chance, height)
        pace /= 2.0
    return None


def _covariance(inside: Floats, n: Floats, mass: Floats) -> Floats:
    """(k + 1, k + 1) of the masses, which add up to one.

    A mass that was estimated as zero counts as unknown all the same: taken as known, it would
    make the limits too narrow, since in truth it is seldom zero.
    """
    found = np.zeros((len(mass), len(mass)))
    free = np.flatnonzero(inside.any(axis=0))
    own = inside[:, free]
    information = (own * (n / (own @ mass[free]) ** 2)[:, None]).T @ own
    # What the data do not tell at all becomes very uncertain instead of an error.
    information[np.diag_indices(len(free))] += 1e-10 * information.diagonal().max()
    inverse = np.linalg.inv(information)
    ones = inverse.sum(axis=1)
    found[np.ix_(free, free)] = inverse - np.outer(ones, ones) / ones.sum()
    return found
