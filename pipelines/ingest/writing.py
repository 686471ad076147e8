"""Accepted rows as the Parquet file of landing, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import compute

from pipelines import landing_tables as landing
from pipelines.ingest.coded import Coded, Places, narrow
from pipelines.ingest.mapping import Mapper
from pipelines.ingest.reading import Progress

GROUP = 1 << 19
# A diary is kept by episode and day, as everything that is asked of it goes through it.
SORTED_BY = {"exercise_log": ("episode_id", "log_date")}
# Read back, text is text and no dictionary.
NO_TEXT = pa.array([""], pa.string())
# Line numbers are all different: numbering them once more only costs, and their bytes are put
# together place by place instead. Least and most of a column are known where rows are sought by it.
FORMAT: dict[str, Any] = {
    "compression": "zstd",
    "store_schema": False,
    "store_decimal_as_integer": True,
    "column_encoding": {"line": "BYTE_STREAM_SPLIT"},
}
SOUGHT_BY = ("episode_id", "contact_date", "log_date", "referral_date")
# Of so many distinct texts a part of the file has few, next to each other where it is sorted.
MANY = 1 << 12


def write(
    path: Path,
    mapper: Mapper,
    found: Mapping[str, Coded],
    accepted: Places,
    lines: Places,
    progress: Progress | None,
) -> None:
    """Write the accepted rows with their provenance; diaries sorted, all else in the file's order.

    `lines` are those of all rows of the file, `accepted` the places of the accepted ones.
    """
    profile = mapper.profile
    schema = landing.arrow_schema(landing.STREAMS[profile.stream])
    ranked = {name: _ranked(found[name]) for name in SORTED_BY.get(profile.stream, ())}
    order = _sorted(list(ranked.values()), accepted) if ranked else accepted
    rows = len(lines)
    if len(accepted) < rows:
        # A dictionary is written whole: what only a row that was set aside says would be in it.
        found = {name: column.used(accepted) for name, column in found.items()}
        ranked = {name: column.used(accepted) for name, column in ranked.items()}
    given = {
        **found,
        **ranked,
        "source": Coded.constant(profile.source, rows),
        "file_id": Coded.constant(mapper.file_id, rows),
    }
    nothing = Coded.constant(None, rows)
    told = [each for each in schema if each.name not in ("line", "row_key")]
    coded = {each.name: given.get(each.name, nothing) for each in told}
    columns = {each.name: _Prepared.of(coded[each.name], each.type) for each in told}
    varying = {name: coded[name].codes for name, column in columns.items() if column.varies}
    keys = [_text(found.get(name, nothing)) for name in profile.key]
    side_by_side = _SideBySide({**varying, "line": lines})

    def made(part: Places) -> list[pa.Array]:
        codes = side_by_side.at(part)
        arrays = {name: each.at(codes.get(name), len(part)) for name, each in columns.items()}
        arrays |= {"line": pa.array(codes["line"]), "row_key": _row_key(keys, part)}
        return [arrays[each.name] for each in schema]

    empty = zip(schema.names, made(order[:0]), strict=True)
    written = pa.schema([(name, array.type) for name, array in empty])
    how = {
        "use_dictionary": [name for name in schema.names if name != "line"],
        "write_statistics": [name for name in SOUGHT_BY if name in schema.names],
        **FORMAT,
    }
    with pq.ParquetWriter(path, written, **how) as out:
        for start in range(0, len(order), GROUP):
            part = order[start : start + GROUP]
            out.write_table(pa.table(made(part), schema=written), row_group_size=GROUP)
            if progress:
                progress("writing", start + len(part), len(order))


class _SideBySide:
    """Columns of numbers laid side by side, so that a row that is sought is found in one place.

    Rows in another order than the file's would else be looked up once more for every column.
    """

    def __init__(self, columns: Mapping[str, np.ndarray[Any, Any]]) -> None:
        kinds = np.dtype([(name, each.dtype) for name, each in columns.items()])
        self._rows = np.empty(len(next(iter(columns.values()))), kinds)
        for name, each in columns.items():
            self._rows[name] = each

    def at(self, rows: Places) -> dict[str, np.ndarray[Any, Any]]:
        """These rows of every column."""
        whole = self._rows.view(f"V{self._rows.dtype.itemsize}")
        found = whole.take(rows).view(self._rows.dtype)
        return {name: np.ascontiguousarray(found[name]) for name in found.dtype.names or ()}


@dataclass
class _Prepared:
    """A column's distinct values as Arrow has them.

    Text is written as a dictionary, which can hold neither None nor a value twice: `moved` says
    where each code of the column is in it, `null` which place stands for None.
    """

    values: pa.Array
    moved: np.ndarray[Any, Any] | None = None
    null: int | None = None

    @property
    def varies(self) -> bool:
        """Are there rows of different values?"""
        return len(self.values) > 1 or self.moved is not None

    @cached_property
    def _constant(self) -> pa.Array:
        none = self.values.null_count > 0
        codes = pa.array(np.zeros(GROUP, np.int8), mask=np.full(GROUP, none))
        if not pa.types.is_string(self.values.type):
            return self.values.take(codes)
        return pa.DictionaryArray.from_arrays(codes, NO_TEXT if none else self.values)

    @classmethod
    def of(cls, column: Coded, kind: pa.DataType) -> _Prepared:
        if len(column.values) < 2 or not pa.types.is_string(kind):
            return cls(pa.array(column.values or [None], kind))
        known: dict[Any, int] = {v: n for n, v in enumerate(column.values)}
        if len(known) == len(column.values) and None not in known:
            return cls(pa.array(column.values, kind))
        known = {v: n for n, v in enumerate(v for v in known if v is not None)}
        null = len(known)
        moved = np.array([known.get(v, null) for v in column.values], narrow(null + 1))
        return cls(pa.array(known or [""], kind), moved, null)

    def at(self, codes: np.ndarray[Any, Any] | None, rows: int) -> pa.Array:
        """The column's rows of these codes; of a column of one value there are none."""
        if codes is None:
            return self._constant.slice(0, rows)
        if not pa.types.is_string(self.values.type):
            return self.values.take(pa.array(codes))
        if self.moved is not None:
            codes = self.moved[codes]
            none = codes == self.null
            codes[none] = 0
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=none), self.values)
        if len(self.values) < MANY or not rows:
            return pa.DictionaryArray.from_arrays(pa.array(codes), self.values)
        low, high = codes.min(), codes.max()
        values = self.values.slice(int(low), int(high - low) + 1)
        return pa.DictionaryArray.from_arrays(pa.array(codes - low), values)


def _ranked(column: Coded) -> Coded:
    """The same column with its values in their order; None, which no accepted row has, is lost."""
    distinct = {value for value in column.values if value is not None}
    if len(distinct) == len(column.values):
        values = pa.array(column.values)
        order = compute.array_sort_indices(values)
        moved = np.empty(len(values), narrow(len(values)))
        moved[order.to_numpy()] = np.arange(len(values), dtype=moved.dtype)
        return Coded(values.take(order).to_pylist(), moved[column.codes])
    known = sorted(distinct)
    rank = {value: place for place, value in enumerate(known)}
    moved = np.array([rank.get(value, 0) for value in column.values], narrow(len(rank)))
    return Coded(known, moved[column.codes])


def _sorted(ranked: Sequence[Coded], accepted: Places) -> Places:
    """The accepted rows in the order of ranked columns, equal ones as they were in the file."""
    sizes = [len(column.values).bit_length() for column in ranked]
    place = int(accepted.max(initial=0)).bit_length()
    if sum(sizes) + place > 62:
        return accepted[np.lexsort([column.codes[accepted] for column in reversed(ranked)])]
    number = np.zeros(len(accepted), np.int64)
    for column, size in zip(ranked, sizes, strict=True):
        number = (number << size) | column.codes[accepted]
    number = (number << place) | accepted
    number.sort()
    return number & ((1 << place) - 1)


def _text(column: Coded) -> Coded:
    return column.apply(lambda value: None if value is None else str(value))


def _row_key(keys: Sequence[Coded], rows: Places) -> pa.Array:
    """The row's key, part by part; a row that lacks a part of its key has none.

    Otherwise all such rows would be one, and a correction of one would replace them all.
    """
    if not keys:
        return pa.nulls(len(rows), pa.string())
    parts = [pa.array(key.values, pa.string()).take(pa.array(key.codes[rows])) for key in keys]
    return compute.binary_join_element_wise(*parts, "|")
