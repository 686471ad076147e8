"""A comparison that is to run, runs or has come to nothing: the button, the progress, the stop."""

from __future__ import annotations

import time
from typing import Final

import streamlit as st

from dashboard import text, what_if
from pipelines.errors import OutcomesError

EVERY: Final = 1.0
"""Seconds between two looks at how far a comparison is."""
STARTED: Final = "_comparison_refused"


def answer(request: what_if.Row, label: str, seconds: float | None) -> what_if.Row | None:
    """The answer to a request; without one, the way to it is drawn and None returned.

    `label` is the button's, `seconds` how long it takes, about; None where that is not known.
    """
    try:
        found = what_if.answer(request)
    except OutcomesError as error:
        st.warning(_sentence(error))
        found = None
    if found is not None:
        return found
    refused = st.session_state.pop(STARTED, "")
    if refused:
        st.error(text.plain(refused), icon=":material/error:")
    running = what_if.running()
    if running is not None:
        _progress(running.key == request["key"])
        return None
    why = what_if.failed(request["key"])
    if why:
        st.warning(f"The comparison came to nothing. {text.plain(why)}", icon=":material/warning:")
    took = f"It takes {what_if.roughly(seconds)}" if seconds else "It takes seconds to minutes"
    st.markdown(
        f"{took}; this page can be left meanwhile, and the answer is kept. Nothing is published."
    )
    st.button(label, type="primary", on_click=_start, args=(request,), icon=":material/difference:")
    return None


def _start(request: what_if.Row) -> None:
    try:
        what_if.start(request)
    except OutcomesError as error:
        st.session_state[STARTED] = _sentence(error)


def _sentence(error: OutcomesError) -> str:
    said = f"{error.what[0].upper()}{error.what[1:]}."
    return f"{said} {error.hint}" if error.hint else said


@st.fragment(run_every=EVERY)
def _progress(own: bool) -> None:
    """How far it is, looked at every second; the page is drawn anew when it has ended."""
    running = what_if.running()
    if running is None:
        st.rerun()
    told = what_if.progress(running)
    since = what_if.roughly(max(time.monotonic() - running.began, 5))
    done = f"{round(100 * float(told.get('share', 0.0)))}% done"
    words = text.plain(str(told.get("words", "starting")))
    if not own:
        st.markdown("**Another comparison is running**, and one runs at a time.")
    with st.container(border=True):
        st.markdown(f"**{done}**, {words}. Running for {since}.")
        st.progress(min(max(float(told.get("share", 0.0)), 0.0), 1.0))
        st.button("Stop it", on_click=what_if.stop, icon=":material/stop_circle:")
