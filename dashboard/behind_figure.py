"""The cases behind a figure, or its breakdown where cases are not shown; both add up to it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from dashboard import (
    back,
    case_numbers,
    drill,
    episode_list,
    filters,
    freshness,
    mode,
    row_export,
    store,
    text,
    ui,
)
from dashboard.charts import by_value, shown
from dashboard.drill import Behind, cut_words, part_words
from dashboard.ui import View
from pipelines.measures.catalogue import Measure, catalogue, measure
from pipelines.measures.comparison import UNKNOWN
from pipelines.measures.table import Shown
from pipelines.measures.types import NotEstimable

PER_PAGE: Final = 200
CHOSEN: Final = "chosen_case"
ANY: Final = ""
DAY: Final = re.compile(r"day (\d+(?:\.\d+)?)$")


def choose(view: View) -> Behind:
    """The widgets: which figure. All of them are in the address."""
    known = catalogue()
    left, middle, right = st.columns([3, 2, 2])
    with left:
        name = _select("Figure", list(known), "measure", lambda code: known[code].name)
    entry = known[name]
    parts = _parts(view, entry)
    with middle:
        part = _select("Part", [ANY, *parts], "part", part_words(view)) if parts else ANY
        which = "all"
        if mode.sees_cases():
            which = _select("Show", list(drill.SHOWN), "which", drill.SHOWN.__getitem__)
    with right:
        by = _select("At", [ANY, *drill.CUTS], "by", lambda c: drill.CUTS.get(c, "All together"))
        value = ANY
        if by:
            found = {row.by[0] for row in store.table(view.snapshot, name, view.filter, (by,)).rows}
            value = _select("Value", sorted(found), "value", cut_words(view, by)) if found else ANY
    cell = str(st.query_params.get("cell", ""))
    return Behind(name, part, by, value, which, cell)


def _select(label: str, options: Sequence[str], key: str, words: Any) -> str:
    found = st.selectbox(
        label, options, format_func=words, key=key, bind="query-params", persist_state="session"
    )
    return str(found or ANY)


def _parts(view: View, entry: Measure) -> list[str]:
    rows = store.table(view.snapshot, entry.id, view.filter).rows
    return list(dict.fromkeys(row.part for row in rows if row.part))


def figure(view: View, to: Behind) -> Shown:
    """The figure itself, as every other page shows it."""
    by = (to.by,) if to.by else ()
    for row in store.table(view.snapshot, to.measure, view.filter, by).rows:
        if row.by == ((to.value,) if to.by else ()) and (row.part or ANY) == to.part:
            return row.result
    return NotEstimable("Not estimable because no case of this selection is in it.", to.measure)


def is_counted(entry: Measure, row: store.Row, part: str) -> bool:
    """Whether a case is in the numerator: it has what the measure looks for, in its part."""
    if row["reason"] is not None:
        return False
    if entry.whole and part and (row["part"] or "unknown") != part:
        return False
    if entry.kind in ("share", "count"):
        return bool(row["hit"])
    if entry.kind == "same_level":
        return bool(row["expected"] == row["recorded"])
    if "seen_with" in row:
        return row["seen_with"] is not None
    if "event" in row:
        return bool(row["event"] == entry.cause) and float(row["exit"]) <= _until(entry, part)
    return True


def _until(entry: Measure, part: str) -> float:
    """The last day on which an event counts for the figure; a part names its own day."""
    day = DAY.search(part)
    if day:
        return float(day[1])
    return entry.at[0] if entry.kind == "incidence" and len(entry.at) == 1 else math.inf


def cases(view: View, to: Behind) -> list[store.Row]:
    """Every case that the figure looked at, each with `counted`."""
    entry = measure(to.measure)
    own = entry.part and not entry.whole and to.part
    at = ((to.by, to.value),) if to.by else ()
    part = to.part.split(", day ")[0] if own else None
    found = store.cases(view.snapshot, to.measure, view.filter, at, part)
    rows = [{**row, "counted": is_counted(entry, row, to.part)} for row in found]
    return [row for row in rows if _in_cell(row, to.cell)]


def _in_cell(row: store.Row, cell: str) -> bool:
    """Of a matrix's cell `expected-recorded`; every case where no cell was named."""
    if not re.fullmatch(r"[0-4]-[0-4]", cell) or "expected" not in row:
        return True
    return row["reason"] is None and f"{row['expected']}-{row['recorded']}" == cell


def chosen(rows: Sequence[store.Row], which: str) -> list[store.Row]:
    """Those of the cases that are asked for."""
    if which == "out":
        return [row for row in rows if row["reason"] is not None]
    if which == "counted":
        return [row for row in rows if row["counted"]]
    if which == "of":
        return [row for row in rows if row["reason"] is None]
    return list(rows)


def show(view: View, to: Behind) -> None:
    """The figure, how many cases it has in which state, and the list or the breakdown."""
    entry = measure(to.measure)
    found = figure(view, to)
    st.markdown(f"**{entry.name}: {shown.whole(found, entry)}**  \n{ui.meaning(entry.id)}")
    if not mode.sees_cases():
        _breakdown(view, to, entry)
        return
    if to.measure == freshness.WHO_IS_NEXT and freshness.too_old(view.snapshot):
        freshness.say(view.snapshot)
        return
    rows = cases(view, to)
    counted, of = len(chosen(rows, "counted")), len(chosen(rows, "of"))
    st.markdown(
        f"{text.plural(len(rows), 'case')} looked at: {text.count(counted)} counted, "
        f"{text.count(of - counted)} in the denominator only, "
        f"{text.count(len(rows) - of)} left out."
    )
    _list(view, entry, chosen(rows, to.which), to)


def _list(view: View, entry: Measure, rows: list[store.Row], to: Behind) -> None:
    if not rows:
        st.info("No case is in this part of the figure.", icon=":material/info:")
        return
    page = 1
    if len(rows) > PER_PAGE:
        page = st.pagination(
            -(-len(rows) // PER_PAGE), key="page", bind="query-params", persist_state="session"
        )
    part = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    keys = tuple(sorted({row["episode_key"] for row in part}))
    known = {r["episode_key"]: r for r in store.rows(view.snapshot, "episode_ids", keys=keys)}
    names = filters.site_names(view.snapshot)
    st.markdown("Choose a row to open its episode.")
    ids = [known[row["episode_key"]]["episode_id"] for row in part]
    back.last_opened("behind", ids)
    listed = [_row(row, known[row["episode_key"]], names, view) for row in part]
    title = f"Cases behind {entry.name}"
    at = ui.chosen_row(listed, title, CHOSEN, ("Episode", "Date", "In the figure"))
    row_export.offer(view, title, listed, "behind")
    if at is not None:
        back.remember("behind", ids, at, to.address(view))
        st.switch_page(
            episode_list.PAGE, query_params={case_numbers.ASKED: case_numbers.number(ids[at])}
        )


def _row(row: store.Row, known: store.Row, names: dict[str, str], view: View) -> dict[str, str]:
    state = "counted" if row["counted"] else "in the denominator"
    if row["reason"] is not None:
        state = f"left out: {text.why(row['reason'])}"
    cells = {
        "Episode": known["episode_id"],
        "Date": text.day(row["clock_date"]),
        "Site": names.get(known["site_id"], text.NONE),
        "In the figure": state,
    }
    if row["part"]:
        cells["Part"] = part_words(view)(row["part"])
    for key, head in (("value", "Value"), ("exit", "Day"), ("detail", "Detail")):
        if row.get(key) is not None:
            cells[head] = f"{row[key]:g}" if isinstance(row[key], float) else str(row[key])
    return cells


def _breakdown(view: View, to: Behind, entry: Measure) -> None:
    """The same figure by the values of another dimension: what a number opens without cases."""
    st.info(mode.MEANS[mode.mode()], icon=":material/lock:")
    st.header("Breakdown")
    by = _select("Break down by", list(drill.CUTS), "breakdown", drill.CUTS.__getitem__)
    cut = tuple(dict.fromkeys(filter(None, (to.by, by))))
    table = store.table(view.snapshot, to.measure, view.filter, cut)
    words = cut_words(view, by)
    lines = [
        by_value.Line(words(row.by[-1]), row.result, row.mature, row.by[-1] != UNKNOWN)
        for row in table.rows
        if (row.part or ANY) == to.part and (not to.by or row.by[0] == to.value)
    ]
    name = f"{entry.name}, by {drill.CUTS[by].lower()}"
    chart = by_value.dots(
        lines, entry, view.colours, name, figure(view, to), judged=by != drill.MONTH
    )
    ui.show(chart, "breakdown_chart")
