"""Expected level against recorded level, counted."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.measures.case_query import grouped
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.types import LEVELS, Exclusions

MEASURE = "agreement_same_level"


@dataclass(frozen=True, slots=True)
class Matrix:
    """`counts[expected][recorded]`, levels from self-manage (0) to A&E (4); who is left out."""

    counts: tuple[tuple[int, ...], ...]
    exclusions: Exclusions

    @property
    def total(self) -> int:
        """All episodes that are judged."""
        return sum(map(sum, self.counts))


def agreement_matrix(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Matrix:
    """The cases of `agreement_same_level` by both levels: all five levels, empty cells too."""
    size = len(LEVELS)
    counts = [[0] * size for _ in range(size)]
    left_out: dict[str, int] = {}
    entry = measure(MEASURE)
    for row in grouped(cur, entry, flt, ()):
        if row["reason"] is None:
            counts[row["expected"]][row["recorded"]] += row["n"]
        else:
            left_out[row["reason"]] = left_out.get(row["reason"], 0) + row["n"]
    exclusions = tuple((code, left_out[code]) for code in entry.exclusions if code in left_out)
    return Matrix(tuple(map(tuple, counts)), exclusions)
