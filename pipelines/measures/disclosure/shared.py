"""Which views are shared at all: whole months and quarters, and one other dimension at a time."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from pipelines.measures.disclosure.grid import ALL, quarter
from pipelines.measures.disclosure.lattice import TIME, View
from pipelines.measures.filter import Filter
from pipelines.measures.types import MeasureError

DIMENSION_OF: Final[Mapping[str, str]] = {
    "sites": "site",
    "age_bands": "age_band",
    "sexes": "sex",
    "ethnic_groups": "ethnic_group",
    "imd_quintiles": "imd_quintile",
    "patterns": "pattern",
    "cohorts": "entry_cohort",
}
"""Field of a filter -> dimension."""


def shared_view(flt: Filter, by: tuple[str, ...]) -> tuple[str | None, View]:
    """(the dimension besides time, or None; the view) of a question that may be shared.

    MeasureError, with what to ask instead, for one that may not: each answer by itself could be
    safe, but together with others it would give small numbers away.
    """
    chosen = {
        DIMENSION_OF[field.name]: getattr(flt, field.name)
        for field in fields(flt)
        if field.name in DIMENSION_OF and getattr(flt, field.name)
    }
    used = list(dict.fromkeys([*(name for name in by if name != TIME), *chosen]))
    if len(used) > 1:
        raise MeasureError(
            f"shared figures have one dimension besides time at most, not {' and '.join(used)}; "
            "ask for each of them by itself"
        )
    if any(len(values) > 1 for values in chosen.values()):
        raise MeasureError(
            f"shared figures take one value at a time of {used[0]}: two groups that differ by one "
            f"value give that one away; use --by {used[0]}"
        )
    if chosen and used[0] in by:
        raise MeasureError(f"choose one value of {used[0]} or cut by it, not both")
    value = next(iter(chosen.values()))[0] if chosen else None
    span, months = _period(flt, TIME in by)
    return (used[0] if used else None), View(span, value, months)


def _period(flt: Filter, monthly: bool) -> tuple[str, tuple[str, str]]:
    begins, ends = flt.period_from, flt.period_to
    first = "" if begins is None else f"{begins:%Y-%m}"
    last = "~" if ends is None else f"{ends:%Y-%m}"
    if (begins is not None and begins.day != 1) or (ends is not None and not _ends_month(ends)):
        raise MeasureError("shared figures are of whole months; write --from 2026-01 --to 2026-03")
    if monthly or (begins is None and ends is None):
        return ALL, (first, last)
    if first == last:
        return first, (first, last)
    if begins is None or ends is None or not _whole_quarter(begins, ends):
        raise MeasureError(
            "shared figures are of one month, one quarter (as 2026-01 to 2026-03) or all data; "
            "for other periods cut by month"
        )
    return quarter(first), (first, last)


def _ends_month(day: dt.date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _whole_quarter(begins: dt.date, ends: dt.date) -> bool:
    same = quarter(f"{begins:%Y-%m}") == quarter(f"{ends:%Y-%m}")
    return same and begins.month % 3 == 1 and ends.month % 3 == 0
