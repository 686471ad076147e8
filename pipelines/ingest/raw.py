"""Files without a contract (`schema = "raw"`): every record is kept as text, cell by cell.

It serves to see what a reader makes of a file: nothing is mapped and no model reads it. The
guard against identifiers of people holds here as everywhere.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.identifiers import ColumnGuard, header_finding
from pipelines.ingest.profile import Profile
from pipelines.ingest.receipt import Records
from pipelines.ingest.source import Source

SCHEMA = pa.schema(
    [("file_id", pa.string()), ("line", pa.int64()), ("cells", pa.list_(pa.string()))]
)
BATCH = 20_000


def guard(source: Source, profile: Profile) -> None:
    """Raise Refusal where a column, or what stands above it, is about identifiers of people."""
    guards: dict[int, ColumnGuard] = {}
    first = True
    for record in formats.records(source, profile):
        for place, cell in enumerate(record.cells):
            guards.setdefault(place, ColumnGuard("")).look([(cell, 1)])
            if first and (what := header_finding(cell)):
                raise _found(source, place, f"the header announces {what}")
        first = first and not record.cells
    for place, each in sorted(guards.items()):
        if finding := each.finding():
            raise _found(source, place, f"{finding[1]} value(s) look like {finding[0]}")


def _found(source: Source, place: int, what: str) -> Refusal:
    hint = "Export without identifiers of people; nothing of the file was kept."
    return Refusal(source.path.name, f"column {place + 1}", what, hint)


def write(
    source: Source, profile: Profile, file_id: str, folder: Path
) -> tuple[Records, list[tuple[int, str, bytes]]]:
    """Write rows.parquet; return the balance and what was set aside as (line, reason, hash)."""
    aside: list[tuple[int, str, bytes]] = []
    dropped: Counter[str] = Counter()
    accepted = 0
    rows: list[dict[str, object]] = []
    with pq.ParquetWriter(folder / "rows.parquet", SCHEMA, compression="zstd") as writer:
        for record in formats.records(source, profile):
            if record.problem:
                digest = hashlib.blake2b(b"", digest_size=16).digest()
                aside += [(line, record.problem, digest) for line in record.lines]
            elif record.drop or not record.cells:
                dropped[record.drop or "blank"] += 1
            else:
                accepted += not record.synthetic
                rows.append({"file_id": file_id, "line": record.line, "cells": record.cells})
            if len(rows) >= BATCH:
                writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
    return Records(source.lines, accepted, len(aside), dict(dropped)), aside
