"""What pages ask of a snapshot, each answer cached.

Each cache key holds the snapshot's path, and a path is never used twice, so nothing here can be
stale. What the mode does not allow is refused here, whatever a page or an address asks for, and no
question goes beyond the sites that the reader may see.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import duckdb

from dashboard import apart, estimates, mode, on_record, own_settings, own_sites
from dashboard.estimates import Chosen
from dashboard.kept import by_digest, kept
from dashboard.snapshots import NoSnapshot, Snapshot, asked, home, published, read_ahead
from pipelines import releases
from pipelines.chart_settings import ChartSettings
from pipelines.errors import OutcomesError
from pipelines.explain import NoEpisode, explain
from pipelines.home import Home
from pipelines.measures.case_query import case_rows
from pipelines.measures.catalogue import measure as defined
from pipelines.measures.disclosure.rules import Mode
from pipelines.measures.filter import Filter
from pipelines.measures.headline import (
    Answers,
    Escalation,
    Improvement,
    Persistence,
)
from pipelines.measures.held_counts import NeedsCases
from pipelines.measures.matrix import Matrix
from pipelines.measures.monthly import Charted
from pipelines.measures.over_time import OverTime, over_time
from pipelines.measures.query import with_conditions
from pipelines.measures.series import ChartAs, MonthlySeries
from pipelines.measures.shared_tables import shared_table
from pipelines.measures.table import MeasureRow, MeasureTable, Shown
from pipelines.measures.types import MeasureError, NotEstimable
from pipelines.reviews.agreement import BeforeAndAfter, before_and_after
from pipelines.reviews.store import Review
from pipelines.rules_kept import RulesNotKept, kept_rules
from pipelines.totals.files import is_totals

__all__ = ["NoSnapshot", "Snapshot", "home", "published"]

Row = dict[str, Any]
Params = tuple[tuple[str, Any], ...]

FIELDS: Final = tuple(field.name for field in dataclasses.fields(Filter))
OF_CASES: Final = frozenset(
    {
        *("episodes", "episode_ids", "near_ids", "log_days"),
        *("queue", "queue_first", "episode_cases", "review_states", "episode_sites", "own_cases"),
    }
)
"""Queries whose rows are single episodes: refused outside the mode that shows cases."""
OF_SITES: Final = frozenset(
    {
        *("sites", "months", "dimension_values", "episode_ids", "near_ids", "log_days"),
        *("episode_cases", "episode_sites", "own_cases"),
    }
)
"""Queries about episodes without a filter: each has a parameter `$sites` (empty: all)."""
LONG: Final = 40
"""Values in a parameter, such as one of each review, above which a key holds a digest of them."""
OF_ALL_SITES: Final = frozenset({"checks", "files", "flags"})
"""Queries about the data as a whole: refused to a reader who may see some sites only."""


def _chosen(flt: Filter) -> Chosen:
    """A filter's values in their order, within the sites that the reader may see."""
    within = own_sites.within(flt)
    return tuple(getattr(within, name) for name in FIELDS)


@cache
def _statement(name: str, totals: bool = False) -> str:
    queries = resources.files("dashboard").joinpath("queries")
    own = queries.joinpath("totals", f"{name}.sql")
    file = own if totals and own.is_file() else queries.joinpath(f"{name}.sql")
    return with_conditions(file.read_text(encoding="utf-8"))


@kept
def _rows(path: str, query: str, params: Params) -> list[Row]:
    def ask(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
        named = {name: list(v) if isinstance(v, tuple) else v for name, v in params}
        cursor.execute(_statement(query, is_totals(path)), named or None)
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    return asked(path, ask)


def rows(snapshot: Snapshot, query: str, **params: Any) -> list[Row]:
    """Rows of `queries/<query>.sql`; `params` are its `$names`, hashable (tuples for lists).

    CasesWithheld for a query of single episodes outside the mode that shows them, SitesWithheld for
    a site that the reader may not see.
    """
    if query in OF_CASES:
        mode.need_cases()
    if query in OF_ALL_SITES:
        own_sites.need_every_site()
    if query in OF_SITES or "sites" in params:
        params["sites"] = own_sites.chosen(params.get("sites", ()))
    given = tuple(sorted(params.items()))
    if any(isinstance(value, tuple) and len(value) > LONG for value in params.values()):
        given = by_digest(given)
    found: list[Row] = _rows(snapshot.path, query, given)
    return found


def selected(snapshot: Snapshot, query: str, flt: Filter, **params: Any) -> list[Row]:
    """Rows of `queries/<query>.sql` under a filter (its `@selected(column)`) and `params`."""
    chosen = dict(zip(FIELDS, _chosen(flt), strict=True))
    return rows(snapshot, query, **chosen, **params)


@kept
def _covered(path: str, chosen: Chosen) -> int:
    return apart.found(estimates.covered, path, chosen)


def covered(snapshot: Snapshot, flt: Filter) -> int:
    """How many episodes a filter covers."""
    found: int = _covered(snapshot.path, _chosen(flt))
    return found


@kept
def _table(
    path: str, measure: str, chosen: Chosen, by: tuple[str, ...], seen_by: Mode
) -> MeasureTable:
    return apart.found(estimates.table, path, measure, chosen, by, seen_by)


@kept
def _alike(one: str, other: str, measure: str, chosen: Chosen, by: tuple[str, ...]) -> bool:
    return apart.found(estimates.alike, one, other, measure, chosen, by)


def counted_alike(
    one: Snapshot, other: Snapshot, measure: str, flt: Filter, by: tuple[str, ...] = ()
) -> bool:
    """Whether two snapshots are known to have the same table of a measure, as their counts are.

    False tells nothing: then the tables have to be compared.
    """
    found: bool = _alike(one.path, other.path, measure, _chosen(flt), by)
    return found


@kept
def _shared(
    root: str, stamp: str, measure: str, chosen: Chosen, by: tuple[str, ...]
) -> MeasureTable:
    found = releases.released(Home.open(root, create=False))
    return shared_table(found.families, measure, Filter(*chosen), by)


def table(snapshot: Snapshot, measure: str, flt: Filter, by: tuple[str, ...] = ()) -> MeasureTable:
    """One measure of the catalogue, cut by the given dimensions, as this mode may see it.

    In the mode of shared figures it is as released, whichever snapshot is published. MeasureError
    for a question that may not be shared, and where the record of releases is not whole.
    """
    chosen = _chosen(flt)
    if mode.mode() == "shared":
        at = Home.open(home(), create=False)
        try:
            shared: MeasureTable = _shared(str(at.root), releases.stamp(at), measure, chosen, by)
        except OutcomesError as error:
            raise MeasureError(str(error)) from error
        return shared
    try:
        found: MeasureTable = _table(snapshot.path, measure, chosen, by, mode.mode())
    except NeedsCases as error:
        return _withheld(measure, by, error)
    return found


def _withheld(measure: str, by: tuple[str, ...], why: NeedsCases) -> MeasureTable:
    """In place of figures that only cases give, to a reader who is answered from totals."""
    told = NotEstimable(str(why), measure)
    return MeasureTable(measure, by, (MeasureRow(("unknown",) * len(by), None, told, True),))


@kept
def _last_release(root: str, stamp: str) -> releases.Release:
    return releases.released(Home.open(root, create=False)).last


def last_release() -> releases.Release | None:
    """The latest release of this home; None where there is none or its record is not whole."""
    at = Home.open(home(), create=False)
    try:
        found: releases.Release = _last_release(str(at.root), releases.stamp(at))
    except OutcomesError:
        return None
    return found


def one(snapshot: Snapshot, measure: str, flt: Filter, part: str | None = None) -> Shown:
    """The figure of a measure over the whole selection; of one part where it has parts."""
    rows = {row.part: row.result for row in table(snapshot, measure, flt).rows}
    withheld = rows.get(None)
    if part is not None and isinstance(withheld, NotEstimable):
        return withheld
    return rows.get(part) or NotEstimable("Not estimable because there is no such part.", measure)


def series(snapshot: Snapshot, measure: str, flt: Filter, part: str | None = None) -> OverTime:
    """A measure month by month with its control chart, under the service's targets."""
    chosen = _chosen(flt)
    chart_as = charting().chart_as(measure, own_sites.within(flt).sites)
    try:
        found: OverTime = _series(snapshot.path, measure, chosen, part, chart_as, mode.mode())
    except NeedsCases as error:
        return over_time(_withheld(measure, ("month",), error), part, chart_as)
    return found


@kept
def _series(
    path: str, measure: str, chosen: Chosen, part: str | None, chart_as: ChartAs, seen_by: Mode
) -> OverTime:
    # The table itself is not kept: all of it is in the series.
    return apart.found(estimates.series, path, measure, chosen, part, chart_as, seen_by)


def series_as(
    snapshot: Snapshot, measure: str, flt: Filter, part: str | None, chart_as: ChartAs
) -> OverTime:
    """The same, charted otherwise than the service's settings say: to try, so it is not kept."""
    return over_time(table(snapshot, measure, flt, ("month",)), part, chart_as)


def charting() -> ChartSettings:
    """How charts are drawn and what they are held against, as the data home says now.

    A target is no datum: it takes effect at once. With settings that cannot be there are none;
    every page and `outcomes measures --spc` say what is wrong with them.
    """
    try:
        return own_settings.charts(home())
    except OutcomesError:
        return ChartSettings()


@kept
def _cases(
    path: str, measure: str, chosen: Chosen, at: tuple[tuple[str, str], ...], part: str | None
) -> list[Row]:
    entry = defined(measure)
    return asked(path, lambda cur: case_rows(cur, entry, Filter(*chosen), dict(at), part))


def cases(
    snapshot: Snapshot,
    measure: str,
    flt: Filter,
    at: tuple[tuple[str, str], ...] = (),
    part: str | None = None,
) -> list[Row]:
    """The cases behind a figure, those left out included; see `case_query.case_rows`.

    CasesWithheld outside the mode that shows cases.
    """
    mode.need_cases()
    found: list[Row] = _cases(snapshot.path, measure, _chosen(flt), at, part)
    return found


@kept
def _matrix(path: str, chosen: Chosen) -> Matrix:
    return apart.found(estimates.matrix, path, chosen)


def matrix(snapshot: Snapshot, flt: Filter) -> Matrix:
    """Expected against recorded level, as counts of episodes; exact, so not for shared figures."""
    mode.need_exact()
    found: Matrix = _matrix(snapshot.path, _chosen(flt))
    return found


@kept
def _reviewed(path: str, chosen: Chosen, found: tuple[Review, ...]) -> BeforeAndAfter:
    return asked(path, lambda cur: before_and_after(cur, found, Filter(*chosen)))


def reviewed(snapshot: Snapshot, flt: Filter, found: Sequence[Review]) -> BeforeAndAfter:
    """Agreement with the leaflet before and after these reviews, under a filter.

    Counts alone, and exact, so not for shared figures.
    """
    mode.need_exact()
    agreed: BeforeAndAfter = _reviewed(snapshot.path, _chosen(flt), by_digest(tuple(found)))
    return agreed


@kept
def _escalated(path: str, chosen: Chosen) -> Escalation:
    return apart.found(estimates.escalated, path, chosen)


def escalated(snapshot: Snapshot, flt: Filter) -> Escalation:
    """How often care above self-management is needed; exact, so not for shared figures."""
    mode.need_exact()
    found: Escalation = _escalated(snapshot.path, _chosen(flt))
    return found


@kept
def _improved(path: str, chosen: Chosen) -> Improvement:
    return apart.found(estimates.improved, path, chosen)


def improved(snapshot: Snapshot, flt: Filter) -> Improvement:
    """How soon people get better; exact, so not for shared figures."""
    mode.need_exact()
    found: Improvement = _improved(snapshot.path, _chosen(flt))
    return found


@kept
def _persisting(path: str, chosen: Chosen) -> Persistence:
    return apart.found(estimates.persisting, path, chosen)


def persisting(snapshot: Snapshot, flt: Filter) -> Persistence:
    """How many are still symptomatic past 8 weeks; exact, so not for shared figures."""
    mode.need_exact()
    found: Persistence = _persisting(snapshot.path, _chosen(flt))
    return found


def answers(snapshot: Snapshot, flt: Filter) -> Answers:
    """The three headline answers for these episodes; exact, so not for shared figures."""
    return Answers(escalated(snapshot, flt), improved(snapshot, flt), persisting(snapshot, flt))


@kept
def _improvement(path: str, chosen: Chosen, definition: str) -> Improvement:
    usual = _improved(path, chosen)
    return apart.found(estimates.improvement, path, chosen, definition, usual)


def improvement(snapshot: Snapshot, flt: Filter, definition: str) -> Improvement:
    """Time to improvement under another definition; exact, so not for shared figures."""
    mode.need_exact()
    found: Improvement = _improvement(snapshot.path, _chosen(flt), definition)
    return found


@kept
def _months(path: str, chosen: Chosen) -> MonthlySeries:
    return apart.found(estimates.months, path, chosen)


def months(snapshot: Snapshot, flt: Filter) -> MonthlySeries:
    """The share past 8 weeks month by month with its bounds; exact, so not for shared figures."""
    mode.need_exact()
    found: MonthlySeries = _months(snapshot.path, _chosen(flt))
    return found


@kept
def _exercise_names(path: str) -> dict[str, str]:
    return {each.code: each.title for each in asked(path, kept_rules).exercises}


def exercise_names(snapshot: Snapshot) -> dict[str, str]:
    """Titles of the exercises by code, from the rules that the snapshot keeps, if it keeps any."""
    try:
        found: dict[str, str] = _exercise_names(snapshot.path)
    except RulesNotKept:
        return {}
    return found


@kept
def _rare(path: str, measure: str, chosen: Chosen, chart_as: ChartAs) -> tuple[Charted, ...]:
    return apart.found(estimates.rare, path, measure, chosen, chart_as)


def rare(snapshot: Snapshot, measure: str, flt: Filter) -> tuple[Charted, ...]:
    """A rare event's charts from one to the next, a part each; each point is the date of a case.

    CasesWithheld outside the mode that shows cases.
    """
    mode.need_cases()
    found: tuple[Charted, ...] = _rare(
        snapshot.path,
        measure,
        _chosen(flt),
        charting().chart_as(measure, own_sites.within(flt).sites),
    )
    return found


@kept
def _explained(path: str, episode_id: str) -> Row | None:
    def ask(cur: duckdb.DuckDBPyConnection) -> Row | None:
        try:
            return explain(cur, episode_id)
        except NoEpisode:
            return None

    return asked(path, ask)


def explained(snapshot: Snapshot, episode_id: str) -> Row | None:
    """One episode with its contacts, rules, triggers, actions and source rows; None if unknown.

    One of a site that the reader may not see is unknown, too.
    RulesNotKept where the snapshot does not hold the rules that classified it. NotOnRecord where
    the access log cannot be told of it. CasesWithheld outside the mode that shows cases.
    """
    mode.need_cases()
    if not _is_own(snapshot, episode_id):
        return None
    on_record.case(snapshot.name, episode_id)
    found: Row | None = _explained(snapshot.path, episode_id)
    return found


def _is_own(snapshot: Snapshot, episode_id: str) -> bool:
    """Whether every part of an episode is of a site that the reader may see."""
    if own_sites.sees_every_site():
        return True
    (found,) = rows(snapshot, "episode_sites", episode_id=episode_id)
    return bool(found["n"]) and found["n"] == found["n_own"]


def warm() -> None:
    """Open the published snapshot, if there is one, and compute what the first page shows."""
    try:
        snapshot = published()
    except NoSnapshot:
        return
    if mode.mode() == "shared":
        return
    workers = apart.running()
    if workers is None:
        read_ahead(snapshot.path)
    else:
        workers.tell_each(estimates.ahead.__name__, snapshot.path)
    answers(snapshot, Filter())
    months(snapshot, Filter())
