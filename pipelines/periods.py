"""The period of a report or extract: a month, a financial quarter or year, or a span of months."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from pipelines.errors import UsageError

MONTH = re.compile(r"(\d{4})-(\d{2})")
QUARTER = re.compile(r"(\d{4})/(\d{2})-?[Qq]([1-4])")
YEAR = re.compile(r"(\d{4})/(\d{2})")
APRIL = 4


@dataclass(frozen=True)
class Period:
    """Whole months from the first day to the last; `name` is how files and folders call it."""

    name: str
    first: date
    last: date

    @property
    def words(self) -> str:
        """`June 2026`, or `April 2026 to June 2026`."""
        first, last = f"{self.first:%B %Y}", f"{self.last:%B %Y}"
        return first if first == last else f"{first} to {last}"


def period(given: str) -> Period:
    """The period of `2026-06`, `2026/27-Q1`, `2026/27` or `2026-04..2026-06`.

    Years and quarters are the NHS's financial ones, from April. UsageError for anything else.
    """
    given_ = given.strip()
    first, dots, last = given_.partition("..")
    try:
        if dots:
            return _checked(_month(first), _month(last))
        if MONTH.fullmatch(given_):
            return _checked(_month(given_), _month(given_))
        if found := QUARTER.fullmatch(given_):
            begins = _financial(found[1], found[2])
            return _checked(
                _later(begins, 3 * int(found[3]) - 3), _later(begins, 3 * int(found[3]) - 1)
            )
        if found := YEAR.fullmatch(given_):
            begins = _financial(found[1], found[2])
            return _checked(begins, _later(begins, 11))
    except ValueError:
        pass
    raise UsageError(
        f"'{given}' is no period",
        "--period",
        "Write a month (2026-06), a quarter or a year of the financial year (2026/27-Q1, 2026/27), "
        "or a span of months (2026-04..2026-06).",
    )


def _month(given: str) -> date:
    found = MONTH.fullmatch(given.strip())
    if not found:
        raise ValueError(given)
    return date(int(found[1]), int(found[2]), 1)


def _financial(year: str, following: str) -> date:
    if (int(year) + 1) % 100 != int(following):
        raise ValueError(year)
    return date(int(year), APRIL, 1)


def _later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _checked(first: date, last_month: date) -> Period:
    if last_month < first:
        raise ValueError("it ends before it begins")
    last = last_month.replace(day=monthrange(last_month.year, last_month.month)[1])
    name = f"{first:%Y-%m}" if first == last_month else f"{first:%Y-%m}-to-{last:%Y-%m}"
    return Period(name, first, last)
