"""The agreement matrix and the way into each of its cells."""

from __future__ import annotations

import streamlit as st

from dashboard import drill, store, ui
from dashboard.charts.matrix_chart import matrix_chart
from dashboard.ui import View
from pipelines.measures.matrix import MEASURE


def show(view: View) -> None:
    """The matrix, and two choices that open a cell: the keyboard's way and the pointer's."""
    found = store.matrix(view.snapshot, view.filter)
    labels = [row["label"] for row in store.rows(view.snapshot, "levels")]
    ui.show(matrix_chart(found, labels, view.colours), "matrix")
    if not found.total:
        return
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    order = list(reversed(range(len(labels))))
    with left:
        expected = _level("By the rules", labels, order, "expected")
    with middle:
        recorded = _level("Recorded", labels, order, "recorded")
    with right:
        drill.link(
            view,
            f"Open these {found.counts[expected][recorded]:,}",
            drill.Behind(MEASURE, which="of", cell=f"{expected}-{recorded}"),
        )


def _level(label: str, labels: list[str], order: list[int], key: str) -> int:
    chosen = st.selectbox(
        label, order, format_func=lambda i: labels[i], key=key, bind="query-params",
        persist_state="session",
    )  # fmt: skip
    return int(chosen or 0)
