"""The SQL of a measure: its cases, the filter around them, and the grouping asked for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import Any, Final

import duckdb

from pipelines.measures.case_reason import reason_of
from pipelines.measures.catalogue import Measure, catalogue
from pipelines.measures.coded import Sums
from pipelines.measures.filter import COLUMN_OF, Filter, conditions
from pipelines.measures.held_counts import HeldCounts, NeedsCases, held_counts, holding
from pipelines.measures.kept_counts import (
    GROUPS,
    counting,
    cuts,
    digest,
    key_of,
    question,
    told_by,
)
from pipelines.measures.query import KEPT_COUNTS, KEPT_MONTHS, Row, keep_answers, rows, run
from pipelines.measures.table import DIMENSIONS
from pipelines.measures.types import MeasureError

DIMS: Final = re.compile(r"@dims(?:\((\w+)\))?")
EXPRESSION_OF: Final = {
    "month": "coalesce(strftime(clock_date, '%Y-%m'), 'unknown')",
    "site": "coalesce(site_id, 'unknown')",
    "age_band": "coalesce(age_band, 'unknown')",
    "sex": "coalesce(sex, 'unknown')",
    "ethnic_group": "coalesce(ethnic_group, 'unknown')",
    "imd_quintile": "coalesce(imd_quintile, 'unknown')",
    "pattern": "coalesce(phenotype, 'unknown')",
    "entry_cohort": "coalesce(entry_cohort, 'unknown')",
}
COLUMNS_OF_KIND: Final = {
    "share": ("hit",),
    "count": ("hit",),
    "quantile": ("value",),
    "survival_median": ("entry", "exit", "event"),
    "survival_share": ("entry", "exit", "event"),
    "incidence": ("entry", "exit", "event"),
    "restricted_mean": ("entry", "exit", "event"),
    "incidence_range": ("exit", "event", "seen_without"),
    "interval_incidence": ("seen_without", "seen_with", "stratum"),
    "interval_survival": ("seen_without", "seen_with", "stratum"),
    "same_level": ("expected", "recorded"),
    "kappa": ("expected", "recorded", "patient_id"),
}
"""What each kind of measure reads of a case, besides reason and part."""

BUNDLED: Final = frozenset(
    kind for kind, group in GROUPS.items() if group in ("times", "ranges", "intervals", "values")
)
"""Kinds whose cases have days or values: their estimators read columns and not rows."""

PEOPLE: Final = "people_total"
"""The table of a file of totals that has people, for whole selections only."""
KEPT: Final = (
    "audit",
    "global_change",
    "help_due",
    "improvement_definition",
    "improvement_interval",
    "msk_hq",
    "persisting",
    "recorded",
    "return",
    "review",
    "rule",
    "safety_panel",
    "score_gap",
    "screen",
    "wait",
)
"""Cases that take joins or windows over contacts, scores or referrals. They are worked out once,
when a snapshot is published, into a table `case_<name>` that every question then reads."""


def keep_cases(con: duckdb.DuckDBPyConnection) -> None:
    """Write the tables of KEPT, counts and answers, from the published tables beside them."""
    for name in KEPT:
        con.execute(f"create table {case_table(name)} as\n{cases_sql(name)}")
    for group in dict.fromkeys(GROUPS.values()):
        _keep_counts(con, group)
    keep_answers(con)


def _keep_counts(con: duckdb.DuckDBPyConnection, group: str) -> None:
    """Write one table of counts, sorted so that an answer is found without reading the others."""
    # Several measures can ask the same of the same cases.
    asked = {
        counting_text(m, False): m for m in catalogue().values() if GROUPS.get(m.kind) == group
    }
    for place, (text, measure) in enumerate(asked.items()):
        keys = [key_of(text, cut) for cut in cuts(measure)]
        found = f"select [{', '.join(map(str, keys))}][cut + 1]::bigint as key, * exclude (cut)"
        into = "insert into counted by name" if place else "create temp table counted as"
        con.execute(f"{into}\n{found}\nfrom ({counting_text(measure, True)})")
    con.execute(f"create table counts_{group} as from counted order by key, site, month, cut_value")
    con.execute("drop table counted")


@cache
def case_table(name: str) -> str:
    """The table of cases of KEPT in a snapshot that these definitions have made."""
    return f"case_{name}_{digest(cases_sql(name))}"


def counting_text(measure: Measure, kept: bool, of: tuple[str, ...] | None = None) -> str:
    """The statement that counts the cases of a measure; see `kept_counts.counting`."""
    return counting(measure, cases_of(measure.cases, kept), _kind(measure), of)


def _kind(measure: Measure) -> tuple[tuple[str, str], ...]:
    """What the kind of a measure reads: columns, and those of the cases that stand for them."""
    return tuple((name, column_of(measure, name)) for name in COLUMNS_OF_KIND[measure.kind])


def cases_of(name: str, kept: bool) -> str:
    """The statement of the cases: from their table, or in full."""
    return f"select * from {case_table(name)}" if kept and name in KEPT else cases_sql(name)


@cache
def cases_sql(name: str) -> str:
    """Text of `cases/<name>.sql` with the dimensions written out; MeasureError for no such file."""
    file = resources.files("pipelines.measures").joinpath("cases", f"{name}.sql")
    if not file.is_file():
        raise MeasureError(f"there is no file {name!r} in pipelines/measures/cases")
    return DIMS.sub(_dims, file.read_text(encoding="utf-8").strip().rstrip(";"))


def _dims(found: re.Match[str]) -> str:
    alias = f"{found[1]}." if found[1] else ""
    return ", ".join(f"{alias}{column}" for column in COLUMN_OF.values())


def dimensions(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, checked: MeasureError with the nearest for an unknown or repeated one."""
    for place, name in enumerate(names):
        if name not in DIMENSIONS:
            near = difflib.get_close_matches(name, DIMENSIONS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(DIMENSIONS)}"
            raise MeasureError(f"there is no dimension {name!r}{hint}")
        if name in names[:place]:
            raise MeasureError(f"the dimension {name!r} is asked for twice")
    return names


def selected_cases(measure: Measure, fields: str, kept: bool) -> str:
    """The beginning of a statement on the cases of a measure under a filter, as `selected`.

    `fields` are those of the cases that it has; `kept` takes the cases that publication kept.
    """
    only = f"\n        and {measure.only}" if measure.only else ""
    return (
        f"with cases as (\n{cases_of(measure.cases, kept)}\n),\n\n"
        f"selected as (\n    select {fields}\n    from cases\n"
        f"    where {conditions('clock_date')}{only}\n)\n"
    )


def column_of(measure: Measure, column: str) -> str:
    """The column of the cases that stands for one that the kind reads."""
    return str(getattr(measure, column)) if column in ("hit", "value", "exit") else column


def bundled(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> list[Row]:
    """As `grouped`; but of kinds of BUNDLED, where counts in memory tell them, a row per part and
    reason that has them as `coded.numbers` reads them: there can be tens of thousands."""
    cut = dimensions(by)
    if measure.kind in BUNDLED:
        sums = held_sums(cur, measure, flt, cut)
        if sums is not None:
            return sums.bundles(len(cut) + 2)
    return grouped(cur, measure, flt, by)


def grouped(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> list[Row]:
    """Cases counted: one row per value of each of `by`, part, reason, and what the kind reads.

    Keys: `by_0` …, `part`, `reason`, `mature` (of all the rows of the group), the kind's columns,
    `n`. A case that is counted although its `hit` is unknown is a MeasureError: unknown is never
    "no", so the cases have to give it a reason.
    """
    found = _counted(cur, measure, flt, dimensions(by))
    hit = "hit" in COLUMNS_OF_KIND[measure.kind]
    if hit and any(row["reason"] is None and row["hit"] is None for row in found):
        raise MeasureError(f"{measure.id}: a case is counted although its answer is unknown")
    return found


def _counted(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> list[Row]:
    """From the counts that the snapshot keeps where they can tell, else from the cases."""
    columns = COLUMNS_OF_KIND[measure.kind]
    sums = held_sums(cur, measure, flt, by)
    if sums is not None:
        return sums.rows()
    if in_totals():
        if measure.kind != "kappa" and told_by(measure, flt, by, totals=True) is not None:
            return []  # no case at all
        return _people(cur, measure, flt, by)
    counted = measure.kind in GROUPS
    asked = question(measure, counting_text(measure, False), columns, flt, by) if counted else None
    if asked is not None:
        with suppress(duckdb.CatalogException):
            found = run(cur, asked[0], None, asked[1])
            if found:  # nothing found: no such cases, or a measure that is not counted so
                return found
    return from_cases(cur, measure, lambda kept: _grouping(measure, by, kept), flt)


def held_sums(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> Sums | None:
    """The counts in memory that answer a question; None where there are none or they cannot tell.

    MeasureError for an unknown dimension.
    """
    held = held_counts()
    if held is None or measure.kind not in GROUPS:
        return None
    columns = COLUMNS_OF_KIND[measure.kind]
    return held.sums(cur, measure, counting_text(measure, False), columns, flt, dimensions(by))


def in_totals() -> bool:
    """Whether what is asked is a file of totals, which holds no case."""
    held = held_counts()
    return held is not None and held.totals


def _people(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> list[Row]:
    """From the people of whole selections that a file of totals holds: everything, or one site.

    NeedsCases for any other question.
    """
    whole = flt in (Filter(), Filter(sites=flt.sites)) and len(flt.sites) < 2
    if measure.kind != "kappa" or by or not whole:
        raise NeedsCases()
    text = f"select null as part, * exclude (site) from {PEOPLE} where site = $site order by all"
    return run(cur, text, None, {"site": "".join(flt.sites)})


def episodes(cur: duckdb.DuckDBPyConnection, flt: Filter) -> int:
    """How many episodes a filter covers: the cases of a measure that looks at each of them once."""
    return sum(row["n"] for row in grouped(cur, catalogue()["escalation_confirmed"], flt, ()))


def read_ahead(cur: duckdb.DuckDBPyConnection, held: HeldCounts) -> None:
    """Read what a snapshot keeps by month and site into memory: every measure, every answer."""
    held.read_ahead(cur, [(each, counting_text(each, False)) for each in catalogue().values()])
    with holding(held):
        for name in (*KEPT_COUNTS, *KEPT_MONTHS):
            rows(cur, name, Filter())


def _grouping(measure: Measure, by: tuple[str, ...], kept: bool) -> str:
    """The statement that counts cases one by one, whatever the filter."""
    kind = _kind(measure)
    fields = ", ".join(
        (
            *(f"{EXPRESSION_OF[name]} as by_{i}" for i, name in enumerate(by)),
            f"{measure.part or 'null::varchar'} as part",
            f"{reason_of(measure)} as reason",
            f"{measure.mature} as mature",
            *(
                f"case when {reason_of(measure)} is null then {sql} end as {name}"
                for name, sql in kind
            ),
        )
    )
    keys = ", ".join((*(f"by_{i}" for i in range(len(by))), "part", "reason", *dict(kind)))
    return (
        selected_cases(measure, fields, kept)
        + f"\nselect {keys}, coalesce(bool_and(mature), false) as mature, count(*)::bigint as n\n"
        + f"from selected\ngroup by {keys}\norder by {keys}"
    )


def jointly(
    cur: duckdb.DuckDBPyConnection, family: Sequence[Measure], by: tuple[str, ...]
) -> list[Row]:
    """All cases of one file by what each measure of `family` makes of them.

    Keys: `by_0` …, `states` (a text per measure, joined by "|": hit, not, out, or outside of what
    the measure is about), `mature` (of all the rows of the group, for all of them) and `n`.
    """
    states = [
        f"case when {f'({each.only}) is not true' if each.only else 'false'} then 'outside' "
        f"when {reason_of(each)} is not null then 'out' "
        f"when {column_of(each, 'hit')} then 'hit' else 'not' end"
        for each in family
    ]
    names = [f"{EXPRESSION_OF[name]} as by_{i}" for i, name in enumerate(dimensions(by))]
    mature = " and ".join(dict.fromkeys(each.mature for each in family))
    fields = ", ".join(
        (*names, f"concat_ws('|', {', '.join(states)}) as states", f"({mature}) as mature")
    )
    keys = ", ".join((*(f"by_{i}" for i in range(len(by))), "states"))
    first = family[0]

    def counting_all(kept: bool) -> str:
        return (
            f"with cases as (\n{cases_of(first.cases, kept)}\n),\n\n"
            f"selected as (\n    select {fields}\n    from cases\n)\n\n"
            f"select {keys}, coalesce(bool_and(mature), false) as mature, count(*)::bigint as n\n"
            f"from selected\ngroup by {keys}\norder by {keys}"
        )

    if first.cases in KEPT:
        with suppress(duckdb.CatalogException):
            return run(cur, counting_all(True), None)
    return run(cur, counting_all(False), None)


def from_cases(
    cur: duckdb.DuckDBPyConnection,
    measure: Measure,
    statement: Callable[[bool], str],
    flt: Filter,
    extra: dict[str, Any] | None = None,
) -> list[Row]:
    """Rows of a statement over the cases: those that the snapshot keeps, else found anew.

    NeedsCases in a file of totals, which has none.
    """
    if in_totals():
        raise NeedsCases()
    if measure.cases in KEPT:
        with suppress(duckdb.CatalogException):
            return run(cur, statement(True), flt, extra)
    return run(cur, statement(False), flt, extra)


def over_counted(
    cur: duckdb.DuckDBPyConnection,
    measure: Measure,
    flt: Filter,
    rest: str,
    extra: dict[str, Any] | None = None,
) -> list[Row]:
    """Rows of a statement `rest` over the cases that a measure counts under a filter.

    They are its table `counted`, with `episode_key` and `hit`; `rest` is a text of ours.
    """

    def statement(kept: bool) -> str:
        fields = f"episode_key, {reason_of(measure)} as reason, {column_of(measure, 'hit')} as hit"
        return (
            selected_cases(measure, fields, kept)
            + ", counted as (select episode_key, hit from selected where reason is null)\n\n"
            + rest
        )

    return from_cases(cur, measure, statement, flt, extra)


def case_rows(
    cur: duckdb.DuckDBPyConnection,
    measure: Measure,
    flt: Filter,
    at: dict[str, str],
    part: str | None = None,
    limit: int | None = None,
) -> list[Row]:
    """The cases behind a figure: those of `flt` at these values of dimensions, and of one part.

    Keys: `episode_key`, `detail`, `clock_date`, `part`, `reason` and what the kind reads. They
    are the rows that `grouped` counts, so their number is n, or the numerator where `hit`.
    """
    wheres = [f"{EXPRESSION_OF[name]} = $at_{name}" for name in dimensions(tuple(at))]
    extra: dict[str, Any] = {f"at_{name}": value for name, value in at.items()}
    if part is not None:
        wheres.append(f"{measure.part or 'null::varchar'} = $at_part")
        extra["at_part"] = part
    fields = ", ".join(
        (
            *("episode_key", "detail", "clock_date"),
            f"{measure.part or 'null::varchar'} as part",
            f"{reason_of(measure)} as reason",
            *(f"{sql} as {name}" for name, sql in _kind(measure)),
        )
    )

    def listing(kept: bool) -> str:
        return (
            selected_cases(measure, "*", kept)
            + f"\nselect {fields}\nfrom selected\n"
            + (f"where {' and '.join(wheres)}\n" if wheres else "")
            + "order by clock_date, episode_key, detail"
            + (f"\nlimit {int(limit)}" if limit is not None else "")
        )

    return from_cases(cur, measure, listing, flt, extra)


def events_in_order(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter
) -> dict[str | None, tuple[int, list[Row]]]:
    """The hits of a measure in the order of time, part by part, among the cases that are counted.

    Part -> how many cases are counted, and its hits: `clock_date` and `place`, the number of the
    counted cases up to and with it. Cases of a part without any hit are there too; cases without
    a date are not. The order is that of `case_rows`.
    """
    part = measure.part or "null::varchar"
    told = f"{reason_of(measure)} is null and {measure.hit} is not null"

    def placed(kept: bool) -> str:
        return (
            selected_cases(measure, "*", kept)
            + f", placed as (\n    select clock_date, {part} as part, {measure.hit} as is_event,\n"
            + f"        row_number() over (partition by {part} "
            + "order by clock_date, episode_key, detail) as place\n"
            + f"    from selected\n    where clock_date is not null and {told}\n)\n\n"
            + "select part, clock_date, place from placed where is_event\n"
            + f"union all\nselect {part}, null, count_if({told})\n"
            + "from selected\nwhere clock_date is not null\ngroup by all\n"
            + "order by part, clock_date nulls last, place"
        )

    found: dict[str | None, tuple[int, list[Row]]] = {}
    hits: list[Row] = []
    for row in from_cases(cur, measure, placed, flt):
        if row["clock_date"] is not None:
            hits.append(row)
        else:  # the last row of a part
            found[row["part"]], hits = (row["place"], hits), []
    return found
