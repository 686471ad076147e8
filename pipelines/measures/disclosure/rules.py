"""What is a small number, and who sees what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from pipelines.measures.types import MeasureError

Mode = Literal["auditor", "service", "shared"]
MODES: Final[tuple[str, ...]] = get_args(Mode)
"""Cases; exact totals without cases; small numbers protected (for what leaves the service)."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Counts from 1 to `threshold` - 1 are small (NHS Digital's rule for hospital statistics: 1-7).

    A hidden count must stay possible at no fewer than `threshold` values. `secondary` False hides
    the small ones only; it exists so that a test can show that this is not enough.
    """

    threshold: int = 8
    secondary: bool = True

    def __post_init__(self) -> None:
        """Refuse a threshold that protects nothing."""
        if self.threshold < 2:
            raise MeasureError(f"the threshold must be 2 or more: {self.threshold}")

    def small(self, count: float) -> bool:
        """True above 0 and below the threshold; zero itself is not small."""
        return 0 < count < self.threshold

    @property
    def width(self) -> int:
        """Largest less smallest possible value that a hidden count must keep.

        One more than the threshold asks for: that a line is there at all says "not nobody", which
        can take away one value (zero).
        """
        return self.threshold


def check_mode(mode: str) -> None:
    """MeasureError for a mode that does not exist: a typing error must not open the data."""
    if mode not in MODES:
        raise MeasureError(f"unknown mode {mode!r}; modes are {', '.join(MODES)}")
