"""Which published data are looked at: the latest when the page was opened, or as published on …

Newer data are announced, not forced: figures that change under a reader's hands cannot be quoted.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import snapshots, text
from dashboard.snapshots import NoSnapshot, Snapshot

LATEST: Final = "Latest"
OPENED: Final = "_opened_with"
MOST: Final = 30


def choose() -> Snapshot:
    """Draw the choice and return what it says; NoSnapshot where there is nothing to show."""
    newest = snapshots.current_name()
    opened_with = st.session_state.setdefault(OPENED, newest)
    offered = known()
    with st.sidebar:
        st.header("Data as published on")
        chosen = st.selectbox(
            "Data as published on",
            [LATEST, *offered],
            key="published",
            label_visibility="collapsed",
            bind="query-params",
            persist_state="session",
        )
    if chosen in offered:
        return snapshots.named(offered[chosen])
    if opened_with == newest or opened_with not in offered.values():
        st.session_state[OPENED] = newest
        return snapshots.named(newest)
    try:
        return _still(opened_with, newest)
    except NoSnapshot:
        st.session_state[OPENED] = newest
        return snapshots.named(newest)


def _still(opened_with: str, newest: str) -> Snapshot:
    """The data that the page was opened with, and the offer of the newer ones."""
    found = snapshots.named(opened_with)
    when = snapshots.named(newest).published
    back = when is not None and found.published is not None and when < found.published
    said = "The service went back to data published" if back else "Newer data were published"
    told = f"{said}{f' on {text.moment(when)}' if when else ''}."
    label = "Show these data" if back else "Show the newer data"
    with st.container(border=True):
        st.markdown(f"{told} This page still shows the data with which you opened it.")
        st.button(label, on_click=_use_current, icon=":material/update:")
    return found


def _use_current() -> None:
    """Look at what is published when the button is pressed: since the offer was drawn, there may
    be newer data, and who asks for the newest wants these."""
    st.session_state.pop(OPENED, None)


def known() -> dict[str, str]:
    """What a choice of published data shows -> file name, the latest first.

    What cannot be read is left out.
    """
    found: dict[str, str] = {}
    for name in snapshots.names()[:MOST]:
        try:
            when = snapshots.named(name).published
        except NoSnapshot:
            continue
        words = text.moment(when) if when else name
        found[f"{words} ({name[-15:-7]})" if words in found else words] = name
    return found
