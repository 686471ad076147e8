"""From a cell's text to a typed value, strictly: each distinct value is judged once."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.ingest.contract import Column, dictionary
from pipelines.ingest.date_formats import shape
from pipelines.ingest.profile import Mapped, Profile

Cast = Callable[[str], tuple[Any, str | None]]

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
OPEN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _+&.,'()/<>-]{0,39}")
WHOLE = re.compile(r"-?[0-9]{1,9}(\.0+)?")
DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,15})?")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
SHORT_CODE = re.compile(r"[A-Za-z0-9 ./_+-]{1,24}")
TYPED_DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")
THOUSANDTH = Decimal("0.001")


def casting(column: Column, mapped: Mapped, profile: Profile, latest: dt.date) -> Cast:
    """The function that reads this column's cells: text to (value, problem or None)."""
    if mapped.codes:
        return _coded(column, profile.codes[mapped.codes])
    if column.kind == "answer":
        return _coded(column, dictionary()["answers"])
    if column.kind == "id":
        return _id
    if column.kind == "date":
        formats = mapped.formats or profile.formats
        # A typed cell has no spelling of its own: its reader gives it as ISO, beside the profile's.
        typed = TYPED_DATES if profile.format in ("xlsx", "parquet") else ()
        dates = _dates((*formats, *typed), profile.earliest, latest, ZoneInfo(profile.timezone))
        # Only an onset may be known by its month; the day of anything else is not made up.
        return dates if column.name.startswith("onset_") else _with_day(dates)
    if column.kind == "time":
        return _time
    if column.kind in ("count", "number", "float"):
        return _number(column, mapped)
    if column.kind == "closed":
        return _closed(column)
    return _open


def _coded(column: Column, table: dict[str, Any]) -> Cast:
    """Spellings to codes by case-folded comparison; `match = "regex"` searches patterns."""
    fallback = table.get("on_unmapped")
    lists = {code: spelt for code, spelt in table.items() if isinstance(spelt, list)}
    if table.get("match") == "regex":
        patterns = [(re.compile(s, re.I), code) for code, spelt in lists.items() for s in spelt]

        def search(text: str) -> tuple[Any, str | None]:
            for pattern, code in patterns:
                if pattern.search(text):
                    return code, None
            return fallback, "unmapped"

        return search
    known = {
        str(spelling).strip().casefold(): code
        for code, spelt in lists.items()
        for spelling in spelt
    }
    unknown = "unknown" if column.kind == "answer" else fallback

    def look_up(text: str) -> tuple[Any, str | None]:
        code = known.get(text.strip().casefold())
        return (code, None) if code is not None else (unknown, "unmapped")

    return look_up


def _id(text: str) -> tuple[Any, str | None]:
    return (text, None) if ID.fullmatch(text) else (None, "invalid_id")


def _open(text: str) -> tuple[Any, str | None]:
    return (text, None) if OPEN_CODE.fullmatch(text) else (None, "unmapped")


def _closed(column: Column) -> Cast:
    known = {code.casefold(): code for code in column.codes}

    def look_up(text: str) -> tuple[Any, str | None]:
        code = known.get(text.casefold())
        return (code, None) if code else (None, "unmapped")

    return look_up


def _time(text: str) -> tuple[Any, str | None]:
    if not TIME.fullmatch(text):
        return None, "invalid_time"
    return (text if len(text) == 8 else f"{text}:00"), None


def _number(column: Column, mapped: Mapped) -> Cast:
    low = mapped.low if mapped.low is not None else column.low
    high = mapped.high if mapped.high is not None else column.high
    pattern = WHOLE if column.kind == "count" else DECIMAL

    def read(text: str) -> tuple[Any, str | None]:
        bare = text.removesuffix(mapped.strip).strip() if mapped.strip else text
        if not pattern.fullmatch(bare):
            return None, "not_a_number"
        value = Decimal(bare)
        if (low is not None and value < Decimal(str(low))) or (
            high is not None and value > Decimal(str(high))
        ):
            return None, "out_of_range"
        if mapped.scale is not None:
            value *= Decimal(str(mapped.scale))
        if column.kind == "count":
            return int(value), None
        return (float(value) if column.kind == "float" else value.quantize(THOUSANDTH)), None

    return read


def _dates(formats: tuple[str, ...], earliest: dt.date, latest: dt.date, zone: ZoneInfo) -> Cast:
    compiled = [(shape(fmt), fmt, "%d" not in fmt) for fmt in formats]

    def read(text: str) -> tuple[Any, str | None]:
        for pattern, fmt, by_month in compiled:
            if not pattern.fullmatch(text):
                continue
            try:
                moment = dt.datetime.strptime(text, fmt)
            except ValueError:
                continue
            if moment.tzinfo is not None:
                # An instant: the day that the clock on the wall showed at the service.
                moment = moment.astimezone(zone).replace(tzinfo=None)
            if not earliest <= moment.date() <= latest:
                return None, "date_out_of_range"
            return (moment, by_month), None
        return None, "invalid_date"

    return read


def _with_day(dates: Cast) -> Cast:
    def read(text: str) -> tuple[Any, str | None]:
        value, problem = dates(text)
        return (None, "date_without_day") if value and value[1] else (value, problem)

    return read


def rekeyed(text: str, key: bytes) -> str:
    """A pseudonym that only the holder of the key can make again: HMAC-SHA-256, 32 hex digits."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def shown(value: str, column: Column) -> str | None:
    """The value for the load report where it is a short code; never an id or free text."""
    if column.kind in ("id", "text", "date") or not SHORT_CODE.fullmatch(value):
        return None
    return None if re.search(r"\d{6,}", value) else value
