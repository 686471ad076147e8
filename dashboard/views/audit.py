"""Referral audit: did what was done agree with what the rules say, and if not, why?"""

from __future__ import annotations

import streamlit as st

from dashboard import audit_matrix, mode, queue, rare_events, review_summary, sections, ui

view = ui.opened(
    "Referral audit",
    "**What you decide here:** which triggers were not acted on as the leaflet asks, and whether "
    "there was a good reason. The list is in the order of safety.",
)
st.header("What needs looking at first?")
sections.by_part(view, "red_flags_not_in_time")
sections.over_time(view, "red_flags_not_in_time_share")

if mode.sees_cases():
    st.header("Audit queue")
    queue.show(view)
    review_summary.samples(view)

st.header("Cauda equina safety panel")
sections.figures(view, sections.SAFETY_PANEL, "From the question to the result")
sections.over_time(view, "ces_asked")
rare_events.from_one_to_the_next(view, "ces_present")
sections.by_part(
    view,
    "screen_completeness_by_question",
    "How often each safety question was answered",
    bars=False,
)

st.header("Agreement")
audit_matrix.show(view)
sections.by_part(view, "audit_categories")
sections.figures(view, sections.AGREEMENT, "Agreement in figures")
sections.method(view, ("agreement_kappa",), "agreement beyond chance")
review_summary.agreement(view)

st.header("How soon was it acted on?")
sections.by_part(view, "days_to_action", bars=False)
sections.by_part(view, "action_in_time", bars=False)

st.header("Referrals beyond the leaflet, and treatment routes")
sections.over_time(view, "over_referral")
sections.by_part(view, "route_appropriate", bars=False)
sections.by_part(view, "route_reasons")
sections.counted(view, (*sections.AGREEMENT, "red_flags_not_in_time", "days_to_action"))
