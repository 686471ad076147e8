"""What stands around a table in a file: delimiter, header line, the day it covers to, its footer.

Of the lines above and below the table only a pattern of well-known words is ever shown: they may
name who ran the report.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.profile import read_profile
from pipelines.ingest.recognise import DATE_FORMATS, reads
from pipelines.ingest.records import Record
from pipelines.ingest.source import Source

MOST_ROWS = 20_000
DELIMITERS = (",", ";", "\t", "|")
A_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}|\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4}")
# Words before a date that say that it is the last one covered.
COVERS = re.compile(r"\b((?:to|until|up to|as at|ending|end date|data to|extracted|run)[: ]{1,3})$")
FOOTER = re.compile(
    r"^[\W_]*((?:end of (?:report|file|extract|export)|total|rows|records|number of|count)"
    r"(?: (?:rows|records|of|exported|returned|total|contacts|activities|report))*)[^\w]*",
    re.I,
)


@dataclass
class Frame:
    """A table's place in its file. `rows` are its header and its data rows, as cells.

    `format` is csv, xlsx or parquet; `delimiter` is of csv only. `extract` is (pattern, format) of
    the day that the export covers to; `footer` a pattern, of which a group is the number of rows
    when `counted`.
    """

    delimiter: str
    header_row: int
    rows: list[list[str]]
    extract: tuple[str, str] | None = None
    footer: str | None = None
    counted: bool = False
    format: str = "csv"


def format_of(path: Path) -> str:
    """Is it a workbook, a Parquet file, or text? Refusal for resources, which need no draft."""
    with path.open("rb") as file:
        head = file.read(256)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return "xlsx" if "[Content_Types].xml" in archive.namelist() else "csv"
    if head.lstrip().startswith(b"{") and b"resourceType" in head:
        raise Refusal(
            path.name,
            None,
            "these are FHIR resources, whose answers have paths and no columns",
            "Start from the profile fhir-questionnaire: copy it, and put your own link ids in it.",
        )
    return "csv"


def framed(source: Source, form: str = "csv") -> Frame:
    """Find the table: what gives most rows of one width above one cell. Refusal without any."""
    best: tuple[int, Frame, list[Record], list[Record]] | None = None
    for mark in DELIMITERS if form == "csv" else ",":
        found = _records(source, mark, form)
        widths = Counter(len(r.cells) for r in found if len(r.cells) > 1)
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        if best is None or times * width > best[0]:
            at = next(n for n, r in enumerate(found) if len(r.cells) == width)
            rows = [r.cells for r in found[at:] if r.cells]
            frame = Frame(mark, found[at].line, rows, format=form)
            best = (times * width, frame, found[:at], found[at:])
    if best is None:
        raise Refusal(
            source.path.name,
            None,
            "no table was found in it",
            "Name the delimiter and the header's line in a profile of your own.",
        )
    _, frame, above, below = best
    frame.extract = _extract([frame.delimiter.join(r.cells) for r in above])
    _find_footer(frame, below)
    return frame


def _records(source: Source, mark: str, form: str) -> list[Record]:
    text = (
        '[profile]\nid = "draft"\nversion = "1"\nstream = "raw"\nschema = "raw"\n'
        f'source = "draft"\n[file]\nformat = "{form}"\nmultiline = true\n'
        f'delimiter = "{escaped(mark)}"\n'
    )
    try:
        return list(islice(formats.records(source, read_profile(text, "draft")), MOST_ROWS))
    except Refusal:
        if form != "csv":
            raise
        return []


def _extract(above: list[str]) -> tuple[str, str] | None:
    for line in above:
        for match in A_DATE.finditer(line):
            said = COVERS.search(line[: match.start()].casefold())
            fits = [fmt for fmt in DATE_FORMATS if reads(match.group(), fmt)]
            if said and fits:
                words = line[match.start() - len(said.group(1)) : match.start()]
                return f"{_literal(words)}({_digits(match.group())})", fits[0]
    return None


def _find_footer(frame: Frame, records: list[Record]) -> None:
    """The last record, when it is narrower than the table and its words are those of footers."""
    width = len(frame.rows[0])
    told = [record for record in records if any(cell.strip() for cell in record.cells)]
    if not told or len(records) >= MOST_ROWS:
        return
    text = frame.delimiter.join(told[-1].cells).rstrip(frame.delimiter + " ")
    match = FOOTER.match(text)
    if not match or not match.group().isprintable() or "'" in match.group():
        return
    if sum(bool(cell.strip()) for cell in told[-1].cells) >= width:
        return
    number = re.match(r"(\d[\d,]*)", text[match.end() :])
    data = len([record for record in told[1:-1] if len(record.cells) == width])
    frame.counted = bool(number) and int(number.group(1).replace(",", "")) == data  # type: ignore[union-attr]
    end = match.end() if frame.counted else match.end(1)
    frame.footer = "^" + _literal(text[:end]) + (r"(\d[\d,]*)" if frame.counted else "")
    frame.rows = [row for row in frame.rows if row is not told[-1].cells]


def _literal(text: str) -> str:
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)


def _digits(text: str) -> str:
    """A pattern for a date of this shape."""
    parts = re.findall(r"\d+|[A-Za-z]+|.", text)
    return "".join(
        rf"\d{{{len(p)}}}" if p.isdigit() else r"[A-Za-z]{3}" if p.isalpha() else _literal(p)
        for p in parts
    )


def escaped(text: str) -> str:
    """A text as it stands between the quotes of a TOML string, in one line."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found.group()):04X}", text)
