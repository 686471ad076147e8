"""The one way by which rows about single episodes leave a page: allowed, for a purpose, marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from dashboard import mode, on_record, text, ui
from dashboard.snapshots import home
from dashboard.ui import View
from pipelines.access import rows as taking
from pipelines.access.line import LONGEST
from pipelines.errors import OutcomesError
from pipelines.home import Home

MADE: Final = "_rows_taken"


def offer(view: View, title: str, rows: Sequence[Mapping[str, Any]], page: str) -> None:
    """Offer the rows that are listed as CSV, where this data home allows it; nothing elsewhere.

    `page` names the list in the access log. CasesWithheld outside the mode that shows cases.
    """
    mode.need_cases()
    try:
        if not taking.allowed(Home(home())):
            return
    except OutcomesError as error:
        st.warning(f"Rows cannot be taken away: {error}", icon=":material/lock:")
        return
    with ui.folded("Take these rows away", f"rows_{page}") as opened:
        if not opened:
            return
        st.markdown(
            f"{text.plural(len(rows), 'row')} with the service's own IDs. Who takes them, when and "
            "what for is put on record, and stands in the file."
        )
        with st.form(f"take_{page}", border=False):
            purpose = st.text_input(
                "What are they for?", key=f"purpose_{page}", max_chars=LONGEST,
                help="Nothing about a person.",
            )  # fmt: skip
            pressed = st.form_submit_button("Make the file")
        if pressed:
            _make(view, title, rows, page, purpose)
        _download(view, rows, page)


def _make(
    view: View, title: str, rows: Sequence[Mapping[str, Any]], page: str, purpose: str
) -> None:
    st.session_state.pop(MADE, None)
    try:
        mark = taking.take(
            Home(home()), on_record.who(), mode.mode(), page, purpose, view.snapshot.name, len(rows)
        )
    except OutcomesError as error:
        st.error(f"{error.what[0].upper()}{error.what[1:]}. {error.hint or ''}")
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    content = f"\ufeff# {title}\n{taking.as_csv(mark, columns, rows)}".encode()
    st.session_state[MADE] = (page, mark, content, list(rows))


def _download(view: View, rows: Sequence[Mapping[str, Any]], page: str) -> None:
    """The file, as long as it is of the rows that are listed."""
    of, mark, content, made_of = st.session_state.get(MADE, (None, None, None, None))
    if of != page or made_of != list(rows) or mark.data != view.snapshot.name:
        return
    st.success(f"Put on record: line {mark.line} of the access log.", icon=":material/check:")
    st.download_button(
        "Download the rows as CSV", content, file_name=f"rows-line-{mark.line}.csv",
        mime="text/csv", key=f"rows_csv_{page}", on_click="ignore", icon=":material/download:",
    )  # fmt: skip
