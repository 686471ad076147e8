"""Any measure as a given reader may see it: the question is checked, answered and protected."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from pipelines.measures.case_query import dimensions, grouped, jointly
from pipelines.measures.catalogue import measure
from pipelines.measures.disclosure import Mode, protect
from pipelines.measures.disclosure.counts import counted, counted_jointly
from pipelines.measures.disclosure.families import NOT_SHARED, family_of
from pipelines.measures.disclosure.lattice import TIME, Lattice, lattice
from pipelines.measures.disclosure.shared import shared_view
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.table import MeasureTable, Suppressed


def evaluate_for(
    cur: duckdb.DuckDBPyConnection, name: str, flt: Filter, by: tuple[str, ...], mode: Mode
) -> MeasureTable:
    """`evaluate`, as `mode` may see it. MeasureError for a question that may not be shared."""
    if mode != "shared":
        return protect(evaluate(cur, name, flt, by), mode)
    dimension, view = shared_view(flt, dimensions(by))
    table = evaluate(cur, name, flt, by)
    instead = NOT_SHARED.get(name)
    if instead is not None:
        gone = Suppressed(name, f"not shared, since it can be subtracted from {instead}")
        return replace(table, rows=tuple(replace(row, result=gone) for row in table.rows))
    return protect(table, mode, measure_lattice(cur, name, dimension), view)


def measure_lattice(cur: duckdb.DuckDBPyConnection, name: str, dimension: str | None) -> Lattice:
    """The lattice of a measure and its family over all their data, by time and `dimension`."""
    entry, family = measure(name), family_of(name)
    by = (TIME,) if dimension is None else (TIME, dimension)
    if len(family) > 1:
        joint = jointly(cur, [measure(each) for each in family], by)
        return lattice(counted_jointly(joint, dimension is not None), dimension)
    rows = grouped(cur, entry, Filter(), by)
    return lattice(counted(entry, rows, dimension is not None), dimension)
