"""Columns as codes: every distinct value once, and for each row which of them it has.

An export of millions of rows has few distinct texts in most columns. What a text means is
decided once per text, in plain Python; what a row has is then a matter of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.unsignedinteger[Any]]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


# Counted at a time: what is turned into wide numbers meanwhile stays in the processor's own memory.
SLICE = 1 << 16


class Missing:
    """The value of a cell that says nothing: whatever else gives the column stays."""


MISSING = Missing()


@dataclass
class Coded:
    """A column: `values[codes[row]]` is the row's value. Values are distinct where texts are."""

    values: Sequence[Any]
    codes: Codes

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def constant(cls, value: Any, rows: int) -> Coded:
        """One value in every row."""
        return cls([value], np.zeros(rows, np.uint8))

    def at(self, row: int) -> Any:
        """The value of one row."""
        return self.values[self.codes[row]]

    def mask(self, holds: Callable[[Any], bool]) -> Mask:
        """For each row whether `holds` is true of its value, asked once per distinct value."""
        found = np.fromiter(map(holds, self.values), np.bool_, len(self.values))
        return found[self.codes] if found.any() else np.zeros(len(self.codes), np.bool_)

    @cached_property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many rows have each value."""
        found = np.zeros(len(self.values), np.int64)
        step = max(SLICE, len(found))
        for start in range(0, len(self.codes), step):
            found += np.bincount(self.codes[start : start + step], minlength=len(found))
        return found

    def apply(self, change: Callable[[Any], Any]) -> Coded:
        """Each value replaced by what `change` makes of it; the codes stay."""
        return Coded([change(value) for value in self.values], self.codes)

    def take(self, rows: Places | Mask) -> Coded:
        """Some of the rows, in the order given."""
        return Coded(self.values, self.codes[rows])

    def used(self, rows: Places | Mask | None = None) -> Coded:
        """The same codes' rows, without the values that none of `rows` (None: of all) has.

        Rows that are not among `rows` have any value afterwards.
        """
        codes = self.codes if rows is None else self.codes[rows]
        has = np.bincount(codes, minlength=len(self.values)) > 0
        if has.all():
            return self
        moved = np.maximum(np.cumsum(has) - 1, 0)
        kept = [value for value, each in zip(self.values, has.tolist(), strict=True) if each]
        return Coded(kept, moved[self.codes].astype(narrow(len(kept))))


def narrow(distinct: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type that can number so many values."""
    return np.uint8 if distinct <= 1 << 8 else np.uint16 if distinct <= 1 << 16 else np.uint32


def combined(first: Coded, second: Coded, make: Callable[[Any, Any], Any]) -> Coded:
    """The column of `make(a, b)` for the pairs of values that occur together in a row."""
    if len(first.values) == 1 or len(second.values) == 1:
        many, one = (second, first) if len(first.values) == 1 else (first, second)
        only = one.values[0]
        return many.apply(lambda v: make(only, v) if many is second else make(v, only))
    width = len(second.values)
    pairs, codes = np.unique(
        first.codes.astype(np.int64) * width + second.codes, return_inverse=True
    )
    made = [make(first.values[p // width], second.values[p % width]) for p in pairs.tolist()]
    return Coded(made, codes.astype(narrow(len(made))))


def over(new: Coded, old: Coded | None) -> Coded:
    """`new`, with the values of `old` where it says nothing (None where both say nothing)."""
    if not any(value is MISSING for value in new.values):
        return new
    if old is None:
        return new.apply(lambda value: None if value is MISSING else value)
    return combined(new, old, lambda a, b: b if a is MISSING else a)
