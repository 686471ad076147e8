"""Figures that may leave the service: one measure, over time or by one dimension, protected."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import drill, store, ui
from dashboard.charts import by_value, shown
from dashboard.charts.base import Table
from dashboard.drill import cut_words, part_words
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.measures.comparison import UNKNOWN
from pipelines.measures.disclosure.families import FAMILIES
from pipelines.measures.table import MeasureTable
from pipelines.measures.types import MeasureError

MEASURES: Final = tuple(name for family in FAMILIES for name in family)
"""Simple shares: what the protection of small numbers is proven for."""


def show(view: View) -> None:
    """The choice of figure and cut, the table, and the table as a file."""
    st.caption(
        "A month is released once, when it is over and can change no more, and stays as it was "
        "released. All first contacts together reach to the last complete quarter."
    )
    left, right = st.columns(2)
    words = {name: measure(name).name for name in MEASURES}
    with left:
        name = (
            st.selectbox(
                "Figure", list(words), format_func=words.__getitem__, key="shared",
                bind="query-params", persist_state="session",
            )
            or MEASURES[0]
        )  # fmt: skip
    cuts = {"": "All together", **drill.CUTS}
    with right:
        by = (
            st.selectbox(
                "By", list(cuts), format_func=cuts.__getitem__, key="shared_by",
                bind="query-params", persist_state="session",
            )
            or ""
        )  # fmt: skip
    try:
        with st.spinner("Hiding small numbers, and what would give them away…"):
            table = store.table(view.snapshot, name, view.filter, (by,) if by else ())
    except MeasureError as error:
        st.info(f"{error}", icon=":material/lock:")
        return
    entry, parts = measure(name), part_words(view)
    named = cut_words(view, by) if by else str
    rows = tuple(
        (
            *((named(row.by[0]),) if by else ()),
            *((parts(row.part or ""),) if entry.part else ()),
            *shown.cells(row.result, entry),
        )
        for row in table.rows
    )
    heads = (*((cuts[by],) if by else ()), *(("Part",) if entry.part else ()), *shown.COLUMNS)
    found = Table(f"{entry.name}, {cuts[by].lower()}", heads, rows)
    st.header(entry.name)
    st.markdown(ui.meaning(name))
    if by:
        _chart(view, table, by)
    ui.table(found)
    ui.download(found, "shared")


def _chart(view: View, table: MeasureTable, by: str) -> None:
    """The rows of the table as dots; a hidden one keeps its place and says that it is hidden."""
    entry, named, parts = measure(table.measure), cut_words(view, by), part_words(view)
    lines = [
        by_value.Line(
            ", ".join(filter(None, (named(row.by[0]), parts(row.part) if row.part else ""))),
            row.result, row.mature, row.by[0] != UNKNOWN,
        )
        for row in table.rows
    ]  # fmt: skip
    name = f"{entry.name}, by {drill.CUTS[by].lower()}"
    chart = by_value.dots(lines, entry, view.colours, name, first=drill.CUTS[by], judged=False)
    ui.plot(chart, "shared_chart")
