"""A rare event from one to the next, or by month where it is not rare."""

from __future__ import annotations

import streamlit as st

from dashboard import drill, mode, record_link, sections, store, text, ui
from dashboard.charts.rare import MOST_EVENTS, rare_chart
from dashboard.drill import Behind
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.measures.types import Estimate


def from_one_to_the_next(view: View, name: str) -> None:
    """A rare event's chart; only where cases are shown, since each point is the date of one.

    Where there are too many of them to be rare it is the share by month instead, and says why.
    """
    if not mode.sees_cases():
        return
    events = _events(view, name)
    if events > MOST_EVENTS:
        sections.over_time(view, name)
        st.caption(
            f"{text.plural(events, 'event')} are in this selection, too many to be drawn from one "
            "to the next, so they are drawn by month. Fewer sites or a shorter period show single "
            "ones."
        )
        return
    for number, found in enumerate(store.rare(view.snapshot, name, view.filter)):
        changes = sections.recorded(view, name, found.days)
        chart = rare_chart(found, measure(name), view.colours, changes)
        ui.show(chart, f"rare_{name}_{number}")
        with st.container(horizontal=True):
            drill.link(view, "Open the events", Behind(name, found.part or "", which="counted"))
            record_link.link(name)


def _events(view: View, name: str) -> int:
    """How many there are in the selection; they are known from counts, without any case."""
    rows = store.table(view.snapshot, name, view.filter).rows
    return sum(r.result.numerator or 0 for r in rows if isinstance(r.result, Estimate))
