"""Every run begins here: the snapshot, the pages, the shared filters, then the chosen page."""

from __future__ import annotations

import streamlit as st

from dashboard import comparison, filters, mode, pages, saved_menu, store, ui, versions

TITLE = "Back-related leg pain outcomes"

st.set_page_config(
    page_title=TITLE,
    page_icon=ui.icon(),
    layout="wide",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)
page = st.navigation(pages.menu(mode.mode()), expanded=True)
ui.begin()
try:
    # Shared figures are of releases, whichever data are published.
    snapshot = versions.choose() if mode.mode() != "shared" else store.published()
    selected = filters.draw(snapshot)
    with st.sidebar:
        compared = comparison.choose() if mode.mode() != "shared" else ()
        saved_menu.draw(page.url_path)
        st.caption(f"**{mode.WORDS[mode.mode()]}.** {mode.MEANS[mode.mode()]}")
    ui.remember(snapshot, selected, compared)
    page.run()
    ui.footer(snapshot)
except store.NoSnapshot as nothing:
    ui.nothing_published(str(nothing))
