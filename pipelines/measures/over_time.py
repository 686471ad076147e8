"""The months of a measure table as a series, with its control chart where nothing is withheld."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from pipelines.measures.catalogue import measure
from pipelines.measures.monthly import Charted, month_chart, months_between
from pipelines.measures.series import DEFAULT_CHART, ChartAs
from pipelines.measures.spc import SpcChart
from pipelines.measures.spc_reading import Reading
from pipelines.measures.table import MeasureRow, MeasureTable, Shown, Suppressed
from pipelines.measures.types import Estimate, MeasureError, Median, NotEstimable

EMPTY_MONTH: Final = "Not estimable because the month has no case."


@dataclass(frozen=True, slots=True)
class Month:
    """One month: the figure as the table gives it, and whether later data can still change it."""

    month: date
    result: Shown
    mature: bool

    @property
    def value(self) -> float | None:
        """What is plotted; None where there is no figure."""
        if isinstance(self.result, Estimate | Median):
            return self.result.value
        return None


@dataclass(frozen=True, slots=True)
class OverTime:
    """Months from the first to the last without a hole; `chart.points[i]` is `months[i]`.

    `chart` and `reading` are None where figures of the series are withheld: limits drawn from the
    rest would be those of another series, and would tell about the hidden ones.
    """

    measure: str
    part: str | None
    months: tuple[Month, ...]
    chart: SpcChart | None = None
    reading: Reading | None = None


def over_time(
    table: MeasureTable, part: str | None = None, chart_as: ChartAs = DEFAULT_CHART
) -> OverTime:
    """The series of one part of a table cut by month alone.

    MeasureError for another cut.
    """
    if table.by != ("month",):
        raise MeasureError(f"{table.measure}: a series needs the table by month alone")
    entry = measure(table.measure)
    rows = [row for row in table.rows if row.part == part and row.by[0] != "unknown"]
    at = {date.fromisoformat(f"{row.by[0]}-01"): row for row in rows}
    if not at or entry.stock:
        return OverTime(entry.id, part, ())
    months = tuple(_month(entry.id, d, at.get(d)) for d in months_between(min(at), max(at)))
    if any(isinstance(each.result, Suppressed) for each in months):
        return OverTime(entry.id, part, months)
    found: Charted = month_chart(entry, part, rows, chart_as)
    return OverTime(entry.id, part, months, found.chart, found.reading)


def _month(name: str, month: date, row: MeasureRow | None) -> Month:
    if row is None:
        return Month(month, NotEstimable(EMPTY_MONTH, name), True)
    return Month(month, row.result, row.mature)
