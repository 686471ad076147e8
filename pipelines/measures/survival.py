"""Time to an event: Kaplan-Meier and Aalen-Johansen, exact on ties, with delayed entry.

Times are in days. Curves are step functions; arrays are numpy float64, counts are int64. A limit
that is not defined (no event yet, or everyone had it) is NaN inside a curve's array and None in
whatever is read from it by `at`, `median` or `cumulative`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.competing import IncidenceCurve, aalen_johansen
from pipelines.measures.lately import Lately
from pipelines.measures.proportion import normal_quantile
from pipelines.measures.risk import Floats, Ints, People, people, risk_table

__all__ = [
    "IncidenceCurve",
    "SurvivalCurve",
    "SurvivalPoint",
    "aalen_johansen",
    "kaplan_meier",
]


LATELY: Final = Lately["SurvivalCurve"](8)
HALF: Final = 0.5 + 1e-12
"""One half reached by products such as 0.8 * 0.625 must not be missed by a last bit."""


@dataclass(frozen=True, slots=True)
class SurvivalPoint:
    """S(t) with limits; None = no limit defined there."""

    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Days without the event up to `tau`; `se` in days, limits by normal approximation."""

    value: float
    lower: float
    upper: float
    tau: float
    se: float


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A Kaplan-Meier estimate; one row per distinct time at which somebody leaves, shape (m,).

    `start` is the time after which the curve is defined: 0 unless a minimum risk set was asked
    for and is first reached later. Then the curve is conditional on having no event up to `start`,
    and `events_before` counts the events left out. `start` None: the minimum is never reached
    and the curve has no rows.
    """

    time: Floats
    n_risk: Ints
    n_event: Ints
    surv: Floats
    se: Floats
    lower: Floats
    upper: Floats
    n: int
    events: int
    events_before: int
    no_length: int
    start: float | None
    confidence: float
    people: People

    @property
    def last(self) -> float | None:
        """Largest time under observation, None for an empty curve."""
        return float(self.time[-1]) if self.time.size else None

    def at_risk(self, times: ArrayLike) -> Ints:
        """Numbers at risk (entry < t <= exit) at each time, shape (k,)."""
        return self.people.at_risk(times)

    def at(self, t: float) -> SurvivalPoint | None:
        """S(t), or None where the curve is not defined: before its start, or beyond its end.

        Beyond the last observed time S is unknown unless it had already fallen to 0.
        """
        if self.start is None or self.last is None or t < self.start:
            return None
        if t > self.last and self.surv[-1] > 0.0:
            return None
        place = int(np.searchsorted(self.time, t, side="right")) - 1
        if place < 0:
            return SurvivalPoint(1.0, None, None)
        return SurvivalPoint(
            float(self.surv[place]), _number(self.lower[place]), _number(self.upper[place])
        )

    def quantile_time(self, values: Floats) -> float | None:
        """First time at which `values` (S or one of its limits) is at or below one half."""
        reached = np.flatnonzero(values <= HALF)
        return float(self.time[reached[0]]) if reached.size else None

    def median(self) -> tuple[float | None, float | None, float | None]:
        """(median, lower, upper) in days; None = not reached.

        First time with S <= 0.5; the limits invert the log-log band in the same way
        (Brookmeyer and Crowley 1982, Biometrics 38:29-41, with the log-log transformation).
        """
        return (
            self.quantile_time(self.surv),
            self.quantile_time(np.where(np.isnan(self.lower), np.inf, self.lower)),
            self.quantile_time(np.where(np.isnan(self.upper), np.inf, self.upper)),
        )

    def restricted_mean(self, tau: float) -> RestrictedMean | None:
        """Area under S from the start to `tau`; None for an empty curve.

        When nobody was followed to `tau` (and S is above 0 there), the largest observed time
        takes its place: print `tau` of the answer. Variance: Klein and Moeschberger 2003,
        Survival Analysis, eq 4.5.2.
        """
        if self.start is None or self.last is None or tau <= self.start:
            return None
        end = tau if (self.last >= tau or self.surv[-1] <= 0.0) else self.last
        inside = self.time < end
        edges = np.concatenate(([self.start], self.time[inside], [end]))
        steps = np.concatenate(([1.0], self.surv[inside])) * np.diff(edges)
        # area still to come after each event, which is what a change of that step moves
        ahead = np.cumsum(steps[::-1])[::-1][1:]
        d, n = self.n_event[inside].astype(float), self.n_risk[inside].astype(float)
        parts = np.zeros_like(n)
        np.divide(ahead**2 * d, n * (n - d), out=parts, where=n > d)
        area, se = float(steps.sum()), float(np.sqrt(parts.sum()))
        spread, width = normal_quantile(self.confidence) * se, float(end - self.start)
        return RestrictedMean(
            area, max(0.0, area - spread), min(width, area + spread), float(end), se
        )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def log_log_limits(surv: Floats, se: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Limits S^exp(+-z se / (S ln S)); NaN where S is 0 or 1.

    Source: Kalbfleisch and Prentice 1980, The Statistical Analysis of Failure Time Data, p 15.
    """
    z = normal_quantile(confidence)
    defined = (surv > 0.0) & (surv < 1.0)
    inner = np.where(defined, surv, 0.5)
    reach = z * se / np.abs(inner * np.log(inner))
    lower = np.where(defined, inner ** np.exp(reach), np.nan)
    upper = np.where(defined, inner ** np.exp(-reach), np.nan)
    return lower, upper


def kaplan_meier(
    exit: ArrayLike,
    event: ArrayLike,
    entry: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    min_risk: int = 0,
    confidence: float = 0.95,
) -> SurvivalCurve:
    """Probability of having no event yet, S(t) = prod(1 - d/n) over the event times up to t.

    `exit`, `event` (0 or 1), `entry` and `count` have shape (n,); see `risk.people`. With
    `min_risk` the curve begins where that many are first at risk (see `SurvivalCurve.start`):
    under delayed entry the first risk sets can be of one or two, and one event among them would
    pull the whole curve down. Source: Kaplan and Meier 1958, J Am Stat Assoc 53:457-481;
    variance: Greenwood 1926, S^2 sum d / (n (n - d)).
    """
    group = people(exit, event, entry, count)
    given = (group.entry, group.exit, group.cause, group.count)
    asked = (group.no_length, min_risk, confidence)
    return LATELY.get(given, asked, lambda: _curve(group, min_risk, confidence))


def _curve(group: People, min_risk: int, confidence: float) -> SurvivalCurve:
    table = risk_table(group, 1, min_risk)
    n_event = table.n_event[0]
    surv, se = _product_limit(table.n_risk, n_event)
    lower, upper = log_log_limits(surv, se, confidence)
    return SurvivalCurve(
        table.time,
        table.n_risk,
        n_event,
        surv,
        se,
        lower,
        upper,
        n=table.people.n,
        events=int(n_event.sum()),
        events_before=table.events_before,
        no_length=group.no_length,
        start=table.start,
        confidence=confidence,
        people=table.people,
    )


def _product_limit(n_risk: Ints, n_event: Ints) -> tuple[Floats, Floats]:
    """(S, Greenwood standard error), both (m,); the error is 0 once S is 0."""
    n, d = n_risk.astype(np.float64), n_event.astype(np.float64)
    surv = np.cumprod((n - d) / n)
    terms = np.zeros_like(n)
    np.divide(d, n * (n - d), out=terms, where=n > d)
    return surv.astype(np.float64), (surv * np.sqrt(np.cumsum(terms))).astype(np.float64)
