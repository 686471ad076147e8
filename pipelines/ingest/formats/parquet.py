"""Parquet files: row groups read in batches, typed columns as text. There are no options."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types

from pipelines.errors import Refusal
from pipelines.ingest.formats.cell_text import check_options, is_read, moment_text, number_text
from pipelines.ingest.profile import Profile
from pipelines.ingest.records import Record
from pipelines.ingest.source import Source

MAGIC, LOCKED = b"PAR1", b"PARE"
BATCH = 8192
BUFFER = 1 << 20
MOST_BYTES = 64 << 30
# The clock on the wall of the clinic; an export with a time zone is often in UTC.
ZONE = ZoneInfo("Europe/London")
EPOCH = dt.datetime(1970, 1, 1)
# From here on neighbouring whole numbers share one floating-point value.
EXACT = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
AGAIN = "Fetch or export it again; nothing of it was kept."

# A cell: its text, and why it cannot be used.
Cell = tuple[str, str | None]
EMPTY: Cell = ("", None)


def count(source: Source, profile: Profile) -> int:
    """Records as the footer states them; no row is read. Raises Refusal for a damaged footer."""
    check_options(profile, ())
    with source.path.open("rb") as handle, _opened(source, handle) as file:
        return int(file.metadata.num_rows)


def records(source: Source, profile: Profile) -> Iterator[Record]:
    """A synthetic header with the columns' names, then every record, numbered from 1.

    A cell in a column that is read and cannot be given as text sets its record aside. Raises
    Refusal for a damaged file with the row group, and for a column that holds lists or the like.
    """
    check_options(profile, ())
    with source.path.open("rb") as handle, _opened(source, handle) as file:
        schema = file.schema_arrow
        wanted = [is_read(profile, name.strip()) for name in schema.names]
        _check_types(source, schema, wanted)
        yield Record(0, list(schema.names), synthetic=True)
        number = 0
        for columns in _batches(source, file):
            for row in zip(*columns, strict=True):
                number += 1
                problem = next(
                    (c[1] for c, used in zip(row, wanted, strict=True) if used and c[1]), None
                )
                cells = [] if problem else [cell[0] for cell in row]
                yield Record(number, cells, problem)


def _opened(source: Source, handle: Any) -> pq.ParquetFile:
    name = source.path.name
    head = handle.read(4)
    size = handle.seek(0, 2)
    handle.seek(max(0, size - 4))
    tail = handle.read(4)
    if not head:
        raise Refusal(name, None, "the file is empty", "Export it again.")
    if head == LOCKED or tail == LOCKED:
        raise Refusal(name, None, "the Parquet file is encrypted", "Export it without encryption.")
    if head != MAGIC:
        raise Refusal(name, "byte 1", "this is not a Parquet file", "Check the profile's format.")
    if tail != MAGIC or size < 12:
        raise Refusal(
            name, f"byte {size}", "the Parquet file is truncated: it ends without a footer", AGAIN
        )
    handle.seek(0)
    try:
        # A checksum is only tested where the writer left one.
        file = pq.ParquetFile(
            handle, buffer_size=BUFFER, pre_buffer=False, page_checksum_verification=True
        )
        _check_footer(source, file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refusal(
            name, "footer", f"the Parquet file is damaged ({type(error).__name__})", AGAIN
        ) from None
    return file


def _check_footer(source: Source, file: pq.ParquetFile) -> None:
    name, meta = source.path.name, file.metadata
    groups = [meta.row_group(n) for n in range(meta.num_row_groups)]
    if sum(group.num_rows for group in groups) != meta.num_rows:
        raise Refusal(
            name, "footer", "the row groups do not have as many rows as the file states", AGAIN
        )
    if sum(group.total_byte_size for group in groups) > MOST_BYTES:
        raise Refusal(
            name,
            "footer",
            f"the file unpacks to more than {MOST_BYTES / 1e9:,.0f} GB",
            "Export it as several files.",
        )
    if not file.schema_arrow.names:
        raise Refusal(name, "footer", "the file has no columns", "Export it again.")


def _check_types(source: Source, schema: pa.Schema, wanted: list[bool]) -> None:
    for place, (field, used) in enumerate(zip(schema, wanted, strict=True), start=1):
        if used and _reader(_stored(field.type)) is None:
            raise Refusal(
                source.path.name,
                f"column {place} ('{field.name}')",
                f"it holds {field.type}, which is not one plain value per row",
                "Export one column per value, or give the column drop = true in the profile.",
            )


def _batches(source: Source, file: pq.ParquetFile) -> Iterator[list[list[Cell]]]:
    """The columns' cells, batch by batch; damage may show only when values are decoded."""
    groups = file.metadata.num_row_groups
    for group in range(groups):
        read, stated = 0, file.metadata.row_group(group).num_rows
        try:
            for batch in file.iter_batches(BATCH, row_groups=[group], use_threads=False):
                columns = [_cells(column) for column in batch.columns]
                read += batch.num_rows
                yield columns
        except (pa.ArrowException, OSError, ValueError) as error:
            raise Refusal(
                source.path.name,
                f"row group {group + 1} of {groups}, after its row {read}",
                f"the Parquet file is damaged ({type(error).__name__})",
                AGAIN,
            ) from None
        if read != stated:
            raise Refusal(
                source.path.name,
                f"row group {group + 1} of {groups}",
                f"it states {stated} rows and holds {read}",
                AGAIN,
            )


def _stored(kind: pa.DataType) -> pa.DataType:
    """The type that values have once dictionaries and named types are taken off."""
    if types.is_dictionary(kind):
        return _stored(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        return _stored(kind.storage_type)
    return kind


def _cells(column: pa.Array) -> list[Cell]:
    if isinstance(column.type, pa.BaseExtensionType) and not isinstance(column.type, pa.UuidType):
        return _cells(column.storage)
    if types.is_dictionary(column.type):
        return _cells(column.dictionary_decode())
    reader = _reader(column.type)
    # A column that nothing reads still tells rows apart.
    return [(repr(value), None) for value in column] if reader is None else reader(column)


def _reader(kind: pa.DataType) -> Callable[[pa.Array], list[Cell]] | None:
    """What gives a column of this type as cells, or None for nested and other types."""
    tests: list[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], list[Cell]]]] = [
        (types.is_null, lambda column: [EMPTY] * len(column)),
        (types.is_boolean, lambda column: _each(column, _boolean)),
        (types.is_integer, lambda column: _each(column, _plain)),
        (types.is_decimal, lambda column: _each(column, lambda value: (f"{value:f}", None))),
        (types.is_floating, _floats),
        (types.is_date, _dates),
        (types.is_timestamp, _timestamps),
        (types.is_time, _times),
        (_is_text, _texts),
        (lambda found: isinstance(found, pa.UuidType), lambda column: _each(column, _plain)),
    ]
    return next((reader for test, reader in tests if test(kind)), None)


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            *(types.is_string, types.is_large_string, types.is_string_view),
            *(types.is_binary, types.is_large_binary, types.is_fixed_size_binary),
            types.is_binary_view,
        )
    )


def _each(column: pa.Array, read: Callable[[Any], Cell]) -> list[Cell]:
    return [EMPTY if value is None else read(value) for value in column.to_pylist()]


def _boolean(value: bool) -> Cell:
    return ("true" if value else "false"), None


def _plain(value: Any) -> Cell:
    return str(value), None


def _texts(column: pa.Array) -> list[Cell]:
    """Bytes, declared text or not, are text if they are UTF-8 from first to last."""
    if not types.is_fixed_size_binary(column.type):
        column = column.cast(pa.large_binary())
    return _each(column, _decoded)


def _decoded(value: bytes) -> Cell:
    try:
        return value.decode("utf-8"), None
    except UnicodeDecodeError:
        return "", "undecodable"


def _floats(column: pa.Array) -> list[Cell]:
    width = column.type.bit_width
    if width < 64:
        # The shortest text of the narrow number: 7.3, not 7.300000190734863.
        column = column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())

    def read(value: float) -> Cell:
        rounded = value.is_integer() and abs(value) >= EXACT[width]
        return number_text(value), "rounded_number" if rounded else None

    return _each(column, read)


def _dates(column: pa.Array) -> list[Cell]:
    if types.is_date64(column.type):
        ticks = column.cast(pa.int64())
        return _each(ticks, lambda value: _moment(value // 1_000, None, date_only=True))
    days = column.cast(pa.int32())
    return _each(days, lambda value: _moment(value * 86_400, None, date_only=True))


def _timestamps(column: pa.Array) -> list[Cell]:
    unit, zone = PER_SECOND[column.type.unit], column.type.tz
    ticks = column.cast(pa.int64())
    # Division of whole numbers in Python goes down, before 1970 too.
    return _each(ticks, lambda value: _moment(value // unit, zone))


def _moment(seconds: int, zone: str | None, date_only: bool = False) -> Cell:
    try:
        moment = EPOCH + dt.timedelta(seconds=seconds)
        if zone is not None:
            moment = moment.replace(tzinfo=dt.UTC).astimezone(ZONE)
    except OverflowError:
        return "", "date_out_of_range"
    return moment_text(moment.date() if date_only else moment), None


def _times(column: pa.Array) -> list[Cell]:
    unit = PER_SECOND[column.type.unit]
    ticks = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
    return _each(ticks, lambda value: _clock(value // unit))


def _clock(seconds: int) -> Cell:
    if not 0 <= seconds < 86_400:
        return "", "time_out_of_range"
    return moment_text(dt.timedelta(seconds=seconds)), None
