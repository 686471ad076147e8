"""How soon do people get better? (K3, K4, K5)"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

import duckdb

from pipelines.measures.answers import Improvement, IncidenceAt, IncidenceStep
from pipelines.measures.case_query import grouped
from pipelines.measures.case_reason import CONTRADICT
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.proportion import share
from pipelines.measures.query import Row
from pipelines.measures.survival import (
    IncidenceCurve,
    SurvivalCurve,
    aalen_johansen,
    kaplan_meier,
)
from pipelines.measures.types import Estimate, Exclusions, Median, NotEstimable, Result

CODES: Final = {"censored": 0, "improved": 1, "escalated": 2}
RISK_DAYS: Final = (0, 14, 28, 42, 56, 84)
SHARE_DAYS: Final = (42, 56, 84)
MEAN_DAYS: Final = 84
MEDIAN_MIN_N: Final = 8
MEDIAN_MIN_EVENTS: Final = 3
AJ: Final = "Aalen-Johansen, infinitesimal jackknife, log-log limits"
KM: Final = "Kaplan-Meier, cause-specific, log-log limits"
EMPTY: Final = "nobody has a first score with a later score or an escalation after it"


def improvement(found: Sequence[Row], gaps: Sequence[Row]) -> Improvement:
    """Rows of `sql/improvement.sql` and of `sql/score_gap.sql` -> the answer."""
    seen = [row for row in found if row["seen"]]
    dated = [row for row in seen if row["tti_event"] in CODES and row["tti_days"] is not None]
    timed = [row for row in dated if row["tti_days"] >= 0]
    left_out = _reasons(found, timed)
    days = [row["tti_days"] for row in timed]
    kinds = [CODES[row["tti_event"]] for row in timed]
    count = [row["n"] for row in timed]
    curve = aalen_johansen(days, kinds, count=count)
    alone = kaplan_meier(days, [int(kind == 1) for kind in kinds], count=count)
    n_seen = sum(row["n"] for row in seen)
    mean, tau = _mean(alone, left_out)
    return Improvement(
        n_episodes=n_seen,
        n_followed=sum(count),
        n_improved=sum(n for n, kind in zip(count, kinds, strict=True) if kind == 1),
        n_escalated=sum(n for n, kind in zip(count, kinds, strict=True) if kind == 2),
        exclusions=left_out,
        two_scores=share(
            "improvement_two_scores",
            sum(row["n"] for row in seen if row["two_scores"]),
            n_seen,
            empty="no episode in the selection has an evaluated contact",
        ),
        curve=_steps(curve),
        n_at_risk=tuple(zip(RISK_DAYS, curve.at_risk(RISK_DAYS).tolist(), strict=True)),
        at=tuple(_at(curve, day, left_out) for day in SHARE_DAYS),
        median=_median(alone, left_out),
        restricted_mean=mean,
        restricted_mean_days=tau,
        median_gap_days=_median_gap(gaps),
        last_day=None if curve.last is None else int(curve.last),
    )


def improvement_under(
    cur: duckdb.DuckDBPyConnection, flt: Filter, definition: str, usual: Improvement
) -> Improvement:
    """The answer under another definition of improvement; what does not depend on it is `usual`'s.

    `definition` is a part of the measure `median_by_definition`.
    """
    names = {number: code for code, number in CODES.items()}
    found = [
        {
            "seen": row["reason"] != "NO_CONTACT",
            "tti_event": None if row["reason"] else names[row["event"]],
            "tti_days": row["exit"],
            "tti_reason": row["reason"],
            "two_scores": False,
            "n": row["n"],
        }
        for row in grouped(cur, measure("median_by_definition"), flt, ())
        if row["part"] == definition
    ]
    told = improvement(found, ())
    return replace(told, two_scores=usual.two_scores, median_gap_days=usual.median_gap_days)


def _median_gap(gaps: Sequence[Row]) -> float | None:
    """Median of days that are counted; of an even number the mean of the two in the middle."""
    n = sum(row["n"] for row in gaps)
    if not n:
        return None
    ordered = sorted(gaps, key=lambda row: int(row["gap_days"]))
    reached = list(accumulate(row["n"] for row in ordered))
    middle = [
        ordered[bisect_left(reached, place)]["gap_days"] for place in ((n + 1) // 2, n // 2 + 1)
    ]
    return float(sum(middle)) / 2


def _reasons(found: Sequence[Row], timed: Sequence[Row]) -> Exclusions:
    """Why the others have no time, each episode under one reason; reasons in a fixed order."""
    kept = {id(row) for row in timed}
    reasons: Counter[str] = Counter()
    for row in found:
        if not row["seen"]:
            reasons["NO_CONTACT"] += row["n"]
        elif id(row) not in kept:
            never = row["tti_days"] is not None and row["tti_days"] < 0
            reasons[row["tti_reason"] or (CONTRADICT if never else "no_baseline")] += row["n"]
    return tuple(sorted(reasons.items()))


def _steps(curve: IncidenceCurve) -> tuple[IncidenceStep, ...]:
    if not curve.n:
        return ()
    start = IncidenceStep(0, curve.n, 0.0, None, None, 0.0, None, None, 1.0)
    steps = [] if curve.time[0] == 0.0 else [start]
    # Column by column: to ask the curve for each of its days takes longer than to estimate it.
    first, second = ((curve.cif[k], curve.lower[k], curve.upper[k]) for k in (0, 1))
    columns = [
        [None if math.isnan(value) else value for value in column.tolist()]
        for column in (*first, *second, curve.surv)
    ]
    days = zip(curve.time.tolist(), curve.n_risk.tolist(), strict=True)
    for (day, n), *row in zip(days, *columns, strict=True):
        steps.append(IncidenceStep(int(day), n, *row))
    return tuple(steps)


def _at(curve: IncidenceCurve, day: int, left_out: Exclusions) -> IncidenceAt:
    def one(measure: str, cause: int) -> Result:
        if not curve.n:
            return NotEstimable(f"Not estimable because {EMPTY}.", measure, 0, left_out)
        point = curve.at(day, cause)
        if point is None:
            reason = f"Not estimable because nobody was followed to day {day}"
            return NotEstimable(f"{reason} (last: {curve.last:.0f}).", measure, curve.n, left_out)
        return Estimate(
            measure,
            min(1.0, point.value),
            point.lower,
            point.upper,
            point.events,
            curve.n,
            left_out,
            AJ,
        )

    return IncidenceAt(day, one("improvement_by_day", 1), one("escalation_first_by_day", 2))


def _median(curve: SurvivalCurve, left_out: Exclusions) -> Median | NotEstimable:
    measure = "time_to_improvement_median"
    if curve.n < MEDIAN_MIN_N or curve.events < MEDIAN_MIN_EVENTS:
        reason = (
            f"Not shown: {curve.n} followed and {curve.events} improved; a median needs at least "
            f"{MEDIAN_MIN_N} and {MEDIAN_MIN_EVENTS}."
        )
        return NotEstimable(reason, measure, curve.n, left_out)
    value, lower, upper = curve.median()
    return Median(measure, value, lower, upper, curve.n, curve.events, left_out, KM)


def _mean(curve: SurvivalCurve, left_out: Exclusions) -> tuple[Result, int | None]:
    measure = "improvement_restricted_mean"
    mean = curve.restricted_mean(MEAN_DAYS)
    if mean is None:
        return NotEstimable(f"Not estimable because {EMPTY}.", measure, 0, left_out), None
    estimate = Estimate(
        measure,
        mean.value,
        mean.lower,
        mean.upper,
        None,
        curve.n,
        left_out,
        f"area under Kaplan-Meier to day {mean.tau:.0f}",
        "days",
    )
    return estimate, int(mean.tau)
