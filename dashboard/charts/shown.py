"""Figures of a measure table as words and as numbers to plot, whatever their kind."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import text
from dashboard.charts.base import Cell
from dashboard.theme import Spec
from pipelines.measures.catalogue import Measure
from pipelines.measures.figures import interval, number
from pipelines.measures.table import Shown, Suppressed
from pipelines.measures.types import Estimate, Median, NotEstimable

COLUMNS = ("Counted", "Of", "Figure", "Interval")


def value(result: Shown) -> float | None:
    """The number to plot; None where the figure is withheld, not reached or not estimable."""
    return result.value if isinstance(result, Estimate | Median) else None


def said(result: Shown, entry: Measure) -> str:
    """The figure alone: `12.3%`, `42 days`, "not reached", "suppressed (small numbers)"."""
    if isinstance(result, Suppressed):
        return result.reason
    if isinstance(result, NotEstimable):
        return "not estimable"
    return text.days(None) if result.value is None else number(result.value, entry)


def counts(result: Shown) -> tuple[str, str]:
    """Numerator and denominator as text; a dash where the figure has none."""
    if isinstance(result, Suppressed):
        return text.NONE, text.NONE
    if isinstance(result, Median):
        return text.count(result.events), text.count(result.n)
    if isinstance(result, NotEstimable):
        return text.NONE, text.count(result.denominator)
    top = text.NONE if result.numerator is None else text.count(result.numerator)
    return top, text.count(result.denominator)


def cells(result: Shown, entry: Measure) -> tuple[Cell, ...]:
    """The cells under COLUMNS; where there is no figure the last one says why."""
    why = result.reason if isinstance(result, NotEstimable) else ""
    return (*counts(result), said(result, entry), why or interval(result, entry) or text.NONE)


def of(result: Shown, entry: Measure) -> str:
    """`612 of 6,240` for shares, `n = 240` for other figures, nothing for what has no count."""
    top, whole = counts(result)
    if whole == text.NONE:
        return ""
    if entry.unit == "count":
        return ""
    return f"{top} of {whole}" if top != text.NONE and entry.kind == "share" else f"n = {whole}"


def whole(result: Shown, entry: Measure) -> str:
    """Figure, interval and counts in one line; for no figure the reason."""
    if isinstance(result, NotEstimable):
        return result.reason
    detail = "; ".join(filter(None, (interval(result, entry), of(result, entry))))
    return f"{said(result, entry)} ({detail})" if detail else said(result, entry)


def around(results: Sequence[Shown]) -> Spec:
    """Error bars of results that all have a value; an open end has no bar on its side."""
    up, down = [], []
    for result in results:
        middle = value(result) or 0.0
        low, high = (
            (result.lower, result.upper) if isinstance(result, Estimate | Median) else (None, None)
        )
        up.append(0.0 if high is None else max(0.0, high - middle))
        down.append(0.0 if low is None else max(0.0, middle - low))
    return {
        "type": "data",
        "symmetric": False,
        "array": [round(v, 5) for v in up],
        "arrayminus": [round(v, 5) for v in down],
        "thickness": 1.5,
        "width": 4,
    }
