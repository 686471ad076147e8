"""The report as a workbook: a sheet per chart and table, and one about the extract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dashboard.charts.base import Chart, Table
from dashboard.report.cells import typed, verbatim, words
from dashboard.report.content import Report

ABOUT: Final = "About this extract"
LONGEST_NAME: Final = 31
FORBIDDEN: Final = re.compile(r"[\\/*?:\[\]]")
WIDEST: Final = 60


def workbook(report: Report, path: Path) -> None:
    """Write the workbook to `path`."""
    book = Workbook()
    first = book.active
    assert first is not None
    _about(first, report)
    taken = {ABOUT.casefold()}
    for table in tables(report):
        _sheet(book.create_sheet(_name(table.title, taken)), table)
    book.save(path)


def tables(report: Report) -> Iterator[Table]:
    """Every table of the report and the table behind every chart, in order."""
    for section in report.sections:
        for block in section.blocks:
            table = block.table if isinstance(block, Chart) else block
            if isinstance(table, Table) and table.rows:
                yield table


def _about(sheet: Worksheet, report: Report) -> None:
    sheet.title = ABOUT
    commentary = report.commentary.strip()
    rows = [
        (report.title, typed(report.subtitle)[0]),
        *((name, typed(value)[0]) for name, value in report.about),
        ("Commentary", verbatim(commentary) if commentary else "none was written"),
        *(
            (section.title, typed(block)[0])
            for section in report.sections
            for block in section.blocks
            if isinstance(block, str)
        ),
    ]
    for name, value in rows:
        sheet.append([name, value])
    for (cell,) in sheet.iter_rows(min_col=1, max_col=1):
        cell.font = Font(bold=True)
    sheet.column_dimensions["A"].width = 32
    sheet.column_dimensions["B"].width = 100
    for (cell,) in sheet.iter_rows(min_col=2, max_col=2):
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _sheet(sheet: Worksheet, table: Table) -> None:
    sheet.append([str(typed(table.title)[0])])
    sheet.append([str(typed(each)[0]) for each in table.columns])
    for row in table.rows:
        found = [typed(cell) for cell in row]
        sheet.append([value for value, _ in found])
        for column, (_, form) in enumerate(found, start=1):
            sheet.cell(sheet.max_row, column).number_format = form
    sheet["A1"].font = Font(bold=True, size=14)
    for column in range(1, len(table.columns) + 1):
        sheet.cell(2, column).font = Font(bold=True)
        widest = max(len(str(row[column - 1] or "")) for row in (table.columns, *table.rows))
        sheet.column_dimensions[get_column_letter(column)].width = min(widest + 2, WIDEST)
    sheet.freeze_panes = "B3"


def _name(title: str, taken: set[str]) -> str:
    """A sheet's name: no sign that is forbidden there, short, and no second one like it."""
    plain = FORBIDDEN.sub(" ", words(title)).strip("' ")[:LONGEST_NAME] or "Sheet"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain[: LONGEST_NAME - len(str(number)) - 1]} {number}"
    taken.add(name.casefold())
    return name
