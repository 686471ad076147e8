"""What changed since the data that were published before these."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard import own_sites, snapshots, store, text, ui
from dashboard.charts import shown
from dashboard.charts.base import Table
from dashboard.snapshots import NoSnapshot, Snapshot
from dashboard.ui import View
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter

HEADLINES: Final = (
    ("escalation_confirmed", None),
    ("improvement_two_scores", None),
    ("persistence_share_8_weeks", None),
    ("red_flags_not_in_time_share", None),
)
COUNTS: Final = (
    ("persisting_now", None),
    ("crossing_soon", None),
    ("red_flags_not_in_time", "confirmed"),
)


def show(view: View) -> None:
    """Files, counts, revised months and verdicts, against the snapshot before."""
    st.header("What changed since the last load?")
    before = _before(view.snapshot)
    if before is None:
        st.markdown("There are no earlier data as published to compare with.")
        return
    when = text.moment(before.published) if before.published else before.name
    st.markdown(f"Compared with the data as published on {when}, under the same filters.")
    lines, revised = told(view, before)
    for line in lines:
        st.markdown(f"- {line}")
    if revised is None:
        st.markdown("- No month of a headline figure was revised.")
        return
    with ui.folded(revised.title, "revised") as opened:
        if opened:
            ui.table(revised)


def told(view: View, before: Snapshot) -> tuple[list[str], Table | None]:
    """What changed since earlier data, line by line, and the revised months where there are any."""
    lines = _rules(view.snapshot, before)
    if own_sites.sees_every_site():
        lines = [*_files(view.snapshot, before), *lines]
    lines += filter(None, (_count(view, before, name, part) for name, part in COUNTS))
    revised = []
    for name, part in HEADLINES:
        if store.counted_alike(before, view.snapshot, name, view.filter, ("month",)):
            continue  # then no month was revised, and both charts read the same
        revised += _revised(view, before, name, part)
        lines += filter(None, (_verdict(view, before, name, part),))
    if not revised:
        return lines, None
    title = f"{text.plural(len(revised), 'revised month')} of headline figures"
    return lines, Table(title, ("Figure", "Month", "Before", "Now"), tuple(revised))


def _before(snapshot: Snapshot) -> Snapshot | None:
    try:
        return snapshots.named(snapshot.previous) if snapshot.previous else None
    except NoSnapshot:
        return None


def _files(now: Snapshot, before: Snapshot) -> list[str]:
    old = {row["file_id"] for row in store.rows(before, "files")}
    new = [row["name"] for row in store.rows(now, "files") if row["file_id"] not in old]
    if not new:
        return ["No file came in since."]
    return [f"{text.plural(len(new), 'file')} came in: {text.listed([f'`{n}`' for n in new])}."]


def _rules(now: Snapshot, before: Snapshot) -> list[str]:
    if now.rules == before.rules:
        return []
    return [f"**Other rules or parameters**: rules as of {before.rules[:12]} before."]


def _count(view: View, before: Snapshot, name: str, part: str | None) -> str:
    if store.counted_alike(before, view.snapshot, name, view.filter):
        return ""
    entry = measure(name)
    was = store.one(before, name, view.filter, part)
    now = store.one(view.snapshot, name, view.filter, part)
    if shown.value(was) == shown.value(now):
        return ""
    words = f"{entry.name}, {part}" if part else entry.name
    return f"{words}: {shown.said(was, entry)} before, {shown.said(now, entry)} now."


def _revised(
    view: View, before: Snapshot, name: str, part: str | None
) -> list[tuple[str, str, str, str]]:
    """Months whose figure or counts are not what they were, mature ones and others."""
    entry = measure(name)
    flt: Filter = view.filter
    was = {m.month: m.result for m in store.series(before, name, flt, part).months}
    found = []
    for month in store.series(view.snapshot, name, flt, part).months:
        old = was.get(month.month)
        if old is not None and old != month.result:
            words = (shown.whole(old, entry), shown.whole(month.result, entry))
            found.append((entry.name, text.month(month.month), *words))
    return found


def _verdict(view: View, before: Snapshot, name: str, part: str | None) -> str:
    """A control chart that reads otherwise than before."""
    entry = measure(name)
    was = store.series(before, name, view.filter, part).reading
    now = store.series(view.snapshot, name, view.filter, part).reading
    if was is None or now is None or was.variation == now.variation:
        return ""
    return f"**{entry.name}**: {now.variation.lower()} now, {was.variation.lower()} before."
