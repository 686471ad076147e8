"""What a measure returns: an estimate with its counts, or the reason why there is none.

A measure never answers with NaN and never with 0 % for "no data". Whoever shows a result has to
look at which of the two types it is, which is the point of having two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

LEVELS: Final = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")
"""Level codes; the position is the number stored in the snapshot (0 to 4)."""

SELF_MANAGE: Final = 0
TIMS: Final = 1
GP: Final = 2
URGENT: Final = 3
A_AND_E: Final = 4

NOT_SETTLED: Final = "NOT_SETTLED"
"""Bar for "nothing above self-management is confirmed, and it is not ruled out either"."""

Unit = Literal["share", "difference", "days", "count", "rate", "kappa", "points", "ratio"]
Exclusions: TypeAlias = tuple[tuple[str, int], ...]
"""(reason code, number left out), in the order in which the reasons are applied."""


class MeasureError(ValueError):
    """A measure was called with something that cannot be right (not merely with too little)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Two-sided confidence limits, lower <= upper."""

    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure with everything that has to be printed beside it.

    `value`, `lower` and `upper` are in `unit` (a share lies in 0..1). A limit of None means that
    the data set none on that side ("not reached", or no event yet); it is never 0 or the maximum.
    `numerator` is None where the figure is no simple ratio. `measure` is an id of the catalogue.
    """

    measure: str
    value: float
    lower: float | None
    upper: float | None
    numerator: int | None
    denominator: int
    exclusions: Exclusions
    method: str
    unit: Unit = "share"
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Refuse figures that no correct calculation can give."""
        for name in ("value", "lower", "upper"):
            figure: float | None = getattr(self, name)
            if figure is not None and not math.isfinite(figure):
                raise MeasureError(f"{self.measure}: {name} is {figure}, not a finite number")
        if self.denominator <= 0:
            raise MeasureError(f"{self.measure}: an estimate needs a denominator above 0")
        low = self.value if self.lower is None else self.lower
        high = self.value if self.upper is None else self.upper
        if not low <= self.value <= high:
            raise MeasureError(f"{self.measure}: {self.value} lies outside {low} to {high}")
        if self.unit == "share":
            if low < 0.0 or high > 1.0:
                raise MeasureError(f"{self.measure}: a share must lie in 0..1: {low} to {high}")
            if self.numerator is not None and not 0 <= self.numerator <= self.denominator:
                raise MeasureError(
                    f"{self.measure}: {self.numerator} of {self.denominator} is no share"
                )

    @property
    def excluded(self) -> int:
        """How many units were left out, all reasons together."""
        return sum(n for _, n in self.exclusions)


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """There is no figure, and this is why (a sentence that can be shown as it stands)."""

    reason: str
    measure: str = ""
    denominator: int = 0
    exclusions: Exclusions = ()

    @property
    def excluded(self) -> int:
        """How many units were left out, all reasons together."""
        return sum(n for _, n in self.exclusions)


Result: TypeAlias = Estimate | NotEstimable


@dataclass(frozen=True, slots=True)
class Median:
    """A median time from a survival curve, in days.

    `value` None means "not reached": fewer than half had the event while they were followed.
    `lower` or `upper` None means that the confidence limit is not reached on that side.
    """

    measure: str
    value: float | None
    lower: float | None
    upper: float | None
    n: int
    events: int
    exclusions: Exclusions
    method: str
    confidence: float = 0.95
