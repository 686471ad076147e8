"""What pages are put together from: the frame, charts with their tables, definitions."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from dashboard import filters, mode, settings_notice, store, text, theme
from dashboard.charts.base import Cell, Chart, Table
from pipelines import neutral
from pipelines.errors import OutcomesError
from pipelines.measures.catalogue import measure, reason_text
from pipelines.measures.filter import Filter
from pipelines.measures.types import Exclusions

VIEW = "_view"
OPENED = "_page_opened"
"""Set while a page is being drawn, so that what breaks it off gives it no second title."""
LONG_TABLE = 40
WIDE_TABLE = 5
PRINT = """<style>@media print {
[data-testid=stSidebar], [data-testid=stHeader], [data-testid=stToolbar],
[data-testid=stDownloadButton], [data-testid=stPageLink], [data-testid=stButton],
[data-testid=stExpander] details:not([open]) { display: none !important; }
h1, h2, h3 { break-after: avoid; }
[data-testid=stMain], [data-testid=stAppViewContainer], [data-testid=stApp] {
  position: static !important; overflow: visible !important; height: auto !important; }
.stPlotlyChart, .stTable { break-inside: avoid; }
}</style>"""
"""On paper only the page: no menu, no buttons, charts and tables whole."""


@dataclass(frozen=True)
class View:
    """What a page needs to know: the data, the filter, the colours, what to compare with."""

    snapshot: store.Snapshot
    filter: Filter
    colours: theme.Palette
    compared: tuple[str, ...] = ()


@cache
def icon() -> str:
    """The icon of the browser's tab, whole in its address.

    By name it would be fetched from a font service, and a file is read anew at every run.
    """
    found = (Path(__file__).parent / "static" / "favicon.png").read_bytes()
    return f"data:image/png;base64,{base64.b64encode(found).decode()}"


def begin() -> None:
    """Begin a run: no page is drawn yet."""
    st.session_state.pop(OPENED, None)


def remember(snapshot: store.Snapshot, flt: Filter, compared: tuple[str, ...] = ()) -> None:
    """Keep this run's snapshot and filter for the page: both stay the same to its end."""
    kind = st.context.theme.type
    st.session_state[VIEW] = View(snapshot, flt, theme.palette(kind), compared)


def opened(title: str, decision: str) -> View:
    """Begin a page: its title, what the reader decides here, and what its figures cover."""
    view: View = st.session_state[VIEW]
    st.session_state[OPENED] = True
    st.html(PRINT)
    st.title(title)
    st.markdown(decision)
    review = view.snapshot.leaflet_review
    st.caption(
        f"{filters.described(view.snapshot, view.filter)}. "
        f"Mode: {mode.WORDS[mode.mode()]}. "
        f"The leaflet behind the rules is a draft past its review date, {review}."
    )
    if mode.mode() != "shared":  # where no target and no chart over time is shown
        settings_notice.show()
    if filters.is_empty(view.snapshot, view.filter):
        _no_episode(view)
    return view


def _no_episode(view: View) -> None:
    """Every figure below would say that it is not estimable; why, and what to do, stands once."""
    if view.filter == Filter():
        st.info("The data as published hold no episode at all.", icon=":material/info:")
        return
    st.info(
        "No episode matches all of these filters, so there is nothing to count below. Choose a "
        "longer period, or clear a filter in the side bar.",
        icon=":material/info:",
    )
    st.button("Clear all filters", on_click=filters.clear, icon=":material/filter_alt_off:")


def nothing_published(why: str) -> None:
    """The page for a home without data; or what breaks off a page whose data went away."""
    if st.session_state.pop(OPENED, False):
        st.header("The rest of this page cannot be shown")
    else:
        st.title("Nothing to show yet")
    st.info(why, icon=":material/info:")
    st.markdown(
        "- `outcomes demo` loads the sample exports, so that you can look around.\n"
        "- `outcomes ingest FILE…`, then `outcomes build`, publishes your own exports.\n\n"
        "This page shows the data as soon as they are published; reload it then."
    )


def closed(why: OutcomesError) -> None:
    """In place of a page, or of the rest of it, that cannot be put on record."""
    if st.session_state.pop(OPENED, False):
        st.header("The rest of this page is not shown")
    else:
        st.title("Nothing is shown now")
    st.error(f"{why.what[0].upper()}{why.what[1:]}. {why.hint or ''}", icon=":material/lock:")


def needs_cases(why: Exception) -> None:
    """In place of the rest of a page that only single cases could fill."""
    st.header("The rest of this page cannot be shown")
    st.info(str(why), icon=":material/lock:")


def footer(snapshot: store.Snapshot) -> None:
    """The line below every page: whose rules, adopted by whom, how old the data are."""
    st.divider()
    st.caption(
        f"Rules from a leaflet marked draft, review date {snapshot.leaflet_review} (past); "
        f"{_adopted(snapshot)}; {_age(snapshot.data_to)}."
    )


def _adopted(snapshot: store.Snapshot) -> str:
    if not snapshot.adopted_by:
        return "not yet recorded as locally adopted (section [service] of outcomes.toml)"
    when = f" on {snapshot.adopted_on}" if snapshot.adopted_on else ""
    return f"locally adopted by {snapshot.adopted_by}{when}"


def _age(data_to: date | None) -> str:
    if data_to is None:
        return "the end of the data is not recorded"
    old = (date.today() - data_to).days
    return f"data to {text.day(data_to)}, {text.plural(max(old, 0), 'day')} old"


class Drawn(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure that stays the plain dictionary that it is made from.

    Plotly's own copies the whole dictionary twice on its way to the browser, and checks it, which
    takes longer than all else that a chart needs; the tests check every one.
    """

    def __init__(self, spec: theme.Spec) -> None:
        """`spec` has `data` and `layout`; what a figure gets by default is added."""
        self._spec = {
            "data": spec["data"],
            "layout": {"template": _template(), **spec.get("layout", {})},
        }

    def to_dict(self) -> theme.Spec:
        """The dictionary itself, not a copy."""
        return self._spec


@cache
def _template() -> Any:
    """The style that Plotly gives to every figure."""
    return go.Figure().layout.template.to_plotly_json()


def figure(spec: theme.Spec) -> go.Figure:
    """A figure from a plain dictionary."""
    return Drawn(spec)


@contextmanager
def folded(label: str, key: str) -> Iterator[bool]:
    """A fold that is closed at first, and whether the reader has opened it.

    What is in a closed one is not drawn, nor worked out: a page has a dozen, and a reader opens
    one or two. To open it, by mouse or keyboard, runs the page again; it stays open then.
    """
    fold = st.expander(label, key=f"fold_{key}", on_change="rerun")
    with fold:
        yield bool(fold.open)


def show(chart: Chart, key: str) -> None:
    """Title, plot with alt text, and the same figures as a table."""
    if not plot(chart, key):
        return
    with folded(f"View as table: {chart.table.title}", key) as opened:
        if not opened:
            return
        if chart.more:
            st.markdown(f"**How to read it.** {chart.more}")
        table(chart.table)
        download(chart.table, key)


def plot(chart: Chart, key: str) -> bool:
    """Title and plot alone, for a page that has the table beside it; whether anything is drawn."""
    st.subheader(chart.title)
    if chart.said:
        st.markdown(chart.said)
    if chart.spec is None:
        st.info(chart.alt, icon=":material/info:")
        return False
    st.plotly_chart(
        figure(chart.spec), theme=None, key=key, alt=chart.alt, config=dict(theme.PLOT_OPTIONS)
    )
    _recorded(chart)
    return True


def _recorded(chart: Chart) -> None:
    """The service's own changes that are marked in the chart, as it wrote them."""
    if chart.recorded:
        listed = "; ".join(
            f"**{each.number}** {text.plain(each.said())}" for each in chart.recorded
        )
        st.markdown(f"Recorded changes: {listed}.")


def download(found: Table, key: str) -> None:
    """A button for exactly the cells that are shown, as CSV."""
    st.download_button(
        "Download as CSV",
        as_csv(found),
        file_name=f"{_file_name(found.title)}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        on_click="ignore",
        icon=":material/download:",
    )


def as_csv(found: Table) -> bytes:
    """A table as CSV for a spreadsheet: UTF-8 with a mark, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([neutral.cell(column) for column in found.columns])
    writer.writerows([neutral.cell(value) for value in row] for row in found.rows)
    return out.getvalue().encode("utf-8-sig")


def _file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "table"


def table(found: Table) -> None:
    """A table as real HTML where it is small enough, else as a grid that scrolls.

    A plain table that is wider than the screen scrolls too, but a keyboard cannot reach it.
    """
    frame = _frame(found.columns, found.rows, repr(found.rows))
    if len(found.rows) > LONG_TABLE or len(found.columns) > WIDE_TABLE:
        st.dataframe(frame, hide_index=True, alt=found.title)
    else:
        st.table(frame, border="horizontal", hide_index=True, alt=found.title)


@lru_cache(maxsize=512)
def _frame(columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], _exact: str) -> Any:
    """The cells in the form in which they are sent, or as pandas takes them where it must mend.

    `_exact` tells 1 from 1.0, which as keys are one and the same.
    """
    frame = pd.DataFrame([list(row) for row in rows], columns=list(columns))
    try:
        return pa.Table.from_pandas(frame)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # cells of several types under one heading
        return frame


def chosen_row(
    rows: Sequence[Mapping[str, object]], alt: str, key: str, named_by: Sequence[str]
) -> int | None:
    """A grid from which one row is chosen; its place, None as long as none is.

    Under it a box that does by keyboard, or by a screen reader, what a click on the grid does: the
    grid is drawn, not written. Its options are the rows by number and the columns of `named_by`.
    """
    picked = st.dataframe(
        pd.DataFrame([{"Row": i + 1, **row} for i, row in enumerate(rows)]),
        hide_index=True,
        alt=alt,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    written = st.selectbox(
        "Or open a row by its number or episode",
        range(len(rows)),
        index=None,
        format_func=lambda i: f"{i + 1}: " + ", ".join(str(rows[i][n]) for n in named_by),
        placeholder="Type a number or an ID",
        key=f"{key}_typed",
    )
    at = picked["selection"]["rows"]
    if at and at[0] < len(rows):
        return at[0]
    return None if written is None else int(written)


def meaning(measure_id: str) -> str:
    """The catalogue's definition of a measure, for the help beside a figure."""
    found = measure(measure_id)
    return f"{found.definition} Of: {found.denominator}."


def counted(key: str, parts: Callable[[], Iterable[tuple[str, Exclusions]]]) -> None:
    """How figures are counted, from the catalogue: definition, parts, and who is left out.

    Each part is a measure's id with those whom its figure here leaves out.
    """
    with folded("How these figures are counted", f"counted_{key}") as opened:
        for name, left_out in parts() if opened else ():
            found = measure(name)
            said = "; ".join(f"{reason_text(code)}: {text.count(n)}" for code, n in left_out if n)
            st.markdown(
                f"**{found.name}** ({found.k_number})  \n{found.definition}  \n"
                f"Counted: {found.numerator}. Of: {found.denominator}. Clock: {found.clock}.  \n"
                f"Left out: {said or 'nobody'}.  \nSource: {found.source}."
            )
