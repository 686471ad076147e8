"""Episodes: a list to choose from, and one episode with everything that its levels rest on."""

from __future__ import annotations

import streamlit as st

from dashboard import back, episode_detail, episode_list, store, ui
from pipelines.rules_kept import RulesNotKept

view = ui.opened(
    "Episodes",
    "**What you decide here:** whether you agree with a triage outcome, from the contact, the "
    "rule and the source row that it rests on.",
)
wanted = episode_list.ask_for_id()
if not wanted:
    back.forget()
    episode_list.show(view)
else:
    back.link(wanted)
    episode_list.link_back()
    try:
        found = store.explained(view.snapshot, wanted)
    except RulesNotKept as error:
        st.error(f"{error.what[0].upper()}{error.what[1:]}. {error.hint}", icon=":material/error:")
        st.stop()
    if found is None:
        near = [
            row["episode_id"] for row in store.rows(view.snapshot, "near_ids", episode_id=wanted)
        ]
        st.warning(
            f"There is no episode “{wanted}” in the data as published. "
            + (f"Nearest ids: {', '.join(near)}." if near else "There are no episodes at all."),
            icon=":material/search_off:",
        )
    else:
        episode_detail.show(view, found)
