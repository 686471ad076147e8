"""A rare event from one to the next: days or cases between, with limits and the reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboard import text
from dashboard.charts import marks
from dashboard.charts.base import Chart, Table, nothing
from dashboard.charts.control import SYMBOLS
from dashboard.charts.marks import Mark
from dashboard.theme import Palette, Spec, axis, layout
from pipelines.measures.catalogue import Measure
from pipelines.measures.monthly import Charted
from pipelines.measures.spc_rules import RULE_TEXT

UNITS = {"t_chart": "Days since the event before", "g_chart": "Cases since the event before"}
MOST_EVENTS: Final = 500
"""More events than this are not rare: a chart by month shows more, and of so many points nobody can
tell one from the next."""


def rare_chart(
    found: Charted, entry: Measure, colours: Palette, recorded: Sequence[Mark] = ()
) -> Chart:
    """One point per event after the first; high is far apart."""
    name = f"{entry.name}{f', {found.part}' if found.part else ''}: from one to the next"
    points = found.chart.points
    if not points:
        return nothing(name, found.reading.text or "There are too few events for a chart.", name)
    days = [day.isoformat() for day in found.days]
    ink = [colours.other if p.rule else colours.main for p in points]
    spec: Spec = {
        "data": [
            *(
                {
                    "type": "scatter", "mode": "lines", "hoverinfo": "skip", "x": days,
                    "y": [getattr(p, pick) for p in points], "connectgaps": False,
                    "line": {"color": colours.muted, "width": 1.2, "dash": dash},
                }
                for pick, dash in (("centre", "solid"), ("lower", "dash"), ("upper", "dash"))
            ),
            {
                "type": "scatter", "mode": "lines+markers", "x": days,
                "y": [p.value for p in points], "line": {"color": colours.soft, "width": 1.5},
                "marker": {
                    "size": 9, "color": ink, "symbol": [SYMBOLS[p.state] for p in points],
                },
                "hovertext": [
                    f"{label}: {p.value:g}" for label, p in zip(found.labels, points, strict=True)
                ],
                "hoverinfo": "text", "cliponaxis": False,
            },
        ],
        "layout": layout(
            colours, 320, hovermode="closest", shapes=marks.lines(recorded, colours),
            annotations=marks.numbers(recorded, colours),
            margin={"l": 8, "r": 16, "t": 28 if recorded else 16, "b": 8},
            xaxis=axis(colours, type="date", tickformat="%b<br>%Y", nticks=7),
            yaxis=axis(
                colours, UNITS[found.shape], showgrid=True, rangemode="tozero", nticks=6
            ),
        ),
    }  # fmt: skip
    rows = tuple(
        (
            label,
            text.NONE if p.value is None else f"{p.value:g}",
            text.NONE if p.centre is None else f"{p.centre:.1f}",
            text.NONE if p.upper is None else f"{p.upper:.1f}",
            RULE_TEXT[p.rule] if p.rule else "common cause",
        )
        for label, p in zip(found.labels, points, strict=True)
    )
    reading = found.reading
    return Chart(
        f"{name}: {reading.variation[0].lower()}{reading.variation[1:]}",
        spec,
        f"Chart of {text.plural(len(points), 'gap')} between events. {reading.headline}"
        + marks.alt(recorded),
        Table(name, ("Event on", "Between", "Centre", "Upper limit", "Reading"), rows),
        " ".join(filter(None, (reading.headline, *reading.notes[:1]))),
        " ".join(filter(None, (reading.means, reading.does_not, *reading.notes[1:]))),
        tuple(recorded),
    )
