"""`outcomes measures --versus` and `--gaps`: two periods or the groups of a dimension compared."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.console import say
from pipelines.measures.catalogue import Measure
from pipelines.measures.comparison import Comparison, Gaps, compare, gaps
from pipelines.measures.figures import figure
from pipelines.measures.filter import Filter
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate, MeasureError, NotEstimable, Result

Compared = tuple[Measure, tuple[Comparison, ...], Gaps | None]


def compared(
    con: duckdb.DuckDBPyConnection,
    chosen: Iterable[Measure],
    flt: Filter,
    versus: Filter | None,
    dimension: str | None,
) -> list[Compared]:
    """The chosen measures compared; counts are passed over unless they were all that was asked."""
    wanted = list(chosen)
    able = [entry for entry in wanted if entry.kind != "count"]
    found: list[Compared] = []
    for entry in able or wanted:
        if versus is not None:
            found.append((entry, compare(con, entry.id, flt, versus, "this period"), None))
        elif dimension is not None:
            graded = gaps(con, entry.id, flt, dimension)
            found.append((entry, graded.rows, graded))
    return found


def show(found: list[Compared], as_json: bool) -> None:
    """Print comparisons as tables or as JSON."""
    if as_json:
        print(json.dumps([row for each in found for row in _plain(*each)], indent=1))
        return
    for entry, rows, graded in found:
        say(f"\n[bold]{entry.name}[/bold]  ({entry.k_number}, {entry.id})")
        shown = Table("Group", "", "Figure", "Compared with", "Difference", "Ratio")
        for row in rows:
            shown.add_row(
                row.label,
                row.part or "",
                figure(row.first, entry),
                figure(row.second, entry),
                difference_text(row.difference, entry),
                ratio_text(row.ratio),
            )
        Console().print(shown)
        if graded is not None:
            say(f"Compared with {graded.dimension.replace('_', ' ')} {graded.reference}.")
            for part, slope in graded.slope:
                label = f" ({part})" if part else ""
                say(f"Slope index of inequality{label}: {difference_text(slope, entry)}")
            for part, relative in graded.relative:
                label = f" ({part})" if part else ""
                say(f"Relative index of inequality{label}: {ratio_text(relative)}")


def difference_text(result: Result, entry: Measure) -> str:
    """`+5.2 percentage points (95% CI -1.0 to +11.4)`, or why there is none."""
    if isinstance(result, NotEstimable):
        return result.reason
    share = result.unit == "difference"
    scale = 100.0 if share else 1.0

    def signed(value: float | None) -> str:
        return "not reached" if value is None else f"{value * scale:+.1f}"

    unit = "percentage points" if share else result.unit
    ends = f"{result.confidence:.0%} CI {signed(result.lower)} to {signed(result.upper)}"
    return f"{signed(result.value)} {unit} ({ends})"


def ratio_text(result: Result) -> str:
    """`1.42 (95% CI 0.95 to 2.10)`, or why there is none."""
    if isinstance(result, NotEstimable):
        return result.reason
    ends = f"{result.lower:.2f} to {result.upper:.2f}"
    return f"{result.value:.2f} ({result.confidence:.0%} CI {ends})"


def _figures(result: Shown) -> dict[str, Any]:
    if isinstance(result, NotEstimable):
        return {"value": None, "lower": None, "upper": None, "note": result.reason}
    if isinstance(result, Estimate):
        return {
            "value": result.value,
            "lower": result.lower,
            "upper": result.upper,
            "method": result.method,
            "note": "",
        }
    return {
        "value": getattr(result, "value", None),
        "lower": getattr(result, "lower", None),
        "upper": getattr(result, "upper", None),
        "note": getattr(result, "reason", ""),
    }


def _plain(
    entry: Measure, rows: tuple[Comparison, ...], graded: Gaps | None
) -> Iterable[dict[str, Any]]:
    start = {"measure": entry.id, "k_number": entry.k_number}
    for row in rows:
        yield {
            **start,
            "group": row.label,
            "part": row.part,
            "first": _figures(row.first),
            "second": _figures(row.second),
            "difference": _figures(row.difference),
            "ratio": _figures(row.ratio),
        }
    if graded is not None:
        for (part, slope), (_, relative) in zip(graded.slope, graded.relative, strict=True):
            yield {
                **start,
                "group": "index of inequality",
                "part": part,
                "slope": _figures(slope),
                "relative": _figures(relative),
            }


def period_of(text: str) -> tuple[str, str]:
    """`2025-01..2025-06` -> its two ends; MeasureError for anything else."""
    begin, dots, end = text.partition("..")
    if not dots or not begin or not end:
        raise MeasureError(f"--versus: '{text}' is no period; write 2025-01..2025-06")
    return begin, end
