"""A measure's table as plain rows: one per figure, everything beside it that has to be printed."""

from __future__ import annotations

from typing import Any, Final

from pipelines.measures.catalogue import measure, reason_text
from pipelines.measures.table import MeasureRow, MeasureTable, Suppressed
from pipelines.measures.types import Estimate, Median, NotEstimable

FIGURES: Final = (
    "part",
    "value",
    "lower",
    "upper",
    "numerator",
    "denominator",
    "excluded",
    "exclusions",
    "unit",
    "method",
    "still_changing",
    "note",
)
"""Columns after the measure's and the dimensions'."""
NOT_REACHED: Final = "not reached"


def tidy(table: MeasureTable) -> list[dict[str, Any]]:
    """One dictionary per figure: `measure`, `k_number`, `name`, a key per dimension, FIGURES.

    `value`, `lower` and `upper` are numbers in `unit` (a share lies in 0..1) or None, and `note`
    says why there is none. `exclusions` maps each reason's plain words to its number.
    """
    entry = measure(table.measure)
    start = {"measure": entry.id, "k_number": entry.k_number, "name": entry.name}
    return [
        {**start, **dict(zip(table.by, row.by, strict=True)), **_figure(row, entry.unit)}
        for row in table.rows
    ]


def _figure(row: MeasureRow, unit: str) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys(FIGURES)
    result = row.result
    found |= {"part": row.part, "unit": unit, "still_changing": not row.mature, "note": ""}
    if isinstance(result, Suppressed):
        return {**found, "note": result.reason}
    reasons = {reason_text(code): n for code, n in result.exclusions}
    found |= {"exclusions": reasons, "excluded": sum(reasons.values())}
    if isinstance(result, NotEstimable):
        return {**found, "denominator": result.denominator, "note": result.reason}
    found |= {"value": result.value, "lower": result.lower, "upper": result.upper}
    found |= {"method": result.method}
    if isinstance(result, Median):
        note = NOT_REACHED if result.value is None else ""
        return {**found, "numerator": result.events, "denominator": result.n, "note": note}
    assert isinstance(result, Estimate)
    return {**found, "numerator": result.numerator, "denominator": result.denominator}
