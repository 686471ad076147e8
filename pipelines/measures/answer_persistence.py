"""How many are still symptomatic past 8 weeks? (K6)"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import numpy as np

from pipelines.measures.answers import CountParts, Persistence, ResolutionStep, StatusCount
from pipelines.measures.case_reason import CONTRADICT
from pipelines.measures.coded import numbers
from pipelines.measures.persistence import PERSISTENT, STATUSES, LandmarkShare, landmark_share
from pipelines.measures.query import Row
from pipelines.measures.survival import SurvivalCurve, kaplan_meier
from pipelines.measures.types import Estimate, Exclusions, NotEstimable, Result

LANDMARKS: Final = {6: 42, 8: 56}
MIN_RISK: Final = 8
RISK_DAYS: Final = (0, 14, 28, 42, 56, 84)
METHOD: Final = "Kaplan-Meier from onset, delayed entry, log-log limits"


def persistence(found: Sequence[Row], times: Sequence[Row], months: Sequence[Row]) -> Persistence:
    """Rows of `persistence.sql`, `resolution.sql` and `persistence_by_month.sql` -> the answer."""
    seen = [row for row in found if row["seen"]]
    left_out = (("NO_CONTACT", _count(found, lambda row: not row["seen"])),)
    curve, censored = _curve(times)
    timed_out = (*left_out, *censored)
    mature, immature = _months(months)
    start = None if curve.start is None else int(curve.start)
    return Persistence(
        n_episodes=_count(seen, lambda row: True),
        exclusions=left_out,
        now=_parts("persisting_now", [row for row in seen if row["persisting_now"]]),
        ever=_parts("persisting_ever", [r for r in seen if r["persist_8w"] == PERSISTENT]),
        crossing_soon=_count(seen, lambda row: row["crossing_soon"]),
        share_8_weeks=_share(seen, 8, left_out, mature_only=True),
        share_6_weeks=_share(seen, 6, left_out, mature_only=True),
        share_due=_share(seen, 8, left_out, mature_only=False),
        estimated_8_weeks=_estimate(curve, 8, timed_out),
        estimated_6_weeks=_estimate(curve, 6, timed_out),
        estimated_from_day=start,
        events_before_start=curve.events_before,
        n_at_risk=tuple(zip(RISK_DAYS, curve.at_risk(RISK_DAYS).tolist(), strict=True)),
        curve=_steps(curve),
        statuses=tuple(_status(seen, status) for status in STATUSES),
        mature_months=mature,
        immature_months=immature,
    )


def _count(found: Sequence[Row], holds: Callable[[Row], bool]) -> int:
    return sum(row["n"] for row in found if holds(row))


def _parts(measure: str, past: Sequence[Row]) -> CountParts:
    cohort: Counter[str] = Counter()
    better: Counter[str] = Counter()
    for row in past:
        cohort[row["cohort"]] += row["n"]
        better[row["improvement"]] += row["n"]
    total = sum(cohort.values())
    arrived, crossed = cohort["prevalent"], cohort["incident"]
    not_improved = better["censored"] + better["escalated"]
    return CountParts(
        measure,
        total,
        arrived,
        crossed,
        total - arrived - crossed,
        better["improved"],
        not_improved,
        better["escalated"],
        total - better["improved"] - not_improved,
    )


def _share(
    seen: Sequence[Row], weeks: int, left_out: Exclusions, *, mature_only: bool
) -> LandmarkShare:
    """Share among those seen within 8 weeks of onset; each other episode under one reason.

    Maturity depends on the dates of onset and of the data only, never on the outcome, so leaving
    out the immature does not bend the share; keeping them does, because recoveries are known
    before persistence can be.
    """
    late = _count(seen, lambda row: row["cohort"] == "prevalent")
    unknown = _count(seen, lambda row: row["cohort"] not in ("prevalent", "incident"))
    reasons = (*left_out, ("ARRIVED_PAST_8_WEEKS", late), ("COHORT_UNKNOWN", unknown))
    cohort = [row for row in seen if row["cohort"] == "incident"]
    if mature_only:
        young = _count(cohort, lambda row: not row["mature"])
        reasons = (*reasons, ("NOT_MATURE", young))
        cohort = [row for row in cohort if row["mature"]]
    counts: Counter[str] = Counter()
    for row in cohort:
        counts[row[f"persist_{weeks}w"]] += row["n"]
    return landmark_share(counts, weeks=weeks, exclusions=reasons)


def _status(seen: Sequence[Row], status: str) -> StatusCount:
    rows = [row for row in seen if row["persist_8w"] == status]
    cohort = [row for row in rows if row["cohort"] == "incident"]
    return StatusCount(
        status,
        _count(rows, lambda row: True),
        _count(cohort, lambda row: True),
        _count(cohort, lambda row: row["mature"]),
    )


def _curve(times: Sequence[Row]) -> tuple[SurvivalCurve, Exclusions]:
    """The curve of those still symptomatic, and who is not in it."""
    begins, ends = numbers(times, "res_entry"), numbers(times, "res_exit")
    event, n = numbers(times, "res_event", 0.0) > 0, numbers(times, "n").astype(np.int64)
    known = np.isfinite(begins) & np.isfinite(ends)
    # A diary that began before the first contact can show the end before it.
    backwards = known & (ends < begins)
    resolved = int(n[backwards & event].sum())
    never = int(n[known & (ends >= begins) & (ends < 0)].sum())
    timed = known & (ends >= np.maximum(begins, 0.0))
    curve = kaplan_meier(
        ends[timed], event[timed], begins[timed], count=n[timed], min_risk=MIN_RISK
    )
    early = 0 if curve.start is None else int(n[timed].sum()) - curve.n
    early -= 0 if curve.start is None else curve.no_length
    reasons = (
        ("ONSET_UNKNOWN", int(n[~known].sum())),
        ("RESOLVED_BEFORE_SEEN", resolved),
        ("NO_FOLLOW_UP", curve.no_length + int(n[backwards].sum()) - resolved),
        ("LEFT_BEFORE_START", early),
        *(((CONTRADICT, never),) if never else ()),
    )
    return curve, reasons


def _estimate(curve: SurvivalCurve, weeks: int, left_out: Exclusions) -> Result:
    measure, day = f"persistence_estimated_{weeks}_weeks", LANDMARKS[weeks]
    if curve.start is None:
        reason = f"Not estimable because fewer than {MIN_RISK} were ever under observation at once."
        return NotEstimable(reason, measure, curve.n, left_out)
    point = curve.at(day)
    if point is None:
        reason = f"Not estimable because nobody was followed to day {day} from onset"
        if day < curve.start:
            reason = (
                f"Not estimable because {MIN_RISK} people are first under observation at once "
                f"after day {curve.start:.0f} from onset, which is later than day {day}"
            )
        return NotEstimable(f"{reason}.", measure, curve.n, left_out)
    method = METHOD
    if curve.start > 0:
        method += f"; given still symptomatic after day {curve.start:.0f}"
    return Estimate(measure, point.value, point.lower, point.upper, None, curve.n, left_out, method)


def _steps(curve: SurvivalCurve) -> tuple[ResolutionStep, ...]:
    # Column by column: to ask the curve for each of its days takes longer than to estimate it.
    limits = (
        [None if math.isnan(value) else value for value in column.tolist()]
        for column in (curve.lower, curve.upper)
    )
    days, n, still = (each.tolist() for each in (curve.time, curve.n_risk, curve.surv))
    return tuple(
        ResolutionStep(int(day), *row) for day, *row in zip(days, n, still, *limits, strict=True)
    )


def _months(months: Sequence[Row]) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """(mature, immature) months of first contact; a month is mature when every site's is."""
    mature: dict[date, bool] = {}
    for row in months:
        if row["month"] is None:  # what has no date is in no month
            continue
        mature[row["month"]] = mature.get(row["month"], True) and bool(row["mature"])
    return (
        tuple(sorted(month for month, yes in mature.items() if yes)),
        tuple(sorted(month for month, yes in mature.items() if not yes)),
    )
