"""Days and stretches of days as people write them."""

from __future__ import annotations

import datetime as dt


def uk(day: str | None) -> str:
    """`02/03/2026` from an ISO date."""
    return dt.date.fromisoformat(day).strftime("%d/%m/%Y") if day else "an unknown day"


def span(days: int) -> str:
    """`8 weeks` where it is whole weeks, else `57 days`."""
    if days and days % 7 == 0:
        return f"{days // 7} week{'s' if days > 7 else ''}"
    return f"{days} day{'s' if days != 1 else ''}"


def between(low: int | None, high: int | None) -> str:
    """`61 days`, or `45 to 75 days`."""
    if low == high:
        return f"{low} day{'s' if low != 1 else ''}"
    return f"{low} to {high} days"
