"""Which episodes a figure covers: a period by first evaluated contact, and sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.measures.types import MeasureError


@dataclass(frozen=True, slots=True)
class Filter:
    """Period (both ends included; None = open) and sites (empty = all).

    An episode without any evaluated contact has no such date. So that it is counted exactly once
    among the exclusions of disjoint periods, it is placed by its last contact of any kind; with no
    date at all it is counted only where the period is open at both ends.
    """

    period_from: date | None = None
    period_to: date | None = None
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins: it would look like "no data"."""
        begins, ends = self.period_from, self.period_to
        if begins is not None and ends is not None and begins > ends:
            raise MeasureError(
                f"The period ends ({ends:%d %b %Y}) before it begins ({begins:%d %b %Y}); "
                "swap the two dates."
            )

    def parameters(self) -> dict[str, object]:
        """Values for `$period_from`, `$period_to` and `$sites` of every statement in `sql/`."""
        return {
            "period_from": self.period_from,
            "period_to": self.period_to,
            "sites": list(self.sites),
        }
