"""Typed cells of spreadsheets and column files as the text that the mapper reads."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Collection

from pipelines.ingest.profile import Profile, ProfileError


def number_text(value: int | float) -> str:
    """`7.0` gives "7", `7.5` gives "7.5", not-a-number "NaN": never an empty cell."""
    if isinstance(value, int):
        return str(value)
    if value != value:
        return "NaN"
    # An infinity is no whole number of Python's either, and stays "inf".
    return str(int(value)) if value.is_integer() else repr(value)


def moment_text(value: dt.date | dt.time | dt.timedelta) -> str:
    """ISO text: a date, a date with its time of day where it has one, a time, a duration.

    Fractions of a second are cut off, not rounded: 23:59:59.7 must not become the next day.
    """
    if isinstance(value, dt.datetime):
        day = value.date().isoformat()
        clock = value.time().replace(microsecond=0, tzinfo=None)
        return day if clock == dt.time(0) else f"{day} {clock.isoformat()}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.replace(microsecond=0, tzinfo=None).isoformat()
    seconds = value // dt.timedelta(seconds=1)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def check_options(profile: Profile, known: Collection[str]) -> None:
    """Raise ProfileError for a key of the format's table that the format does not know."""
    for key in profile.options:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise ProfileError(
                f"unknown key in [{profile.format}]: '{key}'",
                where=f"profile {profile.id}",
                hint=f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(known)}.",
            )


def is_read(profile: Profile, header: str) -> bool:
    """Does anything depend on this column's cells? Not where the profile drops it unread."""
    if profile.schema == "raw" or profile.long:
        return True
    if profile.filter and profile.filter["column"] == header:
        return True
    mapped = profile.columns.get(header)
    return not mapped.drop if mapped else profile.extra_columns != "drop"
