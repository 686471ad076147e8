"""Overview: the key figures, what changed, and the three headline answers."""

from __future__ import annotations

import streamlit as st

from dashboard import (
    cards,
    changes,
    definitions,
    drill,
    episode_list,
    kpi,
    levels,
    mode,
    sections,
    store,
    ui,
)
from dashboard.charts import improvement, persistence

view = ui.opened(
    "Overview",
    "**What you decide here:** whether escalation at first contact needs a closer look, whether "
    "people get better soon enough, whose symptoms have lasted past 8 weeks, and whether red "
    "flags were acted on.",
)
found = store.answers(view.snapshot, view.filter)
flags = [store.one(view.snapshot, "red_flags_not_in_time", view.filter, each)
         for each in ("confirmed", "possible")]  # fmt: skip
share = store.one(view.snapshot, "red_flags_not_in_time_share", view.filter)
shown = [*cards.headline(found), cards.red_flags(flags[0], flags[1], share)]
for pair in (shown[:2], shown[2:]):
    for column, card in zip(st.columns(2), pair, strict=True):
        with column:
            kpi.show(view, card)

changes.show(view)

st.header("How often is care above self-management needed?")
levels.show(view, found.escalation)
ui.counted("escalation", lambda: cards.left_out(cards.escalation_results(found.escalation)))

st.header("How soon do people get better?")
ui.show(improvement.curve(found.improvement, view.colours, definitions.usual(view)), "improvement")
drill.link(view, "Open those followed", drill.Behind("improvement_by_day", "day 56"))
ui.counted("improvement", lambda: cards.left_out(cards.improvement_results(found.improvement)))

st.header("Who is still symptomatic past 8 weeks?")
ui.show(persistence.parts(found.persistence, view.colours), "parts")
drill.link(view, "Open those who are past 8 weeks", drill.Behind("persisting_now", which="counted"))
ui.counted("persistence", lambda: cards.left_out(cards.persistence_results(found.persistence)))
if mode.sees_cases():
    episode_list.link(view, "List the episodes open now and past 8 weeks", state="past_8_weeks")
sections.more("escalation", "improvement", "past_8_weeks", "audit")
