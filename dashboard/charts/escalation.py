"""Escalation at first contact: by level, and between its two bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard import text
from dashboard.charts.base import Chart, Table, around, cells, estimates, hover, nothing, shares
from dashboard.theme import ROW, Palette, Spec, layout, legend, rows, share_axis
from pipelines.measures.answers import Bar, Escalation, LevelRange
from pipelines.measures.types import NOT_SETTLED, Estimate

ESCALATING = ("A_AND_E", "URGENT", "GP")
LEAST_ESCALATING = "GP"
EMPTY = "No episode in this selection has a contact that the rules could judge."


def by_level(found: Escalation, labels: Mapping[str, str], colours: Palette) -> Chart:
    """Bars that add up to all episodes: the confirmed outcome, self-manage, and not settled."""
    name = "Triage outcome at the first contact"
    bars = [bar for bar in found.bars_first if isinstance(bar.share, Estimate)]
    if not bars:
        return nothing(name, EMPTY, name)
    words = [label(bar.code, labels) for bar in bars]
    results = estimates([bar.share for bar in bars])
    n = results[0].denominator
    heads = [
        f"{word} <b>{text.figure(r)}</b> ({text.count(r.numerator or 0)})"
        for word, r in zip(words, results, strict=True)
    ]
    spec: Spec = {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "y": list(range(len(bars))),
                "x": shares(results),
                "width": 0.36,
                "marker": _fills(bars, colours),
                "error_x": {**around(results), "color": colours.text},
                "hovertext": hover(results),
                "hoverinfo": "text",
            }
        ],
        "layout": layout(
            colours,
            50 + ROW * len(bars),
            xaxis=share_axis(colours, f"Share of {text.plural(n, 'episode')}"),
            **rows(colours, heads),
        ),
    }
    alt = (
        f"Bar chart of {text.plural(n, 'episode')}. "
        + "; ".join(
            f"{word} {text.figure(result)}" for word, result in zip(words, results, strict=True)
        )
        + ". The bars add up to 100%."
    )
    lines = tuple((word, *cells(bar.share)) for word, bar in zip(words, bars, strict=True))
    unsettled = sum(r.value for b, r in zip(bars, results, strict=True) if b.code == NOT_SETTLED)
    return Chart(
        f"{name}: {text.figure(found.confirmed)} escalated, {text.percent(unsettled)} not settled",
        spec,
        alt,
        Table(name, ("Confirmed outcome", "Episodes", "Share", "Interval"), lines),
        said=_settled_words(found),
    )


def _settled_words(found: Escalation) -> str:
    unsettled = next(bar for bar in found.bars_first if bar.code == NOT_SETTLED)
    complete = found.screen_complete_first
    said = (
        f"Not settled: for {text.plural(unsettled.n, 'episode')} nothing is confirmed, yet too "
        "little was asked to rule it out."
    )
    if isinstance(complete, Estimate):
        said += f" All fifteen safety questions were answered in {text.percent(complete.value)}."
    return said


def label(code: str, labels: Mapping[str, str]) -> str:
    """The words for a level, or for the bar of those that are not settled."""
    return "Not settled" if code == NOT_SETTLED else labels.get(code, code)


def _fills(bars: Sequence[Bar], colours: Palette) -> Spec:
    """Escalating levels in the main colour, the rest quieter, not settled hatched."""
    fills = [colours.main if bar.code in ESCALATING else colours.soft for bar in bars]
    return {
        "color": fills,
        "line": {"width": 1.5, "color": fills},
        "pattern": {
            "shape": ["/" if bar.code == NOT_SETTLED else "" for bar in bars],
            "bgcolor": colours.background,
            "size": 6,
            "solidity": 0.35,
        },
    }


def between(found: Escalation, labels: Mapping[str, str], colours: Palette) -> Chart:
    """For each level: confirmed at least this level, up to what is not ruled out."""
    name = "Confirmed, and not ruled out"
    levels = [part for part in found.levels if isinstance(part.at_least, Estimate)]
    if not levels:
        return nothing(name, EMPTY, name)
    words = [_or_above(part, labels) for part in levels]
    low = estimates([part.at_least for part in levels])
    high = estimates([part.not_ruled_out for part in levels])
    heads = [
        f"{word} <b>{text.figure(a)}</b> to <b>{text.figure(b)}</b>"
        for word, a, b in zip(words, low, high, strict=True)
    ]
    spec: Spec = {
        "data": [
            _spans(low, high, colours),
            _dots("Confirmed", low, colours.main, colours.main),
            _dots("Not ruled out", high, colours.main, colours.background),
        ],
        "layout": layout(
            colours,
            84 + ROW * len(levels),
            showlegend=True,
            legend=legend(),
            xaxis=share_axis(
                colours, f"Share of {text.plural(low[0].denominator, 'episode')}", range=[0, 1.02]
            ),
            **rows(colours, heads),
        ),
    }
    alt = (
        "Range chart. "
        + "; ".join(
            f"{word}: {text.figure(a)} confirmed, {text.figure(b)} not ruled out"
            for word, a, b in zip(words, low, high, strict=True)
        )
        + "."
    )
    lines = tuple(
        (word, *cells(part.at_least), *cells(part.not_ruled_out))
        for word, part in zip(words, levels, strict=True)
    )
    columns = (
        "Level", "Confirmed", "Share", "Interval",
        "Not ruled out", "Share not ruled out", "Interval not ruled out",
    )  # fmt: skip
    said = [
        f"{text.figure(a)} to {text.figure(b)} {word}"
        for part, word, a, b in zip(levels, words, low, high, strict=True)
        if part.code == LEAST_ESCALATING
    ]
    return Chart(
        ": ".join((name, *said)), spec, alt, Table(name, columns, lines),
        said="What the answers prove, and what they leave open: the truth lies between the two.",
    )  # fmt: skip


def _or_above(part: LevelRange, labels: Mapping[str, str]) -> str:
    words = labels.get(part.code, part.code)
    return words if part.code == "A_AND_E" else f"{words} or above"


def _spans(low: Sequence[Estimate], high: Sequence[Estimate], colours: Palette) -> Spec:
    """One line per level from its lower to its upper bound (gaps between them by None)."""
    x: list[float | None] = []
    y: list[int | None] = []
    for place, (a, b) in enumerate(zip(low, high, strict=True)):
        x += [round(a.value, 5), round(b.value, 5), None]
        y += [place, place, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colours.main_band, "width": 10},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _dots(name: str, results: Sequence[Estimate], colour: str, fill: str) -> Spec:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": shares(results),
        "y": list(range(len(results))),
        "marker": {"color": fill, "size": 12, "line": {"width": 2.5, "color": colour}},
        "error_x": {**around(results), "color": colour},
        "cliponaxis": False,
        "hovertext": hover(results),
        "hoverinfo": "text+name",
    }
