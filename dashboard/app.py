"""Every run begins here: who is looking, the snapshot, the pages, the shared filters, the page."""

from __future__ import annotations

import streamlit as st

from dashboard import (
    comparison,
    filters,
    mode,
    on_record,
    own_settings,
    own_sites,
    pages,
    reader,
    saved_menu,
    store,
    turns,
    ui,
    versions,
    who,
)
from pipelines.measures.held_counts import NeedsCases

TITLE = "Back-related leg pain outcomes"

st.set_page_config(
    page_title=TITLE,
    page_icon=ui.icon(),
    layout="wide",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)
with turns.turn():
    try:
        page = st.navigation(pages.menu(reader.reader()), expanded=True)
        ui.begin()
        # Shared figures are of releases, whichever data are published.
        snapshot = versions.choose() if mode.mode() != "shared" else store.published()
        selected = filters.draw(snapshot)
        with st.sidebar:
            compared = comparison.choose() if mode.mode() != "shared" else ()
            saved_menu.draw(page.url_path)
            st.caption(f"**{mode.WORDS[mode.mode()]}.** {mode.MEANS[mode.mode()]}")
            who.draw(snapshot)
        on_record.page(page.url_path, snapshot.name, selected)
        ui.remember(snapshot, selected, compared)
        with own_settings.looked_at_once():
            page.run()
        ui.footer(snapshot)
    except on_record.NotOnRecord as closed:
        ui.closed(closed)
    except NeedsCases as needed:
        ui.needs_cases(needed)
    except store.NoSnapshot as nothing:
        ui.nothing_published(str(nothing))
    except (reader.NotOpen, mode.CasesWithheld, own_sites.SitesWithheld) as withheld:
        who.withheld(str(withheld))
