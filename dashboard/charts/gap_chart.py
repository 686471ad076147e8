"""How far each group is from a reference group: ratio or difference with its interval.

People of whom the group is not known are a row of their own; whether a gap is clear is said by
its own interval, never by two intervals that overlap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard import text
from dashboard.charts import shown
from dashboard.charts.base import Cell, Chart, Table, nothing
from dashboard.theme import Palette, Spec, axis, layout, rows
from pipelines.measures.catalogue import Measure
from pipelines.measures.comparison import UNKNOWN, Comparison, Gaps
from pipelines.measures.figures import number
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate, Result

Words = Callable[[str], str]
COLUMNS: Final = ("Group", *shown.COLUMNS, "Difference", "Ratio")
STEPS: Final = (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0)
COARSE: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
COARSE_FROM: Final = 2.1
WIDEST: Final = (0.1, 10.0)
"""Ratios beyond these end at the chart's edge; the table has them."""


@dataclass(frozen=True)
class Row:
    """A group as it is drawn; the reference itself has no gap."""

    label: str
    known: bool
    result: Shown
    gap: Comparison | None


def gap_chart(
    found: Gaps, part: str | None, entry: Measure, colours: Palette, words: Words, name: str
) -> Chart:
    """A dot with its interval per group, a line at the reference group; `name` is the dimension's.

    Ratios for shares of counted cases, on a scale on which twice and half are equally far; for
    other figures differences in their unit.
    """
    title = f"Gaps by {name.lower()}"
    lined = _rows(found, part, words)
    if not lined:
        return nothing(title, "There is one group only, so there is nothing to compare.", title)
    as_ratio = any(isinstance(row.gap.ratio, Estimate) for row in lined if row.gap)
    spec = _spec(lined, entry, colours, as_ratio)
    reference = words(found.reference)
    table = Table(
        f"{entry.name}: gaps to {reference}", COLUMNS, tuple(_cells(row, entry) for row in lined)
    )
    kind = "ratio" if as_ratio else "difference"
    said = " ".join(
        (f"The {kind} of each group's figure to that of {reference}.", *_graded(found, part, entry))
    )
    more = (
        "Along all fifths: the slope and the relative index of inequality. "
        if found.dimension == "imd_quintile"
        else ""
    ) + (
        "A gap is clear where its 95% interval leaves out the line. With several groups one "
        "interval in twenty does so by chance. Groups differ in age and in what they come with; "
        "these figures are not adjusted for it."
    )
    return Chart(
        f"{title}: {_finding(lined, as_ratio, reference)}",
        spec,
        _alt(lined, entry, as_ratio, reference),
        table,
        said,
        more,
    )


def _rows(found: Gaps, part: str | None, words: Words) -> list[Row]:
    own = [row for row in found.rows if row.part == part]
    if not own:
        return []
    lined = [(row.label, row.first, row) for row in own]
    reference: list[tuple[str, Shown, Comparison | None]] = [(found.reference, own[0].second, None)]
    every = sorted([*lined, *reference], key=lambda each: (each[0] == UNKNOWN, each[0]))
    return [Row(words(code), code != UNKNOWN, result, gap) for code, result, gap in every]


def _gap(row: Row, as_ratio: bool) -> Result | None:
    if row.gap is None:
        return None
    return row.gap.ratio if as_ratio else row.gap.difference


def _clear(row: Row, as_ratio: bool) -> int:
    """1 clearly above the reference, -1 clearly below, 0 neither."""
    gap, line = _gap(row, as_ratio), 1.0 if as_ratio else 0.0
    if not isinstance(gap, Estimate) or gap.lower is None or gap.upper is None:
        return 0
    return 1 if gap.lower > line else -1 if gap.upper < line else 0


def _finding(lined: Sequence[Row], as_ratio: bool, reference: str) -> str:
    above = [row.label for row in lined if row.known and _clear(row, as_ratio) > 0]
    below = [row.label for row in lined if row.known and _clear(row, as_ratio) < 0]
    said = [f"higher in {text.listed(above)}"] if above else []
    said += [f"lower in {text.listed(below)}"] if below else []
    if said:
        return f"{'; '.join(said)} than in {reference}"
    if not any(row.known and isinstance(_gap(row, as_ratio), Estimate) for row in lined):
        return "not estimable"
    return f"no group differs clearly from {reference}"


def _spec(lined: Sequence[Row], entry: Measure, colours: Palette, as_ratio: bool) -> Spec:
    drawn = [(at, row, value) for at, row in enumerate(lined)
             if (value := _place(row, as_ratio)) is not None]  # fmt: skip
    low, high = _span([value for _, _, value in drawn], as_ratio)
    line = 1.0 if as_ratio else 0.0
    return {
        "data": [
            {
                "type": "scatter", "mode": "lines", "hoverinfo": "skip",
                "x": [line, line], "y": [-0.6, len(lined) - 0.5],
                "line": {"color": colours.muted, "width": 1.5, "dash": "dot"},
            },
            {
                "type": "scatter", "mode": "markers", "cliponaxis": False,
                "x": [round(value[0], 5) for _, _, value in drawn],
                "y": [at for at, _, _ in drawn],
                "marker": {
                    "size": 10,
                    "symbol": ["circle" if row.gap else "diamond-open" for _, row, _ in drawn],
                    "color": [colours.main if row.gap else colours.text for _, row, _ in drawn],
                },
                "error_x": {
                    "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
                    "color": colours.text,
                    "array": [round(min(v[2], high) - v[0], 5) for _, _, v in drawn],
                    "arrayminus": [round(v[0] - max(v[1], low), 5) for _, _, v in drawn],
                },
                "hovertext": [_head(row, entry, as_ratio) for _, row, _ in drawn],
                "hoverinfo": "text",
            },
        ],
        "layout": layout(
            colours,
            56 + 54 * len(lined),
            xaxis=_axis(entry, colours, as_ratio, low, high),
            **rows(colours, [_head(row, entry, as_ratio) for row in lined]),
        ),
    }  # fmt: skip


def _place(row: Row, as_ratio: bool) -> tuple[float, float, float] | None:
    """Where a row's dot and the ends of its interval are; None without a place on the scale."""
    if row.gap is None:
        line = 1.0 if as_ratio else 0.0
        return line, line, line
    gap = _gap(row, as_ratio)
    if not isinstance(gap, Estimate):
        return None
    low = gap.value if gap.lower is None else gap.lower
    high = gap.value if gap.upper is None else gap.upper
    if as_ratio and not WIDEST[0] <= gap.value <= WIDEST[1]:
        return None
    return gap.value, low, high


def _span(values: Sequence[tuple[float, float, float]], as_ratio: bool) -> tuple[float, float]:
    """The ends of the axis: all intervals, for ratios as far out above as below one."""
    if not as_ratio:
        ends = [end for value in values for end in value]
        room = 0.08 * ((max(ends) - min(ends)) or 1.0)
        return min(ends) - room, max(ends) + room
    far = max(
        (max(high, 1.0 / max(low, WIDEST[0])) for _, low, high in values if math.isfinite(high)),
        default=2.0,
    )
    far = min(max(1.1 * far, 1.5), WIDEST[1])
    return 1.0 / far, far


def _axis(entry: Measure, colours: Palette, as_ratio: bool, low: float, high: float) -> Spec:
    if as_ratio:
        # Wide scales have fewer steps, so that their numbers stay upright on a telephone.
        known = STEPS if high < COARSE_FROM else COARSE
        steps = [step for step in known if low <= step <= high]
        return axis(
            colours, "Ratio", type="log", range=[math.log10(low), math.log10(high)],
            tickvals=steps, ticktext=[f"{step:g}" for step in steps], showgrid=True,
        )  # fmt: skip
    more = {"tickformat": "~%"} if entry.unit == "share" else {}
    return axis(colours, "Difference", range=[low, high], showgrid=True, nticks=6, **more)


def _amount(gap: Result, entry: Measure, as_ratio: bool) -> str:
    """`1.12`, `+2.1 points`, `-3 days`, or "not estimable"."""
    if not isinstance(gap, Estimate):
        return "not estimable"
    return _number(gap.value, entry, as_ratio)


def _number(value: float, entry: Measure, as_ratio: bool) -> str:
    if as_ratio:
        return f"{value:.2f}"
    if entry.unit == "share":
        return f"{value * 100:+.1f} points"
    return ("+" if value > 0 else "") + number(value, entry)


def _head(row: Row, entry: Measure, as_ratio: bool) -> str:
    gap = _gap(row, as_ratio)
    said = "reference" if gap is None else _amount(gap, entry, as_ratio)
    figure = shown.said(row.result, entry)
    return f"{row.label} <b>{said}</b>" + (f" ({figure})" if figure != said else "")


def _cells(row: Row, entry: Measure) -> tuple[Cell, ...]:
    if row.gap is None:
        gaps: tuple[str, ...] = ("reference", "reference")
    else:
        gaps = tuple(
            _with_limits(gap, entry, as_ratio)
            for gap, as_ratio in ((row.gap.difference, False), (row.gap.ratio, True))
        )
    return (row.label, *shown.cells(row.result, entry), *gaps)


def _with_limits(gap: Result, entry: Measure, as_ratio: bool) -> str:
    if not isinstance(gap, Estimate):
        return gap.reason
    said = _amount(gap, entry, as_ratio)
    if gap.lower is None or gap.upper is None:
        return said
    low, high = (_number(end, entry, as_ratio) for end in (gap.lower, gap.upper))
    return f"{said} ({gap.confidence:.0%} CI {low.removesuffix(' points')} to {high})"


def _graded(found: Gaps, part: str | None, entry: Measure) -> list[str]:
    """The indices of inequality in words, where there are any."""
    said = []
    for name, results, as_ratio in (
        ("difference", found.slope, False),
        ("ratio", found.relative, True),
    ):
        result = dict(results).get(part)
        if isinstance(result, Estimate):
            said.append(f"{name} {_with_limits(result, entry, as_ratio)}")
    if not said:
        return []
    return [f"Along all fifths, most against least deprived: {'; '.join(said)}."]


def _alt(lined: Sequence[Row], entry: Measure, as_ratio: bool, reference: str) -> str:
    said = "; ".join(
        f"{row.label} {_with_limits(gap, entry, as_ratio)}"
        for row in lined
        if (gap := _gap(row, as_ratio)) is not None
    )
    kind = "Ratios" if as_ratio else "Differences"
    return f"{kind} of {entry.name.lower()} to {reference}: {said}."
