"""Overview: the three headline answers for the chosen period and sites."""

from __future__ import annotations

import streamlit as st

from dashboard import cards, episode_list, store, ui
from dashboard.charts import escalation, improvement, persistence

view = ui.opened(
    "Overview",
    "**What you decide here:** whether escalation at first contact needs a closer look, whether "
    "people get better soon enough, and whose symptoms have lasted past 8 weeks.",
)
found = store.answers(view.snapshot, view.filter)
months = store.months(view.snapshot, view.filter)
labels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}

for column, card in zip(st.columns(3), cards.headline(found), strict=True):
    with column:
        ui.card(card)

st.header("How often is care above self-management needed?")
left, right = st.columns(2, gap="large")
with left:
    ui.show(escalation.by_level(found.escalation, labels, view.colours), "levels")
with right:
    ui.show(escalation.between(found.escalation, labels, view.colours), "between")
ui.show(
    escalation.by_month(months.confirmed, months.not_ruled_out, view.colours), "escalation_month"
)
ui.counted(cards.escalation_results(found.escalation))
episode_list.link(
    view,
    "List the episodes with a confirmed escalation",
    outcomes=("A_AND_E", "URGENT", "GP"),
)

st.header("How soon do people get better?")
ui.show(improvement.curve(found.improvement, view.colours), "improvement")
ui.counted(cards.improvement_results(found.improvement))

st.header("Who is still symptomatic past 8 weeks?")
left, right = st.columns([2, 3], gap="large")
with left:
    ui.show(persistence.parts(found.persistence, view.colours), "parts")
with right:
    ui.show(persistence.by_month(months.persistence, view.colours), "persistence_month")
ui.counted(cards.persistence_results(found.persistence))
episode_list.link(view, "List the episodes open now and past 8 weeks", state="past_8_weeks")
