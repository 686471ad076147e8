"""Text that a spreadsheet does not take for a formula."""

from __future__ import annotations

from typing import Final

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """A value for a cell of a CSV or workbook: text that could begin a formula gets a quote.

    Names of sites and codes come from exports, so they can hold anything. Numbers stay numbers.
    Source: OWASP, CSV injection.
    """
    if isinstance(value, str) and value.startswith(STARTS):
        return "'" + value
    return value
