"""The same figure for every group of people, unknown as a row of its own."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import sections
from dashboard.ui import View
from pipelines.measures.catalogue import measure

MEASURES: Final = (
    "escalation_confirmed",
    "screen_complete_first",
    "improvement_two_scores",
    "persistence_share_8_weeks",
    "red_flags_not_in_time_share",
    "agreement",
)
GROUPS: Final = ("imd_quintile", "ethnic_group", "age_band", "sex")


def show(view: View) -> None:
    """One figure, chosen, by deprivation, ethnicity, age and sex."""
    words = {name: measure(name).name for name in MEASURES}
    chosen = st.selectbox(
        "Figure", list(words), format_func=words.__getitem__, key="gap", bind="query-params",
        persist_state="session",
    )  # fmt: skip
    name = chosen or MEASURES[0]
    st.markdown(
        "Groups differ in age and in what they come with; a gap is a reason to look, not a "
        "verdict. The dotted line is everyone together."
    )
    for pair in (GROUPS[:2], GROUPS[2:]):
        for column, by in zip(st.columns(2, gap="large"), pair, strict=True):
            with column:
                sections.by_dimension(view, name, fixed=by)
