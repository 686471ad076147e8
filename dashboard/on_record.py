"""What the access log is told of this server's readers: each thing once, before it is shown.

A page is told once for a selection, a case once each time that it is opened, however often the
script runs again. What cannot be put on record is not shown: `NotOnRecord` ends the run.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any, Final

import streamlit as st

from dashboard import case_numbers, mode
from dashboard.reader import reader
from dashboard.snapshots import home
from pipelines import access
from pipelines.access import Event, NotOnRecord
from pipelines.access.line import What
from pipelines.home import Home
from pipelines.measures.filter import Filter

__all__ = ["NotOnRecord", "case", "case_closed", "made", "page", "who"]

PAGE: Final = "_page_on_record"
SEEN: Final = "_case_on_record"
START: Final = "overview"


def who() -> str:
    """The reader's code; without sign-on that of whoever uses this account of the machine."""
    found = reader()
    return access.local_reader(Home(home())) if found.how == "local" else found.subject


def page(address: str, data: str, flt: Filter) -> None:
    """A page with a selection of the data published as `data`; NotOnRecord where it cannot be."""
    now = (address, data, flt, mode.mode())
    if st.session_state.get(PAGE) == now:
        return
    st.session_state.pop(SEEN, None)
    chosen = {
        field.name: _plain(getattr(flt, field.name))
        for field in dataclasses.fields(flt)
        if getattr(flt, field.name)
    }
    _record("page", address or START, detail={"data": data, **({"of": chosen} if chosen else {})})
    st.session_state[PAGE] = now


def case(data: str, episode_id: str) -> None:
    """An episode that is opened; NotOnRecord where it cannot be, and then it is not read."""
    now = (data, episode_id)
    if st.session_state.get(SEEN) == now:
        return
    _record("case", "episodes", case_numbers.number(episode_id), durable=True)
    st.session_state[SEEN] = now


def case_closed() -> None:
    """No episode is open now: the next one is told, the same one too."""
    st.session_state.pop(SEEN, None)


def made(what: What, page: str, purpose: str, **detail: Any) -> int:
    """Something to take away, before it is handed out; the number of its line."""
    return _record(what, page, purpose=purpose, detail=detail, durable=True)


def _record(
    what: What,
    page: str,
    case: str = "",
    purpose: str = "",
    detail: dict[str, Any] | None = None,
    durable: bool = False,
) -> int:
    event = Event(who(), mode.mode(), what, page, case, purpose, detail or {})
    return access.record(Home(home()), event, durable)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else list(value)
