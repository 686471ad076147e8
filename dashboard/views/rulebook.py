"""Rules and measures: what the figures rest on, in plain words."""

from __future__ import annotations

import streamlit as st

from dashboard import reference, ui

view = ui.opened(
    "Rules and measures",
    "**What you decide here:** whether you agree with how the leaflet is read, and what each "
    "figure means.",
)
st.header("The rules")
reference.rules(view)
st.header("Open decisions")
reference.parameters(view)
st.header("The measures")
reference.measures(view)
