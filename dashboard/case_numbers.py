"""Episodes by case number: what stands in addresses and in the access log in place of their ids."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

import streamlit as st

from dashboard import mode
from dashboard.snapshots import Snapshot, asked, home
from pipelines import keys, surrogates
from pipelines.home import Home

ASKED: Final = "episode"
"""The key of the address that holds a case number."""
CASE: Final = "case"
"""The key of the address that holds which of an episode's audit cases is meant."""
MOST: Final = 20_000

_ids: OrderedDict[tuple[str, str], str] = OrderedDict()
"""Ids of the numbers that were given out lately: to look one up takes the engine a while."""
_lock = Lock()


def number(episode_id: str) -> str:
    """The case number of an episode's id; CasesWithheld outside the mode that shows cases."""
    mode.need_cases()
    root = home()
    found = surrogates.number(keys.key(Home(root), keys.CASES), episode_id)
    with _lock:
        _ids[str(root), found] = episode_id
        _ids.move_to_end((str(root), found))
        while len(_ids) > MOST:
            _ids.popitem(last=False)
    return found


def of_review(case_key: str) -> str:
    """The number of an audit case; CasesWithheld outside the mode that shows cases."""
    mode.need_cases()
    return surrogates.number(keys.key(Home(home()), keys.CASES), case_key, surrogates.REVIEW)


def episode(snapshot: Snapshot, case: str) -> str | None:
    """The id of the episode with a case number; None where these data have none with it.

    OutcomesError where two have it; CasesWithheld outside the mode that shows cases.
    """
    mode.need_cases()
    root = home()
    with _lock:
        known = _ids.get((str(root), case))
    if known is not None:
        return known
    key = keys.key(Home(root), keys.CASES)
    return asked(snapshot.path, lambda cur: surrogates.episode_of(cur, key, case))


def open_case(episode_id: str) -> None:
    """Put an episode into the address of this page; for a callback or before it is read."""
    st.query_params[ASKED] = number(episode_id)


def close() -> None:
    """Take the episode out of the address."""
    for name in (ASKED, CASE):
        st.query_params.pop(name, None)
