"""Waits and equity: how long people wait, and whether some groups fare worse."""

from __future__ import annotations

import streamlit as st

from dashboard import equity, sections, ui

view = ui.opened(
    "Waits and equity",
    "**What you decide here:** whether people are seen soon enough, and whether some groups wait "
    "longer, are asked less or improve later than others.",
)
st.header("How long do people wait?")
sections.figures(view, sections.WAITS, "Waits in figures")
left, right = st.columns(2, gap="large")
with left:
    sections.by_part(view, "waiting_now")
with right:
    sections.by_part(view, "seen_by_wait")
sections.over_time(view, "wait_referral_to_triage")

st.header("Who did not come, and who came back?")
sections.over_time(view, "did_not_attend")
sections.over_time(view, "back_within_12_weeks")

st.header("Who fares worse?")
equity.show(view)
