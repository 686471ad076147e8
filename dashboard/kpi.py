"""A key figure on a card: value, interval and n, its control chart's verdict, comparisons."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import comparison, drill, store, theme, ui
from dashboard.cards import Card
from dashboard.charts import control, shown
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import interval

COLOURS: Final = {"improve": "blue", "concern": "orange"}


def plain(view: View, name: str, part: str | None = None, judged: str = "") -> Card:
    """The card of any measure: its figure, interval and n."""
    entry = measure(name)
    result = store.one(view.snapshot, name, view.filter, part)
    detail = "; ".join(filter(None, (interval(result, entry), shown.of(result, entry))))
    if shown.value(result) is None:
        detail = shown.whole(result, entry)
    value = shown.said(result, entry)
    return Card(entry.name, f"{value[0].upper()}{value[1:]}", (detail,), name, part, judged)


def show(view: View, card: Card) -> None:
    """Draw one card."""
    with st.container(border=True, height="stretch"):
        st.metric(card.label, card.value, help=ui.meaning(card.measure))
        verdict = _verdict(view, card)
        target = store.charting().target(card.measure)
        compared = comparison.lines(
            view.snapshot, card.measure, card.part, view.filter, view.compared, target
        )
        st.markdown("\n\n".join(filter(None, (*verdict, *card.lines, *compared))))
        drill.link(view, "What is behind it", drill.Behind(card.measure, card.part or ""))


def _verdict(view: View, card: Card) -> list[str]:
    """Draws the sparkline; the verdict in shape, words and colour, as lines."""
    judged = measure(card.judged or card.measure)
    part = None if card.judged else card.part
    months = store.series(view.snapshot, judged.id, view.filter, part)
    drawn = control.spark(months, judged, view.colours)
    if drawn:
        spec, alt = drawn
        st.plotly_chart(
            ui.figure(spec), theme=None, key=f"spark_{card.measure}_{card.part or ''}",
            alt=f"{judged.name}, by month. {alt}",
            config={**theme.PLOT_OPTIONS, "staticPlot": True},
        )  # fmt: skip
    told = months.reading
    if told is None or months.chart is None:
        return []
    state = months.chart.state
    words = f"{control.SIGNS[state]} {told.variation}"
    if card.judged:
        words += f" ({judged.name.lower()})"
    colour = COLOURS.get(state)
    lines = [f":{colour}[**{words}**]" if colour else words]
    return [*lines, f"◎ {told.assurance}"] if told.target else lines
