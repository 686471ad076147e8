"""Episodes: a list to choose from, and one episode with everything that its levels rest on."""

from __future__ import annotations

import streamlit as st

from dashboard import back, episode_detail, episode_list, on_record, store, ui
from pipelines import surrogates
from pipelines.errors import OutcomesError
from pipelines.rules_kept import RulesNotKept

view = ui.opened(
    "Episodes",
    "**What you decide here:** whether you agree with a triage outcome, from the contact, the "
    "rule and the source row that it rests on.",
)
try:
    wanted = episode_list.ask_for_id(view)
except OutcomesError as error:
    st.error(f"{error.what[0].upper()}{error.what[1:]}. {error.hint}", icon=":material/error:")
    st.stop()
if not wanted:
    back.forget()
    on_record.case_closed()
    episode_list.show(view)
else:
    back.link(wanted)
    episode_list.link_back()
    found = None
    try:
        if not surrogates.is_number(wanted):
            found = store.explained(view.snapshot, wanted)
    except RulesNotKept as error:
        st.error(f"{error.what[0].upper()}{error.what[1:]}. {error.hint}", icon=":material/error:")
        st.stop()
    if found is not None:
        episode_detail.show(view, found)
    elif wanted != st.session_state.get(episode_list.TYPED):
        st.warning(
            "There is no episode with this case number in the data as published, or not for you. "
            "Case numbers are those of one data home.",
            icon=":material/search_off:",
        )
    else:
        near = [
            row["episode_id"] for row in store.rows(view.snapshot, "near_ids", episode_id=wanted)
        ]
        st.warning(
            f"There is no episode “{wanted}” in the data as published. "
            + (f"Nearest ids: {', '.join(near)}." if near else "There are no episodes at all."),
            icon=":material/search_off:",
        )
