"""Escalation: by level over time, by site, and how far the answers leave it open."""

from __future__ import annotations

import streamlit as st

from dashboard import levels, sections, store, ui

view = ui.opened(
    "Escalation",
    "**What you decide here:** whether escalation at first contact is changing and where, and "
    "whether too little was asked to tell. A fall can be harm: no direction is good in itself.",
)
found = store.escalated(view.snapshot, view.filter)

st.header("Is it changing?")
sections.over_time(view, "escalation_confirmed")
sections.over_time(view, "escalation_not_ruled_out")
sections.chosen_over_time(view, sections.ESCALATION_SERIES)

st.header("At which level?")
levels.show(view, found)

st.header("By which signs?")
left, right = st.columns(2, gap="large")
with left:
    sections.by_part(view, "rule_fired", bars=False)
with right:
    sections.by_part(view, "rule_unknown", bars=False)

st.header("Where, and in whom?")
sections.funnel_by_site(view, "escalation_confirmed")
sections.by_dimension(view, "escalation_confirmed")

st.header("Was enough asked?")
sections.over_time(view, "screen_completeness")
sections.by_part(view, "screen_completeness_by_contact_type", bars=False)

st.header("Other ways to count it")
sections.figures(view, sections.ESCALATION_OTHERS, "Escalation counted in other ways")
sections.counted(view, ("escalation_confirmed", *sections.ESCALATION_OTHERS))
