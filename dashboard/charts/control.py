"""A measure month by month as a control chart, with the signal named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from dashboard import text
from dashboard.charts import control_lines, marks, shown
from dashboard.charts.base import Chart, Table, nothing
from dashboard.charts.control_lines import rounded
from dashboard.charts.marks import Mark
from dashboard.theme import (
    Palette,
    Spec,
    axis,
    layout,
    months_axis,
    share_axis,
)
from pipelines.measures.catalogue import Measure
from pipelines.measures.figures import number
from pipelines.measures.over_time import Month, OverTime
from pipelines.measures.spc_rules import RULE_TEXT, State
from pipelines.measures.spc_types import SpcChart, SpcPoint

SYMBOLS: Final[dict[State, str]] = {
    "common": "circle",
    "improve": "diamond",
    "concern": "square",
    "neutral_high": "triangle-up",
    "neutral_low": "triangle-down",
    "not_enough_variation": "circle",
    "not_enough_points": "circle",
}
SIGNS: Final[dict[State, str]] = {
    "common": "○",
    "improve": "◆",
    "concern": "■",
    "neutral_high": "▲",
    "neutral_low": "▼",
    "not_enough_variation": "–",
    "not_enough_points": "–",
}
"""The shape that stands for a verdict, in charts and beside figures: never colour alone."""


def control_chart(
    found: OverTime,
    entry: Measure,
    colours: Palette,
    name: str = "",
    recorded: Sequence[Mark] = (),
) -> Chart:
    """Points, centre line and limits; special causes by shape, months still open hollow.

    `recorded` are the service's changes within these months, each a numbered line.
    """
    name = name or entry.name
    drawn = [each for each in found.months if each.value is not None]
    goal = found.chart.assurance.target if found.chart else None
    columns = (
        *("Month", *shown.COLUMNS, "Lower limit", "Centre", "Upper limit"),
        *(() if goal is None else ("Target",)),
        "Reading",
    )
    if not drawn:
        why = "No month of this selection has a figure."
        return nothing(f"{name}, by month", why, f"{name}, by month")
    told = found.reading
    spec: Spec = {
        "data": [
            *control_lines.limits(found, colours),
            *control_lines.target(found, colours),
            *_points(found, entry, colours),
        ],
        "layout": layout(
            colours,
            320,
            margin={"l": 8, "r": 96, "t": 28 if recorded else 16, "b": 8},
            hovermode="closest",
            xaxis=months_axis(colours),
            yaxis=_value_axis(entry, colours),
            annotations=[
                *control_lines.labels(found, entry, colours),
                *marks.numbers(recorded, colours),
            ],
            shapes=marks.lines(recorded, colours),
        ),
    }
    rows = tuple(_row(found, place, entry) for place in range(len(found.months)))
    verdict = told.variation if told else "limits not drawn"
    withheld = "Some months are withheld, so no limits are drawn."
    return Chart(
        f"{name}: {_finding(found, verdict)}",
        spec,
        _alt(drawn, entry, verdict) + control_lines.target_said(found, entry) + marks.alt(recorded),
        Table(f"{name}, by month", columns, rows),
        " ".join(filter(None, (told.headline, told.recent, told.target, _young(drawn))))
        if told
        else withheld,
        " ".join(filter(None, (told.means, told.does_not, *told.notes))) if told else "",
        tuple(recorded),
    )


def _young(drawn: Sequence[Month]) -> str:
    """What a hollow point means, beside the chart that has one."""
    n = sum(not each.mature for each in drawn)
    return f"Hollow: too early to say in {text.plural(n, 'month')}, not judged." if n else ""


def _finding(found: OverTime, verdict: str) -> str:
    """The verdict, and a special cause that has passed where the last point has none."""
    said = f"{verdict[0].lower()}{verdict[1:]}"
    signal = found.chart.latest_signal if found.chart else None
    if signal is None or signal.current:
        return said
    first, last = (found.months[i].month for i in (signal.start, signal.end))
    when = text.month(first) if first == last else f"{text.month(first)} to {text.month(last)}"
    return f"{said} now, special cause in {when}"


def _value_axis(entry: Measure, colours: Palette) -> Spec:
    if entry.unit == "share":
        # Not "normal": around a flat series of 0% it would go below nothing.
        return share_axis(colours, rangemode="nonnegative")
    return axis(colours, showgrid=True, nticks=6)


def _points(found: OverTime, entry: Measure, colours: Palette) -> list[Spec]:
    shown_at = [i for i, each in enumerate(found.months) if each.value is not None]
    states = [_point(found.chart, i) for i in shown_at]
    inks = [_ink(p.state if p else "common", colours) for p in states]
    ripe = [found.months[i].mature for i in shown_at]
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": [found.months[i].month.isoformat() for i in shown_at],
            "y": [rounded(found.months[i].value) for i in shown_at],
            "line": {"color": colours.soft, "width": 1.5},
            "marker": {
                "size": [9 if p is None or p.state == "common" else 11 for p in states],
                "symbol": [SYMBOLS[p.state] if p else "circle" for p in states],
                "color": [
                    ink if done else colours.background
                    for ink, done in zip(inks, ripe, strict=True)
                ],
                "line": {"width": 2, "color": inks},
            },
            "hovertext": [
                f"{text.month(found.months[i].month)}: "
                f"{shown.whole(found.months[i].result, entry)}. {_verdict(found, i)}"
                for i in shown_at
            ],
            "hoverinfo": "text",
            "cliponaxis": False,
        }
    ]


def _point(chart: SpcChart | None, place: int) -> SpcPoint | None:
    return None if chart is None else chart.points[place]


def _ink(state: State, colours: Palette) -> str:
    if state == "improve":
        return colours.main
    if state == "concern":
        return colours.other
    return colours.text if state in ("neutral_high", "neutral_low") else colours.soft


def _verdict(found: OverTime, place: int) -> str:
    month, point = found.months[place], _point(found.chart, place)
    if month.value is None:
        return "no figure"
    if not month.mature:
        return "too early to say: not judged"
    if point is None:
        return "limits not drawn"
    if point.rule is None:
        return "common cause" if point.centre is not None else "no limits"
    return f"special cause, {RULE_TEXT[point.rule]}"


def _row(found: OverTime, place: int, entry: Measure) -> tuple[str | int | float | None, ...]:
    month, point = found.months[place], _point(found.chart, place)

    def line(value: float | None) -> str:
        return text.NONE if value is None else number(value, entry)

    limits = (point.lower, point.centre, point.upper) if point else (None, None, None)
    goal = found.chart.assurance.target if found.chart else None
    return (
        text.month(month.month),
        *shown.cells(month.result, entry),
        *(line(value) for value in limits),
        *(() if goal is None else (line(goal),)),
        _verdict(found, place),
    )


def _alt(drawn: Sequence[Month], entry: Measure, verdict: str) -> str:
    ripe = [each for each in drawn if each.mature]
    said = f"Control chart of {text.plural(len(drawn), 'month')}. {verdict}."
    if ripe:
        low, high = min(ripe, key=_value), max(ripe, key=_value)
        said += (
            f" Lowest {shown.said(low.result, entry)} in {text.month(low.month)}, highest "
            f"{shown.said(high.result, entry)} in {text.month(high.month)}, last "
            f"{shown.said(ripe[-1].result, entry)} in {text.month(ripe[-1].month)}."
        )
    young = len(drawn) - len(ripe)
    if young:
        said += f" {text.plural(young, 'hollow month')} too early to judge."
    return said


def _value(each: Month) -> float:
    return each.value or 0.0


def spark(found: OverTime, entry: Measure, colours: Palette) -> tuple[Spec, str] | None:
    """A small line without axes for a card, and its alternative text; None without two points."""
    drawn: list[Month] = [each for each in found.months if each.value is not None]
    if len(drawn) < 2:
        return None
    days: list[date] = [each.month for each in drawn]
    ripe = [each for each in drawn if each.mature]
    data: list[Spec] = [
        {
            "type": "scatter", "mode": "lines", "hoverinfo": "skip",
            "x": [day.isoformat() for day in days],
            "y": [rounded(each.value) for each in drawn],
            "line": {"color": colours.soft, "width": 2},
        }
    ]  # fmt: skip
    if ripe:
        data.append(
            {
                "type": "scatter", "mode": "markers", "hoverinfo": "skip",
                "x": [ripe[-1].month.isoformat()], "y": [rounded(ripe[-1].value)],
                "marker": {"color": colours.main, "size": 9}, "cliponaxis": False,
            }
        )  # fmt: skip
    if found.chart is not None and found.chart.centre is not None:
        data.insert(
            0,
            {
                "type": "scatter", "mode": "lines", "hoverinfo": "skip",
                "x": [days[0].isoformat(), days[-1].isoformat()],
                "y": [rounded(found.chart.centre)] * 2,
                "line": {"color": colours.muted, "width": 1, "dash": "dot"},
            },
        )  # fmt: skip
    spec: Spec = {
        "data": data,
        "layout": layout(
            colours, 64, margin={"l": 4, "r": 8, "t": 8, "b": 4},
            xaxis={"visible": False, "fixedrange": True},
            yaxis={"visible": False, "fixedrange": True},
        ),
    }  # fmt: skip
    told = found.reading
    return spec, _alt(drawn, entry, told.variation if told else "Limits not drawn")
