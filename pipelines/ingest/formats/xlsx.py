"""Excel workbooks (.xlsx): one sheet, streamed, its typed cells as text.

Options under [xlsx]: `sheet` (the only visible one with content when left out) and `formulas`:
"set_aside" (the default: a row with a formula is set aside, for the value stored beside a formula
may be stale) or "cached" (the stored value is used).
"""

from __future__ import annotations

import datetime as dt
import math
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.cell.read_only import EmptyCell
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from pipelines.errors import Refusal
from pipelines.ingest.formats.cell_text import check_options, is_read, moment_text, number_text
from pipelines.ingest.formats.xlsx_package import damaged
from pipelines.ingest.formats.xlsx_sheets import survey
from pipelines.ingest.profile import Profile, ProfileError
from pipelines.ingest.records import Record
from pipelines.ingest.source import Source

OPTIONS = ("sheet", "formulas")
FORMULAS = ("set_aside", "cached")
# A number cell keeps 15 digits; a longer whole number has been rounded when it was typed.
ROUNDED = 1e15
UNREADABLE = (
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError),
    *(zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException),
)
# The library warns of things that it leaves out of a workbook it would save; none is a cell. A
# date out of range comes as an error cell besides the warning.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")

Row = tuple[int, Sequence[Any]]


def count(source: Source, profile: Profile) -> int:
    """Rows of the sheet with at least one cell, preamble and header included.

    Counted in the sheet's XML, apart from the reader that loads it. Raises as `records` does.
    """
    return survey(source.path, source.sha256, _sheet(profile), profile.header_row).rows


def records(source: Source, profile: Profile) -> Iterator[Record]:
    """Every row that has a cell, in order, with its row number in the sheet.

    Rows above the header come as one cell of joined text. Empty cells at the end of a row are
    filled up to the header's width. A row with a formula, an error value or a rounded number in a
    column that is read comes with its problem. Raises Refusal for a file that cannot be read
    whole or whose header is not text, ProfileError for an unknown option.
    """
    cached = _uses_cached(profile)
    chosen = survey(source.path, source.sha256, _sheet(profile), profile.header_row).sheet
    rows = _pairs(source.path, chosen, cached)
    table: _Table | None = None
    for number, formulas, values in rows:
        cells = [_read(cell, value) for cell, value in zip(formulas, values, strict=True)]
        if number < profile.header_row:
            yield Record(number, [" ".join(cell.text for cell in cells if cell.shown)])
        elif table is None:
            _check_header(source, profile, chosen, number, cells)
            table = _Table(profile, _trimmed(cells))
            yield Record(number, list(table.header))
        else:
            yield table.record(number, cells)


@dataclass(frozen=True)
class _Cell:
    text: str
    problem: str | None = None

    @property
    def shown(self) -> bool:
        return bool(self.text) and self.problem is None


class _Table:
    """What the header says about the rows under it."""

    def __init__(self, profile: Profile, header: list[str]) -> None:
        self.header = header
        self._footer = profile.footer
        self._unread = frozenset(
            place for place, name in enumerate(header) if not is_read(profile, name.strip())
        )

    def record(self, number: int, cells: list[_Cell]) -> Record:
        """One row: set aside, or its text at least as wide as the header."""
        texts = _trimmed(cells)
        texts += [""] * (len(self.header) - len(texts))
        # A line of totals is a footer before it is a row of formulas.
        if not (self._footer and self._footer.search(texts[0])):
            for place, cell in enumerate(cells):
                if cell.problem and place not in self._unread:
                    return Record(number, [], cell.problem)
        return Record(number, texts)


def _sheet(profile: Profile) -> str | None:
    check_options(profile, OPTIONS)
    sheet = profile.options.get("sheet")
    if sheet is not None and not isinstance(sheet, str):
        raise ProfileError("sheet under [xlsx] is a sheet's name", where=f"profile {profile.id}")
    return sheet


def _uses_cached(profile: Profile) -> bool:
    chosen = profile.options.get("formulas", FORMULAS[0])
    if chosen not in FORMULAS:
        raise ProfileError(
            f"formulas = '{chosen}' under [xlsx] is none of {', '.join(FORMULAS)}",
            where=f"profile {profile.id}",
        )
    return bool(chosen == "cached")


def _check_header(
    source: Source, profile: Profile, sheet: str, number: int, cells: list[_Cell]
) -> None:
    place = f"sheet '{sheet}', row {profile.header_row}"
    if number != profile.header_row:
        raise Refusal(
            source.path.name,
            place,
            "the row that should be the header is empty",
            f"Correct header_row in profile {profile.id}.",
        )
    for column, cell in enumerate(cells, start=1):
        if cell.problem:
            raise Refusal(
                source.path.name,
                f"{place}, column {column}",
                f"the header is not plain text ({cell.problem})",
                "Write the column's name into the cell as text.",
            )


def _trimmed(cells: list[_Cell]) -> list[str]:
    """The texts without the empty ones at the end, which a sheet may hold or leave out."""
    texts = [cell.text for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _read(cell: Any, value: Any) -> _Cell:
    """A cell's text, from the cell as written and, if it is a formula, the cell as calculated.

    `value` is None when calculated values are not used. The text of a cell with a problem only
    tells rows apart: it is used where the column is not read.
    """
    if cell.data_type == "f":
        formula = cell.value if isinstance(cell.value, str) else repr(vars(cell.value))
        # A text formula that gave the empty text has a type of its own: it has a value.
        if value is None or (value.value is None and value.data_type != "str"):
            return _Cell(formula, "formula")
        cell = value
    found = cell.value
    if found is None:
        return _Cell("")
    if cell.data_type == "e":
        return _Cell(str(found), "error_cell")
    if isinstance(found, bool):
        return _Cell("true" if found else "false")
    if isinstance(found, int | float):
        rounded = not math.isfinite(found) or abs(found) >= ROUNDED
        return _Cell(number_text(found), "rounded_number" if rounded else None)
    if isinstance(found, dt.date | dt.time | dt.timedelta):
        return _Cell(moment_text(found))
    return _Cell(unescape(str(found)))


def _pairs(path: Path, sheet: str, cached: bool) -> Iterator[tuple[int, Sequence[Any], list[Any]]]:
    """Rows as (number, cells as written, the same cells as calculated, or None for each)."""
    written = _rows(path, sheet, False)
    if not cached:
        for number, cells in written:
            yield number, cells, [None] * len(cells)
        return
    for (number, cells), (_, values) in zip(written, _rows(path, sheet, True), strict=True):
        yield number, cells, list(values)


def _rows(path: Path, sheet: str, calculated: bool) -> Iterator[Row]:
    """Rows that have at least one cell. A workbook opened so gives either formulas or values."""
    number = 0
    try:
        with path.open("rb") as handle:
            book = load_workbook(handle, read_only=True, data_only=calculated, keep_links=False)
            try:
                table: Any = book[sheet]
                # Some exporters write a wrong size, and the rows beyond it would be left out.
                table.reset_dimensions()
                for number, cells in enumerate(table.iter_rows(), start=1):
                    if any(not isinstance(cell, EmptyCell) for cell in cells):
                        yield number, cells
            finally:
                book.close()
    except UNREADABLE as error:
        # The error's own text may hold a cell's.
        raise damaged(path, f"sheet '{sheet}', after row {number}", type(error).__name__) from None
