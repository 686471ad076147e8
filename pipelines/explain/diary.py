"""An episode's diary in one sentence, with its first and last source row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.explain.dates import uk
from pipelines.explain.reading import Row


def sentence(days: list[Row], values: Mapping[str, Any]) -> str | None:
    """`12 days, 9 with exercises: 13/01/2026 (FILE, line 7) to …`; None without a diary."""
    if not days:
        return None
    n, active = len(days), sum(day["exercised"] for day in days)
    told = f"{n} day{'s' if n != 1 else ''}, {active} with exercises: {_row(days[0])}"
    if n > 1:
        told += f" to {_row(days[-1])}"
    painful = [day for day in days if day["excessive_pain"]]
    if painful:
        much = f"{values['excessive_pain_nprs']:g}"
        told += (
            f"; pain of {much} or more during an exercise, which the leaflet advises against, on "
            f"{', '.join(uk(day['log_date']) for day in painful)}"
        )
    return told


def _row(day: Row) -> str:
    return f"{uk(day['log_date'])} ({day['file']}, line {day['line']})"
