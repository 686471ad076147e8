"""The form that makes a report: its period, the commentary, and the files to take away."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from dashboard import on_record, store, text
from dashboard.report import make
from dashboard.snapshots import home
from dashboard.ui import View
from pipelines.access.line import LONGEST
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.periods import Period, period

KINDS: Final = {
    "html": ("Page (HTML)", "text/html"),
    "pdf": ("Paper (PDF)", "application/pdf"),
    "xlsx": (
        "Workbook (XLSX)",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "pptx": (
        "Slides (PPTX)",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
}
MADE: Final = "_report_made"


def show(view: View) -> None:
    """Choose, write, make, download."""
    found = _periods(view)
    if not found:
        st.info("The data as published hold no month to report on.", icon=":material/info:")
        return
    words = {each.name: each.words for each in found}
    chosen = st.selectbox(
        "Period", list(words), format_func=words.__getitem__, key="report_period",
        bind="query-params", persist_state="session",
    )  # fmt: skip
    of = next(each for each in found if each.name == (chosen or found[0].name))
    at = Home.open(home(), create=False)
    sites = view.filter.sites
    st.markdown(
        f"Sites: {text.listed(list(sites)) if sites else 'all'}, as chosen in the side bar. Other "
        "filters are not used in a report."
    )
    try:
        kept = make.commentary(at, of)
    except OutcomesError as error:
        st.error(f"{error}", icon=":material/error:")
        return
    with st.form("report", border=False):
        written = st.text_area(
            "Commentary",
            value=kept,
            key=f"commentary_{of.name}",
            height=180,
            max_chars=make.LONGEST,
            help="Kept with the period and printed as typed. Nothing about single people.",
        )
        purpose = st.text_input(
            "What the report is for (kept in the access log)",
            key="report_purpose",
            max_chars=LONGEST,
            help="Nothing about single people.",
        )
        pressed = st.form_submit_button("Keep the commentary and make the report")
    if pressed:
        _make(view, at, of, (written, kept), purpose)
    _downloads(of)


def _periods(view: View) -> list[Period]:
    """The months of the data, the latest first, each quarter after its last month."""
    (covered,) = store.selected(view.snapshot, "covered", type(view.filter)())
    first, last = covered["first_contact"], covered["last_contact"]
    if first is None:
        return []
    found = []
    month = date(last.year, last.month, 1)
    while month >= date(first.year, first.month, 1):
        found.append(period(f"{month:%Y-%m}"))
        if month.month % 3 == 1:
            year = month.year - (month.month < 4)
            quarter = (month.month - 4) % 12 // 3 + 1
            found.append(period(f"{year}/{(year + 1) % 100:02d}-Q{quarter}"))
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return found


def _make(view: View, at: Home, of: Period, words: tuple[str, str], purpose: str) -> None:
    """`words`: the commentary as written, and as it was kept before."""
    st.session_state.pop(MADE, None)
    written, kept = words
    try:
        on_record.made(
            "report", "report", " ".join(purpose.split()), period=of.name,
            sites=list(view.filter.sites), data=view.snapshot.name,
        )  # fmt: skip
        with st.spinner("Making the files…"):
            if written != kept:
                make.keep_commentary(at, of, written)
            made = make.make(at, of, view.filter.sites, snapshot=view.snapshot)
    except OutcomesError as error:
        st.error(f"{error.what[0].upper()}{error.what[1:]}. {error.hint or ''}")
        return
    st.session_state[MADE] = (of.name, made)


def _downloads(of: Period) -> None:
    name, made = st.session_state.get(MADE, (None, None))
    if made is None or name != of.name:
        return
    st.success(f"The report of {of.words} is made.", icon=":material/check:")
    with st.container(horizontal=True):
        for path in made.files:
            label, kind = KINDS[path.suffix[1:]]
            st.download_button(
                label, path.read_bytes(), file_name=path.name, mime=kind, icon=":material/download:"
            )
    for each in made.missing:
        st.warning(each, icon=":material/print_disabled:")
