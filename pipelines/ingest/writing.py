"""Accepted rows as the Parquet file of landing, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    given = {
        **found,
        **ranked,
        "source": Coded.constant(profile.source, rows),
        "file_id": Coded.constant(mapper.file_id, rows),
    }
    nothing = Coded.constant(None, rows)
    columns = {each.name: _Prepared.of(given.get(each.name, nothing), each.type) for each in schema}
    keys = [_text(found.get(name, nothing)) for name in profile.key]
    made: dict[str, Callable[[Places], pa.Array]] = {
        **{name: column.at for name, column in columns.items()},
        "line": lambda part: pa.array(lines[part]),
        "row_key": lambda part: _row_key(keys, part),
    }
    written = pa.schema([(each.name, made[each.name](order[:0]).type) for each in schema])
    how = {
        "use_dictionary": [name for name in schema.names if name != "line"],
        "write_statistics": [name for name in SOUGHT_BY if name in schema.names],
        **FORMAT,
    }
    with pq.ParquetWriter(path, written, **how) as out:
        for start in range(0, len(order), GROUP):
            part = order[start : start + GROUP]
            arrays = [made[each.name](part) for each in schema]
            out.write_table(pa.table(arrays, schema=written), row_group_size=GROUP)
            if progress:
                progress("writing", start + len(part), len(order))


@dataclass
class _Prepared:
    """A column's distinct values as Arrow has them, and which of them each row has.

    None is last: text has a mask for it, for a dictionary in a file cannot hold it.
    """

    values: pa.Array
    codes: np.ndarray[Any, Any]
    null: int | None

    @cached_property
    def _constant(self) -> pa.Array:
        codes = pa.array(np.zeros(GROUP, np.int8), mask=np.full(GROUP, self.null == 0))
        if not pa.types.is_string(self.values.type):
            return self.values.take(codes)
        return pa.DictionaryArray.from_arrays(codes, NO_TEXT if self.null == 0 else self.values)

    @classmethod
    def of(cls, column: Coded, kind: pa.DataType) -> _Prepared:
        known: dict[Any, int] = {v: n for n, v in enumerate(column.values)}
        if len(known) == len(column.values) and None not in known:
            return cls(pa.array(column.values, kind), column.codes, None)
        known = {v: n for n, v in enumerate(v for v in known if v is not None)}
        null = len(known)
        moved = [known.get(v, null) for v in column.values]
        codes = np.array(moved, narrow(null + 1))[column.codes]
        return cls(pa.array([*known, None], kind), codes, null)

    def at(self, rows: Places) -> pa.Array:
        if len(self.values) == 1:
            return self._constant.slice(0, len(rows))
        codes = self.codes[rows]
        if not pa.types.is_string(self.values.type):
            return self.values.take(pa.array(codes))
        if self.null is not None:
            values = self.values.slice(0, self.null)
            empty = codes == self.null
            codes[empty] = 0
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=empty), values)
        if len(self.values) < MANY or not len(codes):
            return pa.DictionaryArray.from_arrays(pa.array(codes), self.values)
        low, high = codes.min(), codes.max()
        values = self.values.slice(int(low), int(high - low) + 1)
        return pa.DictionaryArray.from_arrays(pa.array(codes - low), values)


def _ranked(column: Coded) -> Coded:
    """The same column with its values in their order; None, which no accepted row has, is lost."""
    known = sorted({value for value in column.values if value is not None})
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
