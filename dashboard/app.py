"""Every run begins here: the snapshot, the pages, the shared filters, then the chosen page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import filters, store, ui

HERE = Path(__file__).parent
TITLE = "Back-related leg pain outcomes"

st.set_page_config(
    page_title=TITLE,
    # A local file: an icon by name would be fetched from a font service.
    page_icon=str(HERE / "static" / "favicon.png"),
    layout="wide",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)
page = st.navigation(
    [
        st.Page(
            HERE / "views" / "overview.py",
            title="Overview",
            icon=":material/monitoring:",
            default=True,
        ),
        st.Page(
            HERE / "views" / "episode.py",
            title="Episodes",
            icon=":material/timeline:",
            url_path="episodes",
        ),
    ]
)
try:
    snapshot = store.published()
except store.NoSnapshot as nothing:
    ui.nothing_published(str(nothing))
    st.stop()
ui.remember(snapshot, filters.draw(snapshot))
page.run()
ui.footer(snapshot)
