"""Records of a CSV file with the physical line that each begins on. Nothing is guessed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.errors import Refusal
from pipelines.ingest.profile import Profile
from pipelines.ingest.source import LONGEST_LINE, Source, opened


@dataclass(frozen=True)
class Record:
    """One physical record: its first line, and its cells, or why it could not be parsed."""

    line: int
    cells: list[str]
    problem: str | None = None


def records(source: Source, profile: Profile) -> Iterator[Record]:
    """Every physical record of the file in order, preamble and header included.

    A record that cannot be parsed comes with its `problem`. Raises Refusal where a quote is
    left open: whatever follows would be swallowed.
    """
    with opened(source) as text:
        line = 0
        for _ in range(profile.header_row - 1):
            raw = text.readline()
            if not raw:
                return
            line += 1
            yield Record(line, [raw.rstrip("\r\n")])
        yield from _parsed(source, profile, _lines(source, text), line)


def _lines(source: Source, text: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(text, start=1):
        if len(line) > LONGEST_LINE:
            raise Refusal(
                source.path.name,
                f"line {number}",
                f"the line has {len(line):,} characters, more than {LONGEST_LINE:,}",
                "A quote may be open, or line ends may be missing. Export the file again.",
            )
        yield line


def _parsed(
    source: Source, profile: Profile, lines: Iterator[str], offset: int
) -> Iterator[Record]:
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(
        lines,
        delimiter=profile.delimiter,
        quotechar=profile.quote,
        doublequote=True,
        strict=True,
    )
    while True:
        start = offset + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = offset + reader.line_num
            if "unexpected end" in str(error) or (end > start and not profile.multiline):
                raise _open_quote(source, start) from None
            yield Record(start, [], "malformed_quotes")
            continue
        if offset + reader.line_num > start and not profile.multiline:
            raise _open_quote(source, start)
        yield Record(start, cells)


def _open_quote(source: Source, line: int) -> Refusal:
    return Refusal(
        source.path.name,
        f"line {line}",
        "a quote opens here and is not closed on the line",
        "Correct the line; if cells may hold line ends, set multiline = true under [file].",
    )
