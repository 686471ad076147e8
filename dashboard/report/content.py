"""What a report says: its sections, from the functions that the pages use, before any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from dashboard import (
    changes,
    definitions,
    drill,
    filters,
    mode,
    record_list,
    recording,
    sections,
    shared_figures,
    store,
    text,
    theme,
    ui,
)
from dashboard.charts import control, escalation, improvement, persistence, shown
from dashboard.charts.base import Chart, Table
from dashboard.report import audit_reviews
from dashboard.snapshots import Snapshot
from pipelines.errors import OutcomesError
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import number
from pipelines.measures.filter import Filter
from pipelines.measures.types import MeasureError
from pipelines.periods import Period

Block = Chart | Table | str

SERIES: Final[tuple[tuple[str, str | None, str], ...]] = (
    ("escalation_confirmed", None, ""),
    ("escalation_not_ruled_out", None, ""),
    ("red_flags_not_in_time_share", None, ""),
    ("ces_asked", None, ""),
    ("screen_complete_first", None, ""),
    ("improvement_by_day_interval", "day 56", "Improved within 8 weeks, whenever it was seen"),
    ("improvement_by_day", "day 56", "Improved within 8 weeks, by the day it was seen"),
    ("improvement_two_scores", None, ""),
    ("persistence_by_interval", "day 56", "Past 8 weeks, whenever the end was seen"),
    ("persistence_share_8_weeks", None, ""),
    ("no_review_around_8_weeks", None, ""),
    ("agreement", None, ""),
    ("wait_referral_to_triage", None, ""),
    ("did_not_attend", None, ""),
)
"""What the summary table of control charts holds: measure, part, label."""
DRAWN: Final = frozenset(
    {
        *("escalation_confirmed", "red_flags_not_in_time_share", "screen_complete_first"),
        *("improvement_by_day", "persistence_share_8_weeks", "wait_referral_to_triage"),
    }
)
GAPS: Final = ("imd_quintile", "ethnic_group", "age_band", "sex")
GAPS_OF: Final = ("screen_complete_first", "wait_referral_to_triage", "persistence_share_8_weeks")
MONTHS_BEFORE: Final = 24
NOT_PASSED: Final = {"fail": "not passed", "error": "could not be run"}


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it, in order."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A period's report; `about` is what an extract has to say of itself, line by line.

    `left_out` are parts that belong to it and could not be made, with the reason.
    """

    title: str
    subtitle: str
    about: tuple[tuple[str, str], ...]
    commentary: str
    sections: tuple[Section, ...]
    left_out: tuple[str, ...] = ()


def report(
    snapshot: Snapshot,
    period: Period,
    sites: tuple[str, ...] = (),
    commentary: str = "",
    before: Snapshot | None = None,
) -> Report:
    """The report of a period in this server's mode.

    Figures are of first contacts in the period; control charts look back MONTHS_BEFORE months from
    its end. `before` are the data of the last report. MeasureError where the data hold no first
    contact of the period.
    """
    flt = Filter(period.first, period.last, sites=sites)
    view = ui.View(snapshot, flt, theme.LIGHT)
    (covered,) = store.selected(snapshot, "covered", flt)
    if not covered["n"]:
        raise MeasureError(
            f"The data as published hold no first contact in {period.words}"
            f"{' at these sites' if sites else ''}; they end on {text.day(snapshot.data_to)}."
        )
    made = list(_shared(view) if mode.mode() == "shared" else _exact(view))
    found = audit_reviews.section(view)
    made.insert(-1, Section(audit_reviews.TITLE, found.blocks))
    if mode.mode() != "shared":
        made.insert(
            -1, Section("What changed since the last report", tuple(_changed(view, before)))
        )
    return Report(
        "Back-related leg pain pathway: outcomes",
        period.words,
        (*_about(view, period, covered["n"]), ("Reviews", found.about)),
        commentary,
        tuple(made),
        found.left_out,
    )


def _exact(view: ui.View) -> Iterator[Section]:
    found = store.answers(view.snapshot, view.filter)
    labels = {row["code"]: row["label"] for row in store.rows(view.snapshot, "levels")}
    colours = view.colours
    yield Section(
        "Summary",
        (
            "Each figure is of the period; the reading is of its control chart over the months "
            "before, the period's among them. A reading says whether something changed, not "
            "whether that is good enough; that is the assurance, where a target is set.",
            *_too_early(view),
            _summary(view),
        ),
    )
    yield Section(
        "Control charts",
        tuple(_series(view, *each) for each in SERIES if each[0] in DRAWN),
    )
    yield Section(
        "Triage outcome and warning signs",
        (
            escalation.by_level(found.escalation, labels, colours),
            escalation.between(found.escalation, labels, colours),
            sections.table_of(
                view,
                ("red_flags_not_in_time", "red_flags_not_in_time_share"),
                "Red flags not acted on in time",
            ),
            sections.table_of(
                view, sections.SAFETY_PANEL, "Cauda equina: from the question to the result"
            ),
        ),
    )
    yield Section(
        "Past 8 weeks",
        (
            persistence.parts(found.persistence, colours),
            sections.table_of(
                view, sections.PERSISTENCE_OTHERS, "Past 8 weeks, counted in each way"
            ),
        ),
    )
    yield Section(
        "Improvement, and of how many it is known",
        (
            improvement.curve(found.improvement, colours, definitions.usual(view)),
            sections.table_of(view, sections.IMPROVEMENT_FIGURES, "Time to improvement in figures"),
        ),
    )
    yield Section(
        "Agreement with the leaflet",
        (sections.table_of(view, sections.AGREEMENT, "Agreement in figures"),),
    )
    yield Section(
        "Waits and equity",
        (
            sections.table_of(view, sections.WAITS, "Waits in figures"),
            *(_gaps(view, name) for name in GAPS_OF),
        ),
    )
    yield Section(
        "Data quality",
        (sections.table_of(view, sections.COMPLETENESS, "How much was recorded"), _checks(view)),
    )
    yield from _recorded(view)
    names = dict.fromkeys(name for name, _, _ in SERIES)
    yield Section("How the figures are counted", tuple(_defined(name) for name in names))


def _shared(view: ui.View) -> Iterator[Section]:
    """Simple shares and counts only: what the protection of small numbers is proven for."""
    names = shared_figures.MEASURES
    yield Section(
        "Figures that may be shared",
        (
            "Small numbers are hidden, together with what would give them away. Curves, medians "
            "and lists are left out for the same reason.",
            sections.table_of(view, names, "Figures of the period"),
        ),
    )
    yield Section("How the figures are counted", tuple(_defined(name) for name in names))


def _series(view: ui.View, name: str, part: str | None, label: str) -> Chart:
    back = replace(view.filter, period_from=_back(view.filter))
    found = store.series(view.snapshot, name, back, part)
    months = [each.month for each in found.months]
    return control.control_chart(
        found, measure(name), view.colours, label, sections.recorded(view, name, months)
    )


def _back(flt: Filter) -> date | None:
    first = flt.period_from
    if first is None:
        return None
    years, month = divmod(first.year * 12 + first.month - 1 - MONTHS_BEFORE, 12)
    return first.replace(year=years, month=month + 1)


def _summary(view: ui.View) -> Table:
    rows = []
    for name, part, label in SERIES:
        entry = measure(name)
        back = replace(view.filter, period_from=_back(view.filter))
        told = store.series(view.snapshot, name, back, part).reading
        target = store.charting().target(name)
        rows.append(
            (
                label or entry.name,
                *shown.cells(store.one(view.snapshot, name, view.filter, part), entry),
                "can still change" if _open(view, name, part) else "complete",
                told.variation if told else "not drawn",
                told.assurance if told and told.target else "no target set",
                number(target, entry) if target is not None else text.NONE,
            )
        )
    columns = ("Measure", *shown.COLUMNS, "State", "Variation", "Assurance", "Target")
    return Table("Summary of the control charts", columns, tuple(rows))


def _open(view: ui.View, name: str, part: str | None) -> bool:
    """Whether later data can still change a figure, since its cases are not old enough."""
    rows = store.table(view.snapshot, name, view.filter).rows
    return any(row.part == part and row.mature is False for row in rows)


def _too_early(view: ui.View) -> Iterator[str]:
    names = [label or measure(n).name for n, part, label in SERIES if _open(view, n, part)]
    if names:
        yield (
            f"The period is too recent for: {text.listed([n.lower() for n in names])}. These "
            "figures are of the few cases whose result is known already, and can still change much."
        )


def _gaps(view: ui.View, name: str) -> Table:
    """A measure in each group of each dimension, unknown as a group of its own."""
    entry = measure(name)
    rows = [
        (drill.CUTS[by], drill.cut_words(view, by)(row.by[0]), *shown.cells(row.result, entry))
        for by in GAPS
        for row in store.table(view.snapshot, name, view.filter, (by,)).rows
    ]
    return Table(f"{entry.name}, by group", ("By", "Group", *shown.COLUMNS), tuple(rows))


def _changed(view: ui.View, before: Snapshot | None) -> Iterator[Block]:
    if before is None:
        yield "There is no earlier report whose data are still kept."
        return
    lines, revised = changes.told(view, before)
    yield f"Compared with the data as published in {before.name}, under the same filters."
    yield from lines
    if revised is None:
        yield "No month of a headline figure was revised."
    else:
        yield revised


def _recorded(view: ui.View) -> Iterator[Section]:
    """What figures are held against and what was recorded at charts, where there is anything."""
    title = "Targets and recorded changes"
    try:
        found = record_list.standing(view)
    except OutcomesError as error:
        yield Section(title, (f"These cannot be read now. {recording.told(error)}",))
        return
    if found is not None:
        yield Section(title, (found,))


def _checks(view: ui.View) -> Table:
    """Checks that were not passed: in how many parts, and how many rows they concern."""
    wrong: dict[tuple[str, str, str], list[int]] = {}
    for row in store.rows(view.snapshot, "checks"):
        if row["status"] in NOT_PASSED:
            wrong.setdefault((row["title"], row["status"], row["why"]), []).append(
                row["n_violated"]
            )
    return Table(
        "Checks of data quality that were not passed",
        ("Check", "Status", "Parts", "Rows concerned", "Why it counts"),
        tuple(
            (title, NOT_PASSED[state], text.count(len(n)), text.count(sum(n)), why)
            for (title, state, why), n in wrong.items()
        ),
    )


def _defined(name: str) -> str:
    found = measure(name)
    source = f"{found.source[:1].upper()}{found.source[1:]}" if found.source else ""
    said = (
        f"{found.name}. {found.definition}",
        f"Counted: {found.numerator}.",
        f"Of: {found.denominator}.",
        f"{source}." if source else "",
    )
    return " ".join(filter(None, said))


def _about(view: ui.View, period: Period, n: int) -> Iterator[tuple[str, str]]:
    snapshot = view.snapshot
    yield (
        "Period",
        f"{period.words}: first contacts from {text.day(period.first)} to {text.day(period.last)}",
    )
    names = filters.site_names(snapshot)
    yield (
        "Sites",
        text.listed([names.get(s, s) for s in view.filter.sites]) if view.filter.sites else "all",
    )
    released = store.last_release() if mode.mode() == "shared" else None
    if released is not None:
        yield "Data as released", f"release {released.number} of {text.day(released.day)}"
        yield "Data to", text.day(date.fromisoformat(released.data_to))
        yield "Rules as of", released.rules
    else:
        yield "Episodes", text.count(n)
        yield "Data to", text.day(snapshot.data_to)
        yield "Data as published", snapshot.name
        yield "Rules as of", snapshot.rules
    adopted = (
        f"{snapshot.adopted_by}, {snapshot.adopted_on}"
        if snapshot.adopted_by
        else "not yet recorded"
    )
    yield "Rules adopted by", adopted
    yield "Leaflet", f"draft, past its review date, {snapshot.leaflet_review}"
    yield "Mode", mode.WORDS[mode.mode()]
    yield (
        "Small numbers",
        mode.MEANS[mode.mode()] if mode.mode() == "shared" else "exact; not for publication",
    )
    if snapshot.data_to and snapshot.data_to < period.last:
        yield (
            "Not complete",
            f"the data end on {text.day(snapshot.data_to)}, before the period does",
        )
    yield "Later data", "months less than 12 weeks old can still change; such points are hollow"
