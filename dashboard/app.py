"""Every run begins here: the snapshot, the pages, the shared filters, then the chosen page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import comparison, filters, mode, pages, saved_menu, store, ui, versions

HERE = Path(__file__).parent
TITLE = "Back-related leg pain outcomes"

st.set_page_config(
    page_title=TITLE,
    # A local file: an icon by name would be fetched from a font service.
    page_icon=str(HERE / "static" / "favicon.png"),
    layout="wide",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)
seen = pages.seen_by(mode.mode())
page = st.navigation([each.as_page(each is seen[0]) for each in seen], expanded=True)
ui.begin()
try:
    snapshot = versions.choose()
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
