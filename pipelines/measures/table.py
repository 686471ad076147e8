"""A measure's answers broken down: what a page, the terminal and a file show of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from pipelines.measures.types import Estimate, Median, NotEstimable

DIMENSIONS: Final = (
    "month",
    "site",
    "age_band",
    "sex",
    "ethnic_group",
    "imd_quintile",
    "pattern",
    "entry_cohort",
)
"""What every measure can be cut by. `month` is the month of the measure's clock, written
YYYY-MM; an unknown value is the text "unknown", a row of its own."""

SUPPRESSED: Final = "suppressed (small numbers)"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A figure that exists and is withheld so that nobody can be picked out.

    It carries no count at all: whatever is in an answer can be read by whoever receives it.
    """

    measure: str
    reason: str = SUPPRESSED


Shown: TypeAlias = Estimate | Median | NotEstimable | Suppressed


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One line of a table: `by` has one value per dimension of the table, in their order.

    `part` is the measure's own split (a level, an item, an exercise), None where it has none.
    `mature` False: later data can still change the figure by themselves, so it takes part in no
    comparison.
    """

    by: tuple[str, ...]
    part: str | None
    result: Shown
    mature: bool = True


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """One measure cut by `by` (names of DIMENSIONS; empty: everything selected in one row)."""

    measure: str
    by: tuple[str, ...]
    rows: tuple[MeasureRow, ...]
