"""What a target or new limits would do to a chart: the chart as it is, and as it would be."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import sections, store, text, ui
from dashboard.charts import control
from dashboard.charts.base import Chart
from dashboard.ui import View
from pipelines.chart_settings import ChartSettings
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import number
from pipelines.measures.over_time import OverTime
from pipelines.measures.spc_phases import Rebase
from pipelines.recorded.entries import Entry


def show(view: View, draft: Entry) -> None:
    """Both charts of the first measure of the draft, or of the one that the reader chooses."""
    if not draft.measures:
        st.info("Choose a measure to see its chart.", icon=":material/info:")
        return
    name = draft.measures[0]
    if len(draft.measures) > 1:
        words = {each: measure(each).name for each in draft.measures}
        name = st.selectbox("Chart of", list(words), format_func=words.__getitem__) or name
    part = _part(view, name)
    if draft.sites:  # there the change has new limits
        view = replace(view, filter=replace(view.filter, sites=tuple(sorted(draft.sites))))
    now = store.charting()
    as_it_is = store.series(view.snapshot, name, view.filter, part)
    if (draft.target if draft.kind == "target" else draft.on) is None:
        missing = "Enter a target" if draft.kind == "target" else "Choose the day"
        st.markdown(f"{missing} to see the chart with it beside the chart as it is.")
        ui.plot(_chart(view, name, part, as_it_is, now), "preview_now")
        return
    then = _settings(now, draft)
    as_it_would = store.series_as(
        view.snapshot, name, view.filter, part, then.chart_as(name, view.filter.sites)
    )
    st.markdown(_difference(name, as_it_is, as_it_would, draft))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**As it is**")
        ui.plot(_chart(view, name, part, as_it_is, now), "preview_now")
    with right:
        st.markdown("**With what you record**")
        ui.plot(_chart(view, name, part, as_it_would, then), "preview_then")


def _part(view: View, name: str) -> str | None:
    """The part to show, the reader's choice where a measure has parts."""
    rows = store.table(view.snapshot, name, view.filter).rows
    parts = [row.part for row in rows if row.part is not None]
    if not parts:
        return None
    return st.selectbox("Part of it", parts, key=f"preview_part_{name}") or parts[0]


def _chart(
    view: View, name: str, part: str | None, found: OverTime, settings: ChartSettings
) -> Chart:
    entry = measure(name)
    label = f"{entry.name}, {part}" if part else ""
    changes = sections.recorded(view, name, [each.month for each in found.months], settings)
    return control.control_chart(found, entry, view.colours, label, changes)


def _settings(now: ChartSettings, draft: Entry) -> ChartSettings:
    """The settings as they would be with the draft."""
    (name, *_) = draft.measures
    if draft.kind == "target" and draft.target is not None:
        return replace(now, targets={**now.targets, name: draft.target})
    if draft.on is None:
        return now
    change = Rebase(draft.on, draft.why or "what you record here", draft.by, None, draft.sites)
    added = {each: (*now.rebases.get(each, ()), change) for each in draft.measures}
    return replace(now, rebases={**now.rebases, **added})


def _difference(name: str, now: OverTime, then: OverTime, draft: Entry) -> str:
    """What would be otherwise, in a sentence."""
    if then.chart is None or now.chart is None or then.reading is None or now.reading is None:
        return "This selection has no control chart, so nothing changes in it."
    if draft.kind == "target" and draft.target is not None:
        before = now.reading.assurance if now.reading.target else "no target"
        said = f"Target {number(draft.target, measure(name))}: {then.reading.assurance.lower()}"
        return f"**{said}** (so far: {before.lower()}). The limits stay as they are."
    if len(then.chart.phases) == len(now.chart.phases):
        return (
            "**No new limits begin in this chart:** the day lies before its second or after its "
            "last point, or where limits begin anew already."
        )
    own = next(
        phase for phase in then.chart.phases
        if phase.start not in {each.start for each in now.chart.phases}
    )  # fmt: skip
    begins = text.month(then.months[own.start].month)
    points = text.plural(own.n_points, "complete point")
    if own.state != "common":
        limits = f"has {points} and no limits yet: {own.reason[0].lower()}{own.reason[1:]}"
    elif own.trial:
        limits = f"has {points}, so its limits are trial limits until there are twelve"
    else:
        limits = f"has {points}"
    moved = (
        f"The verdict stays: {then.reading.variation.lower()}."
        if then.reading.variation == now.reading.variation
        else f"The verdict: {now.reading.variation.lower()} as it is, "
        f"{then.reading.variation.lower()} then."
    )
    return f"**New limits begin with {begins}.** The new phase {limits}. {moved}"
