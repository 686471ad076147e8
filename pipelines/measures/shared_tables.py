"""Any measure as a given reader may see it: the question is checked, answered and protected."""

from __future__ import annotations

import duckdb

from pipelines.measures.case_query import dimensions, grouped
from pipelines.measures.catalogue import measure
from pipelines.measures.disclosure import Mode, protect
from pipelines.measures.disclosure.counts import counted
from pipelines.measures.disclosure.lattice import TIME, Lattice, lattice
from pipelines.measures.disclosure.shared import shared_view
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.table import MeasureTable


def evaluate_for(
    cur: duckdb.DuckDBPyConnection, name: str, flt: Filter, by: tuple[str, ...], mode: Mode
) -> MeasureTable:
    """`evaluate`, as `mode` may see it. MeasureError for a question that may not be shared."""
    if mode != "shared":
        return protect(evaluate(cur, name, flt, by), mode)
    dimension, view = shared_view(flt, dimensions(by))
    table = evaluate(cur, name, flt, by)
    return protect(table, mode, measure_lattice(cur, name, dimension), view)


def measure_lattice(cur: duckdb.DuckDBPyConnection, name: str, dimension: str | None) -> Lattice:
    """The lattice of one measure over all its data, by time and `dimension`."""
    entry = measure(name)
    by = (TIME,) if dimension is None else (TIME, dimension)
    rows = grouped(cur, entry, Filter(), by)
    return lattice(counted(entry, rows, dimension is not None), dimension)
