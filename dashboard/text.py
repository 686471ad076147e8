"""How figures, dates and codes are written on screen. British English, no screen library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from pipelines.measures.catalogue import reason_text
from pipelines.measures.types import Estimate, Median, NotEstimable, Result
from pipelines.words import ANSWERS
from pipelines.words import NONE as NONE
from pipelines.words import said as said

LEVEL_CODES: Final = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")


def count(n: int) -> str:
    """12,345."""
    return f"{n:,}"


def tens(n: int) -> str:
    """`710 to 719`, `fewer than 10`: a count of which only the tens are told."""
    low = n // 10 * 10
    return f"{low:,} to {low + 9:,}" if low else "fewer than 10"


def plain(words: str) -> str:
    """Words that somebody typed, so that none of their signs is taken for markup or a formula."""
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~$:&-])", r"\\\1", words)


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 episode`, `12,345 episodes`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percent(value: float, places: int = 1) -> str:
    """12.3%."""
    return f"{value * 100:.{places}f}%"


def days(value: float | None) -> str:
    """`56 days`, or "not reached" for a time that the data do not reach."""
    if value is None:
        return "not reached"
    return f"{value:g} day{'' if value == 1 else 's'}"


def day(value: date | None) -> str:
    """`3 Nov 2025`."""
    return NONE if value is None else f"{value.day} {value:%b %Y}"


def month(value: date) -> str:
    """`November 2025`."""
    return f"{value:%B %Y}"


def months(found: Sequence[date]) -> str:
    """`March 2025`, `January to March 2025`, `November 2024 to January 2025`."""
    first, last = found[0], found[-1]
    if first == last:
        return month(first)
    return f"{first:%B}{'' if first.year == last.year else f' {first.year}'} to {month(last)}"


def iso_day(value: str | None) -> str:
    """`3 Nov 2025` from `2025-11-03`."""
    return day(date.fromisoformat(value)) if value else NONE


def moment(value: datetime) -> str:
    """`3 Nov 2025, 10:04`."""
    return f"{day(value.date())}, {value:%H:%M}"


def figure(result: Result | Median) -> str:
    """The figure alone: `12.3%`, `42 days`, or "not estimable"."""
    if isinstance(result, NotEstimable):
        return "Not estimable"
    if isinstance(result, Median):
        return days(result.value)
    if result.unit == "share":
        return percent(result.value)
    return days(round(result.value, 1)) if result.unit == "days" else f"{result.value:,.1f}"


def limits(result: Result | Median) -> str:
    """`95% CI 11.0% to 13.7%`, `95% CI 25 days to not reached`; empty without an estimate."""
    if isinstance(result, NotEstimable):
        return ""
    share = isinstance(result, Estimate) and result.unit == "share"

    def end(value: float | None) -> str:
        if value is None:
            return "not reached"
        return percent(value) if share else f"{round(value, 1):g}"

    said = f"{end(result.lower)} to {end(result.upper)}"
    if not share and result.upper is not None:
        said += " days"
    elif not share and result.lower is not None:
        said = f"{days(round(result.lower, 1))} to not reached"
    return f"{result.confidence:.0%} CI {said}"


def ratio(result: Result) -> str:
    """`612 of 6,240`, or the denominator alone where the figure is no simple ratio."""
    if isinstance(result, NotEstimable):
        return f"n = {count(result.denominator)}"
    if result.numerator is None:
        return f"n = {count(result.denominator)}"
    return f"{count(result.numerator)} of {count(result.denominator)}"


def whole(result: Result) -> str:
    """Figure, interval and n in one line; for no estimate its reason."""
    if isinstance(result, NotEstimable):
        return result.reason
    return f"{figure(result)} ({limits(result)}; {ratio(result)})"


def listed(words: list[str], final: str = "and") -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {final} {words[-1]}"


def answer(code: str | None) -> str:
    """Why a question has no yes or no, in lower case: `not asked`, `declined`."""
    return ANSWERS.get(code or "", "not recorded")


def why(code: str | None) -> str:
    """A reason of exclusion in the catalogue's words."""
    return reason_text(code) if code else "reason not recorded"
