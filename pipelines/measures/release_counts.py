"""What a snapshot adds to the releases: a family's new months, whole and settled, with counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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

CUTS: Final = tuple(name for name in DIMENSIONS if name != TIME)
"""Dimensions that shared figures are cut by, one at a time beside time."""


def extended(
    cur: duckdb.DuckDBPyConnection,
    family: tuple[str, ...],
    before: Frozen,
    data_to: dt.date,
    rules: Rules,
    cuts: Sequence[str] = CUTS,
) -> Frozen:
    """`before` with every month after it that is over on `data_to` and can change no more.

    Months follow each other: the first one that can still change ends the row, and so does the
    last one of which there is a case. `before` itself where there is none.
    """
    entries = [measure(name) for name in family]
    rows = jointly(cur, entries, (TIME,))
    alone = counted(rows, cut=False)
    months = _new_months(alone, still_changing(rows), before.months, data_to)
    if not months:
        return before
    counts = {TIME_ALONE: with_empty(alone, months, (None,))}
    for cut in cuts:
        found = counted(jointly(cur, entries, (TIME, cut)), cut=True)
        known = {value for _, value in before.counts.get(cut, ())}
        known |= {value for month, value in found if month in months}
        counts[cut] = with_empty(found, months, sorted(known, key=str))
    return extend(before, months, counts, rules)


def _new_months(
    alone: Counts, changing: set[str], before: tuple[str, ...], data_to: dt.date
) -> tuple[str, ...]:
    there = sorted(month for month, _ in alone)
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
