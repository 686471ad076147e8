"""Targets and changes: what figures are held to, and from when a chart has new limits."""

from __future__ import annotations

import streamlit as st

from dashboard import record_form, record_list, recording, ui
from pipelines.errors import OutcomesError

view = ui.opened(
    "Targets and changes",
    "**What you decide here:** to which level you hold a figure, and from which day a chart has "
    "new limits because your service changed how it works. Each entry says who and why, and "
    "none is ever lost.",
)
try:
    found = recording.kept()
except OutcomesError as error:
    # The notice above says the same of any file of settings; this one is about recording.
    st.error(f"Nothing can be recorded now. {recording.told(error)}", icon=":material/error:")
else:
    record_form.show(view)
    st.header("What is recorded")
    record_list.show(view, found)
