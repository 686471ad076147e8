"""The charts over time and the tables of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from dashboard import drill, sections, store, text, ui
from dashboard.charts import control, shown
from dashboard.charts.base import Chart, Table
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import number
from pipelines.measures.filter import Filter
from pipelines.measures.types import NotEstimable

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
GROUPS: Final = ("imd_quintile", "ethnic_group", "age_band", "sex")
BY_GROUP: Final = ("screen_complete_first", "wait_referral_to_triage", "persistence_share_8_weeks")
MONTHS_BEFORE: Final = 24
NOT_PASSED: Final = {"fail": "not passed", "error": "could not be run"}


def time_chart(view: ui.View, name: str, part: str | None, label: str) -> Chart:
    """A measure month by month, with the MONTHS_BEFORE months before the period."""
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


def summary(view: ui.View) -> Table:
    """The reading of every control chart of SERIES, with the figure of the period."""
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


def too_early(view: ui.View) -> Iterator[str]:
    """A sentence that names the figures that can still change much, if there are any."""
    names = [label or measure(n).name for n, part, label in SERIES if _open(view, n, part)]
    if names:
        yield (
            f"The period is too recent for: {text.listed([n.lower() for n in names])}. These "
            "figures are of the few cases whose result is known already, and can still change much."
        )


def by_group(view: ui.View, name: str) -> Table | str:
    """A measure in each group of each dimension, unknown as a group of its own.

    A sentence where it cannot be estimated in any of them for one reason: two pages of such
    lines say no more.
    """
    entry = measure(name)
    found = [
        (by, row)
        for by in GROUPS
        for row in store.table(view.snapshot, name, view.filter, (by,)).rows
    ]
    whys = [row.result.reason for _, row in found if isinstance(row.result, NotEstimable)]
    if found and len(whys) == len(found) and len(set(whys)) == 1:
        groups = text.listed([drill.CUTS[by].lower() for by in GROUPS])
        return f"{entry.name}, by {groups}: in none of {len(found)} groups. {whys[0]}"
    rows = [
        (drill.CUTS[by], drill.cut_words(view, by)(row.by[0]), *shown.cells(row.result, entry))
        for by, row in found
    ]
    return Table(f"{entry.name}, by group", ("By", "Group", *shown.COLUMNS), tuple(rows))


def checks(view: ui.View) -> Table:
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
