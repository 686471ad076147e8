"""The form by which a target, a note or new limits are recorded, with what it does to the chart."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import streamlit as st

from dashboard import filters, record_preview, recording, store, text
from dashboard.record_link import CHANGE_OF, TARGET_OF
from dashboard.review_panel import NAME
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.figures import number
from pipelines.measures.targets import BOUNDS
from pipelines.measures.types import MeasureError
from pipelines.recorded.entries import LONGEST_NAME, LONGEST_WHY, Entry, Kind

KINDS: Final[dict[Kind, str]] = {
    "rebase": "A change, with new limits",
    "note": "A note, limits stay",
    "target": "A target",
}
MEANS: Final[dict[Kind, str]] = {
    "rebase": (
        "For a day on which your service changed how it works. From then on the chart has new "
        "limits, so that it judges the new process by itself. A figure that looks better or worse "
        "is no reason for new limits."
    ),
    "note": "For what readers should know, such as weeks with few staff. It changes no limit.",
    "target": (
        "The level to which you hold a figure. It is a line in each chart, and the chart says "
        "whether the process as it is will meet it. It replaces one that is set in the service's "
        "settings."
    ),
}
SAID: Final = "_record_said"
UNITS: Final = {"share": "per cent", "days": "days", "count": "as a number", "points": "points"}


def show(view: View) -> None:
    """Choose what to record, see what it does, record it."""
    _said()
    kind: Kind = (
        st.radio(
            "What do you want to record?",
            list(KINDS),
            format_func=KINDS.__getitem__,
            key="record",
            bind="query-params",
        )
        or "rebase"
    )
    st.markdown(MEANS[kind])
    seen = recording.seen()
    draft = _target(view) if kind == "target" else _change(view, kind)
    left, right = st.columns([2, 1])
    with left:
        what = "Why this target" if kind == "target" else "What changed, and why"
        st.text_input(what, key=f"why_{kind}", max_chars=LONGEST_WHY, help="Nothing about people.")
    with right:
        st.text_input(
            "Your name or initials", key=NAME, max_chars=LONGEST_NAME, persist_state="session"
        )
    st.button("Record it", type="primary", on_click=_save, args=(draft, kind, seen),
              icon=":material/flag:")  # fmt: skip
    if kind == "note":
        st.markdown("A note draws a numbered line and changes nothing else.")
    else:
        st.header("What it does to the chart")
        record_preview.show(view, draft)


def _change(view: View, kind: Kind) -> Entry:
    names = recording.with_chart()
    chosen = st.multiselect(
        "Measures" if kind == "rebase" else "Measures (none: every chart)",
        list(names),
        format_func=names.__getitem__,
        key=CHANGE_OF,
        placeholder="Choose measures" if kind == "rebase" else "Every chart",
        bind="query-params",
    )
    sites = filters.site_names(view.snapshot)
    left, right = st.columns(2)
    with left:
        on = _day("Day of the change" if kind == "rebase" else "Day of the note")
    with right:
        at = st.multiselect(
            "At which sites",
            [site for site in sites if site != "unknown"],
            format_func=sites.__getitem__,
            key="change_at",
            placeholder="All sites",
        )
    return Entry(kind, "", "", tuple(chosen), tuple(at), on)


def _day(label: str) -> date | None:
    """A day that is typed, as people write it; a calendar is slow for a day a year ago."""
    typed = st.text_input(label, key="change_on", placeholder="17/03/2026", max_chars=10).strip()
    if not typed:
        return None
    try:
        return datetime.strptime(typed, "%d/%m/%Y").date()
    except ValueError:
        st.warning(f"{text.plain(typed)} is no date. Write it as 17/03/2026.")
        return None


def _target(view: View) -> Entry:
    names = recording.with_target()
    chosen = st.selectbox(
        "Measure", list(names), format_func=names.__getitem__, key=TARGET_OF, bind="query-params"
    )
    name = chosen or next(iter(names))
    entry, now = measure(name), store.charting().target(name)
    low, high = BOUNDS.get(entry.unit, (0.0, 1e9))
    scale = 100.0 if entry.unit == "share" else 1.0
    value = st.number_input(
        f"Target, {UNITS.get(entry.unit, 'as a number')}",
        value=None,
        min_value=low * scale,
        max_value=min(high * scale, 1e9),
        key=f"target_{name}",
        placeholder="e.g. 95" if entry.unit == "share" else "A number",
        width=320,
    )
    st.markdown(f"{_better(entry)} {_now(name, entry, now)}")
    target = None if value is None else round(value / scale, 9)
    return Entry("target", "", "", (name,), target=target)


def _better(entry: Measure) -> str:
    return "Higher is better." if entry.direction == "up" else "Lower is better."


def _now(name: str, entry: Measure, target: float | None) -> str:
    if target is None:
        return "No target is set so far."
    whence = text.plain(recording.where_from(name))
    return f"The target is {number(target, entry)} so far, {whence}."


def _save(draft: Entry, kind: Kind, seen: str) -> None:
    """Record what the form holds. A callback: the page below is drawn with it already."""
    said: dict[str, Any] = {key: st.session_state.get(key) for key in (f"why_{kind}", NAME)}
    why, by = (str(value or "") for value in said.values())
    entry = Entry(kind, by, why, draft.measures, draft.sites, draft.on, draft.target)
    try:
        recording.save(entry, seen)
    except (OutcomesError, MeasureError) as error:
        words = recording.told(error) if isinstance(error, OutcomesError) else _sentence(error)
        st.session_state[SAID] = ("error", f"Not recorded. {words}")
        return
    st.session_state[f"why_{kind}"] = ""
    if kind == "target":
        st.session_state[f"target_{draft.measures[0]}"] = None
    else:
        st.session_state["change_on"] = ""
    shown = "The chart below and every other one" if kind != "note" else "Every chart"
    st.session_state[SAID] = (
        "success",
        f"Recorded. {shown} and the next report show it; it stands in the list below.",
    )


def _sentence(error: MeasureError) -> str:
    words = str(error)
    return f"{words[0].upper()}{words[1:]}."


def _said() -> None:
    kind, words = st.session_state.pop(SAID, (None, ""))
    if kind == "error":
        st.error(text.plain(words), icon=":material/error:")
    elif kind == "success":
        st.success(words, icon=":material/check:")
