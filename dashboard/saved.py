"""Views that a reader keeps by name: a page with its filters and choices, for everyone here.

They are the address and nothing else: no figure is kept, and no episode.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import streamlit as st

from dashboard import pages, snapshots
from dashboard.dimensions import DIMENSIONS
from pipelines.errors import OutcomesError
from pipelines.home import Home, replace

FILE: Final = "views.json"
MOST: Final = 50
LONGEST: Final = 60
WANTED: Final = "_wanted_view"
NEVER_KEPT: Final = frozenset({"episode", "find"})
SHARED_KEYS: Final = ("from", "to", "published", "compare", *(each.key for each in DIMENSIONS))
"""Choices that go along from page to page; opening a view sets each of them or clears it."""

View = dict[str, Any]


def _file() -> Path:
    return snapshots.home() / FILE


def kept() -> dict[str, View]:
    """All views by name; none where the file is missing or is not what was written."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    known = {page.script for page in pages.PAGES}
    return {
        str(name): view
        for name, view in found.items()
        if isinstance(view, dict) and view.get("page") in known and "choices" in view
    }


def write(views: dict[str, View]) -> None:
    """Put the file in its place whole, under the home's lock."""
    home = Home.open(snapshots.home(), create=False)
    with home.lock("saving a view", 2.0):
        beside = _file().with_suffix(".new")
        beside.write_text(json.dumps(views, indent=1, ensure_ascii=False), encoding="utf-8")
        replace(beside, _file())


def follow() -> None:
    """Go to the view that was asked for in the run before; before any widget is drawn."""
    view = st.session_state.pop(WANTED, None)
    if view is None:
        return
    for key in SHARED_KEYS:
        st.session_state.pop(key, None)
    st.switch_page(
        str(pages.VIEWS / f"{view['page']}.py"),
        query_params=view["choices"],
    )


def draw(script: str) -> None:
    """The side bar's part: keep this view, open one, remove one."""
    views = kept()
    with st.expander("Saved views"):
        st.text_input("Name for this view", key="view_name", max_chars=LONGEST)
        st.button("Save this view", on_click=_save, args=(script,))
        if views:
            chosen = st.selectbox("Saved view", sorted(views), key="view_chosen")
            st.button("Open this view", on_click=_want, args=(views[chosen],))
            st.button("Remove", on_click=_remove, args=(chosen,))
        told = st.session_state.pop("_view_told", "")
        if told:
            st.markdown(told)


def _want(view: View) -> None:
    st.session_state[WANTED] = view


def _save(script: str) -> None:
    name = str(st.session_state.get("view_name", "")).strip()
    views = kept()
    if not name:
        st.session_state["_view_told"] = "Write a name first."
        return
    if len(views) >= MOST and name not in views:
        st.session_state["_view_told"] = f"There are {MOST} views already; remove one first."
        return
    choices = {
        key: st.query_params.get_all(key) for key in st.query_params if key not in NEVER_KEPT
    }
    views[name] = {"page": script, "choices": choices}
    st.session_state["_view_told"] = _tried(views, f"Saved as “{name}”.")


def _remove(name: str) -> None:
    views = kept()
    views.pop(name, None)
    st.session_state["_view_told"] = _tried(views, f"“{name}” was removed.")


def _tried(views: dict[str, View], done: str) -> str:
    try:
        write(views)
    except (OSError, OutcomesError) as error:
        return f"Not saved: {error}"
    return done
