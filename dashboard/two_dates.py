"""Two dates of publication side by side: what came in between, and which months were revised."""

from __future__ import annotations

from datetime import date
from typing import Final

import streamlit as st

from dashboard import (
    changes,
    comparison,
    recording,
    snapshots,
    store,
    text,
    ui,
    versions,
    what_if,
    what_if_run,
)
from dashboard.charts.base import Table
from dashboard.snapshots import NoSnapshot, Snapshot
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.measures.revision import WORDS

FIRST: Final = "escalation_confirmed"
PER_EPISODE: Final = 0.00006
"""Seconds that an episode takes, both dates together: 0.2 of 6,009 in the demo, and some air."""


def show(view: View) -> None:
    """Choose two dates and a measure; what lies between, then month by month what was revised."""
    offered = versions.known()
    words = list(offered)
    if len(words) < 2:
        st.info(
            "Only one date of publication is kept, so there is nothing to put beside it. Each "
            "`outcomes build` adds one.",
            icon=":material/info:",
        )
        return
    left, right = st.columns(2)
    with left:
        earlier = _date("Earlier data, as published on", words, "earlier", words[1])
    with right:
        later = _date("Later data, as published on", words, "later", words[0])
    if earlier == later:
        st.info("Choose two different dates.", icon=":material/info:")
        return
    if words.index(earlier) < words.index(later):  # the latest stands first
        earlier, later = later, earlier
        st.warning("The dates are taken the other way, the earlier first.")
    try:
        old, new = (snapshots.named(offered[each]) for each in (earlier, later))
        _between(view, old, new)
        _revised(view, old, new)
    except NoSnapshot as gone:
        st.warning(f"These two cannot be compared. {gone}", icon=":material/warning:")


def _date(label: str, words: list[str], key: str, default: str) -> str:
    return str(
        st.selectbox(label, words, index=words.index(default), key=key, bind="query-params")
        or default
    )


def _between(view: View, old: Snapshot, new: Snapshot) -> None:
    """Files, rules and counts that differ."""
    st.subheader("What lies between")
    lines, _ = changes.told(ui.View(new, view.filter, view.colours, view.compared), old)
    for line in lines:
        st.markdown(f"- {line}")


def _revised(view: View, old: Snapshot, new: Snapshot) -> None:
    st.subheader("Which months were revised")
    names = recording.with_chart()
    chosen = st.selectbox(
        "Measure",
        list(names),
        index=list(names).index(FIRST),
        format_func=names.__getitem__,
        key="revised",
        bind="query-params",
    )
    name = chosen or FIRST
    _overall(view, old, new, name)
    if snapshots.counts_alone():
        st.info(
            "Which cases moved, and why, is worked out from single episodes, which are not opened "
            "in this mode: ask an auditor.",
            icon=":material/lock:",
        )
        return
    request = what_if.of_dates(old.name, new.name, name, view.filter)
    (covered,) = store.selected(new, "covered", view.filter)
    seconds = 3 + covered["n"] * PER_EPISODE
    found = what_if_run.answer(request, "Compare month by month", seconds)
    if found is not None:
        _months(view, found, name)


def _overall(view: View, old: Snapshot, new: Snapshot, name: str) -> None:
    """The figure of the whole selection on both dates, part by part."""
    entry = measure(name)
    was = {row.part: row.result for row in store.table(old, name, view.filter).rows}
    for row in store.table(new, name, view.filter).rows:
        if row.part in was:
            label = f"{entry.name}{f', {row.part}' if row.part else ''}"
            said = comparison.difference(entry, row.result, was[row.part], False)
            st.markdown(f"- **{label}**, earlier: {said}.")
    st.markdown(
        "No interval stands beside these differences: both dates count largely the same people. "
        "The filters of the side bar are used."
    )


def _months(view: View, found: what_if.Row, name: str) -> None:
    revised = [row for row in found["months"] if row["added"] or row["gone"] or row["changed"]]
    cases = sum(row["added"] + row["gone"] + row["changed"] for row in revised)
    st.markdown(
        f"**{text.count(len(revised))} of {text.plural(len(found['months']), 'month')} "
        f"{'was' if len(revised) == 1 else 'were'} revised, {text.plural(cases, 'case')} in all.**"
        " A month can be revised although its figure stays the same."
    )
    if not revised:
        return
    table = Table(
        f"{measure(name).name}: months revised",
        ("Month", "Earlier", "Later", "Cases", "Because of"),
        tuple(
            (
                ", ".join(filter(None, (_month(row["month"]), row["part"]))),
                row["before"] or text.NONE,
                row["after"] or text.NONE,
                ", ".join(f"{row[n]:,} {n}" for n in ("added", "gone", "changed") if row[n]),
                "; ".join(f"{WORDS[why]}: {n:,}" for why, n in row["why"].items()),
            )
            for row in revised
        ),
    )
    ui.table(table)
    ui.download(table, "revised")


def _month(written: str) -> str:
    return text.month(date.fromisoformat(f"{written}-01"))
