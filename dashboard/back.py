"""From an episode back to where it was opened, with that list as it was left."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

CAME_FROM: Final = "_came_from"
VIEWS: Final = Path(__file__).parent / "views"
WORDS: Final = {
    "audit": "Back to the audit queue",
    "behind": "Back to the cases behind the figure",
}


def remember(script: str, address: dict[str, str] | None = None) -> None:
    """Note the page (and its place in the address) from which an episode is opened."""
    st.session_state[CAME_FROM] = (script, address or {})


def forget() -> None:
    """The next episode is opened from the list itself."""
    st.session_state.pop(CAME_FROM, None)


def link() -> None:
    """The link back, where the episode was opened from another page."""
    came_from = st.session_state.get(CAME_FROM)
    if came_from:
        script, address = came_from
        st.page_link(
            str(VIEWS / f"{script}.py"),
            label=WORDS[script],
            icon=":material/arrow_back:",
            query_params=address,
        )
