"""Colours and the parts that every figure shares. Plain dictionaries, no plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Spec = dict[str, Any]

FONT: Final = "Arial, Liberation Sans, sans-serif"
PLOT_OPTIONS: Final[Spec] = {
    "displayModeBar": False,
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
}
"""How every chart behaves: no tool bar (15 stops fewer by keyboard), no zoom by accident."""


@dataclass(frozen=True)
class Palette:
    """One set of colours; each has at least 3:1 on its background, text at least 4.5:1.

    `main` is what a chart is about, `other` a second series, `soft` what is less than certain.
    """

    name: str
    background: str
    text: str
    muted: str
    grid: str
    main: str
    main_band: str
    other: str
    other_band: str
    soft: str


LIGHT: Final = Palette(
    name="light",
    background="#FFFFFF",
    text="#12181C",
    muted="#4C6272",
    grid="#D8DDE0",
    main="#005EB8",
    main_band="rgba(0,94,184,0.16)",
    other="#B55F00",
    other_band="rgba(181,95,0,0.16)",
    soft="#768692",
)
DARK: Final = Palette(
    name="dark",
    background="#0E1A26",
    text="#F0F4F5",
    muted="#AEB7BD",
    grid="#2C3E50",
    main="#5CA9F0",
    main_band="rgba(92,169,240,0.22)",
    other="#FFB454",
    other_band="rgba(255,180,84,0.20)",
    soft="#8F9BA5",
)


def palette(kind: str | None) -> Palette:
    """The palette for the page's theme, "light" or "dark"; light when it is not known."""
    return DARK if kind == "dark" else LIGHT


def axis(colours: Palette, title: str = "", **more: Any) -> Spec:
    """One axis: horizontal text, no zero line, grid only where `showgrid` says so."""
    return {
        "title": {"text": title, "font": {"size": 13, "color": colours.muted}, "standoff": 8},
        "tickfont": {"size": 13, "color": colours.text},
        "gridcolor": colours.grid,
        "linecolor": colours.muted,
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        "showgrid": False,
        **more,
    }


def share_axis(colours: Palette, title: str = "", **more: Any) -> Spec:
    """An axis of shares from 0, in per cent with no more places than its steps need."""
    return axis(
        colours,
        title,
        **{"tickformat": "~%", "showgrid": True, "rangemode": "tozero", "nticks": 6, **more},
    )


def layout(colours: Palette, height: int, **more: Any) -> Spec:
    """What every figure has: transparent ground, British number marks, fixed height."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 16, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": colours.text},
        "separators": ".,",
        "showlegend": False,
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "dragmode": False,
        **more,
    }


def legend(**more: Any) -> Spec:
    """A key above the plot, left-aligned, that takes no clicks: a click would hide a series."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "itemclick": False,
        "itemdoubleclick": False,
        "bgcolor": "rgba(0,0,0,0)",
        **more,
    }


def note(colours: Palette, text: str, x: Any, y: Any, **more: Any) -> Spec:
    """Text written into a plot instead of a key or an axis."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "font": {"size": 12, "color": colours.muted, "family": FONT},
        **more,
    }


def target_line(months: Sequence[str], target: float, colours: Palette) -> Spec:
    """A target over all months: longer dashes than a limit's, in the colour of text."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [months[0], months[-1]],
        "y": [round(target, 5)] * 2,
        "line": {"color": colours.text, "width": 1.5, "dash": "longdashdot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


ROW = 54
"""Height in pixels of one row of a chart whose rows carry their words above them."""


def rows(colours: Palette, heads: Sequence[str]) -> Spec:
    """Layout parts for horizontal rows with their words above instead of beside them.

    Beside a bar, words and figures have no room on a telephone; above it they always have.
    Rows are at y = 0, 1, 2, ... from the top.
    """
    return {
        "yaxis": axis(
            colours, range=[len(heads) - 0.5, -0.72], showticklabels=False, showline=False
        ),
        "annotations": [
            note(
                colours, words, 0, place, xref="paper", xanchor="left", yanchor="bottom",
                yshift=9, align="left", font={"size": 13, "color": colours.text, "family": FONT},
            )
            for place, words in enumerate(heads)
        ],
    }  # fmt: skip


def months_axis(colours: Palette) -> Spec:
    """A time axis of months with the year below: upright words that fit a telephone."""
    return axis(colours, type="date", tickformat="%b<br>%Y", hoverformat="%B %Y", nticks=7)
