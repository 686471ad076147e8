"""Any measure as a given reader may see it: the question is checked, answered and protected.

A shared figure is made from what was released and from nothing else: no snapshot is read for it.
"""

from __future__ import annotations

from typing import Final

import duckdb

from pipelines.measures.case_query import dimensions
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.disclosure import Mode, protect
from pipelines.measures.disclosure.counts import told
from pipelines.measures.disclosure.families import family_of, why_not
from pipelines.measures.disclosure.grid import ALL, Node, quarter
from pipelines.measures.disclosure.lattice import LEFT, TIME, Lattice, View
from pipelines.measures.disclosure.release import TIME_ALONE, UP_TO, Frozen
from pipelines.measures.disclosure.shared import shared_view
from pipelines.measures.estimate_counts import EMPTY
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.proportion import share
from pipelines.measures.table import MeasureRow, MeasureTable, Shown, Suppressed
from pipelines.measures.types import Estimate, Exclusions, MeasureError, NotEstimable

Families = dict[tuple[str, ...], Frozen]
NOT_YET: Final = "not released yet"
EVERY: Final = "all"
"""Stands for each dimension in the one line of a figure that has no breakdown."""


def evaluate_for(
    cur: duckdb.DuckDBPyConnection, name: str, flt: Filter, by: tuple[str, ...], mode: Mode
) -> MeasureTable:
    """`evaluate`, as `mode` may see it. MeasureError in the mode whose figures are released ones
    (`shared_table`)."""
    if mode == "shared":
        raise MeasureError("shared figures come from releases, not from a snapshot")
    return protect(evaluate(cur, name, flt, by), mode)


def shared_table(
    families: Families, name: str, flt: Filter, by: tuple[str, ...] = ()
) -> MeasureTable:
    """A measure as it was released, over the period of `flt` and cut by `by`.

    A line that is withheld, or that has not been released yet, says so. MeasureError for a
    question that may not be shared.
    """
    dimension, view = shared_view(flt, dimensions(by))
    entry, family = measure(name), family_of(name)
    why = why_not(entry)
    frozen = families.get(family)
    if why is not None or frozen is None:
        return _single(name, by, why or NOT_YET)
    lines = frozen.hidden.get(dimension or TIME_ALONE, {})
    spans = _spans(frozen, view, TIME in by)
    if not spans:
        return _single(name, by, NOT_YET)
    rows = []
    for span, told_as in spans.items():
        values = [v for s, v in lines if s == span and (v is None) == (dimension is None)]
        for value in sorted(values, key=str):
            if view.value is not None and value != view.value:
                continue
            at = {TIME: told_as, dimension: value}
            result = _figure(entry, family.index(name), frozen, dimension, (span, value))
            rows.append(MeasureRow(tuple(str(at[each]) for each in by), None, result))
    if not rows:
        return _single(name, by, NOT_YET)
    table = MeasureTable(name, by, tuple(sorted(rows, key=lambda row: row.by)))
    return protect(table, "shared", _lattice(frozen, dimension), view)


def _spans(frozen: Frozen, view: View, monthly: bool) -> dict[str, str]:
    """Spans of the release that a view shows -> how the view calls them."""
    if monthly:
        first, last = view.months
        return {month: month for month in frozen.months if first <= month <= last}
    span = frozen.latest if view.span == ALL else view.span
    known = {each for each, _ in frozen.hidden[TIME_ALONE]}
    return {span: view.span} if span in known and span is not None else {}


def _single(name: str, by: tuple[str, ...], why: str) -> MeasureTable:
    row = MeasureRow(tuple(EVERY for _ in by), None, Suppressed(name, why))
    return MeasureTable(name, by, (row,))


def _lattice(frozen: Frozen, dimension: str | None) -> Lattice:
    """The lines of a cut, "all data" being everything up to the last complete quarter."""
    lines: dict[Node, bool] = {}
    for (span, value), hidden in frozen.hidden[dimension or TIME_ALONE].items():
        if span.startswith(UP_TO) and span != frozen.latest:
            continue
        lines[ALL if span.startswith(UP_TO) else span, value] = hidden
    withheld = frozenset(line for line, hidden in lines.items() if hidden)
    return Lattice(dimension, tuple(lines), withheld, frozenset())


def _figure(entry: Measure, place: int, frozen: Frozen, dimension: str | None, at: Node) -> Shown:
    """The exact figure of a line from the counts as released."""
    span, value = at
    hits = counted = out = 0
    inside = months_of(frozen, span)
    for (month, each), kinds in frozen.counts[dimension or TIME_ALONE].items():
        if (value is None or each == value) and month in inside:
            x, n, left = told(kinds, place)
            hits, counted, out = hits + x, counted + n, out + left
    left_out: Exclusions = ((LEFT, out),) if out else ()
    if entry.kind == "share":
        return share(entry.id, hits, counted, left_out, empty=EMPTY)
    if not counted:
        return NotEstimable(f"Not estimable because {EMPTY}.", entry.id, 0, left_out)
    return Estimate(entry.id, float(hits), None, None, hits, counted, left_out, "count", "count")


def months_of(frozen: Frozen, span: str) -> frozenset[str]:
    """The released months of a span of the lattice."""
    if span.startswith(UP_TO):
        end = span.removeprefix(UP_TO)
        return frozenset(month for month in frozen.months if month <= end)
    return frozenset(month for month in frozen.months if span in (month, quarter(month)))
