"""Blocks that several pages are put together from: each a figure of the catalogue, drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import streamlit as st

from dashboard import drill, filters, freshness, mode, own_sites, pages, record_link, store, ui
from dashboard.charts import by_value, control, shown
from dashboard.charts.base import Table
from dashboard.charts.funnel_chart import funnel_chart
from dashboard.charts.marks import Mark, marks
from dashboard.drill import Behind, cut_words, part_words
from dashboard.ui import View
from pipelines.chart_settings import ChartSettings
from pipelines.measures.catalogue import measure
from pipelines.measures.comparison import UNKNOWN
from pipelines.measures.funnel import funnel
from pipelines.measures.types import Estimate, Exclusions

ESCALATION_SERIES: Final = (
    "escalation_without_cancer_history_only",
    "escalation_within_56_days",
    "escalation_recorded",
    "escalation_events",
)
ESCALATION_OTHERS: Final = (
    "escalation_recorded",
    "escalation_cumulative",
    "escalation_within_56_days",
    "escalation_ever",
    "escalation_without_cancer_history_only",
)
IMPROVEMENT_FIGURES: Final = (
    "improvement_by_day_interval",
    "improvement_by_day_range",
    "improvement_by_day",
    "time_to_improvement_median",
    "escalation_first_by_day",
    "improvement_two_scores",
)
PERSISTENCE_OTHERS: Final = (
    "persistence_by_interval",
    "persistence_best_case",
    "persistence_worst_case",
    "persistence_share_8_weeks",
    "persistence_status_known",
    "persistence_estimated_8_weeks",
    "persistence_share_6_weeks",
    "persistence_estimated_6_weeks",
    "persisting_ever",
    "persisting_ever_6_weeks",
    "persistence_needs_appointment",
)
AGREEMENT: Final = (
    "agreement",
    "agreement_under",
    "agreement_late",
    "agreement_over",
    "agreement_same_level",
    "not_judged",
    "audit_certain_despite_gaps",
)
COMPLETENESS: Final = (
    "screen_complete_first",
    "screen_sufficiency",
    "safety_known",
    "screened_again",
    "improvement_two_scores",
    "persistence_status_known",
)
CHANGE: Final = (
    "global_change_better",
    "global_change_recorded",
    "msk_hq_gain",
    "msk_hq_change",
    "msk_hq_paired",
    "score_gap_median",
)
ADHERENCE: Final = (
    "diary_kept",
    "adherence_satisfactory",
    "adherence_median",
    "exercise_days_median",
    "walking_days_median",
    "walking_increases",
    "improvement_by_day",
)
SAFETY_PANEL: Final = (
    "ces_asked",
    "ces_present",
    "ces_sent_same_day",
    "ces_outcome_known",
    "ces_confirmed",
    "safety_netted",
    "ces_safety_netted",
    "leaflet_given",
)
WAITS: Final = (
    "wait_referral_to_triage",
    "wait_referral_to_triage_p90",
    "wait_triage_to_appointment",
    "wait_referral_to_appointment",
    "seen_within_18_weeks",
    "did_not_attend",
    "cancelled",
    "back_within_12_weeks",
)


def over_time(view: View, name: str, part: str | None = None, label: str = "") -> None:
    """The measure month by month as a control chart, and the way to its cases."""
    entry = measure(name)
    found = store.series(view.snapshot, name, view.filter, part)
    changes = recorded(view, name, [each.month for each in found.months])
    chart = control.control_chart(found, entry, view.colours, label, changes)
    ui.show(chart, f"time_{name}_{part or ''}")
    with st.container(horizontal=True):
        drill.link(view, "Open a month", Behind(name, part or "", drill.MONTH))
        record_link.link(name)


def recorded(
    view: View, name: str, months: Sequence[date], settings: ChartSettings | None = None
) -> tuple[Mark, ...]:
    """What the service has recorded of its own changes at a measure, within these months."""
    if not months:
        return ()
    kept, sites = settings or store.charting(), view.filter.sites
    first, last = months[0], filters.last_day(months[-1])
    names = filters.site_names(view.snapshot)
    return marks(kept.rebased(name, sites), kept.noted(name, sites), first, last, names)


def chosen_over_time(view: View, names: Sequence[str]) -> None:
    """One of several measures month by month, the reader's choice."""
    words = {name: measure(name).name for name in names}
    chosen = st.selectbox(
        "Another way to count it, by month",
        list(words),
        format_func=words.__getitem__,
        key=f"series_{names[0]}",
        bind="query-params",
        persist_state="session",
    )
    over_time(view, chosen or names[0])


def who_is_next(view: View) -> None:
    """How many cross 8 weeks within 14 days; the list is hidden where the extract is too old."""
    found = store.one(view.snapshot, "crossing_soon", view.filter)
    entry = measure("crossing_soon")
    st.markdown(f"**{shown.said(found, entry)}** were about to cross 8 weeks within 14 days.")
    if freshness.too_old(view.snapshot):
        freshness.say(view.snapshot)
        return
    drill.link(view, "Who they are", Behind("crossing_soon", which="counted"))


def by_dimension(view: View, name: str, part: str | None = None, fixed: str = "") -> None:
    """The measure by a dimension: the reader's choice, or a fixed one."""
    entry = measure(name)
    by = fixed or _dimension(name)
    table = store.table(view.snapshot, name, view.filter, (by,))
    words = cut_words(view, by)
    lines = [
        by_value.Line(words(row.by[0]), row.result, row.mature, row.by[0] != UNKNOWN)
        for row in table.rows
        if part is None or row.part == part
    ]
    lines.sort(key=lambda line: not line.known)
    whole = store.one(view.snapshot, name, view.filter, part)
    heading = f"{entry.name}{f', {part}' if part else ''}, by {drill.CUTS[by].lower()}"
    ui.show(
        by_value.dots(lines, entry, view.colours, heading, whole, drill.CUTS[by]),
        f"by_{name}_{part or ''}_{fixed}",
    )
    drill.link(view, "Open a group", Behind(name, part or "", by))


def _dimension(name: str) -> str:
    codes = [code for code in drill.CUTS if code != drill.MONTH]
    return str(
        st.selectbox(
            "Groups by",
            codes,
            format_func=drill.CUTS.__getitem__,
            key=f"groups_{name}",
            bind="query-params",
            persist_state="session",
        )
        or codes[0]
    )


def by_part(view: View, name: str, heading: str = "", bars: bool = True) -> None:
    """The measure by its own parts: levels, categories, items, exercises."""
    entry = measure(name)
    words = part_words(view)
    rows = store.table(view.snapshot, name, view.filter).rows
    lines = [
        by_value.Line(_capital(words(row.part or "")), row.result, row.mature, row.part != UNKNOWN)
        for row in rows
    ]
    draw = by_value.bars if bars else by_value.dots
    ui.show(draw(lines, entry, view.colours, heading or entry.name), f"part_{name}")
    drill.link(view, "Open a part", Behind(name))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def funnel_by_site(view: View, name: str) -> None:
    """The sites of the selection against the limits of chance."""
    entry = measure(name)
    table = store.table(view.snapshot, name, view.filter, ("site",))
    units = [
        (row.by[0], row.result.numerator or 0, float(row.result.denominator))
        for row in table.rows
        if isinstance(row.result, Estimate)
    ]
    names = filters.site_names(view.snapshot)
    ui.show(funnel_chart(funnel(name, units), entry, names, view.colours), f"funnel_{name}")
    drill.link(view, "Open a site", Behind(name, by="site"))


def figures(view: View, names: Sequence[str], title: str) -> None:
    """Several figures as a table, every part a row; a choice opens what is behind one."""
    found = table_of(view, names, title)
    ui.table(found)
    left, middle, right = st.columns([2, 2, 2], vertical_alignment="bottom")
    with left:
        ui.download(found, f"figures_{names[0]}")
    if mode.mode() == "shared":
        return
    known = {name: measure(name).name for name in names}
    with middle:
        chosen = st.selectbox(
            "Figure to open",
            list(known),
            format_func=known.__getitem__,
            key=f"open_{names[0]}",
            persist_state="session",
        )
    with right:
        drill.link(view, "What is behind it", Behind(chosen or names[0]))


def table_of(view: View, names: Sequence[str], title: str) -> Table:
    """Several figures as a table, every part a row."""
    rows, words = [], part_words(view)
    for name in names:
        entry = measure(name)
        for row in store.table(view.snapshot, name, view.filter).rows:
            label = f"{entry.name}: {words(row.part)}" if row.part else entry.name
            rows.append((label, *shown.cells(row.result, entry)))
    return Table(title, ("Measure", *shown.COLUMNS), tuple(rows))


def method(view: View, names: Sequence[str], title: str) -> None:
    """Figures for specialists, folded: a manager decides without them."""
    with ui.folded(f"Method: {title}", f"method_{names[0]}") as opened:
        if not opened:
            return
        for name in names:
            st.markdown(f"**{measure(name).name}.** {measure(name).definition}")
        found = table_of(view, names, title)
        ui.table(found)
        ui.download(found, f"method_{names[0]}")
        for name in names:
            drill.link(view, f"What is behind: {measure(name).name}", Behind(name))


def counted(view: View, names: Sequence[str]) -> None:
    """How figures are counted: definition, parts, source, and who is left out."""

    def parts() -> Iterator[tuple[str, Exclusions]]:
        for name in names:
            rows = store.table(view.snapshot, name, view.filter).rows
            yield name, getattr(rows[0].result, "exclusions", ()) if rows else ()

    ui.counted(names[0], parts)


def more(*scripts: str) -> None:
    """Links to the pages that say more, those that this mode has."""
    for page in pages.seen_by(mode.mode(), own_sites.sees_every_site()):
        if page.script in scripts:
            st.page_link(
                pages.link_to(page.script),
                label=f"More: {page.title}",
                icon=f":material/{page.icon}:",
            )
