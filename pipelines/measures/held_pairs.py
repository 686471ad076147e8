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
"""What the pairs by further dimensions may take; those used least lately go first."""
PLACES: Final = ("month", "site", "cut_value")
"""What both rows of a pair have, the second one's as `<name>_2`."""
TYPES: Final = {"month": "date", "site": "varchar", "cut_value": "varchar", "part": "varchar"}
SUMS: Final = ("pairs", "hit_pairs", "both_hit")
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The rows of one key. `values[name][code]` for each place and for `part`.

    A place (with its twin) or part that no row has is not in `codes`.
    """

    values: Mapping[str, tuple[Any, ...]]
    codes: Mapping[str, Codes]
    sums: Mapping[str, NDArray[np.integer]]

    @property
    def bytes(self) -> int:
        """What the rows take in memory."""
        return sum(each.nbytes for each in (*self.codes.values(), *self.sums.values()))

    def rows(self, flt: Filter, by: Sequence[str], cut: str) -> list[Row]:
        """Pairs of which a filter has both rows, by `by_0` … and `part`, where there are any.

        `flt` and `by` need no further dimension but `cut` ("" for none), and whole months.
        """
        at = np.ones(len(self.sums["pairs"]), np.bool_)
        for name, hits in self._wanted(flt, cut).items():
            at &= hits[self._codes(name)] & hits[self._codes(f"{name}_2")]
        places = [name if name in ("month", "site") else "cut_value" for name in by]
        for name in places:
            at &= self._codes(name) == self._codes(f"{name}_2")
        names = (*places, "part")
        sizes = [len(self.values[name]) for name in names]
        code = np.zeros(int(at.sum()), np.int64)
        for name, size in zip(names, sizes, strict=True):
            code = code * size + np.broadcast_to(self._codes(name), at.shape)[at]
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

    def _codes(self, name: str) -> Codes:
        """The codes of a column; one for all rows where no row has a value, which is the last."""
        nothing = len(self.values[name.removesuffix("_2")]) - 1
        return self.codes.get(name, np.array([nothing]))

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
    """The pairs of one snapshot by key, read when they are first asked for.

    Those that were read ahead stay, whatever they take: nearly every page asks for them.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Nothing is read yet; of what is not read ahead at most so many bytes are kept."""
        self.most, self.bytes = most, 0
        self._lock = Lock()
        self._fixed: dict[int, PairCounts | None] = {}
        self._none: dict[int, bool] = {}
        self._values: dict[str, tuple[Any, ...]] = {}
        self._found: OrderedDict[int, PairCounts | None] = OrderedDict()

    def of(self, cur: duckdb.DuckDBPyConnection, table: str, key: int) -> PairCounts | None:
        """The rows of a key; None where the table has none of it. CatalogException: no table."""
        with self._lock:
            if key in self._fixed:
                return self._fixed[key]
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
            found = self._found[key] = self._read(cur, table, [key]).get(key)
            self.bytes += found.bytes if found else 0
            while self.bytes > self.most and len(self._found) > 1:
                _, gone = self._found.popitem(last=False)
                self.bytes -= gone.bytes if gone else 0
            return found

    def read_ahead(self, cur: duckdb.DuckDBPyConnection, table: str, keys: Sequence[int]) -> None:
        """Read the rows of these keys, to stay. CatalogException: no table."""
        with self._lock:
            found = self._read(cur, table, keys)
            self._fixed.update({key: found.get(key) for key in keys})

    def _read(
        self, cur: duckdb.DuckDBPyConnection, table: str, keys: Sequence[int]
    ) -> dict[int, PairCounts]:
        own = cur.cursor()
        try:
            if not self._values:
                self._values = {name: _values(own, table, name) for name in TYPES}
            return _read(own, table, keys, self._values)
        finally:
            own.close()

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
    cur: duckdb.DuckDBPyConnection,
    table: str,
    keys: Sequence[int],
    values: Mapping[str, tuple[Any, ...]],
) -> dict[int, PairCounts]:
    """The rows of each key that has any, from one pass over the table."""
    fields = [
        f"coalesce(list_position($w_{name}::{kind}[], {column}), {len(values[name])}) - 1"
        f" as {column}"
        for name, kind in TYPES.items()
        for column in _columns(name)
    ]
    given = {f"w_{name}": list(each[:-1]) for name, each in values.items()}
    wanted = ", ".join(map(str, sorted(keys)))
    text = (
        f"select key, {', '.join((*fields, *SUMS))} from {table} where key in ({wanted}) "
        "order by key"
    )
    found = cur.execute(text, given).fetchnumpy()
    of = np.asarray(found.pop("key"))
    if not len(of):
        return {}
    sizes = {name: len(values[name.removesuffix("_2")]) for name in found if name not in SUMS}
    rows = {
        name: np.asarray(each).astype(
            np.min_scalar_type(sizes[name]) if name in sizes else np.int64
        )
        for name, each in found.items()
    }
    ends = [*(np.flatnonzero(np.diff(of)) + 1).tolist(), len(of)]
    return {
        int(of[start]): _of_key({name: each[start:end] for name, each in rows.items()}, values)
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    }


def _of_key(rows: Mapping[str, NDArray[Any]], values: Mapping[str, tuple[Any, ...]]) -> PairCounts:
    kept = {
        name: rows[name].copy()  # not a part of the array of all keys, which would stay for it
        for first in TYPES
        for name in _columns(first)
        if any((rows[each] != len(values[first]) - 1).any() for each in _columns(first))
    }
    return PairCounts(values, kept, {name: _smallest(rows[name]) for name in SUMS})


def _smallest(counts: NDArray[np.int64]) -> NDArray[np.integer]:
    """The same numbers in the fewest bytes: most pairs are few, and a large service has many."""
    return counts.astype(np.min_scalar_type(int(counts.max())))
