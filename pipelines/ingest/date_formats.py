"""Formats of dates: what they look like, which of them are supported, which contradict.

A year of two digits (`%y`) lies in 1969 to 2068; what that puts after the export is out of range.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

PATTERNS = {
    "%d": r"[0-9]{1,2}", "%m": r"[0-9]{1,2}", "%Y": r"[0-9]{4}", "%H": r"[0-9]{1,2}",
    "%M": r"[0-9]{2}", "%S": r"[0-9]{2}", "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]+",
    "%f": r"[0-9]{1,6}", "%y": r"[0-9]{2}", "%p": r"[AaPp][Mm]", "%I": r"[0-9]{1,2}",
    "%z": r"(?:Z|[+-][0-9]{2}:?[0-9]{2})",
}  # fmt: skip


def shape(fmt: str) -> re.Pattern[str]:
    """What a text in this format looks like, digit by digit."""
    pattern, place = "", 0
    while place < len(fmt):
        token = fmt[place : place + 2]
        if token in PATTERNS:
            pattern += PATTERNS[token]
            place += 2
        else:
            pattern += re.escape(fmt[place])
            place += 1
    return re.compile(pattern)


def unsupported(fmt: str) -> str | None:
    """The first directive of a format that is not known here, or None."""
    found = (token for token in re.findall(r"%.?", fmt) if token not in PATTERNS)
    return next(found, None)


def ambiguous(formats: tuple[str, ...]) -> tuple[str, str] | None:
    """Two of the formats that read one text as two different days, or None."""
    for first in formats:
        for second in formats:
            # Days and months that can change places, years that can be read as either.
            for day in (dt.datetime(2003, 2, 1, 4, 5, 6), dt.datetime(2011, 10, 12, 9, 8, 7)):
                text = day.strftime(first)
                try:
                    other = dt.datetime.strptime(text, second)
                    same = dt.datetime.strptime(text, first)
                except ValueError:
                    continue
                if other.replace(tzinfo=None).date() != same.replace(tzinfo=None).date():
                    return first, second
    return None


def month_end(day: dt.date) -> dt.date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
