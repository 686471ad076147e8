"""One module per file format: `count` its records by one path, give them by another.

Every module has `count(source, profile) -> int`, which counts the physical records without the
reader that loads them, and `records(source, profile)`, which yields every one of them as text
cells. What is true of a format, and only that, is in its module.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from pipelines.ingest.formats import blocks, delimited
from pipelines.ingest.formats.blocks import Block
from pipelines.ingest.longform import pivot
from pipelines.ingest.profile import Profile
from pipelines.ingest.records import Record
from pipelines.ingest.source import Source

# Formats whose files are no text: they are not decoded.
BINARY = ("xlsx", "parquet")
MODULES = {"csv": "delimited", "xlsx": "xlsx", "parquet": "parquet", "fhir": "fhir"}


def _module(profile: Profile) -> Any:
    return import_module(f"{__name__}.{MODULES[profile.format]}")


def count(source: Source, profile: Profile) -> int:
    """Physical records of the file, counted independently of the reader that loads them."""
    return int(_module(profile).count(source, profile))


def unended(source: Source, profile: Profile) -> bool:
    """Is this text without a line end after its last line? By itself no fault."""
    return profile.format == "csv" and delimited.unended(source)


def records(source: Source, profile: Profile) -> Iterator[Record]:
    """Every physical record in order; a format without a header line gives a synthetic one first.

    A record that cannot be parsed comes with its `problem`. Raises Refusal where the rest of the
    file could not be told apart.
    """
    found: Iterator[Record] = _module(profile).records(source, profile)
    return pivot(source, profile, found) if profile.long else found


def pieces(source: Source, profile: Profile) -> Iterator[Record | Block]:
    """The same records, where it can be whole blocks of them at a time."""
    if profile.format == "csv" and blocks.suits(source, profile):
        return blocks.pieces(source, profile)
    return records(source, profile)
