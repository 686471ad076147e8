"""A second reader of delimited text, one character at a time: the witness for the door's.

It shares nothing with the door but the dialect: the delimiter, the quote, line ends inside quotes
allowed. What is between quotes is a cell; a doubled quote is a quote; a quote inside an unquoted
cell is itself; anything but a delimiter or a line end behind a closing quote is malformed.
"""

from __future__ import annotations

MALFORMED = None


def parse(text: str, delimiter: str, quote: str = '"') -> list[list[str] | None] | None:
    """Records as cells, MALFORMED for one that cannot be read, None where a quote stays open.

    Of a malformed record the rest of its line is skipped.
    """
    found: list[list[str] | None] = []
    cells: list[str] = []
    cell, state, place, size = "", "start", 0, len(text)
    while place < size:
        char = text[place]
        place += 1
        end = char in "\r\n"
        if end and char == "\r" and place < size and text[place] == "\n" and state != "quoted":
            place += 1
        if state == "quoted":
            if char == quote:
                state = "closed"
            else:
                cell += char
        elif state == "closed" and char == quote:
            cell, state = cell + quote, "quoted"
        elif end:
            if cells or cell or state != "start":
                cells.append(cell)
            found.append(cells)
            cells, cell, state = [], "", "start"
        elif char == delimiter:
            cells.append(cell)
            cell, state = "", "cell"
        elif state in ("start", "cell") and char == quote and cell == "":
            state = "quoted"
        elif state == "closed":
            found.append(MALFORMED)
            while place < size and text[place] not in "\r\n":
                place += 1
            place += 2 if text[place : place + 2] == "\r\n" else 1
            cells, cell, state = [], "", "start"
        else:
            cell, state = cell + char, "open"
    if state == "quoted":
        return None
    if cells or cell or state != "start":
        found.append([*cells, cell])
    return found
