"""The kinds of cases that a measure's figures are made of, counted by month and one dimension.

Kinds do not overlap: hit or not, per part; the event and its time for curves; each reason for
being left out. Rows are those of `case_query.grouped` by ("month", dimension).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Final

from pipelines.measures.catalogue import Measure
from pipelines.measures.disclosure.grid import Counts
from pipelines.measures.types import MeasureError

CURVES: Final = (
    "survival_median",
    "survival_share",
    "incidence",
    "incidence_range",
    "restricted_mean",
)
INTERVALS: Final = ("interval_incidence", "interval_survival")
NESTED: Final = ("escalation_level_at_least", "escalation_level_not_ruled_out")
"""Measures whose parts hold each other: the difference of two parts can be read off as well."""


def counted(entry: Measure, rows: Iterable[dict[str, Any]], cut: bool) -> Counts:
    """(month, value or None) -> number by kind. `cut`: rows have a second key, `by_1`."""
    found: dict[tuple[str, str | None], dict[str, int]] = {}
    for row in rows:
        key = (row["by_0"] or "unknown", (row["by_1"] or "unknown") if cut else None)
        own = found.setdefault(key, {})
        kind = _kind(entry, row)
        own[kind] = own.get(kind, 0) + int(row["n"])
    if entry.id in NESTED:
        for own in found.values():
            _unnest(entry, own)
    return found


def counted_jointly(rows: Iterable[dict[str, Any]], cut: bool) -> Counts:
    """The same for a family, from rows of `case_query.jointly`: kinds are the parts of all."""
    found: dict[tuple[str, str | None], dict[str, int]] = {}
    for row in rows:
        key = (row["by_0"] or "unknown", (row["by_1"] or "unknown") if cut else None)
        states = set(row["states"].split("|"))
        kind = row["states"] if states & {"hit", "not"} else "out: all"
        own = found.setdefault(key, {})
        own[kind] = own.get(kind, 0) + int(row["n"])
    return found


def _kind(entry: Measure, row: dict[str, Any]) -> str:
    part = row["part"] or "unknown"
    if row["reason"] is not None:
        return f"out: {row['reason']}" if entry.whole else f"{part}, out: {row['reason']}"
    if entry.kind in ("share", "count"):
        return f"{part}, {'hit' if row['hit'] else 'not'}"
    if entry.kind == "same_level":
        return "hit" if row["expected"] == row["recorded"] else "not"
    if entry.kind in CURVES:
        if row["event"] != entry.cause:
            return f"{part}, not"
        turn = bisect_left(entry.at, float(row["exit"])) if entry.kind != "survival_median" else 0
        return f"{part}, event {turn}"
    if entry.kind in INTERVALS:
        if row["seen_with"] is None:
            return f"{part}, not"
        return f"{part}, event {bisect_left(entry.at, float(row['seen_with']))}"
    return f"{part}, counted"


def _unnest(entry: Measure, own: dict[str, int]) -> None:
    """Numbers of hits of each part without those of the part before (which it holds)."""
    before = 0
    for part in entry.parts:
        hits = own.get(f"{part}, hit", 0)
        if hits < before:
            raise MeasureError(f"{entry.id}: its parts do not hold each other")
        own[f"{part}, hit"], before = hits - before, hits
        if part != entry.parts[-1]:
            own.pop(f"{part}, not", None)
