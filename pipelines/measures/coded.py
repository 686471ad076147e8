"""Counted rows held in memory as numbers: added up by any of their columns without the engine.

A column is a code per row and the values that codes stand for, ascending with None last, so that
sums come in the order in which the engine's `order by` gives them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import duckdb
import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = dict[str, Any]
Codes: TypeAlias = NDArray[Any]

MOST_RANGE: Final = 50_000
"""Whole numbers that lie further apart than this are numbered instead of counted from the first."""
MOST_CODES: Final = 2**62
DENSE: Final = 4
"""Sums are made in an array of all combinations where these are at most so many per row."""


@dataclass(frozen=True, slots=True)
class Column:
    """`values[codes[i]]` is the value of row i; `floats` the values if they are numbers."""

    codes: Codes
    values: tuple[Any, ...]
    floats: NDArray[np.float64] | None = None

    def of(self, codes: Codes) -> Column:
        """The same values for other rows."""
        return Column(codes, self.values, self.floats)


@dataclass(frozen=True, slots=True)
class Coded:
    """Rows that stand for `n` cases each; `mature` is 1, 0 or, if unknown, -1 (None: not told)."""

    columns: Mapping[str, Column]
    n: NDArray[np.integer]
    mature: NDArray[np.int8] | None = None

    @property
    def bytes(self) -> int:
        """What the rows take in memory."""
        held = [self.n, *(each.codes for each in self.columns.values())]
        return sum(each.nbytes for each in (*held, *([] if self.mature is None else [self.mature])))

    def part(self, at: slice | NDArray[np.bool_]) -> Coded:
        """Some of the rows."""
        return Coded(
            {name: each.of(each.codes[at]) for name, each in self.columns.items()},
            self.n[at],
            None if self.mature is None else self.mature[at],
        )

    def having(self, name: str, values: Sequence[Any]) -> NDArray[np.bool_]:
        """Which rows have one of these values."""
        column, wanted = self.columns[name], set(values)
        hits = np.array([value in wanted for value in column.values], dtype=np.bool_)
        found: NDArray[np.bool_] = hits[column.codes]
        return found

    def between(self, name: str, least: Any, most: Any) -> NDArray[np.bool_]:
        """Which rows have a value from `least` to `most` (None: open); None is in no range."""
        column = self.columns[name]
        wanted = [
            value is not None
            and (least is None or value >= least)
            and (most is None or value <= most)
            for value in column.values
        ]
        found: NDArray[np.bool_] = np.array(wanted, dtype=np.bool_)[column.codes]
        return found

    def sums(self, by: Mapping[str, str]) -> Sums | None:
        """Rows added up by columns (name in the answer -> column); None where codes run out."""
        columns = [self.columns[name] for name in by.values()]
        sizes = [max(1, len(each.values)) for each in columns]
        if math.prod(sizes) > MOST_CODES:
            return None
        code = np.zeros(len(self.n), np.int64)
        for each, size in zip(columns, sizes, strict=True):
            code = code * size + each.codes
        combinations = math.prod(sizes)
        if combinations <= max(1024, DENSE * len(code)):
            total = np.bincount(code, self.n, combinations)
            place, shown = code, np.flatnonzero(total)
        else:
            shown, place = np.unique(code, return_inverse=True)
            total = np.bincount(place, self.n, len(shown))
        kept = shown if place is code else np.arange(len(shown))
        mature = None
        if self.mature is not None:  # as bool_and: what is unknown decides nothing
            yes = np.bincount(place[self.mature == 1], minlength=len(total))[kept] > 0
            mature = yes & (np.bincount(place[self.mature == 0], minlength=len(total))[kept] == 0)
        found, left = dict[str, Column](), shown
        for name, each, size in reversed(list(zip(by, columns, sizes, strict=True))):
            left, own = np.divmod(left, size)
            found[name] = each.of(own)
        ordered = {name: found[name] for name in by}
        return Sums(ordered, np.rint(total[kept]).astype(np.int64), mature)


@dataclass(frozen=True, slots=True)
class Sums:
    """One row per combination that there is, in the order of its columns."""

    columns: Mapping[str, Column]
    n: NDArray[np.int64]
    mature: NDArray[np.bool_] | None

    def rows(self) -> list[Row]:
        """As the engine would give them: the columns, `mature` where there is one, `n`."""
        names, cells = list(self.columns), list[list[Any]]()
        for each in self.columns.values():
            values = each.values
            cells.append([values[code] for code in each.codes.tolist()])
        if self.mature is not None:
            names.append("mature")
            cells.append(self.mature.tolist())
        names.append("n")
        cells.append(self.n.tolist())
        return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]

    def same_as(self, other: Sums) -> bool:
        """Whether the rows are those of `other`; False too where equal ones are coded otherwise."""
        if list(self.columns) != list(other.columns):
            return False
        for name, own in self.columns.items():
            theirs = other.columns[name]
            if not (np.array_equal(own.codes, theirs.codes) and own.values == theirs.values):
                return False
        told = self.mature is not None and other.mature is not None
        alike = np.array_equal(self.mature, other.mature) if told else self.mature is other.mature  # type: ignore[arg-type]
        return bool(alike and np.array_equal(self.n, other.n))

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column of numbers or truth values, NaN where it is not known; or `n`."""
        if name == "n":
            return self.n.astype(np.float64)
        column = self.columns[name]
        if column.floats is None:
            raise TypeError(f"{name} is no column of numbers")
        found: NDArray[np.float64] = column.floats[column.codes]
        return found

    def bundles(self, keys: int) -> list[Row]:
        """A row per combination of the first columns; the others are in it as `cases` (Sums).

        The rows of `rows` that share these columns, with their `n` added up; `mature` if all are.
        """
        names = list(self.columns)
        heads = [self.columns[name] for name in names[:keys]]
        other = np.zeros(max(len(self.n) - 1, 0), np.bool_)
        for each in heads:
            other |= np.diff(each.codes) != 0
        starts = [0, *(np.flatnonzero(other) + 1).tolist()] if len(self.n) else []
        found = []
        for start, end in zip(starts, [*starts[1:], len(self.n)], strict=False):
            at = slice(start, end)
            row: Row = {
                name: each.values[int(each.codes[start])]
                for name, each in zip(names, heads, strict=False)
            }
            if self.mature is not None:
                row["mature"] = bool(self.mature[at].all())
            row["n"] = int(self.n[at].sum())
            rest = {
                name: self.columns[name].of(self.columns[name].codes[at]) for name in names[keys:]
            }
            row[CASES] = Sums(rest, self.n[at], None)
            found.append(row)
        return found


CASES: Final = "cases"
"""Where a row that stands for several has them."""


def numbers(found: Sequence[Row], name: str, missing: float = math.nan) -> NDArray[np.float64]:
    """One column of rows, or of what their bundles hold; `missing` where it is not known."""
    if any(CASES in row for row in found):
        whole = np.concatenate([row[CASES].numbers(name) for row in found])
    else:
        plain = [row[name] for row in found]
        whole = np.array([math.nan if each is None else float(each) for each in plain], np.float64)
    return whole if math.isnan(missing) else np.where(np.isnan(whole), missing, whole)


def read(cur: duckdb.DuckDBPyConnection, table: str, where: str = "true") -> tuple[Coded, Any]:
    """The rows of a table of counts, sorted by `key` where it has one, and that column (else None).

    `n`, and beside a `key` also `mature`, become what `Coded` says; every other column is coded.
    `where` is a condition of ours. CatalogException where there is no such table.
    """
    own = cur.cursor()
    try:
        types = {row[0]: row[1] for row in own.execute(f"describe {table}").fetchall()}
        words = [name for name, kind in types.items() if kind == "VARCHAR"]
        known = _words(own, table, where, words)
        keyed = "key" in types
        fields = [_field(name, known, keyed) for name in types]
        order = " order by key" if keyed else ""
        given = {f"w_{name}": list(values) for name, values in known.items()}
        text = f"select {', '.join(fields)} from {table} where {where}{order}"
        found = own.execute(text, given or None).fetchnumpy()
    finally:
        own.close()
    columns = {}
    for name, kind in types.items():
        if name in ("key", "n") or (keyed and name == "mature"):
            continue
        raw = found.pop(name)
        columns[name] = _worded(raw, known[name]) if name in known else _coded(raw, kind)
    mature = np.asarray(found["mature"], np.int8) if keyed else None
    n = np.asarray(found["n"], np.int64)
    if n.size and int(n.max()) < 2**31:  # half the memory
        n = n.astype(np.int32)
    return Coded(columns, n, mature), found.get("key")


def _words(
    cur: duckdb.DuckDBPyConnection, table: str, where: str, names: list[str]
) -> dict[str, tuple[str, ...]]:
    if not names:
        return {}
    each = ", ".join(f"list(distinct {name}) filter ({name} is not null)" for name in names)
    found = cur.execute(f"select {each} from {table} where {where}").fetchall()[0]
    return {name: tuple(sorted(values or ())) for name, values in zip(names, found, strict=True)}


def _field(name: str, known: Mapping[str, tuple[str, ...]], keyed: bool) -> str:
    if name in known:
        sql = f"coalesce(list_position($w_{name}::varchar[], {name}) - 1, {len(known[name])})"
        return f"({sql})::integer as {name}"
    if keyed and name == "mature":
        return "coalesce(mature::tinyint, -1) as mature"
    return name


def _worded(codes: Any, words: tuple[str, ...]) -> Column:
    return Column(_small(np.asarray(codes), len(words) + 1), (*words, None))


def _coded(raw: Any, kind: str) -> Column:
    """Numbers, dates and booleans; what is missing is masked."""
    missing = np.ma.getmaskarray(raw)
    values = np.ma.getdata(raw)
    there = values[~missing]
    if kind == "DATE":
        there = there.astype("datetime64[D]")
    if there.dtype.kind in "iu" and there.size and int(np.ptp(there)) < MOST_RANGE:
        first = int(there.min())
        distinct: Any = range(first, int(there.max()) + 1)
        codes = there.astype(np.int64) - first
    else:
        unique, codes = np.unique(there, return_inverse=True)
        distinct = unique.tolist()
    filled = np.full(len(values), len(distinct), np.int64)
    filled[~missing] = codes
    floats = None
    if there.dtype.kind in "iub" or (there.dtype.kind == "f" and not np.isnan(there).any()):
        floats = np.array([*distinct, math.nan], np.float64)
    return Column(_small(filled, len(distinct) + 1), (*distinct, None), floats)


def _small(codes: Codes, size: int) -> Codes:
    return codes.astype(np.min_scalar_type(max(size, 1)))
