"""What a snapshot adds to the releases: new months, whole and settled, with their counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import duckdb

from pipelines.measures.case_query import jointly
from pipelines.measures.catalogue import measure
from pipelines.measures.disclosure.counts import counted, still_changing, with_empty
from pipelines.measures.disclosure.grid import Counts
from pipelines.measures.disclosure.lattice import TIME
from pipelines.measures.disclosure.release import TIME_ALONE, Frozen, extend
from pipelines.measures.disclosure.rules import Rules
from pipelines.measures.monthly import months_between
from pipelines.measures.table import DIMENSIONS

Key = tuple[str, ...]
CUTS: Final = tuple(name for name in DIMENSIONS if name != TIME)
"""Dimensions that shared figures are cut by, one at a time beside time."""


def extended(
    cur: duckdb.DuckDBPyConnection,
    before: Mapping[Key, Frozen],
    people: Frozen,
    data_to: dt.date,
    rules: Rules,
    cuts: Sequence[str] = CUTS,
    begun: Callable[[Key], None] | None = None,
) -> tuple[dict[Key, Frozen], Frozen]:
    """The families of a group, and its people, with every month that is new, over and settled.

    `before` has what was released of each family, `people` of their number. A month is settled
    when no case of any of the families can change by itself; months follow each other, so that the
    first one that can ends the row, and so does the last one of which there is a case. `begun` is
    called with each family before it is decided, which takes most of the time.
    """
    alone: dict[Key, Counts] = {}
    changing: set[str] = set()
    for family in before:
        rows = jointly(cur, [measure(name) for name in family], (TIME,))
        alone[family] = counted(rows, cut=False)
        changing |= still_changing(rows)
    there = sorted({month for counts in alone.values() for month, _ in counts})
    months = _new_months(there, changing, people.months, data_to)
    if not months:
        return dict(before), people
    new = {family: _by_cut(cur, family, alone[family], people, months, cuts) for family in before}
    grown = extend(people, months, _numbers(next(iter(new.values()))), rules)
    after: dict[Key, Frozen] = {}
    for family, was in before.items():
        if begun:
            begun(family)
        after[family] = extend(was, months, new[family], rules, grown)
    return after, grown


def _by_cut(
    cur: duckdb.DuckDBPyConnection,
    family: Key,
    alone: Counts,
    people: Frozen,
    months: tuple[str, ...],
    cuts: Sequence[str],
) -> dict[str, Counts]:
    counts = {TIME_ALONE: with_empty(alone, months, (None,))}
    for cut in cuts:
        rows = jointly(cur, [measure(name) for name in family], (TIME, cut))
        found = counted(rows, cut=True)
        known = {value for _, value in people.counts.get(cut, ())}
        known |= {value for month, value in found if month in months}
        counts[cut] = with_empty(found, months, sorted(known, key=str))
    return counts


def _numbers(counts: Mapping[str, Counts]) -> dict[str, Counts]:
    """How many people there are in each cell, whatever a family makes of them."""
    return {
        cut: {at: {"people": sum(kinds.values())} for at, kinds in found.items()}
        for cut, found in counts.items()
    }


def _new_months(
    there: Sequence[str], changing: set[str], before: tuple[str, ...], data_to: dt.date
) -> tuple[str, ...]:
    if not there:
        return ()
    first = before[-1] if before else there[0]
    found: list[str] = []
    for month in months_between(dt.date.fromisoformat(f"{first}-01"), data_to):
        name = f"{month:%Y-%m}"
        after = month.replace(day=28) + dt.timedelta(days=4)
        over = after.replace(day=1) - dt.timedelta(days=1) <= data_to
        if before and name <= before[-1]:
            continue
        if not over or name in changing or name > there[-1]:
            break
        found.append(name)
    return tuple(found)
