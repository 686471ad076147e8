"""Shares by a day of many groups: what a curve would say at these days, and no more of it.

Every figure is that of `competing.aalen_johansen(...).at(day, cause)` to the last place: the same
steps on the same arrays, without what is the same for all groups or is not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.measures.coded import CASES, Row, Sums
from pipelines.measures.competing import AT_ONCE, IncidencePoint, at_once, limits
from pipelines.measures.risk import FROM_START, Floats, Ints, People, RiskTable

INCIDENCE: Final = "incidence"
"""Where the row of a group has its own."""


@dataclass(frozen=True, slots=True)
class GroupIncidence:
    """`n` people, the last day of any, and a point per day asked for (None: beyond that day)."""

    n: int
    last: float
    points: tuple[IncidencePoint | None, ...]


def with_incidences(found: list[Row], cause: int, days: Sequence[float]) -> list[Row]:
    """Rows of counted cases, each that is a group of its own with its shares as `INCIDENCE`.

    A row is as it was where somebody comes under observation late, a time is not known or
    negative, or its group is so large that a curve goes step by step.
    """
    told = list(found)
    for i, row in enumerate(found):
        if row["reason"] is None and CASES in row:
            own = _group(row[CASES], cause, days)
            if own is not None:
                told[i] = {**row, INCIDENCE: own}
    return told


def _group(cases: Sums, cause: int, days: Sequence[float]) -> GroupIncidence | None:
    exits, events, entries = (cases.numbers(name) for name in ("exit", "event", "entry"))
    # counts come in the order of their columns, each combination once
    if len(exits) == 0 or not exits[0] >= 0.0 or bool((entries > 0.0).any()):
        return None
    kinds = events.astype(np.int64) if not np.isnan(events).any() else None
    if kinds is None or bool(np.isnan(exits).any()) or bool((kinds < 0).any()):
        return None
    later = np.diff(exits)
    if not bool(((later > 0.0) | ((later == 0.0) & (np.diff(kinds) > 0))).all()):
        return None
    table = _table(exits, kinds, cases.n, max(2, cause, int(kinds.max())), later)
    if len(exits) * len(table.time) > AT_ONCE:
        return None
    surv, cif, se = at_once(table, (cause,))
    places = np.searchsorted(table.time, np.asarray(days), side="right") - 1
    lower, upper = limits(cif[cause - 1, places], se[cause - 1, places])
    ends = bool(surv[-1] > 0.0)
    last = float(table.time[-1])
    had = np.cumsum(table.n_event[cause - 1])
    points: list[IncidencePoint | None] = []
    for day, at, low, high in zip(days, places.tolist(), lower, upper, strict=True):
        if day > last and ends:
            points.append(None)
        elif at < 0:
            points.append(IncidencePoint(0.0, None, None, 0))
        else:
            points.append(
                IncidencePoint(
                    float(cif[cause - 1, at]),
                    None if np.isnan(low) else float(low),
                    None if np.isnan(high) else float(high),
                    int(had[at]),
                )
            )
    return GroupIncidence(int(cases.n.sum()), last, tuple(points))


def _table(exits: Floats, kinds: Ints, n: Ints, causes: int, later: Floats) -> RiskTable:
    """As `risk.risk_table` of these people, everybody observed from the start."""
    people = People(np.full(len(exits), FROM_START), exits, kinds, n, 0)
    other = np.concatenate(([True], later > 0.0))
    first = np.flatnonzero(other)
    place = np.cumsum(other) - 1
    leave = np.add.reduceat(n, first)
    n_event = np.zeros((causes, len(first)), np.int64)
    for k in range(causes):
        own = kinds == k + 1
        n_event[k] = np.bincount(place[own], n[own], len(first))
    n_risk = n.sum() - np.cumsum(leave) + leave
    return RiskTable(people, exits[first], n_risk, n_event, 0.0, 0)
