"""What if and compare: other decisions tried, and two dates of publication side by side."""

from __future__ import annotations

import streamlit as st

from dashboard import recording, two_dates, ui, what_if, what_if_form, what_if_result, what_if_run
from pipelines.errors import OutcomesError

OTHER, DATES = "Other decisions", "Two dates of publication"

view = ui.opened(
    "What if and compare",
    "**What you decide here:** whether to decide an open point of the leaflet otherwise, knowing "
    "whom that changes; and whether a figure that was reported before still holds.",
)
chosen = st.radio(
    "What do you want to compare?", (OTHER, DATES), key="between", horizontal=True,
    bind="query-params", persist_state="session",
)  # fmt: skip
if chosen == DATES:
    st.header("Two dates of publication, side by side")
    two_dates.show(view)
else:
    st.header("Decisions in use, and others to try")
    try:
        asked = what_if_form.choose(what_if.rules_in_use())
    except what_if.OnlyFromCases as withheld:
        st.info(
            f"{withheld.what[0].upper()}{withheld.what[1:]}. {withheld.hint}",
            icon=":material/lock:",
        )
        asked = None
    except OutcomesError as error:
        st.error(f"Nothing can be tried now. {recording.told(error)}", icon=":material/error:")
        asked = None
    if asked is not None:
        st.header("What would change")
        request = what_if.of_rules(asked[1], asked[0])
        found = what_if_run.answer(request, "Work it out", what_if.expected_seconds())
        if found is not None:
            what_if_result.show(view, found)
