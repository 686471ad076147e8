"""Pairs of rows of one person, for shares whose rows are finer than people (`clustering`).

A pair belongs to the month, site and further dimension of both of its rows, so pairs add up as
counts do: the table `counts_pairs` of a snapshot holds them for every two months and two sites,
and a selection of whole months, of sites and of one further dimension has the pairs of which it
has both rows. Any other selection is paired from its cases.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any, Final

import duckdb

from pipelines.measures.case_query import (
    EXPRESSION_OF,
    cases_of,
    column_of,
    dimensions,
    from_cases,
    in_totals,
    selected_cases,
)
from pipelines.measures.case_reason import reason_of
from pipelines.measures.catalogue import Measure, catalogue
from pipelines.measures.clustering import Pairs
from pipelines.measures.filter import COLUMN_OF, Filter
from pipelines.measures.held_counts import HeldCounts, held_counts
from pipelines.measures.kept_counts import FIELD_OF, SITES, cut_of, cuts, key_of, whole_months
from pipelines.measures.query import Row, run

Cell = tuple[tuple[str, ...], str | None]
"""Where pairs belong: the values of the dimensions asked for, and the part."""
TABLE: Final = "counts_pairs"
PEOPLE: Final = """select
    episode_key,
    min(episode_key) over (
        partition by source, coalesce(patient_id, episode_key::varchar)
    ) as person
from episode"""
"""Whose an episode is: the smallest key of the same person's episodes at the same service."""
SAME: Final = "case when {equal} then {n} else 0 end"
"""Rows that would be paired with themselves: those of two equal groups."""


def paired(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> dict[Cell, Pairs]:
    """Pairs among the counted cases of each cell; a cell without any is not in the answer."""
    found = _from_kept(cur, measure, flt, dimensions(by))
    if found is None:
        found = from_cases(cur, measure, lambda kept: _pairing(measure, by, kept), flt)
    return {
        (tuple(row[f"by_{i}"] for i in range(len(by))), row["part"]): Pairs(
            row["pairs"], row["hit_pairs"], row["both_hit"]
        )
        for row in found
        if row["pairs"]
    }


def keep_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """Write the table of pairs, from the published tables and the kept cases beside them."""
    con.execute(f"create temp table person as\n{PEOPLE}")
    for place, measure in enumerate(m for m in catalogue().values() if m.clustered):
        keys = [key_of(_cells(measure, False), cut) for cut in cuts(measure)]
        found = f"select [{', '.join(map(str, keys))}][cut + 1]::bigint as key, * exclude (cut)"
        into = "insert into paired by name" if place else "create temp table paired as"
        con.execute(f"{into}\n{found}\nfrom ({_counting(measure)})")
    con.execute(f"create table {TABLE} as from paired order by key, site, month, cut_value")
    con.execute("drop table paired")
    con.execute("drop table person")


def read_ahead(cur: duckdb.DuckDBPyConnection, held: HeldCounts) -> None:
    """Read the pairs by month and site of every measure into memory; none where none are kept."""
    keys = [key_of(_cells(each, False), "") for each in catalogue().values() if each.clustered]
    with suppress(duckdb.CatalogException):
        held.pairs.read_ahead(cur, TABLE, keys)


@cache
def _cells(measure: Measure, kept: bool, of_several: bool = False) -> str:
    """How many counted cases and hits each person has, by month, site, dimensions and part.

    With `of_several` only of those who have several of a part: nobody else has a pair, and most
    people have one.
    """
    further = [name for name in cuts(measure) if name]
    fields = ",\n        ".join(
        (
            "episode_key",
            "date_trunc('month', clock_date)::date as month",
            "coalesce(site_id, 'unknown') as site",
            *(f"coalesce({COLUMN_OF[FIELD_OF[name]]}, 'unknown') as {name}" for name in further),
            f"{measure.part or 'null::varchar'} as part",
            f"{column_of(measure, 'hit')}::integer as hit",
        )
    )
    keys = ", ".join(("person", "month", "site", *further, "part"))
    only = f" and {measure.only}" if measure.only else ""
    told = (
        f"with cases as (\n{cases_of(measure.cases, kept)}\n),\n\n"
        f"told as (\n    select\n        {fields}\n    from cases\n"
        f"    where {reason_of(measure)} is null{only}\n),\n\n"
    )
    if of_several:
        told += (
            "several as (\n    select person, part as own_part\n    from told\n"
            "    join person on person.episode_key = told.episode_key\n"
            "    group by person, part\n    having count(*) > 1\n),\n\n"
        )
    joined = "    join person on person.episode_key = told.episode_key\n"
    if of_several:
        joined += (
            "    semi join several on several.person = person.person\n"
            "        and coalesce(several.own_part, '') = coalesce(told.part, '')\n"
        )
    return (
        told + f"cells as (\n    select {keys}, count(*)::bigint as n, sum(hit)::bigint as x\n"
        f"    from told\n{joined}    group by {keys}\n)\n"
    )


def _counting(measure: Measure) -> str:
    """Pairs by the months, sites and values of one further dimension of both rows."""
    further = [name for name in cuts(measure) if name]
    places = ("month", "site", *further)
    equal = " and ".join(f"a.{name} is not distinct from b.{name}" for name in places)
    both_places = ", ".join(f"a.{name}, b.{name} as {name}_2" for name in places)
    sets = ", ".join(
        f"({', '.join(('month', 'month_2', 'site', 'site_2', *own, 'part'))})"
        for own in ((), *((name, f"{name}_2") for name in further))
    )
    at = " ".join(f"when grouping({name}) = 0 then {i}" for i, name in enumerate(further, 1))
    values = [f"coalesce({', '.join(f'{n}{end}' for n in further)})" for end in ("", "_2")]
    cut_value, cut_value_2 = values if further else ("null", "null")
    return (
        _cells(measure, True, of_several=True).rstrip()
        + f",\n\ncoupled as (\n    select {both_places}, a.part,\n"
        + f"        a.n * b.n - {SAME.format(equal=equal, n='a.n')} as pairs,\n"
        + f"        a.x * b.n - {SAME.format(equal=equal, n='a.x')} as hit_pairs,\n"
        + f"        a.x * b.x - {SAME.format(equal=equal, n='a.x')} as both_hit\n"
        + "    from cells as a\n    join cells as b on b.person = a.person\n"
        + "        and coalesce(b.part, '') = coalesce(a.part, '')\n)\n\n"
        + f"select {f'case {at} else 0 end' if at else '0'} as cut,\n"
        + f"    {cut_value}::varchar as cut_value, {cut_value_2}::varchar as cut_value_2,\n"
        + "    month, month_2, site, site_2, part, sum(pairs)::bigint as pairs,\n"
        + "    sum(hit_pairs)::bigint as hit_pairs, sum(both_hit)::bigint as both_hit\n"
        + f"from coupled\nwhere pairs > 0\ngroup by grouping sets ({sets})"
    )


def _from_kept(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> list[Row] | None:
    """Pairs from the snapshot's table; None where only the cases can tell."""
    cut = cut_of(flt, by)
    if cut is None or cut not in cuts(measure) or not whole_months(flt):
        return None
    held, key = held_counts(), key_of(_cells(measure, False), cut)
    if held is not None:
        with suppress(duckdb.CatalogException):
            told = held.pairs.of(cur, TABLE, key)
            if told is not None:
                return told.rows(flt, by, cut)
            if in_totals():  # there is nothing else to ask
                return []
            # No such pairs, or a measure that is not paired so.
            return [] if held.pairs.none(key, lambda: _nobody(cur, measure)) else None
    given: dict[str, Any] = {"key": key}
    anything = f"select 1 from {TABLE} where key = $key limit 1"
    with suppress(duckdb.CatalogException):
        # nothing found: no such pairs, or a measure that is not paired so
        if run(cur, anything, None, dict(given)):
            return run(cur, _asking(flt, by, cut, given), None, given)
    return None


def _nobody(cur: duckdb.DuckDBPyConnection, measure: Measure) -> bool:
    """Whether no person has two counted cases of a measure, whatever the selection."""
    found = from_cases(cur, measure, lambda kept: _pairing(measure, (), kept), Filter())
    return not any(row["pairs"] for row in found)


def _asking(flt: Filter, by: tuple[str, ...], cut: str, given: dict[str, Any]) -> str:
    """The statement that adds up kept pairs; writes its parameters into `given`."""
    wheres = ["key = $key"]
    for field, sign in (("period_from", ">="), ("period_to", "<=")):
        if getattr(flt, field) is not None:
            wheres += [f"month {sign} ${field}", f"month_2 {sign} ${field}"]
            given[field] = getattr(flt, field)
    for field, column in ((SITES, "site"), (FIELD_OF.get(cut, ""), "cut_value")):
        if field and getattr(flt, field):
            for each in (column, f"{column}_2"):
                wheres.append(f"list_contains(${field}::varchar[], {each})")
            given[field] = list(getattr(flt, field))
    names = {"month": "coalesce(strftime(month, '%Y-%m'), 'unknown')", "site": "site"}
    split = [f"{names.get(name, 'cut_value')} as by_{i}" for i, name in enumerate(by)]
    for name in by:
        column = name if name in names else "cut_value"
        wheres.append(f"{column} is not distinct from {column}_2")
    keys = ", ".join((*(f"by_{i}" for i in range(len(by))), "part"))
    return (
        f"select {', '.join((*split, 'part'))}, sum(pairs)::bigint as pairs,\n"
        "    sum(hit_pairs)::bigint as hit_pairs, sum(both_hit)::bigint as both_hit\n"
        f"from {TABLE}\nwhere {' and '.join(wheres)}\ngroup by {keys}"
    )


def _pairing(measure: Measure, by: tuple[str, ...], kept: bool) -> str:
    """The statement that pairs cases, whatever the filter."""
    split = [f"{EXPRESSION_OF[name]} as by_{i}" for i, name in enumerate(dimensions(by))]
    fields = ", ".join(
        (
            "episode_key",
            *split,
            f"{measure.part or 'null::varchar'} as part",
            f"{reason_of(measure)} as reason",
            f"{column_of(measure, 'hit')}::integer as hit",
        )
    )
    keys = ", ".join((*(f"by_{i}" for i in range(len(by))), "part"))
    return (
        selected_cases(measure, fields, kept).rstrip()
        + f",\n\nperson as (\n{PEOPLE}\n),\n\n"
        + f"people as (\n    select person, {keys}, count(*)::bigint as n,\n"
        + "        sum(hit)::bigint as x\n    from selected\n"
        + "    join person on person.episode_key = selected.episode_key\n"
        + f"    where reason is null\n    group by person, {keys}\n)\n\n"
        + f"select {keys}, sum(n * (n - 1))::bigint as pairs,\n"
        + "    sum(x * (n - 1))::bigint as hit_pairs, sum(x * (x - 1))::bigint as both_hit\n"
        + f"from people\ngroup by {keys}"
    )
