"""From a chart to the page on which its target, a note or new limits are recorded."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import mode, own_sites, pages
from pipelines.measures.catalogue import measure

TARGET_OF: Final = "target_of"
CHANGE_OF: Final = "change_of"


def link(name: str) -> None:
    """The link; not where only protected figures or some sites are shown, or of a state."""
    entry = measure(name)
    if mode.mode() == "shared" or entry.stock or not own_sites.sees_every_site():
        return
    to = {CHANGE_OF: entry.name}
    if entry.direction != "neutral":
        to[TARGET_OF] = entry.name
    label = "Record a change" if entry.direction == "neutral" else "Record a change or a target"
    page = pages.link_to("targets")
    st.page_link(page, label=label, icon=":material/flag:", query_params=to)
