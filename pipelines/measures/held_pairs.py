"""Pairs of rows of one person in memory: the table that `case_pairs` keeps, added up without the
engine.

A row is a combination of the months, sites and values of one further dimension of both rows of a
pair; codes of the two stand for the same values, so that "the same month" is "the same code".
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipelines.measures.coded import Codes, Row
from pipelines.measures.filter import Filter
from pipelines.measures.kept_counts import FIELD_OF, SITES

MOST_BYTES: Final = 8 * 2**20
"""What the pairs of all keys may take; those used least lately go first."""
PLACES: Final = ("month", "site", "cut_value")
"""What both rows of a pair have, the second one's as `<name>_2`."""
TYPES: Final = {"month": "date", "site": "varchar", "cut_value": "varchar", "part": "varchar"}
SUMS: Final = ("pairs", "hit_pairs", "both_hit")
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The rows of one key. `values[name][code]` for each place and for `part`."""

    values: Mapping[str, tuple[Any, ...]]
    codes: Mapping[str, Codes]
    sums: Mapping[str, NDArray[np.int64]]

    @property
    def bytes(self) -> int:
        """What the rows take in memory."""
        return sum(each.nbytes for each in (*self.codes.values(), *self.sums.values()))

    def rows(self, flt: Filter, by: Sequence[str], cut: str) -> list[Row]:
        """Pairs of which a filter has both rows, by `by_0` … and `part`, where there are any.

        `flt` and `by` need no further dimension but `cut` ("" for none), and whole months.
        """
        at = np.ones(len(self.codes["part"]), np.bool_)
        for name, hits in self._wanted(flt, cut).items():
            at &= hits[self.codes[name]] & hits[self.codes[f"{name}_2"]]
        places = [name if name in ("month", "site") else "cut_value" for name in by]
        for name in places:
            at &= self.codes[name] == self.codes[f"{name}_2"]
        names = (*places, "part")
        sizes = [len(self.values[name]) for name in names]
        code = np.zeros(int(at.sum()), np.int64)
        for name, size in zip(names, sizes, strict=True):
            code = code * size + self.codes[name][at]
        shown, place = np.unique(code, return_inverse=True)
        total = {  # whole numbers far below 2^53, so exact
            name: np.bincount(place, own[at], len(shown)).astype(np.int64).tolist()
            for name, own in self.sums.items()
        }
        cells, left = dict[str, list[Any]](), shown
        for name, size in reversed(list(zip(names, sizes, strict=True))):
            left, own_code = np.divmod(left, size)
            cells[name] = [self.values[name][each] for each in own_code.tolist()]
        return [
            {
                **{f"by_{i}": _said(name, cells[name][row]) for i, name in enumerate(places)},
                "part": cells["part"][row],
                **{name: own[row] for name, own in total.items()},
            }
            for row in range(len(shown))
        ]

    def _wanted(self, flt: Filter, cut: str) -> dict[str, NDArray[np.bool_]]:
        """Which values of a place a filter takes, for the places that it restricts."""
        found = {}
        begins, ends = flt.period_from, flt.period_to
        if begins is not None or ends is not None:
            found["month"] = np.array(
                [
                    month is not None
                    and (begins is None or month >= begins)
                    and (ends is None or month <= ends)
                    for month in self.values["month"]
                ],
                np.bool_,
            )
        for field, name in ((SITES, "site"), (FIELD_OF.get(cut, ""), "cut_value")):
            if field and getattr(flt, field):
                chosen = set(getattr(flt, field))
                found[name] = np.array([v in chosen for v in self.values[name]], np.bool_)
        return found


def _said(name: str, value: Any) -> Any:
    """A value of a dimension as tables name it: months as `2026-05`."""
    if name != "month":
        return value
    return UNKNOWN if value is None else f"{value:%Y-%m}"


class HeldPairs:
    """The pairs of one snapshot by key, read when they are first asked for."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Nothing is read yet; at most so many bytes are kept."""
        self.most, self.bytes = most, 0
        self._lock = Lock()
        self._none: dict[int, bool] = {}
        self._values: dict[str, tuple[Any, ...]] = {}
        self._found: OrderedDict[int, PairCounts | None] = OrderedDict()

    def of(self, cur: duckdb.DuckDBPyConnection, table: str, key: int) -> PairCounts | None:
        """The rows of a key; None where the table has none of it. CatalogException: no table."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
            own = cur.cursor()
            try:
                if not self._values:
                    self._values = {name: _values(own, table, name) for name in TYPES}
                found = self._found[key] = _read(own, table, key, self._values)
            finally:
                own.close()
            self.bytes += found.bytes if found else 0
            while self.bytes > self.most and len(self._found) > 1:
                _, gone = self._found.popitem(last=False)
                self.bytes -= gone.bytes if gone else 0
            return found

    def none(self, key: int, find: Callable[[], bool]) -> bool:
        """Whether nobody of the snapshot has any pair of a key, as `find` found when first asked.

        Then no selection has any either.
        """
        with self._lock:
            if key not in self._none:
                self._none[key] = find()
            return self._none[key]


def _columns(name: str) -> tuple[str, ...]:
    return (name, f"{name}_2") if name in PLACES else (name,)


def _values(cur: duckdb.DuckDBPyConnection, table: str, name: str) -> tuple[Any, ...]:
    """The distinct values of a column and its twin in order, None last."""
    each = " union ".join(f"select {column} as v from {table}" for column in _columns(name))
    found = cur.execute(f"select v from ({each}) where v is not null order by v").fetchall()
    return (*(row[0] for row in found), None)


def _read(
    cur: duckdb.DuckDBPyConnection, table: str, key: int, values: Mapping[str, tuple[Any, ...]]
) -> PairCounts | None:
    fields = [
        f"coalesce(list_position($w_{name}::{kind}[], {column}), {len(values[name])}) - 1"
        f" as {column}"
        for name, kind in TYPES.items()
        for column in _columns(name)
    ]
    given = {f"w_{name}": list(each[:-1]) for name, each in values.items()}
    text = f"select {', '.join((*fields, *SUMS))} from {table} where key = $key"
    found = cur.execute(text, {**given, "key": key}).fetchnumpy()
    if not len(found["part"]):
        return None
    sums = {name: np.asarray(found.pop(name), np.int64) for name in SUMS}
    codes = {
        name: np.asarray(each).astype(np.min_scalar_type(len(values[name.removesuffix("_2")])))
        for name, each in found.items()
    }
    return PairCounts(values, codes, sums)
