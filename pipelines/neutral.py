"""Text that a spreadsheet does not take for a formula."""

from __future__ import annotations

from typing import Final

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """A value for a cell of a CSV or workbook: text that could begin a formula gets a quote.

    Names of sites and codes come from exports, so they can hold anything. Numbers stay numbers.
    A line's end is the one that writers of CSV quote: after another one, a spreadsheet would begin
    a row, and what follows could be a formula. Source: OWASP, CSV injection.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if text.startswith(STARTS) else text
