"""Cumulative incidence with competing events (Aalen-Johansen), exact on ties.

Written here because a common implementation moves tied times at random, and data by the day are
nearly all ties: the same file would give a different curve on each run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.lately import Lately
from pipelines.measures.proportion import normal_quantile
from pipelines.measures.risk import Floats, Ints, People, RiskTable, people, risk_table
from pipelines.measures.types import MeasureError

LATELY: Final = Lately["IncidenceCurve"](8)
AT_ONCE: Final = 500_000
"""The size of a table of people by times that is worked out in one go."""


@dataclass(frozen=True, slots=True)
class IncidencePoint:
    """F_k(t) with limits; None = no limit defined (no event of that kind yet, or all had it)."""

    value: float
    lower: float | None
    upper: float | None
    events: int


@dataclass(frozen=True, slots=True)
class IncidenceCurve:
    """One row per distinct time at which somebody leaves.

    `time`, `n_risk`, `surv` have shape (m,); `n_event`, `cif`, `se`, `lower`, `upper` have shape
    (causes, m) with cause k in row k - 1. At each time sum(cif) + surv = 1. `start` and
    `events_before` as in `SurvivalCurve`. `errors_of` are the causes that have errors and limits;
    those of others were not asked for and are NaN.
    """

    time: Floats
    n_risk: Ints
    n_event: Ints
    surv: Floats
    cif: Floats
    se: Floats
    lower: Floats
    upper: Floats
    n: int
    events_before: int
    no_length: int
    start: float | None
    confidence: float
    people: People
    errors_of: tuple[int, ...]

    @property
    def last(self) -> float | None:
        """Largest time under observation, None for an empty curve."""
        return float(self.time[-1]) if self.time.size else None

    def at_risk(self, times: ArrayLike) -> Ints:
        """Numbers at risk at each time, shape (k,)."""
        return self.people.at_risk(times)

    def at(self, t: float, cause: int) -> IncidencePoint | None:
        """F_cause(t), or None where it is not defined (before the start, beyond the end).

        Beyond the last observed time F is unknown unless nobody was left without an event.
        """
        if not 1 <= cause <= len(self.cif):
            raise MeasureError(f"there is no cause {cause}; causes are 1 to {len(self.cif)}")
        if cause not in self.errors_of:
            raise MeasureError(f"the limits of cause {cause} were not asked for")
        if self.start is None or self.last is None or t < self.start:
            return None
        if t > self.last and self.surv[-1] > 0.0:
            return None
        place = int(np.searchsorted(self.time, t, side="right")) - 1
        if place < 0:
            return IncidencePoint(0.0, None, None, 0)
        low, high = self.lower[cause - 1, place], self.upper[cause - 1, place]
        return IncidencePoint(
            float(self.cif[cause - 1, place]),
            None if np.isnan(low) else float(low),
            None if np.isnan(high) else float(high),
            int(self.n_event[cause - 1, : place + 1].sum()),
        )


def aalen_johansen(
    exit: ArrayLike,
    cause: ArrayLike,
    entry: ArrayLike | None = None,
    *,
    count: ArrayLike | None = None,
    causes: int = 2,
    min_risk: int = 0,
    confidence: float = 0.95,
    errors_of: tuple[int, ...] | None = None,
) -> IncidenceCurve:
    """F_k(t) = sum over event times u <= t of S(u-) d_k(u) / n(u), S over all causes together.

    `cause` is 0 for censored, else 1..causes; `errors_of` the causes whose errors and limits are
    wanted (None: all); other arguments as in `kaplan_meier`. Source: Aalen
    and Johansen 1978, Scand J Stat 5:141-150. Standard error: infinitesimal jackknife, as in R's
    `survfit`. Limits: F^exp(-+z se / (F ln F)), which stay inside 0..1.
    """
    wanted = tuple(range(1, causes + 1)) if errors_of is None else errors_of
    group = people(exit, cause, entry, count)
    given = (group.entry, group.exit, group.cause, group.count)
    asked = (group.no_length, causes, min_risk, confidence)
    return LATELY.get(
        given, (*asked, wanted), lambda: _curve(group, causes, min_risk, confidence, wanted)
    )


def _curve(
    group: People, causes: int, min_risk: int, confidence: float, wanted: tuple[int, ...]
) -> IncidenceCurve:
    table = risk_table(group, causes, min_risk)
    surv, cif, se = _incidence(table, wanted)
    lower, upper = limits(cif, se, confidence)
    return IncidenceCurve(
        table.time,
        table.n_risk,
        table.n_event,
        surv,
        cif,
        se,
        lower,
        upper,
        n=table.people.n,
        events_before=table.events_before,
        no_length=group.no_length,
        start=table.start,
        confidence=confidence,
        people=table.people,
        errors_of=wanted,
    )


def _incidence(table: RiskTable, wanted: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    """(S (m,), F (causes, m), standard error (causes, m), NaN for a cause that is not wanted): at
    once, or step by step where a table of people by times would be large."""
    if len(table.people.exit) * len(table.time) <= AT_ONCE:
        return at_once(table, wanted)
    surv, cif, se = _step_by_step(table)
    for k in range(len(se)):
        if k + 1 not in wanted:
            se[k] = np.nan
    return surv, cif, se


def at_once(table: RiskTable, wanted: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
    """`_step_by_step` written out: how S moves is -S times a running sum over the times so far."""
    rows, n = table.people, table.n_risk.astype(np.float64)
    hazards = table.n_event / n
    hazard = hazards.sum(axis=0)
    alive = table.n_event.sum(axis=0) < table.n_risk
    surv = np.cumprod((table.n_risk - table.n_event.sum(axis=0)) / n)
    before = np.concatenate(([1.0], surv[:-1]))
    cif = np.cumsum(before * hazards, axis=1)
    at_risk = (rows.entry[:, None] < table.time) & (rows.exit[:, None] >= table.time)
    leaves = rows.exit[:, None] == table.time
    own = leaves & (rows.cause > 0)[:, None]
    # Once nobody is left, S is 0 and stays so, whatever anybody weighs.
    steps = np.where(
        alive, (own - at_risk * hazard) / (n * np.where(alive, 1.0 - hazard, 1.0)), 0.0
    )
    d_surv = -surv * np.cumsum(steps, axis=1)
    d_before = np.concatenate((np.zeros((len(d_surv), 1)), d_surv[:, :-1]), axis=1)
    se = np.full_like(cif, np.nan)
    for k in (each - 1 for each in wanted):
        mine = leaves & (rows.cause == k + 1)[:, None]
        moved = d_before * hazards[k] + before * (mine - at_risk * hazards[k]) / n
        se[k] = np.sqrt(rows.count @ np.cumsum(moved, axis=1) ** 2)
    return surv, cif, se


def _step_by_step(table: RiskTable) -> tuple[Floats, Floats, Floats]:
    """(S (m,), F (causes, m), standard error (causes, m)).

    The jackknife follows how S and each F would move if one person weighed a little more
    (`d_surv`, `d_cif`); people with the same times and event move alike, so one row stands for
    all of them and their squared influences are multiplied by their number.
    """
    rows, n_risk, n_event = table.people, table.n_risk, table.n_event
    causes, m = n_event.shape
    surv, cif, se = np.ones(m), np.zeros((causes, m)), np.zeros((causes, m))
    d_surv, d_cif = np.zeros(len(rows.exit)), np.zeros((causes, len(rows.exit)))
    kinds = np.arange(1, causes + 1)[:, None]
    s, f = 1.0, np.zeros(causes)
    for j, t in enumerate(table.time):
        if n_event[:, j].any():
            n = float(n_risk[j])
            hazards = n_event[:, j] / n
            hazard = float(n_event[:, j].sum()) / n
            at_risk = (rows.entry < t) & (rows.exit >= t)
            own = (rows.exit == t) & (rows.cause == kinds)
            d_hazards = (own - at_risk * hazards[:, None]) / n
            d_cif += d_surv * hazards[:, None] + s * d_hazards
            f = f + s * hazards
            d_surv = d_surv * (1.0 - hazard) - s * d_hazards.sum(axis=0)
            s *= float(n_risk[j] - n_event[:, j].sum()) / n
        surv[j], cif[:, j] = s, f
        se[:, j] = np.sqrt((d_cif**2 * rows.count).sum(axis=1))
    return surv, cif, se


def limits(cif: Floats, se: Floats, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Log-log limits of F; NaN where F is 0 or 1."""
    z = normal_quantile(confidence)
    defined = (cif > 0.0) & (cif < 1.0 - 1e-12)
    inner = np.where(defined, cif, 0.5)
    reach = z * se / np.abs(inner * np.log(inner))
    lower = np.where(defined, inner ** np.exp(reach), np.nan)
    upper = np.where(defined, inner ** np.exp(-reach), np.nan)
    return lower, upper
