"""Delimited text (CSV, TSV): nothing is guessed, the dialect is the profile's."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from pipelines.errors import Refusal
from pipelines.ingest.profile import Profile
from pipelines.ingest.records import Record
from pipelines.ingest.source import BLOCK, LONGEST_LINE, Source, opened

# A quoted cell may span lines, but not a whole export: past this a quote was left open.
MOST_LINES = 500
SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.I)


def count(source: Source, profile: Profile) -> int:
    """Line ends; with `multiline`, line ends outside quoted cells. No CSV reader takes part."""
    if not profile.multiline and source.line_ends is not None:
        return source.line_ends
    with opened(source) as text:
        if not profile.multiline:
            return line_ends(text)
        above = 0  # a quote in the preamble opens nothing
        while above < profile.header_row - 1 and text.readline():
            above += 1
        return above + _quoted_lines(source, text, profile)


def line_ends(text: io.TextIOBase) -> int:
    """Physical lines of a text, the last one also without its line end."""
    total, last = 0, ""
    while chunk := text.read(BLOCK):
        total += chunk.count("\n") + chunk.count("\r") - chunk.count("\r\n")
        if last == "\r" and chunk[0] == "\n":
            total -= 1  # the two halves of one line end fell into two blocks
        last = chunk[-1]
    return total + int(last not in ("", "\r", "\n"))


def unended(source: Source) -> bool:
    """Does the text end without a line end?"""
    last = ""
    with opened(source) as text:
        while chunk := text.read(BLOCK):
            last = chunk[-1]
    return last not in ("", "\r", "\n")


def _quoted_lines(source: Source, text: io.TextIOBase, profile: Profile) -> int:
    """Records whose quoted cells may hold line ends."""
    scan = _Quotes(profile)
    total, inside = 0, False
    for line in physical_lines(source, text, 0):
        inside = scan.left_open(line, inside)
        total += not inside
    return total + int(inside)


class _Quotes:
    """Follows quotes through lines by where cells begin, and knows nothing else of a row."""

    def __init__(self, profile: Profile) -> None:
        self.quote, self.delimiter = profile.quote, profile.delimiter
        quote = re.escape(profile.quote)
        self.rest = re.compile(rf"(?:[^{quote}]|{quote}{quote})*{quote}(?!{quote})")

    def left_open(self, line: str, inside: bool) -> bool:
        """Does a quoted cell go on after this line? `inside`: one came into it."""
        if not inside and self.quote not in line:
            return False
        place = 0
        while True:
            if inside or line.startswith(self.quote, place):
                end = self.rest.match(line, place if inside else place + 1)
                if end is None:
                    return True
                inside, place = False, end.end()
                # Anything but a delimiter here is a row's end, or a malformed row, which is
                # given up to the end of its line.
                if not line.startswith(self.delimiter, place):
                    return False
                place += 1
            else:
                place = line.find(self.delimiter, place) + 1
                if place == 0:
                    return False


def records(source: Source, profile: Profile) -> Iterator[Record]:
    """Every physical record in order, preamble and header included.

    Raises Refusal where a quote is left open: whatever follows would be swallowed.
    """
    with opened(source) as text:
        yield from records_of(source, profile, text)


def records_of(source: Source, profile: Profile, text: io.TextIOBase) -> Iterator[Record]:
    """The records of a text that begins where the file begins; Refusal as in `records`."""
    line = 0
    for _ in range(profile.header_row - 1):
        raw = text.readline()
        if not raw:
            return
        line += 1
        yield Record(line, [raw.rstrip("\r\n")])
    lines = physical_lines(source, text, line)
    if profile.header_row == 1 and profile.schema != "raw":
        first = next(lines, None)
        if first is None:
            return
        if match := SEPARATOR.fullmatch(first):
            _check_separator(source, profile, match.group(1))
            line += 1
            yield Record(line, [first.rstrip("\r\n")], drop="sep_line")
        else:
            lines = _put_back(first, lines)
    yield from parsed(source, profile, lines, line)


def _check_separator(source: Source, profile: Profile, found: str) -> None:
    if found != profile.delimiter:
        raise Refusal(
            source.path.name,
            "line 1",
            f"the file says that its cells are parted by '{found}', the profile that they are "
            f"parted by '{profile.delimiter}'",
            f"Set delimiter = '{found}' under [file] in profile {profile.id}.",
        )


def _put_back(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def physical_lines(source: Source, text: io.TextIOBase, offset: int) -> Iterator[str]:
    """Lines with their line ends; Refusal for one that no export has (`offset` lines before)."""
    number = offset
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise too_long(source, number)
        yield line


def too_long(source: Source, number: int) -> Refusal:
    """Why a line that no export has is refused."""
    return Refusal(
        source.path.name,
        f"line {number}",
        f"the line has more than {LONGEST_LINE:,} characters",
        "A quote may be open, or line ends may be missing. Export the file again.",
    )


def parsed(source: Source, profile: Profile, lines: Iterator[str], offset: int) -> Iterator[Record]:
    """Lines (`offset` of the file before them) as records; Refusal where a quote is left open."""
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
            many = end - start >= (MOST_LINES if profile.multiline else 1)
            if "unexpected end" in str(error) or many:
                raise _open_quote(source, profile, start) from None
            yield Record(start, [], "malformed_quotes")
            continue
        end = offset + reader.line_num
        if end - start >= (MOST_LINES if profile.multiline else 1):
            raise _open_quote(source, profile, start)
        yield Record(start, cells)


def _open_quote(source: Source, profile: Profile, line: int) -> Refusal:
    hint = "Correct the line; if cells may hold line ends, set multiline = true under [file]."
    if profile.multiline:
        hint = "Correct the line: whatever follows would be taken for one cell."
    return Refusal(
        source.path.name, f"line {line}", "a quote opens here and is not closed in its row", hint
    )
