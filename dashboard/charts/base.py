"""What a chart function returns, and the parts that several of them use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard import text
from dashboard.charts.marks import Mark
from dashboard.theme import Spec
from pipelines.measures.types import Estimate, NotEstimable, Result

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """The figures behind a chart as a reader gets them; every row has a cell per column."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a ragged table: its cells would stand under the wrong headings; or two alike."""
        if len(set(self.columns)) < len(self.columns):
            raise ValueError(f"{self.title}: two columns have the same heading")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {len(row)} cells under {len(self.columns)} heads")


@dataclass(frozen=True)
class Chart:
    """A chart: `title` says the finding, `alt` what a reader sees, `table` has every figure.

    `spec` None means that there is nothing to plot; `alt` then says why. `said` stands above the
    plot, `more` folded below it: how it is read and computed. `recorded` are the service's own
    changes that are marked in the plot.
    """

    title: str
    spec: Spec | None
    alt: str
    table: Table
    said: str = ""
    more: str = ""
    recorded: tuple[Mark, ...] = ()


def nothing(title: str, why: str, table_title: str) -> Chart:
    """A chart that has nothing to show, and the reason."""
    return Chart(title, None, why, Table(table_title, (), ()))


def estimates(results: Sequence[Result]) -> list[Estimate]:
    """Those of the results that are estimates."""
    return [result for result in results if isinstance(result, Estimate)]


def around(results: Sequence[Estimate]) -> Spec:
    """Error bars from the values to their limits, in the form that plotting takes."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, (r.upper or r.value) - r.value) for r in results],
        "arrayminus": [
            max(0.0, r.value - (r.value if r.lower is None else r.lower)) for r in results
        ],
        "thickness": 1.5,
        "width": 4,
    }


def cells(result: Result) -> tuple[str, str, str]:
    """(count, share, interval) of one result for a table."""
    if isinstance(result, NotEstimable):
        return text.ratio(result), text.NONE, result.reason
    return text.ratio(result), text.figure(result), text.limits(result)


def shares(results: Sequence[Estimate]) -> list[float]:
    """Values to plot, rounded to what can be seen: a smaller message, the same picture."""
    return [round(result.value, 5) for result in results]


def hover(results: Sequence[Estimate]) -> list[Any]:
    """The text that a pointer shows: figure, interval and n."""
    return [text.whole(result) for result in results]
