"""In the side bar: as whom the page is open, and the way out."""

from __future__ import annotations

import html

import streamlit as st

from dashboard import filters, store, text
from dashboard.reader import reader
from dashboard.sign_on.answers import SIGN_OUT

ALONE = (
    "**Not signed in.** Nobody is asked who they are here: this is for one person at this machine."
)


def draw(snapshot: store.Snapshot) -> None:
    """Who is looking, in words; nothing of a name."""
    found = reader()
    if found.how == "local":
        st.caption(ALONE)
        return
    since = text.moment(found.signed_in_at.astimezone())
    sites = ""
    if found.sites is not None and found.mode != "shared":
        names = filters.site_names(snapshot)
        sites = f" You see {text.listed(list(names.values()), 'and') or 'no site'} only."
    st.caption(f"**Signed in** since {since}.{text.plain(sites)}")
    # An ordinary link: the browser leaves the page, and what is on it goes.
    st.html(f'<a href="{html.escape(SIGN_OUT)}" target="_self" style="color: inherit">Sign out</a>')


def withheld(why: str) -> None:
    """In place of the page, or of what is left of it: why it is not shown to this person."""
    st.header("This is not shown to you")
    st.info(why, icon=":material/lock:")
