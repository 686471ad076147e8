"""Exercise: which exercises, how much of them, and how long they are kept up."""

from __future__ import annotations

import streamlit as st

from dashboard import sections, ui

view = ui.opened(
    "Exercise",
    "**What you decide here:** whether people do the exercises that the leaflet asks for, and "
    "whether diaries tell enough to say so. No diary is not the same as no exercise.",
)
st.header("Of how many is it known?")
sections.over_time(view, "diary_kept")
sections.by_dimension(view, "diary_kept")

st.header("Are they kept up?")
sections.figures(view, sections.ADHERENCE, "Adherence, with improvement beside it")

st.header("Which exercises, and how much of them?")
left, right = st.columns(2, gap="large")
with left:
    sections.by_part(view, "exercise_used", bars=False)
with right:
    sections.by_part(view, "exercise_dose", bars=False)
left, right = st.columns(2, gap="large")
with left:
    sections.by_part(view, "exercise_dose_reached", bars=False)
with right:
    sections.by_part(view, "exercise_over_dose", bars=False)
sections.counted(view, (*sections.ADHERENCE, "exercise_used", "exercise_dose"))
