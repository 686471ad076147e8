"""From an episode back to the list it was opened from, as it was left, and on to its next row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard import case_numbers

CAME_FROM: Final = "_came_from"
NEXT_CASE: Final = "_next_case"
"""Which of an episode's cases is to be shown."""
VIEWS: Final = Path(__file__).parent / "views"
WORDS: Final = {
    "audit": "Back to the audit queue",
    "behind": "Back to the cases behind the figure",
}


@dataclass(frozen=True)
class From:
    """The list: its page and place in the address, its rows, and the one that is open.

    `ids` are the episodes of the rows, `cases` the audit's cases where rows are such.
    """

    script: str
    address: dict[str, str]
    ids: tuple[str, ...]
    cases: tuple[str, ...]
    at: int


def remember(
    script: str,
    ids: Sequence[str],
    at: int,
    address: dict[str, str] | None = None,
    cases: Sequence[str] = (),
) -> None:
    """Note the page (and its place in the address) and the row from which an episode is opened."""
    st.session_state[CAME_FROM] = From(script, address or {}, tuple(ids), tuple(cases), at)


def forget() -> None:
    """The next episode is opened from the list itself."""
    st.session_state.pop(CAME_FROM, None)


def last_opened(script: str, ids: Sequence[str]) -> None:
    """On the list: which row was open last, so that the reader goes on from there."""
    last = st.session_state.get(CAME_FROM)
    if isinstance(last, From) and last.script == script and last.ids == tuple(ids):
        st.caption(f"Last opened: row {last.at + 1} of {len(ids):,}, episode {ids[last.at]}.")


def link(episode_id: str) -> None:
    """The link back, and the rows before and after, where the episode is one of that list."""
    came_from = st.session_state.get(CAME_FROM)
    if not isinstance(came_from, From):
        return
    st.page_link(
        str(VIEWS / f"{came_from.script}.py"),
        label=WORDS[came_from.script],
        icon=":material/arrow_back:",
        query_params=came_from.address,
    )
    if episode_id not in came_from.ids:
        return
    if came_from.ids[came_from.at] != episode_id:  # opened by other means than these buttons
        came_from = replace(came_from, at=came_from.ids.index(episode_id))
        st.session_state[CAME_FROM] = came_from
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Row {came_from.at + 1:,} of {len(came_from.ids):,}")
        for label, step in (("Previous row", -1), ("Next row", 1)):
            to = came_from.at + step
            st.button(
                label, on_click=_go, args=(to,), disabled=not 0 <= to < len(came_from.ids),
                key=f"case_{step}",
            )  # fmt: skip


def _go(at: int) -> None:
    """To another row."""
    came_from: From = st.session_state[CAME_FROM]
    st.session_state[CAME_FROM] = replace(came_from, at=at)
    case_numbers.open_case(came_from.ids[at])
    if came_from.cases:
        st.session_state[NEXT_CASE] = came_from.cases[at]
