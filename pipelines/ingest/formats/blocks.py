"""The quick way through delimited text: blocks in which every line is split at its delimiters.

In a block without any quote a line's cells are what stands between its delimiters, and no reader
has anything to decide. Such blocks are split as a whole; every other block goes to the exact
reader, line by line, and so does everything up to the header.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pipelines.ingest.coded import Places
from pipelines.ingest.formats import delimited
from pipelines.ingest.profile import Profile
from pipelines.ingest.records import Record
from pipelines.ingest.source import LONGEST_LINE, Source, binary

FIRST = 1 << 16
BLOCK = 1 << 22
# No character has more bytes in the encodings that are read here.
WIDEST = 4
BOM = b"\xef\xbb\xbf"


@dataclass
class Block:
    """Lines with as many cells as the header: a dictionary array per column, a line per row.

    `others` are the lines among them with more or fewer cells; `last` is the last line of all.
    """

    columns: list[pa.DictionaryArray]
    lines: Places
    last: int
    others: list[Record] = field(default_factory=list)


def suits(source: Source, profile: Profile) -> bool:
    """Is a line of this text always a record, whatever the block it is in?"""
    plain = source.line_ends is not None and not source.lone_cr
    simple = not (profile.multiline or profile.long or profile.footer_required)
    mark = profile.delimiter
    return plain and simple and profile.schema != "raw" and len(mark) == 1 and mark.isascii()


def pieces(source: Source, profile: Profile) -> Iterator[Record | Block]:
    """The whole text as records and blocks, in order; for texts that `suits` is true of.

    Raises Refusal as the exact reader does.
    """
    with binary(source.path, source.container) as raw:
        blocks = _blocks(raw, profile.header_row + 1)
        encoding = "utf-8" if source.encoding == "utf-8-sig" else source.encoding
        first = next(blocks, b"")
        if source.encoding == "utf-8-sig":
            first = first.removeprefix(BOM)
        width = 0
        text = io.StringIO(first.decode(encoding), newline="")
        for record in delimited.records_of(source, profile, text):
            if not width and not record.drop and record.line >= profile.header_row:
                width = len(record.cells)
            yield record
        line = _line_ends(first)
        for block in blocks:
            if not block.endswith(b"\n") and len(block) > WIDEST * LONGEST_LINE:
                raise delimited.too_long(source, line + 1)
            if encoding != "utf-8" and not block.isascii():
                block = block.decode(encoding).encode("utf-8")
            if not width or profile.quote.encode() in block or not _short_lines(block):
                text = io.StringIO(block.decode("utf-8"), newline="")
                lines = delimited.physical_lines(source, text, line)
                yield from delimited.parsed(source, profile, lines, line)
                line += _line_ends(block)
            else:
                whole = _split(profile, block, width, line)
                yield whole
                line = whole.last


def _line_ends(block: bytes) -> int:
    return block.count(b"\n") + (not block.endswith(b"\n") and bool(block))


def _blocks(raw: BinaryIO, at_least: int) -> Iterator[bytes]:
    """The text cut behind line ends; the first block is small, with more lines than `at_least`.

    A line that is too long for any export comes without its end.
    """
    rest, size = b"", FIRST
    while read := raw.read(size):
        block = rest + read
        cut = block.rfind(b"\n") + 1
        if len(block) - cut > WIDEST * LONGEST_LINE:
            yield block[:cut]
            yield block[cut:]
            return
        if not cut or (size == FIRST and block.count(b"\n") <= at_least):
            rest = block
            continue
        yield block[:cut]
        rest, size = block[cut:], BLOCK
    if rest:
        yield rest


def _split(profile: Profile, block: bytes, width: int, line: int) -> Block:
    odd: list[pyarrow.csv.InvalidRow] = []

    def aside(row: pyarrow.csv.InvalidRow) -> str:
        odd.append(row)
        return "skip"

    names = [str(place) for place in range(width)]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(block),
        pyarrow.csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
        pyarrow.csv.ParseOptions(
            delimiter=profile.delimiter,
            quote_char=False,
            double_quote=False,
            ignore_empty_lines=False,
            invalid_row_handler=aside,
        ),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
            null_values=[],
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    total = table.num_rows + len(odd)
    kept = np.ones(total, np.bool_)
    kept[[row.number - 1 for row in odd]] = False
    lines = np.nonzero(kept)[0] + (line + 1)
    others = [Record(line + row.number, row.text.split(profile.delimiter)) for row in odd]
    columns = [column.combine_chunks() for column in table.columns]
    return Block(columns, lines, line + total, others)


def _short_lines(block: bytes) -> bool:
    """Is there a line end in every stretch of half the longest line? Then no line is too long."""
    half = LONGEST_LINE // 2
    return all(
        block.find(b"\n", start, start + half) >= 0 for start in range(0, len(block) - half, half)
    )
