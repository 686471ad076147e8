"""Counts by time and one other dimension, and every total that is shown of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Node: TypeAlias = tuple[str, str | None]
"""(span of time, value of the other dimension or None for all of them)."""

ALL: Final = ""
"""The span of all data."""


def quarter(month: str) -> str:
    """'2026-05' -> '2026-Q2' (calendar quarter, which is one of the financial year's as well).

    What is no month ('unknown') is a quarter of its own.
    """
    year, dash, number = month.partition("-")
    if dash and year.isdigit() and number.isdigit() and 1 <= int(number) <= 12:
        return f"{year}-Q{(int(number) + 2) // 3}"
    return month


@dataclass(frozen=True, slots=True)
class Grid:
    """`nodes` are all lines of the lattice. `members` (nodes, cells) is 1 where a line holds a
    cell, `cells` (cells, kinds) how many there are of each kind; kinds do not overlap (hit, not
    hit, left out for a reason). `spans` are the nodes without a value, by their span."""

    nodes: tuple[Node, ...]
    members: Ints
    cells: Ints

    @property
    def counts(self) -> Ints:
        """(nodes, kinds)"""
        found: Ints = self.members @ self.cells
        return found

    def whole_time(self) -> tuple[int, ...]:
        """Indices of the nodes that hold all values of the other dimension."""
        return tuple(i for i, (_, value) in enumerate(self.nodes) if value is None)


Counts: TypeAlias = Mapping[tuple[str, str | None], Mapping[str, int]]
"""(month, value) -> number by kind; the value is None where only time is cut."""


def grid(counts: Counts, quarters: bool = True) -> Grid:
    """Every line from the finest ones: months, quarters and all data, by value and in all.

    Without `quarters` the first dimension is no time and has no levels between.
    """
    firsts = sorted({first for first, _ in counts})
    values = sorted({value for _, value in counts if value is not None})
    kinds = sorted({kind for found in counts.values() for kind in found})
    columns: list[str | None] = [*values] if values else [None]
    cells = np.zeros((len(firsts) * len(columns), len(kinds)), dtype=np.int64)
    for (first, value), found in counts.items():
        at = firsts.index(first) * len(columns) + columns.index(value)
        for kind, n in found.items():
            cells[at, kinds.index(kind)] += n
    nodes: list[Node] = []
    rows: list[Ints] = []
    for span, inside in _spans(firsts, quarters).items():
        for value in dict.fromkeys([None, *columns]):
            row = np.zeros((len(firsts), len(columns)), dtype=np.int64)
            chosen = slice(None) if value is None else columns.index(value)
            row[[firsts.index(first) for first in inside], chosen] = 1
            nodes.append((span, value))
            rows.append(row.reshape(-1))
    members = np.array(rows, dtype=np.int64).reshape(len(rows), cells.shape[0])
    return Grid(tuple(nodes), members, cells)


def _spans(firsts: Iterable[str], quarters: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {ALL: list(firsts)}
    for first in found[ALL]:
        found.setdefault(first, []).append(first)
    if quarters:
        for first in found[ALL]:
            if (name := quarter(first)) != first:
                found.setdefault(name, []).append(first)
    return found
