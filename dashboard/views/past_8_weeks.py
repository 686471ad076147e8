"""Past 8 weeks: how many, for how long, and who is next."""

from __future__ import annotations

import streamlit as st

from dashboard import drill, episode_list, mode, record_link, sections, store, ui
from dashboard.charts import persistence

view = ui.opened(
    "Past 8 weeks",
    "**What you decide here:** who needs a review now, who will soon, and whether more people than "
    "usual are still symptomatic past 8 weeks.",
)
found = store.persisting(view.snapshot, view.filter)
months = store.months(view.snapshot, view.filter)

st.header("How many are open now?")
left, right = st.columns(2, gap="large")
with left:
    ui.show(persistence.parts(found, view.colours), "parts")
    drill.link(view, "Open them", drill.Behind("persisting_now", which="counted"))
with right:
    sections.by_part(view, "persisting_now_by_age")
sections.by_part(view, "open_by_time_since_onset")
sections.who_is_next(view)
if mode.sees_cases():
    episode_list.link(view, "List the episodes open now and past 8 weeks", state="past_8_weeks")

st.header("Is the share changing?")
shown_months = [point.month for point in months.points]
changes = sections.recorded(view, "persistence_share_8_weeks", shown_months)
target = store.charting().target("persistence_share_8_weeks")
chart = persistence.by_month(months, view.colours, changes, target)
ui.show(chart, "persistence_month")
with st.container(horizontal=True):
    by_month = drill.Behind("persistence_share_8_weeks", by=drill.MONTH)
    drill.link(view, "Open a month of it", by_month)
    record_link.link("persistence_share_8_weeks")
sections.over_time(view, "persistence_share_8_weeks")
sections.funnel_by_site(view, "persistence_share_8_weeks")
sections.by_dimension(view, "persistence_share_8_weeks")

st.header("Were they reviewed?")
sections.over_time(view, "no_review_around_8_weeks")
sections.over_time(view, "help_4_due")

st.header("Other ways to count it")
sections.figures(view, sections.PERSISTENCE_OTHERS, "Past 8 weeks counted in other ways")
sections.counted(view, ("persisting_now", "persistence_share_8_weeks", "no_review_around_8_weeks"))
