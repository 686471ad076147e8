"""Sites against what chance alone would give: a funnel, never a league table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dashboard import text
from dashboard.charts.base import Chart, Table, nothing
from dashboard.theme import Palette, Spec, axis, layout, note, share_axis
from pipelines.measures.catalogue import Measure
from pipelines.measures.funnel import WORDS, Funnel, FunnelUnit
from pipelines.measures.types import NotEstimable

STEPS = 60
OUTSIDE = ("well above", "well below", "above", "below")


def funnel_chart(
    found: Funnel | NotEstimable, entry: Measure, names: Mapping[str, str], colours: Palette
) -> Chart:
    """Points are sites; lines are the 95% and 99.8% limits at each number of cases."""
    name = f"{entry.name}, by site"
    if isinstance(found, NotEstimable):
        return nothing(name, found.reason, name)
    drawn = [unit for unit in found.units if unit.value is not None]
    outside = [unit for unit in drawn if verdict(unit) in OUTSIDE]
    most = max(unit.denominator for unit in drawn)
    spec: Spec = {
        "data": [*_limits(found, most, colours), _units(found, drawn, names, colours)],
        "layout": layout(
            colours,
            360,
            hovermode="closest",
            xaxis=axis(colours, "Number of cases", rangemode="tozero", showgrid=True, nticks=6),
            yaxis=share_axis(colours),
            annotations=[
                note(
                    colours, names.get(unit.code, unit.code), unit.denominator,
                    round(unit.value or 0.0, 5), yshift=14,
                )
                for unit in outside
            ],
            shapes=[
                {
                    "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": found.target,
                    "y1": found.target, "line": {"color": colours.muted, "width": 1.5},
                    "layer": "below",
                }
            ],
        ),
    }  # fmt: skip
    said = ", ".join(f"{names.get(u.code, u.code)} ({verdict(u)})" for u in outside)
    finding = f"outside the limits: {said}" if said else "no site outside the limits"
    heard = (
        f"Of {text.plural(found.judged, 'site')} large enough to judge, chance alone would put "
        f"{found.expected_notes:.1f} outside the inner lines (95%). {found.method[0].upper()}"
        f"{found.method[1:]}. Differences between sites can lie in whom they see."
    )
    return Chart(
        f"{name}: {finding}",
        spec,
        f"Funnel chart of {text.plural(len(drawn), 'site')}; {finding}.",
        _table(found, names, name),
        heard,
    )


def verdict(unit: FunnelUnit) -> str:
    """The verdict with the spread between sites allowed for, where there is such a spread."""
    return unit.adjusted or unit.verdict


def _limits(found: Funnel, most: float, colours: Palette) -> list[Spec]:
    sizes = sorted({max(1, math.ceil(most * 1.05 * i / STEPS)) for i in range(1, STEPS + 1)})
    curve = found.curve(sizes)
    wide = any(each.adjusted_note is not None for each in curve)
    lines = []
    for pick, dash in (("note", "dot"), ("alert", "dash")):
        for side in ("lower", "upper"):
            limits = [getattr(c, f"adjusted_{pick}" if wide else pick) for c in curve]
            lines.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": sizes,
                    "y": [round(getattr(limit, side), 5) for limit in limits],
                    "line": {"color": colours.muted, "width": 1.2, "dash": dash},
                    "hoverinfo": "skip",
                }
            )
    return lines


def _units(
    found: Funnel, drawn: list[FunnelUnit], names: Mapping[str, str], colours: Palette
) -> Spec:
    judged = [unit.denominator >= found.min_denominator for unit in drawn]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [unit.denominator for unit in drawn],
        "y": [round(unit.value or 0.0, 5) for unit in drawn],
        "marker": {
            "size": 11,
            "symbol": ["diamond" if verdict(u) in OUTSIDE else "circle" for u in drawn],
            "color": [colours.main if good else colours.background for good in judged],
            "line": {"width": 2, "color": colours.main},
        },
        "hovertext": [
            f"{names.get(u.code, u.code)}: {text.percent(u.value or 0.0)} "
            f"({u.numerator:,} of {u.denominator:,.0f}). {u.words}"
            for u in drawn
        ],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _table(found: Funnel, names: Mapping[str, str], name: str) -> Table:
    def row(unit: FunnelUnit) -> tuple[str, ...]:
        share = text.NONE if unit.value is None else text.percent(unit.value)
        return (
            names.get(unit.code, unit.code),
            text.count(unit.numerator),
            f"{unit.denominator:,.0f}",
            share,
            unit.words or WORDS[unit.verdict],
        )

    return Table(name, ("Site", "Counted", "Of", "Share", "Reading"), tuple(map(row, found.units)))
