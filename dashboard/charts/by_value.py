"""A measure by the values of a dimension or by its own parts: a row each, unknown its own."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard import text
from dashboard.charts import shown
from dashboard.charts.base import Chart, Table, nothing
from dashboard.theme import ROW, Palette, Spec, axis, layout, rows, share_axis
from pipelines.measures.catalogue import Measure
from pipelines.measures.table import MeasureRow, MeasureTable, Shown
from pipelines.measures.types import Estimate, Median

ROOM: Final = 50
"""Characters in a line of a chart at the width of a telephone."""
WHOLE_STEPS: Final = 5
"""Below this an axis of days or counts is divided by ones."""
FEW: Final = 2
"""So many parts are all named in a title."""


@dataclass(frozen=True)
class Line:
    """One row: what it is called, its figure, and whether it is of a known group."""

    label: str
    result: Shown
    mature: bool = True
    known: bool = True


def lines(table: MeasureTable, words: Mapping[str, str]) -> list[Line]:
    """Rows of a table cut by one dimension (or by none, with parts), named in `words`."""

    def label(row: MeasureRow) -> str:
        pieces = [row.by[0]] if row.by else []
        pieces += [row.part] if row.part else []
        return ", ".join(words.get(piece, piece) for piece in pieces)

    return [Line(label(row), row.result, row.mature) for row in table.rows]


def dots(
    found: Sequence[Line],
    entry: Measure,
    colours: Palette,
    name: str,
    whole: Shown | None = None,
    first: str = "Group",
    judged: bool = True,
) -> Chart:
    """One dot with its interval per row; a dotted line at the figure of all.

    `judged` False: no row is called apart from the others (months have a control chart for that).
    """
    drawn = _drawn(found)
    if not drawn:
        return nothing(name, "No group of this selection has a figure.", name)
    marks: Spec = {
        "type": "scatter",
        "mode": "markers",
        "marker": {"color": colours.main, "size": 10},
        "error_x": {**shown.around([each.result for each in drawn]), "color": colours.text},
        "cliponaxis": False,
    }
    spec = _rows(found, entry, colours, marks)
    centre = None if whole is None else shown.value(whole)
    if centre is not None:
        spec["layout"]["shapes"] = [
            {
                "type": "line", "x0": centre, "x1": centre, "y0": 0, "y1": 1, "yref": "paper",
                "line": {"color": colours.muted, "width": 1.5, "dash": "dot"}, "layer": "below",
            }
        ]  # fmt: skip
    said = "" if centre is None or whole is None else f"All together: {shown.whole(whole, entry)}."
    named = centre is not None and judged
    finding = _apart(found, centre) if named and centre is not None else _from_to(found, entry)
    title = f"{name}: {finding}"
    return Chart(title, spec, _alt(found, entry), _table(found, entry, name, first), said)


def bars(
    found: Sequence[Line], entry: Measure, colours: Palette, name: str, first: str = "Part"
) -> Chart:
    """One bar per row, from 0; for counts and for parts that add up."""
    if not _drawn(found):
        return nothing(name, "There is nothing in this selection to count.", name)
    marks: Spec = {
        "type": "bar", "orientation": "h", "width": 0.36, "marker": {"color": colours.main},
    }  # fmt: skip
    spec = _rows(found, entry, colours, marks)
    title = f"{name}: {_most(found, entry)}"
    return Chart(title, spec, _alt(found, entry), _table(found, entry, name, first))


def _apart(found: Sequence[Line], centre: float) -> str:
    """Known groups whose interval leaves out the figure of all; the extremes alone would name
    the smallest groups."""
    above, below = [], []
    for line in found:
        result = line.result
        if not line.known or not isinstance(result, Estimate | Median):
            continue
        if result.lower is not None and result.lower > centre:
            above.append(line.label)
        if result.upper is not None and result.upper < centre:
            below.append(line.label)
    said = [f"higher in {text.listed(above)}"] if above else []
    said += [f"lower in {text.listed(below)}"] if below else []
    return "; ".join(said) or "no group clearly apart from all together"


def _from_to(found: Sequence[Line], entry: Measure) -> str:
    """The lowest and the highest figure of the known groups; all of them where they are few."""
    known = sorted((line for line in _drawn(found) if line.known), key=_plotted)
    if len(known) < 2:
        return _listed(known or _drawn(found), entry)
    low, high = known[0], known[-1]
    if _plotted(low) == _plotted(high):
        return f"{shown.said(low.result, entry)} in all of them"
    ends = [f"{shown.said(line.result, entry)} ({line.label})" for line in (low, high)]
    return f"from {ends[0]} to {ends[1]}"


def _most(found: Sequence[Line], entry: Measure) -> str:
    """The parts themselves where they are few, else the largest."""
    drawn = _drawn(found)
    if len(drawn) <= FEW:
        return _listed(drawn, entry)
    top = max(drawn, key=_plotted)
    if not _plotted(top):
        return "none"
    return f"highest {shown.said(top.result, entry)} ({top.label})"


def _listed(found: Sequence[Line], entry: Measure) -> str:
    return ", ".join(f"{line.label} {shown.said(line.result, entry)}" for line in found)


def _plotted(line: Line) -> float:
    return shown.value(line.result) or 0.0


def _drawn(found: Sequence[Line]) -> list[Line]:
    """Those rows that have a figure to plot; the others keep their place, empty."""
    return [line for line in found if shown.value(line.result) is not None]


def _rows(found: Sequence[Line], entry: Measure, colours: Palette, marks: Spec) -> Spec:
    """A row per line with its words above it, and `marks` at the figures."""
    drawn = _drawn(found)
    return {
        "data": [
            {
                **marks,
                "y": [i for i, line in enumerate(found) if line in drawn],
                "x": [round(shown.value(line.result) or 0.0, 5) for line in drawn],
                "hovertext": [shown.whole(line.result, entry) for line in drawn],
                "hoverinfo": "text",
            }
        ],
        "layout": layout(
            colours,
            56 + ROW * len(found),
            xaxis=_axis(entry, colours, max(map(_plotted, drawn))),
            **rows(colours, [_head(line, entry) for line in found]),
        ),
    }


def _head(line: Line, entry: Measure) -> str:
    """Label, figure and counts; in two lines where a telephone has no room for one."""
    said, detail = shown.said(line.result, entry), shown.of(line.result, entry)
    tail = f" <b>{said}</b>" + (f" ({detail})" if detail else "")
    room = ROOM - len(said) - len(detail) - 4
    if len(line.label) <= room:
        return line.label + tail
    first, *others = textwrap.wrap(line.label, ROOM)
    rest = " ".join(others)
    if len(rest) > room:
        rest = f"{rest[: room - 1].rstrip(' ,:')}…"
    return f"{first}<br>{rest}{tail}" if rest else f"{first}<br>{tail.lstrip()}"


def _axis(entry: Measure, colours: Palette, top: float) -> Spec:
    """Days and counts have no steps of a fraction."""
    if entry.unit == "share":
        return share_axis(colours)
    more: Spec = {"dtick": 1} if entry.unit in ("days", "count") and top < WHOLE_STEPS else {}
    return axis(colours, rangemode="tozero", showgrid=True, nticks=6, **more)


def _alt(found: Sequence[Line], entry: Measure) -> str:
    said = "; ".join(f"{line.label} {shown.said(line.result, entry)}" for line in found)
    return f"Chart with {text.plural(len(found), 'row')}: {said}."


def _table(found: Sequence[Line], entry: Measure, name: str, first: str) -> Table:
    rows = tuple((line.label, *shown.cells(line.result, entry)) for line in found)
    return Table(name, (first, *shown.COLUMNS), rows)
