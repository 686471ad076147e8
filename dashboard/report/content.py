"""What a report says: its sections, from the functions that the pages use, before any format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard import (
    changes,
    definitions,
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
from dashboard.charts import escalation, improvement, persistence
from dashboard.charts.base import Chart, Table
from dashboard.report import audit_reviews, extract, tables
from dashboard.snapshots import Snapshot
from pipelines.errors import OutcomesError
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.types import MeasureError
from pipelines.periods import Period

Block = Chart | Table | str


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

    Figures are of first contacts in the period; control charts look back `tables.MONTHS_BEFORE`
    months from its end. `before` are the data of the last report. MeasureError where the data hold
    no first contact of the period.
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
        (*extract.about(view, period, covered["n"]), ("Reviews", found.about)),
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
            *tables.too_early(view),
            tables.summary(view),
        ),
    )
    yield Section(
        "Control charts",
        tuple(tables.time_chart(view, *each) for each in tables.SERIES if each[0] in tables.DRAWN),
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
            *(tables.by_group(view, name) for name in tables.BY_GROUP),
        ),
    )
    yield Section(
        "Data quality",
        (
            sections.table_of(view, sections.COMPLETENESS, "How much was recorded"),
            tables.checks(view),
        ),
    )
    yield from _recorded(view)
    names = dict.fromkeys(name for name, _, _ in tables.SERIES)
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
