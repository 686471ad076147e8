"""The lines of a control chart: centre, limits and target, and their names at the right end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboard.theme import Palette, Spec, note, target_line
from pipelines.measures.catalogue import Measure
from pipelines.measures.figures import number
from pipelines.measures.over_time import OverTime

HIGH: Final = 250
"""Pixels of a plot between its margins and the months, about."""
LINE: Final = 16 / HIGH
"""What of that a line of words takes."""
LINES: Final = (("centre", "solid", 1.5), ("lower", "dash", 1), ("upper", "dash", 1))
"""Which figure of a point makes a line, how it is drawn, and its width in pixels."""


def limits(found: OverTime, colours: Palette) -> list[Spec]:
    """Centre and both limits, a line of its own for each phase so that a re-basing shows."""
    chart = found.chart
    if chart is None:
        return []
    lines = []
    for phase in chart.phases:
        for pick, dash, width in LINES:
            part = range(phase.start, phase.end)
            lines.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [found.months[i].month.isoformat() for i in part],
                    "y": [rounded(getattr(chart.points[i], pick)) for i in part],
                    "line": {"color": colours.muted, "width": width, "dash": dash, "shape": "hvh"},
                    "hoverinfo": "skip",
                    "connectgaps": False,
                }
            )
    return lines


def target(found: OverTime, colours: Palette) -> list[Spec]:
    """The target that the service holds the figure against, where one is set."""
    goal = found.chart.assurance.target if found.chart else None
    if goal is None:
        return []
    return [target_line([each.month.isoformat() for each in found.months], goal, colours)]


def labels(found: OverTime, entry: Measure, colours: Palette) -> list[Spec]:
    """Centre, limits and target named at their right end instead of in a key."""
    chart = found.chart
    if chart is None:
        return []
    ends = [i for i, p in enumerate(chart.points) if p.centre is not None]
    last = chart.points[ends[-1]] if ends else None
    goal = chart.assurance.target
    named = [("upper", last.upper), ("mean", last.centre), ("lower", last.lower)] if last else []
    if goal is not None:
        named.append(("target", goal))
    told = [(words, value) for words, value in named if value is not None]
    told.sort(key=lambda each: each[1])
    span = _span(found, [value for _, value in told])
    written, beneath = [], -float("inf")
    for words, value in told:
        # Two that nearly meet are moved apart: at 320 pixels a line of words takes 1/17.
        place = max(value / span, beneath + LINE) if goal is not None else value / span
        beneath = place
        written.append(
            note(
                colours, f"{words} {number(value, entry)}", 1.0, rounded(value),
                xref="paper", xanchor="left", xshift=6, yshift=round((place - value / span) * HIGH),
                **({"font": {"size": 12, "color": colours.text}} if words == "target" else {}),
            )
        )  # fmt: skip
    return written


def _span(found: OverTime, lines: Sequence[float]) -> float:
    """How much the plot holds from bottom to top, roughly: what is drawn, and 0 for a share."""
    drawn = [each.value for each in found.months if each.value is not None]
    for point in found.chart.points if found.chart else ():
        drawn += [value for value in (point.lower, point.upper) if value is not None]
    every = [*drawn, *lines]
    return (max(every) - min(every)) * 1.1 or 1.0


def target_said(found: OverTime, entry: Measure) -> str:
    """The target as a sentence for the alternative text; empty without one."""
    goal = found.chart.assurance.target if found.chart else None
    return "" if goal is None else f" Target {number(goal, entry)}."


def rounded(value: float | None) -> float | None:
    """As many places as a plot shows."""
    return None if value is None else round(value, 5)
