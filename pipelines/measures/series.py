"""Monthly series with control charts, and the same figures by site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb

from pipelines.measures.catalogue import measure as defined
from pipelines.measures.filter import Filter
from pipelines.measures.persistence import LandmarkShare, landmark_share
from pipelines.measures.proportion import share
from pipelines.measures.query import Row, rows
from pipelines.measures.spc import SpcChart, p_chart
from pipelines.measures.spc_phases import Rebase, phase_starts
from pipelines.measures.types import Result

UNKNOWN_SITE: Final = "unknown"


@dataclass(frozen=True, slots=True)
class ChartAs:
    """How a series is charted: the profile, recorded re-basings, and the target (a share).

    Nothing here is guessed from the data: without annotations there is one phase.
    """

    profile: str = "nhsr"
    rebases: tuple[Rebase, ...] = ()
    target: float | None = None


DEFAULT_CHART: Final = ChartAs()


@dataclass(frozen=True, slots=True)
class MonthPoint:
    """One month: x of n, the share with limits, and whether the month can still change.

    `bounds` is set for persistence only: the share between its best and worst case.
    """

    month: date
    numerator: int
    denominator: int
    estimate: Result
    mature: bool
    bounds: LandmarkShare | None = None


@dataclass(frozen=True, slots=True)
class MonthlySeries:
    """Every month from the first to the last with data, gaps included (denominator 0).

    `chart.points[i]` belongs to `points[i]`.
    """

    measure: str
    points: tuple[MonthPoint, ...]
    chart: SpcChart


@dataclass(frozen=True, slots=True)
class SitePoint:
    """One site over the whole selection; `site_id` "unknown" where the export gave none."""

    site_id: str
    site_name: str
    numerator: int
    denominator: int
    estimate: Result
    bounds: LandmarkShare | None = None


Counts = dict[str, int]
MonthPointParts = tuple[int, int, Result, LandmarkShare | None]


def _add(found: Sequence[Row]) -> Counts:
    """Sum of the whole-number columns of rows of one group."""
    total: Counts = {}
    for row in found:
        for name, value in row.items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[name] = total.get(name, 0) + value
    return total


def _months(found: Sequence[Row]) -> list[tuple[date, list[Row]]]:
    """Rows by month, with an empty list for each month that is missing in between."""
    grouped: dict[date, list[Row]] = {}
    for row in found:
        if row["month"] is not None:  # what has no date is in no month
            grouped.setdefault(row["month"], []).append(row)
    if not grouped:
        return []
    month, last, out = min(grouped), max(grouped), []
    while month <= last:
        out.append((month, grouped.get(month, [])))
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return out


def _series(
    measure: str,
    found: Sequence[Row],
    point: Callable[[Counts], MonthPointParts],
    chart_as: ChartAs,
) -> MonthlySeries:
    points = []
    for month, group in _months(found):
        x, n, estimate, bounds = point(_add(group))
        mature = bool(group) and all(row["mature"] for row in group)
        points.append(MonthPoint(month, x, n, estimate, mature, bounds))
    chart = p_chart(
        [p.numerator for p in points],
        [p.denominator for p in points],
        # a month without a denominator has no value that could mislead
        mature=[p.mature or not p.denominator for p in points],
        direction=defined(measure).direction,
        settings=chart_as.profile,
        phases=phase_starts([p.month for p in points], chart_as.rebases),
        target=chart_as.target,
    )
    return MonthlySeries(measure, tuple(points), chart)


def _sites(
    found: Sequence[Row], point: Callable[[Counts], MonthPointParts]
) -> tuple[SitePoint, ...]:
    """One row per site, ordered by id: never by value, which would make a league table."""
    grouped: dict[str, list[Row]] = {}
    for row in found:
        grouped.setdefault(row["site_id"] or UNKNOWN_SITE, []).append(row)
    out = []
    for site in sorted(grouped):
        name = next((row["site_name"] for row in grouped[site] if row["site_name"]), site)
        out.append(SitePoint(site, name, *point(_add(grouped[site]))))
    return tuple(out)


def _plain(measure: str, x: str, empty: str) -> Callable[[Counts], MonthPointParts]:
    def point(total: Counts) -> MonthPointParts:
        n = total.get("denominator", 0)
        count = total.get(x, 0)
        return count, n, share(measure, count, n, empty=empty), None

    return point


_PERSISTENCE_COLUMNS: Final = {
    "PERSISTENT": "persistent",
    "NOT_PERSISTENT": "not_persistent",
    "LOST": "lost",
    "PENDING": "pending",
    "NOT_YET_DUE": "not_yet_due",
}


def _landmark(total: Counts) -> MonthPointParts:
    counts = {status: total.get(name, 0) for status, name in _PERSISTENCE_COLUMNS.items()}
    bounds = landmark_share(counts, weeks=8)
    known = counts["PERSISTENT"] + counts["NOT_PERSISTENT"]
    return counts["PERSISTENT"], known, bounds.share, bounds


_ESCALATION_COLUMNS: Final = {
    "escalation_confirmed": "confirmed",
    "escalation_not_ruled_out": "not_ruled_out",
    "escalation_without_cancer_history_only": "without_cancer_only",
}
_NOBODY: Final = "no first contact falls in it"


def escalation_by_month(
    cur: duckdb.DuckDBPyConnection,
    flt: Filter,
    measure: str = "escalation_confirmed",
    chart_as: ChartAs = DEFAULT_CHART,
) -> MonthlySeries:
    """Escalation at first contact by month of first contact; `measure` one of the three kinds."""
    point = _plain(measure, _ESCALATION_COLUMNS[measure], _NOBODY)
    return _series(measure, rows(cur, "escalation_by_month", flt), point, chart_as)


def escalation_by_site(
    cur: duckdb.DuckDBPyConnection, flt: Filter, measure: str = "escalation_confirmed"
) -> tuple[SitePoint, ...]:
    """Escalation at first contact by site."""
    point = _plain(measure, _ESCALATION_COLUMNS[measure], _NOBODY)
    return _sites(rows(cur, "escalation_by_month", flt), point)


def persistence_by_month(
    cur: duckdb.DuckDBPyConnection, flt: Filter, chart_as: ChartAs = DEFAULT_CHART
) -> MonthlySeries:
    """Share past 8 weeks of those seen within 8 weeks of onset, by month of first contact."""
    found = rows(cur, "persistence_by_month", flt)
    return _series("persistence_share_8_weeks", found, _landmark, chart_as)


def persistence_by_site(cur: duckdb.DuckDBPyConnection, flt: Filter) -> tuple[SitePoint, ...]:
    """The same by site, over the mature months only: a newer site must not look better."""
    found = rows(cur, "persistence_by_month", flt)
    return _sites([row for row in found if row["mature"]], _landmark)
