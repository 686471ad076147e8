"""Any measure of the catalogue, for any selection and cut: counts from SQL, estimates from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final

import duckdb

from pipelines.measures.case_pairs import Cell, paired
from pipelines.measures.case_query import bundled, held_sums
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.clustering import Pairs
from pipelines.measures.coded import Sums
from pipelines.measures.estimate_counts import (
    count_result,
    kappa_result,
    quantile_result,
    same_level_result,
    share_result,
)
from pipelines.measures.estimate_intervals import (
    interval_incidence_results,
    interval_survival_results,
    range_results,
)
from pipelines.measures.estimate_times import (
    incidence_results,
    mean_results,
    median_results,
    survival_results,
)
from pipelines.measures.filter import Filter
from pipelines.measures.many_incidences import with_incidences
from pipelines.measures.many_medians import with_medians
from pipelines.measures.query import Row
from pipelines.measures.table import MeasureRow, MeasureTable, Shown
from pipelines.measures.types import Exclusions, MeasureError

Results = Sequence[tuple[str | None, Shown]]
Estimator = Callable[[Measure, list[Row], Exclusions], Results]


def _one(estimator: Callable[[Measure, list[Row], Exclusions], Shown]) -> Estimator:
    return lambda entry, counted, left_out: [(None, estimator(entry, counted, left_out))]


ESTIMATORS: Final[dict[str, Estimator]] = {
    "share": _one(share_result),
    "count": _one(count_result),
    "quantile": _one(quantile_result),
    "same_level": _one(same_level_result),
    "kappa": _one(kappa_result),
    "survival_median": median_results,
    "survival_share": survival_results,
    "incidence": incidence_results,
    "restricted_mean": mean_results,
    "incidence_range": range_results,
    "interval_incidence": interval_incidence_results,
    "interval_survival": interval_survival_results,
}
"""Kind -> estimates; those at several days give one per day, named "day 56"."""


def evaluate(
    cur: duckdb.DuckDBPyConnection, name: str, flt: Filter, by: Iterable[str] = ()
) -> MeasureTable:
    """One measure over the cases of a filter, one row per value of each dimension of `by`.

    `cur` is a connection or cursor on a snapshot. Rows come in the order of their values; a
    selection without any case gives one row that says so (and none where `by` is given).
    MeasureError for an unknown measure or dimension, with the nearest name.
    """
    entry, cut = measure(name), tuple(by)
    found = bundled(cur, entry, flt, cut)
    if cut and entry.kind == "survival_median":
        found = with_medians(found, entry.cause)
    if cut and entry.kind == "incidence":
        found = with_incidences(found, entry.cause, entry.at)
    if entry.clustered:
        found = _with_pairs(found, paired(cur, entry, flt, cut), len(cut))
    if not cut:
        return MeasureTable(entry.id, cut, tuple(_cells(entry, (), found)))
    keys = [f"by_{i}" for i in range(len(cut))]

    def place(row: Row) -> tuple[str, ...]:
        return tuple(row[key] or "unknown" for key in keys)

    rows: list[MeasureRow] = []
    for values, group in groupby(sorted(found, key=place), key=place):
        rows += _cells(entry, values, list(group))
    return MeasureTable(entry.id, cut, tuple(rows))


def counted(
    cur: duckdb.DuckDBPyConnection, name: str, flt: Filter, by: Iterable[str] = ()
) -> tuple[Sums, dict[Cell, Pairs]] | None:
    """All that `evaluate` makes a table from: of the same, the same table.

    None where the counts in memory do not tell. MeasureError as `evaluate`.
    """
    entry, cut = measure(name), tuple(by)
    sums = held_sums(cur, entry, flt, cut)
    if sums is None:
        return None
    return sums, paired(cur, entry, flt, cut) if entry.clustered else {}


def _with_pairs(found: list[Row], pairs: dict[Cell, Pairs], cuts: int) -> list[Row]:
    """The rows, the first counted one of each cell with its pairs."""
    left, told = dict(pairs), []
    for row in found:
        own = None
        if row["reason"] is None:
            own = left.pop((tuple(row[f"by_{i}"] for i in range(cuts)), row["part"]), None)
        told.append(row if own is None else {**row, "pairs": own})
    return told


def _cells(entry: Measure, by: tuple[str, ...], group: list[Row]) -> list[MeasureRow]:
    """The rows of one cell: one, or one per part in the catalogue's order."""
    if not entry.part:
        return _cell(entry, by, None, group, group)
    shown = [row for row in group if row["reason"] is None or not entry.whole]
    found = sorted({row["part"] or "unknown" for row in shown} - set(entry.parts))
    rows = []
    if not entry.parts and not found:
        return _cell(entry, by, None, group, group)
    for part in (*entry.parts, *found):
        own = [row for row in group if (row["part"] or "unknown") == part]
        rows += _cell(entry, by, part, own, group if entry.whole else own)
    return rows


def _cell(
    entry: Measure, by: tuple[str, ...], part: str | None, own: list[Row], whole: list[Row]
) -> list[MeasureRow]:
    """`own` are the rows of the part, `whole` those of its denominator."""
    if part is None or not entry.whole:
        counted = [row for row in own if row["reason"] is None]
    else:
        counted = [
            {**row, "hit": row["hit"] and (row["part"] or "unknown") == part}
            for row in whole
            if row["reason"] is None
        ]
    left_out = _exclusions(entry, whole)
    mature = all(row["mature"] for row in whole)
    return [
        MeasureRow(by, ", ".join(filter(None, (part, moment))) or None, result, mature)
        for moment, result in ESTIMATORS[entry.kind](entry, counted, left_out)
    ]


def _exclusions(entry: Measure, group: list[Row]) -> Exclusions:
    """Who is left out, by reason in the catalogue's order; a reason of nobody is not listed."""
    total: dict[str, int] = {}
    for row in group:
        if row["reason"] is not None:
            total[row["reason"]] = total.get(row["reason"], 0) + row["n"]
    unknown = sorted(set(total) - set(entry.exclusions))
    if unknown:
        raise MeasureError(f"{entry.id}: the reason {unknown[0]!r} is not in its catalogue entry")
    return tuple((code, total[code]) for code in entry.exclusions if code in total)
