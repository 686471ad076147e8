"""Whether the data are fresh enough to say who is next: a list of yesterday's names can mislead."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from dashboard import text
from dashboard.snapshots import Snapshot

OLD_AFTER: Final = 14
"""Days after which an extract is too old to say who is next (the wait for a visit is shorter)."""
WHO_IS_NEXT: Final = "crossing_soon"
"""The measure, and the state of the list, of those who are about to cross 8 weeks."""


def too_old(snapshot: Snapshot) -> bool:
    """Whether nobody may be listed as next: the extract is old, or its age is not known."""
    age = _age(snapshot)
    return age is None or age > OLD_AFTER


def say(snapshot: Snapshot) -> None:
    """Why nobody is listed, and what to do."""
    age = _age(snapshot)
    old = "of unknown age" if age is None else f"{text.plural(age, 'day')} old"
    st.info(
        f"The data are {old}: whoever was about to cross has crossed or recovered since, so "
        "nobody is listed. Take in a new export to see who is next.",
        icon=":material/schedule:",
    )


def _age(snapshot: Snapshot) -> int | None:
    return (date.today() - snapshot.data_to).days if snapshot.data_to else None
