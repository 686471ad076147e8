"""Everything that was recorded, withdrawn entries too, and the way to withdraw one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import streamlit as st

from dashboard import filters, record_form, recording, text, ui
from dashboard.charts.base import Table
from dashboard.review_panel import NAME
from dashboard.snapshots import home
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import number
from pipelines.measures.types import MeasureError
from pipelines.recorded.entries import LONGEST_WHY, Entry, Record

COLUMNS: Final = ("Recorded", "What", "Of", "At", "Day or value", "Why", "By", "State")
WHAT: Final = {"rebase": "New limits", "note": "Note", "target": "Target"}
STANDS: Final = "Stands"
Row = tuple[str, ...]


def show(view: View, found: Record) -> None:
    """The list, the latest first, and below it the form that withdraws."""
    names = filters.site_names(view.snapshot)
    rows = (
        *(_row(found, each, names) for each in reversed(found.entries) if each.kind != "withdrawn"),
        *_by_hand(names),
    )
    if not rows:
        st.markdown("Nothing has been recorded yet.")
        return
    table = Table("Targets, notes and new limits", COLUMNS, rows)
    ui.table(table)
    ui.download(table, "recorded")
    _withdraw(found, names)


def standing(view: View) -> Table | None:
    """What stands, for paper; None where nothing does. OutcomesError where it cannot be read."""
    found, names = recording.kept(), filters.site_names(view.snapshot)
    rows = [
        _row(found, each, names)
        for each in reversed(found.entries)
        if each.kind != "withdrawn" and _state(found, each) == STANDS
    ]
    rows += [row for row in _by_hand(names) if row[-1].startswith(STANDS)]
    if not rows:
        return None
    return Table("Targets, notes and new limits", COLUMNS[1:-1], tuple(r[1:-1] for r in rows))


def _row(found: Record, entry: Entry, names: Mapping[str, str]) -> Row:
    when = text.moment(entry.at.astimezone()) if entry.at else text.NONE
    return (
        when, WHAT[entry.kind], _of(entry.measures), _sites(entry.sites, names), _value(entry),
        entry.why, entry.by, _state(found, entry),
    )  # fmt: skip


def _of(measures: tuple[str, ...]) -> str:
    return text.listed([measure(each).name for each in measures]) or "Every chart"


def _sites(sites: tuple[str, ...], names: Mapping[str, str]) -> str:
    return text.listed([names.get(site, site) for site in sites]) or "All sites"


def _value(entry: Entry) -> str:
    if entry.target is not None:
        return number(entry.target, measure(entry.measures[0]))
    return text.day(entry.on)


def _state(found: Record, entry: Entry) -> str:
    gone = found.withdrawn.get(entry.id)
    if gone is not None:
        when = f" on {text.day(gone.at.date())}" if gone.at else ""
        return f"Withdrawn by {gone.by}{when}: {gone.why}"
    if entry.kind == "target" and found.target_entries[entry.measures[0]] != entry:
        return "Replaced by a later one"
    return STANDS


def _by_hand(names: Mapping[str, str]) -> Iterator[Row]:
    """What stands in files, which only a person's hand changes."""
    for each in reversed(recording.by_hand()):
        change = each.change
        yield (
            text.day(change.recorded), WHAT["rebase" if each.rebase else "note"],
            _of(each.measures), _sites(change.sites, names), text.day(change.on), change.reason,
            change.by or text.NONE, f"{STANDS} in {recording.BY_HAND}",
        )  # fmt: skip
    for name, value in _targets_by_hand().items():
        yield (
            text.NONE, WHAT["target"], measure(name).name, "All sites",
            number(value, measure(name)), text.NONE, text.NONE,
            "Replaced by a recorded one"
            if name in recording.kept().target_entries
            else f"{STANDS} in outcomes.toml",
        )  # fmt: skip


def _targets_by_hand() -> dict[str, float]:
    found = Home.open(home(), create=False).config().get("targets", {})
    return {name: float(value) for name, value in found.items()}


def _withdraw(found: Record, names: Mapping[str, str]) -> None:
    able = {
        each.id: each
        for each in reversed(found.entries)
        if each.kind != "withdrawn" and each.id not in found.withdrawn
    }
    if not able:
        return
    st.subheader("Withdraw an entry")
    st.markdown(
        "It stays in the list, with who withdrew it and why; charts no longer show it. After a "
        "target is withdrawn, the one before it holds again. What stands in a file is taken out "
        "of that file by hand."
    )

    def named(entry_id: str) -> str:
        entry = able[entry_id]
        return f"{WHAT[entry.kind]}, {_value(entry)}: {entry.why} ({entry.by})"

    chosen = st.selectbox(
        "Entry", list(able), index=None, format_func=named, placeholder="Choose an entry",
        key="withdraw_entry",
    )  # fmt: skip
    left, right = st.columns([2, 1])
    with left:
        st.text_input("Why it is withdrawn", key="withdraw_why", max_chars=LONGEST_WHY)
    with right:
        st.markdown(f"By: {text.plain(str(st.session_state.get(NAME) or '')) or 'name above'}")
    st.button("Withdraw it", on_click=_save, args=(chosen, recording.seen()))


def _save(chosen: str | None, seen: str) -> None:
    """Withdraw what is chosen. A callback: the page above is drawn without it already."""
    why, by = (str(st.session_state.get(key) or "") for key in ("withdraw_why", NAME))
    if chosen is None:
        st.session_state[record_form.SAID] = ("error", "Choose the entry to withdraw first.")
        return
    try:
        recording.save(Entry("withdrawn", by, why, of=chosen), seen)
    except (OutcomesError, MeasureError) as error:
        words = recording.told(error) if isinstance(error, OutcomesError) else f"{error}."
        st.session_state[record_form.SAID] = (
            "error", f"Not withdrawn. {words[0].upper()}{words[1:]}",
        )  # fmt: skip
        return
    st.session_state["withdraw_why"] = ""
    st.session_state[record_form.SAID] = ("success", "Withdrawn. It stays in the list below.")
