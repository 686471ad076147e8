"""The same figure for every group of people and the gaps between them, unknown a row of its own."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import drill, sections, store, ui
from dashboard.charts.base import nothing
from dashboard.charts.gap_chart import gap_chart
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.measures.comparison import GAP_DIMENSIONS, gaps_of
from pipelines.measures.types import MeasureError

FIGURES: Final[dict[str, str | None]] = {
    "escalation_confirmed": None,
    "screen_complete_first": None,
    "wait_referral_to_triage": None,
    "wait_triage_to_appointment": None,
    "did_not_attend": None,
    "improvement_by_day": "day 56",
    "improvement_two_scores": None,
    "persistence_share_8_weeks": None,
    "persistence_status_known": None,
    "red_flags_not_in_time_share": None,
    "agreement": None,
}
"""Measures whose groups are compared, each with the part that is shown where it has parts."""


def show(view: View) -> None:
    """One figure, chosen, by deprivation, ethnicity, age and sex, and the gaps beside it."""
    words = {name: measure(name).name + (f" ({part})" if part else "")
             for name, part in FIGURES.items()}  # fmt: skip
    chosen = st.selectbox(
        "Figure", list(words), format_func=words.__getitem__, key="gap", bind="query-params",
        persist_state="session",
    )  # fmt: skip
    name = chosen or next(iter(FIGURES))
    st.markdown(
        "Groups differ in age and in what they come with; a gap is a reason to look, not a "
        "verdict. People of whom the group is not recorded are a row of their own."
    )
    for by in GAP_DIMENSIONS:
        left, right = st.columns(2, gap="large")
        with left:
            sections.by_dimension(view, name, FIGURES[name], fixed=by)
        with right:
            _gaps(view, name, by)


def _gaps(view: View, name: str, by: str) -> None:
    table, words = store.table(view.snapshot, name, view.filter, (by,)), drill.cut_words(view, by)
    key, dimension = f"gaps_{name}_{by}", drill.CUTS[by]
    try:
        found = gaps_of(table)
    except MeasureError:
        title = f"Gaps by {dimension.lower()}"
        why = (
            "No gaps: nobody of this selection is in the group that the others are held against"
            f"{' (fifth 5, the least deprived)' if by == 'imd_quintile' else ''}."
        )
        ui.show(nothing(title, why, title), key)
        return
    chart = gap_chart(found, FIGURES[name], measure(name), view.colours, words, dimension)
    ui.show(chart, key)
