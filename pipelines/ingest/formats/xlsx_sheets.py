"""Which sheet is read, and how many rows it has: by a plain XML parser, apart from the reader."""

from __future__ import annotations

import difflib
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from pipelines.errors import Refusal
from pipelines.ingest.formats.xlsx_package import AGAIN, BLOCK, damaged, opened

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
ROW, CELL, MERGE = f"{MAIN} row", f"{MAIN} c", f"{MAIN} mergeCell"
FILLING = frozenset(f"{MAIN} {name}" for name in ("v", "t"))
FORMULA = f"{MAIN} f"
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
RANGE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}([0-9]{1,7}))?")


@dataclass(frozen=True)
class Sheet:
    """A worksheet: its name, whether people see it, and its part of the package."""

    name: str
    visible: bool
    part: str


@dataclass(frozen=True)
class Survey:
    """The sheet that is read, and its physical records."""

    sheet: str
    rows: int


@lru_cache(maxsize=4)
def survey(path: Path, sha256: str, wanted: str | None, header_row: int) -> Survey:
    """Choose the sheet and count its physical records: rows that have at least one cell.

    A row number that the sheet leaves out, or a row without a cell in it, is no record; a row of
    cells that are only formatted is one (it is dropped later as blank). Rows that a filter hides
    count as all others. Raises Refusal when no sheet or several could be meant, when cells are
    merged in the table, and when rows or cells are not in order (a reader would lose them).
    Counting and both passes of the door ask; by the hash of its bytes a file is scanned once.
    """
    with opened(path) as package:
        sheet = _chosen(path, package, wanted)
        tally = _Tally(path, sheet.name)
        _scan(path, package, sheet, tally.start, tally.end)
        for reference in tally.merged:
            _check_merged(path, sheet, reference, header_row)
    return Survey(sheet.name, tally.rows)


def _chosen(path: Path, package: zipfile.ZipFile, wanted: str | None) -> Sheet:
    sheets = _sheets(path, package)
    if wanted is not None:
        named = [sheet for sheet in sheets if sheet.name == wanted]
        if len(named) == 1:
            return named[0]
        names = {sheet.name.casefold(): sheet.name for sheet in sheets}
        near = difflib.get_close_matches(wanted.casefold(), names, 1)
        raise Refusal(
            path.name,
            None,
            f"the workbook has no sheet '{wanted}'"
            + (f" (nearest: '{names[near[0]]}')" if near else ""),
            f"It has: {_listed(sheets)}. Correct sheet under [xlsx] in the profile.",
        )
    filled = [sheet for sheet in sheets if _has_content(path, package, sheet)]
    seen = [sheet for sheet in filled if sheet.visible]
    if len(seen) == 1:
        return seen[0]
    if not filled:
        raise Refusal(path.name, None, "no sheet of the workbook has content", "Export it again.")
    what = f"{len(seen)} sheets have content" if seen else "only hidden sheets have content"
    raise Refusal(
        path.name,
        None,
        f"{what}: {_listed(filled)}",
        "Name the one to read: sheet = '...' under [xlsx] in the profile.",
    )


def _listed(sheets: list[Sheet]) -> str:
    return ", ".join(f"'{s.name}'" + ("" if s.visible else " (hidden)") for s in sheets)


def _sheets(path: Path, package: zipfile.ZipFile) -> list[Sheet]:
    """Worksheets in the workbook's order, each with its part; chart sheets are left out."""
    try:
        books = _related(package, "")
        book = next(t for kind, t in books.values() if kind.endswith("/officeDocument"))
        root = ET.fromstring(package.read(book))
        if root.tag.startswith(f"{{{STRICT}}}"):
            raise Refusal(
                path.name,
                None,
                "this is a 'Strict Open XML' workbook",
                "Save it as the usual 'Excel Workbook (.xlsx)'.",
            )
        parts = _related(package, book)
        found = []
        for sheet in root.iter(f"{{{MAIN}}}sheet"):
            kind, part = parts[sheet.attrib[f"{{{RELATION}}}id"]]
            if kind.endswith("/worksheet"):
                visible = sheet.get("state", "visible") == "visible"
                found.append(Sheet(sheet.attrib["name"], visible, part))
        return found
    except (ET.ParseError, KeyError, StopIteration) as error:
        raise damaged(path, "list of sheets", type(error).__name__) from None


def _related(package: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """What a part refers to: relation id to (type, name of the part)."""
    folder, name = posixpath.split(part)
    root = ET.fromstring(package.read(posixpath.join(folder, "_rels", f"{name}.rels")))
    found = {}
    for relation in root.iter(f"{{{PACKAGE}}}Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, relation.attrib["Target"]))
        found[relation.attrib["Id"]] = (relation.get("Type", ""), target.lstrip("/"))
    return found


class _Enough(Exception):
    """The question is answered; the rest of the part need not be parsed."""


def _has_content(path: Path, package: zipfile.ZipFile, sheet: Sheet) -> bool:
    """Is there a cell with a value or a formula? A format alone is no content."""
    inside = False

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == FORMULA:
            raise _Enough
        inside = name in FILLING

    def end(_name: str) -> None:
        nonlocal inside
        inside = False

    def text(content: str) -> None:
        if inside and content.strip():
            raise _Enough

    try:
        _scan(path, package, sheet, start, end, text)
    except _Enough:
        return True
    return False


@dataclass
class _Tally:
    """Counts rows, and refuses what would make another reader see fewer."""

    path: Path
    sheet: str
    rows: int = 0
    row: int = 0
    column: int = 0
    merged: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == CELL:
            self._cell(attributes.get("r"))
        elif name == ROW:
            number = attributes.get("r", str(self.row + 1))
            if not number.isascii() or not number.isdigit():
                raise self._disorder("a row's number is no number")
            if not self.row < int(number) <= MOST_ROWS:
                raise self._disorder("the row that follows has a lower or an impossible number")
            self.row, self.column = int(number), 0
        elif name == MERGE:
            self.merged.append(attributes.get("ref", ""))

    def end(self, name: str) -> None:
        if name == ROW and self.column:
            self.rows += 1

    def _cell(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
            return
        match = REFERENCE.fullmatch(reference)
        if not match or int(match[2]) != self.row:
            raise self._disorder("a cell's reference does not belong to its row")
        number = 0
        for letter in match[1]:
            number = number * 26 + ord(letter) - 64
        if not self.column < number <= MOST_COLUMNS:
            raise self._disorder("the cells are not in the order of their columns")
        self.column = number

    def _disorder(self, what: str) -> Refusal:
        return Refusal(self.path.name, f"sheet '{self.sheet}', row {self.row}", what, AGAIN)


def _check_merged(path: Path, sheet: Sheet, reference: str, header: int) -> None:
    match = RANGE.fullmatch(reference)
    if match and match[1] and int(match[1]) < header:
        return
    raise Refusal(
        path.name,
        f"sheet '{sheet.name}', range {reference}",
        "cells are merged in the table, so it is open which row or column their value belongs to",
        "Unmerge them and fill in every cell.",
    )


def _scan(
    path: Path,
    package: zipfile.ZipFile,
    sheet: Sheet,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        with package.open(sheet.part) as part:
            while block := part.read(BLOCK):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, KeyError) as error:
        place = f"sheet '{sheet.name}'"
        if isinstance(error, expat.ExpatError):
            place += f", line {error.lineno} of its XML"
        raise damaged(path, place, type(error).__name__) from None
