"""The saved views in the side bar: open, save, rename, delete, copy the link.

A view is opened by an ordinary link. The browser then loads the page anew, so that nothing that
was chosen before can mix into what the view holds; the link can be copied, too.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from dashboard import mode, saved_views, snapshots
from dashboard.saved_views import NotSaved, SavedView

TOLD: Final = "_saved_views_told"
NEW_NAME: Final = "saved_view_new"
CHOSEN: Final = "saved_view_chosen"
OTHER_NAME: Final = "saved_view_name"


def draw(page: str) -> None:
    """The side bar's part; `page` is the place in the address of the page that is shown."""
    found = saved_views.kept(snapshots.home())
    views = found.of(mode.mode())
    with st.expander("Saved views", key="saved_views", expanded=TOLD in st.session_state):
        told, said = st.session_state.pop(TOLD, (True, ""))
        if said:
            (st.info if told else st.warning)(said)
        if found.problem:
            st.warning(found.problem, icon=":material/warning:")
            return
        _links(views)
        _save(page)
        if views:
            _change(views)


def _links(views: list[SavedView]) -> None:
    if not views:
        st.markdown("None yet. A view is a page with all that is chosen on it.")
        return
    rows = "".join(
        f'<li style="padding: 4px 0"><a style="color: inherit" '
        f'href="{html.escape(view.address)}">'
        f"{html.escape(view.name)}</a></li>"
        for view in views
    )
    st.html(f'<ul aria-label="Saved views" style="margin: 0; padding-left: 1.2em">{rows}</ul>')


def _save(page: str) -> None:
    with st.form("saved_view", border=False):
        st.text_input("Name for this view", key=NEW_NAME, max_chars=saved_views.LONGEST_NAME)
        st.form_submit_button("Save this view", on_click=_keep, args=(page,))
    if "episode" in st.query_params:
        st.caption("The episode itself is not kept: copy the address of the page for that.")


def _keep(page: str) -> None:
    """The choices are read here, at the run's start: the address is then as the browser has it."""
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    name = str(st.session_state.get(NEW_NAME, ""))

    def change() -> str:
        view = saved_views.save(snapshots.home(), mode.mode(), page, asked, name)
        st.session_state[NEW_NAME] = ""
        return f"Saved as “{view.name}”."

    _try(change)


def _change(views: list[SavedView]) -> None:
    names = [view.name for view in views]
    if st.session_state.get(CHOSEN) not in names:
        st.session_state.pop(CHOSEN, None)
    chosen = st.selectbox("Change a saved view", names, key=CHOSEN)
    view = next(view for view in views if view.name == chosen)
    here = urlsplit(st.context.url or "")
    st.caption("Link to copy")
    st.code(f"{here.scheme}://{here.netloc}{view.address}", language=None, wrap_lines=True)
    st.text_input("Its new name", key=OTHER_NAME, max_chars=saved_views.LONGEST_NAME)
    with st.container(horizontal=True):
        st.button("Rename", on_click=_rename, args=(view.name,), key="saved_view_rename")
        st.button("Delete", on_click=_delete, args=(view.name,), key="saved_view_delete")


def _rename(old: str) -> None:
    new = str(st.session_state.get(OTHER_NAME, ""))

    def change() -> str:
        saved_views.rename(snapshots.home(), mode.mode(), old, new)
        st.session_state[OTHER_NAME] = ""
        return f"“{old}” has its new name."

    _try(change)


def _delete(name: str) -> None:
    def change() -> str:
        saved_views.delete(snapshots.home(), mode.mode(), name)
        return f"“{name}” was deleted."

    _try(change)


def _try(change: Callable[[], str]) -> None:
    try:
        st.session_state[TOLD] = (True, change())
    except NotSaved as error:
        st.session_state[TOLD] = (False, str(error))
