"""Which cases a figure covers: a period, sites, and the other dimensions it can be cut by."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from pipelines.measures.types import MeasureError

COLUMN_OF: Final = {
    "sites": "site_id",
    "age_bands": "age_band",
    "sexes": "sex",
    "ethnic_groups": "ethnic_group",
    "imd_quintiles": "imd_quintile",
    "patterns": "phenotype",
    "cohorts": "entry_cohort",
}
"""Field of a filter -> column of the published tables. An unknown value is stored as "unknown"."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Period (both ends included; None = open) and the values chosen per dimension (empty = all).

    An episode without any evaluated contact has no such date. So that it is counted exactly once
    among the exclusions of disjoint periods, it is placed by its last contact of any kind; with no
    date at all it is counted only where the period is open at both ends.
    """

    period_from: date | None = None
    period_to: date | None = None
    sites: tuple[str, ...] = ()
    age_bands: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    ethnic_groups: tuple[str, ...] = ()
    imd_quintiles: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    cohorts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a period that ends before it begins: it would look like "no data"."""
        begins, ends = self.period_from, self.period_to
        if begins is not None and ends is not None and begins > ends:
            raise MeasureError(
                f"The period ends ({ends:%d %b %Y}) before it begins ({begins:%d %b %Y}); "
                "swap the two dates."
            )

    def parameters(self) -> dict[str, object]:
        """Values for the `$names` of a statement; a list for each dimension."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}


def conditions(clock: str) -> str:
    """The SQL that a filter stands for, on a table with a date column `clock` and the dimensions.

    Every value is a bound parameter of `Filter.parameters`; `clock` is a column name of ours.
    """
    period = [
        f"($period_from::date is null or {clock} >= $period_from::date)",
        f"($period_to::date is null or {clock} <= $period_to::date)",
    ]
    chosen = [
        f"(len(${name}::varchar[]) = 0 "
        f"or list_contains(${name}::varchar[], coalesce({column}, 'unknown')))"
        for name, column in COLUMN_OF.items()
    ]
    return "\n        and ".join([*period, *chosen])
