"""Cells and words of a report in the forms that files take."""

from __future__ import annotations

import re
from typing import Final

from dashboard.charts.base import Cell
from pipelines.neutral import cell as neutral

COUNT: Final = re.compile(r"-?\d{1,3}(,\d{3})*|-?\d+")
PERCENT: Final = re.compile(r"(-?\d+(?:\.(\d+))?)%")
UNWRITABLE: Final = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
"""Control characters, as come with text from word processors; XML 1.0 has no place for them."""
MARKS: Final = re.compile(r"\*\*|`|\\(?=[^\w\s])")


def readable(text: str) -> str:
    """Somebody's text with a space for each character that no file can hold."""
    return UNWRITABLE.sub(" ", text)


def verbatim(text: str) -> str:
    """Somebody's text as a workbook's cell: nothing of it is taken for markup or a formula."""
    return str(neutral(readable(text)))


def words(markdown: str) -> str:
    """A sentence of a page without its marks: no bold, no code, no escapes."""
    return readable(MARKS.sub("", markdown))


def typed(given: Cell) -> tuple[Cell, str]:
    """(value, number format) for a workbook: counts and percentages as numbers, text made safe.

    The number shown is the one on the page: a percentage keeps its decimals.
    """
    if not isinstance(given, str):
        return given, "General"
    if COUNT.fullmatch(given):
        return int(given.replace(",", "")), "#,##0"
    if found := PERCENT.fullmatch(given):
        places = len(found[2] or "")
        form = f"0.{'0' * places}%" if places else "0%"
        return round(float(found[1]) / 100, places + 2), form
    safe = neutral(words(given))
    return str(safe), "General"


def number(given: Cell) -> float | None:
    """The number of a cell, as a chart plots it; None for words."""
    value, _ = typed(given)
    return float(value) if isinstance(value, int | float) else None
