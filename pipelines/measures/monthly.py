"""Any measure month by month as a control chart, or, for rare events, from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, Literal

import duckdb

from pipelines.measures.case_query import events_in_order
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.figures import number
from pipelines.measures.filter import Filter
from pipelines.measures.query import Row, run, statement
from pipelines.measures.series import DEFAULT_CHART, ChartAs
from pipelines.measures.spc import p_chart, xmr_chart
from pipelines.measures.spc_phases import phase_starts
from pipelines.measures.spc_rare import RareChart, g_chart, t_chart
from pipelines.measures.spc_reading import Reading, read_chart, read_rare
from pipelines.measures.spc_rules import Direction
from pipelines.measures.spc_types import SpcChart
from pipelines.measures.table import MeasureRow
from pipelines.measures.types import Estimate, MeasureError, Median

Shape = Literal["p_chart", "xmr_chart", "t_chart", "g_chart"]
COUNTED: Final = ("share", "same_level")
"""Kinds whose figure is a number of cases out of a number of cases."""
OPPOSITE: Final[dict[Direction, Direction]] = {"up": "down", "down": "up", "neutral": "neutral"}


@dataclass(frozen=True, slots=True)
class Charted:
    """One chart of a measure (of one part of it): its points, their names, and what it says.

    `rows` are the months behind a p or XmR chart, one per point, None for a month without any
    case; empty for rare events, whose points are gaps that end with an event on `days`.
    """

    measure: str
    part: str | None
    shape: Shape
    labels: tuple[str, ...]
    days: tuple[date, ...]
    chart: SpcChart
    reading: Reading
    rows: tuple[MeasureRow | None, ...] = ()
    rare: RareChart | None = None


def shape_of(entry: Measure) -> Shape:
    """The chart over time of a measure: its own where the catalogue names one, else by kind."""
    if entry.chart in ("t_chart", "g_chart", "xmr_chart"):
        return entry.chart  # type: ignore[return-value]
    return "p_chart" if entry.kind in COUNTED else "xmr_chart"


def charted(
    cur: duckdb.DuckDBPyConnection, name: str, flt: Filter, chart_as: ChartAs = DEFAULT_CHART
) -> tuple[Charted, ...]:
    """The charts of a measure by month of its clock, one per part that has any case.

    `chart_as` gives profile, recorded re-basings and target (in the measure's unit). Months that
    can still change take part in no rule. MeasureError for an unknown measure or profile, and for
    a state on the day the data end, which has no series by month.
    """
    entry = measure(name)
    if entry.stock:
        raise MeasureError(
            f"{name} is a state on the day the data end, which has no series by month; "
            "cut it with --by"
        )
    shape = shape_of(entry)
    if shape in ("t_chart", "g_chart"):
        return _rare(cur, entry, flt, chart_as, shape)
    by_part: dict[str | None, list[MeasureRow]] = {}
    for row in evaluate(cur, name, flt, ("month",)).rows:
        by_part.setdefault(row.part, []).append(row)
    return tuple(
        month_chart(entry, part, rows, chart_as)
        for part, rows in by_part.items()
        if any(isinstance(row.result, Estimate | Median) for row in rows)
        and any(row.by[0] != "unknown" for row in rows)
    )


def months_between(first: date, last: date) -> list[date]:
    """Every first of a month from `first` to `last`, both included."""
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found


def month_chart(
    entry: Measure, part: str | None, rows: Sequence[MeasureRow], chart_as: ChartAs
) -> Charted:
    """The chart of the rows of one part of a table by month; at least one names its month.

    A share gets a p-chart, since its denominators vary; any other figure an XmR chart.
    """
    shape: Shape = "p_chart" if entry.kind in COUNTED else "xmr_chart"
    at = {date.fromisoformat(f"{r.by[0]}-01"): r for r in rows if r.by[0] != "unknown"}
    days = months_between(min(at), max(at))
    line = [at.get(day) for day in days]
    # a month without a case has no value that could mislead
    mature = [row is None or row.mature for row in line]
    phases = phase_starts(days, chart_as.rebases)
    if entry.chart == "xmr_chart":
        shape = "xmr_chart"
    if shape == "p_chart":
        pairs = [_counts(row) for row in line]
        chart = p_chart(
            [x for x, _ in pairs],
            [n for _, n in pairs],
            direction=entry.direction,
            mature=mature,
            settings=chart_as.profile,
            phases=phases,
            target=chart_as.target,
        )
    else:
        chart = xmr_chart(
            [_value(row) for row in line],
            direction=entry.direction,
            mature=mature,
            settings=chart_as.profile,
            phases=phases,
            target=chart_as.target,
        )
    labels = tuple(f"{day:%B %Y}" for day in days)
    reading = read_chart(chart, labels, figure=lambda value: number(value, entry))
    return Charted(entry.id, part, shape, labels, tuple(days), chart, reading, tuple(line))


def _counts(row: MeasureRow | None) -> tuple[int, int]:
    result = row.result if row is not None else None
    if not isinstance(result, Estimate) or result.numerator is None:
        return 0, 0
    return result.numerator, result.denominator


def _value(row: MeasureRow | None) -> float | None:
    result = row.result if row is not None else None
    return result.value if isinstance(result, Estimate | Median) else None


def _rare(
    cur: duckdb.DuckDBPyConnection, entry: Measure, flt: Filter, chart_as: ChartAs, shape: Shape
) -> tuple[Charted, ...]:
    """Days (t) or cases (g) between events; an event that should not happen is better far apart."""
    (until,) = run(cur, statement("data_until"), None)
    found = events_in_order(cur, entry, flt)
    draw: Callable[..., Charted] = _days_between if shape == "t_chart" else _cases_between
    return tuple(
        draw(entry, part, *found[part], chart_as, until["until"])
        for part in sorted(found, key=lambda each: (each is None, each))
    )


def _gap_direction(entry: Measure) -> Direction:
    return OPPOSITE[entry.direction]


def _days_between(
    entry: Measure, part: str | None, _n: int, hits: Sequence[Row], chart_as: ChartAs, until: date
) -> Charted:
    events = [row["clock_date"] for row in hits]
    rare = t_chart(
        events,
        until=until if not events or until >= events[-1] else None,
        direction=_gap_direction(entry),
        settings=chart_as.profile,
        phases=phase_starts(events[1:], chart_as.rebases),
    )
    return _between(entry, part, "t_chart", events, rare, "day")


def _cases_between(
    entry: Measure, part: str | None, n: int, hits: Sequence[Row], chart_as: ChartAs, _until: date
) -> Charted:
    events, places = [row["clock_date"] for row in hits], [row["place"] for row in hits]
    rare = g_chart(
        [after - before - 1 for before, after in pairwise(places)],
        open_cases=n - places[-1] if places else None,
        direction=_gap_direction(entry),
        settings=chart_as.profile,
        phases=phase_starts(events[1:], chart_as.rebases),
    )
    return _between(entry, part, "g_chart", events, rare, "case")


def _between(
    entry: Measure, part: str | None, shape: Shape, events: list[date], rare: RareChart, unit: str
) -> Charted:
    days = tuple(events[1:])
    labels = tuple(f"{day:%d %B %Y}" for day in days)

    def figure(value: float) -> str:
        return f"{value:,.3g} {unit}{'' if value == 1 else 's'} between events"

    reading = read_rare(rare, labels, figure=figure)
    return Charted(entry.id, part, shape, labels, days, rare.chart, reading, (), rare)
