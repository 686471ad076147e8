"""Data quality: every file's balance, what was not asked, checks and flags."""

from __future__ import annotations

import streamlit as st

from dashboard import quality, sections, ui

view = ui.opened(
    "Data quality",
    "**What you decide here:** whether the exports are complete enough to trust a figure, and what "
    "to ask the people who send them.",
)
st.header("Is every record accounted for?")
quality.files(view)

st.header("What was not asked?")
sections.over_time(view, "screen_completeness")
sections.by_part(view, "screen_completeness_by_question", bars=False)
sections.by_part(view, "help_completeness_by_question", bars=False)
sections.by_dimension(view, "screen_completeness")
sections.figures(view, sections.COMPLETENESS, "Completeness in figures")

st.header("What did the checks find?")
quality.checks(view)

st.header("What was cleaned or set aside?")
quality.flags(view)
sections.counted(view, sections.COMPLETENESS)
