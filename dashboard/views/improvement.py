"""Improvement: how soon, for whom, and of how many it is known."""

from __future__ import annotations

import streamlit as st

from dashboard import definitions, sections, ui

view = ui.opened(
    "Improvement",
    "**What you decide here:** whether people get better soon enough, for whom they do not, and "
    "whether enough scores were taken to say so.",
)

st.header("How soon?")
definitions.curve(view)
sections.by_part(view, "improvement_by_definition", bars=False)
sections.figures(view, sections.IMPROVEMENT_FIGURES, "Time to improvement in figures")
sections.method(view, ("improvement_restricted_mean",), "restricted mean time to improvement")

st.header("Is it changing?")
sections.over_time(
    view, "improvement_by_day", "day 56", "Improved within 8 weeks, by the day it was seen"
)
sections.over_time(view, "improvement_two_scores")

st.header("For whom?")
sections.by_dimension(view, "improvement_by_day", "day 56")

st.header("By other instruments, and by the person's own account")
sections.by_part(view, "global_change")
sections.figures(view, sections.CHANGE, "Change in function and by the person's own account")

st.header("With the exercises")
sections.figures(view, sections.ADHERENCE, "Exercises kept up, beside the outcome")

st.header("Pain that came back")
sections.over_time(view, "recurrence")
sections.counted(view, (*sections.IMPROVEMENT_FIGURES, "recurrence"))
