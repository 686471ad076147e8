"""The people that a family of measures is made of, counted by month and one other dimension.

Rows are those of `case_query.jointly`. A kind of people is what each measure makes of them: hit,
not, or left out ("hit|out"). Kinds do not overlap, and those left out are kinds as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pipelines.measures.disclosure.grid import Counts

UNKNOWN: Final = "unknown"
OUTSIDE: Final = "outside"


def counted(rows: Iterable[dict[str, Any]], cut: bool) -> Counts:
    """(month, value or None) -> number by kind. `cut`: rows have a second key, `by_1`.

    Cases without a month, and those that no measure of the family is about, are left aside.
    """
    found: dict[tuple[str, str | None], dict[str, int]] = {}
    for row in rows:
        month = row["by_0"]
        if month in (None, UNKNOWN) or set(row["states"].split("|")) == {OUTSIDE}:
            continue
        own = found.setdefault((month, (row["by_1"] or UNKNOWN) if cut else None), {})
        own[row["states"]] = own.get(row["states"], 0) + int(row["n"])
    return found


def still_changing(rows: Iterable[dict[str, Any]]) -> set[str]:
    """Months with a case that later data can still change by themselves."""
    return {row["by_0"] for row in rows if not row["mature"]}


def with_empty(counts: Counts, months: Sequence[str], values: Sequence[str | None]) -> Counts:
    """`counts` of these months alone, with a cell for each of the values in each of them."""
    return {(m, v): dict(counts.get((m, v), {})) for m in months for v in values}


def told(kinds: Mapping[str, int], place: int) -> tuple[int, int, int]:
    """(hits, counted, left out) of the measure at this place of its family."""
    sums = {"hit": 0, "not": 0, "out": 0, OUTSIDE: 0}
    for states, n in kinds.items():
        sums[states.split("|")[place]] += n
    return sums["hit"], sums["hit"] + sums["not"], sums["out"]
