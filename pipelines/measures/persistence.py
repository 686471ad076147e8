"""Share still symptomatic past a landmark day, with the best and the worst case.

The status of an episode at the landmark (42 or 56 days after onset) is decided by the models; here
the statuses are only counted. Those without later information are in neither side of the share,
so the share is always shown between two bounds: all of them recovered, or none of them did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pipelines.measures.proportion import share
from pipelines.measures.types import Exclusions, MeasureError, Result

PERSISTENT: Final = "PERSISTENT"
NOT_PERSISTENT: Final = "NOT_PERSISTENT"
LOST: Final = "LOST"
PENDING: Final = "PENDING"
STATUSES: Final = (
    PERSISTENT,
    NOT_PERSISTENT,
    LOST,
    PENDING,
    "NOT_YET_DUE",
    "ONSET_UNKNOWN",
    "NO_DATA",
)
KNOWN_ENOUGH: Final = 0.70
"""Below this share of known status the screen says "status known in x %" beside the figure."""


@dataclass(frozen=True, slots=True)
class LandmarkShare:
    """Share past a landmark with its bounds; every part carries its own counts.

    `share` = persistent / known; `best` counts everyone of unknown status as recovered, `worst`
    as persisting; `known` = known / due. `counts` has every status, zero included.
    """

    share: Result
    best: Result
    worst: Result
    known: Result
    counts: tuple[tuple[str, int], ...]

    @property
    def known_enough(self) -> bool:
        """False when the share rests on less than 70 % of those who were due."""
        value = getattr(self.known, "value", None)
        return value is not None and value >= KNOWN_ENOUGH


def landmark_share(
    counts: Mapping[str, int],
    *,
    weeks: int = 8,
    exclusions: Exclusions = (),
    confidence: float = 0.95,
) -> LandmarkShare:
    """Counts by status -> share with Wilson limits, best and worst case, share of known status.

    `exclusions` are those left out before (e.g. seen too late); the statuses that are not counted
    here are added to them. Unknown statuses and negative counts are a MeasureError.
    """
    unknown = sorted(set(counts) - set(STATUSES))
    if unknown:
        raise MeasureError(f"unknown persistence status {unknown[0]!r}; known: {list(STATUSES)}")
    if any(n < 0 for n in counts.values()):
        raise MeasureError(f"a count is negative: {dict(counts)}")
    full = {status: int(counts.get(status, 0)) for status in STATUSES}
    persistent, known = full[PERSISTENT], full[PERSISTENT] + full[NOT_PERSISTENT]
    open_ended = full[LOST] + full[PENDING]
    early = tuple((s, full[s]) for s in STATUSES[4:] if full[s])
    unseen = tuple((s, full[s]) for s in (LOST, PENDING) if full[s])
    due = known + open_ended
    nobody = f"nobody has passed {weeks} weeks from onset with a known status"
    none_due = f"nobody has passed {weeks} weeks from onset"

    def part(name: str, x: int, n: int, left_out: Exclusions, empty: str) -> Result:
        return share(name, x, n, exclusions + left_out, confidence=confidence, empty=empty)

    return LandmarkShare(
        part(f"persistence_share_{weeks}_weeks", persistent, known, unseen + early, nobody),
        part("persistence_best_case", persistent, due, early, none_due),
        part("persistence_worst_case", persistent + open_ended, due, early, none_due),
        part("persistence_status_known", known, due, early, none_due),
        tuple(full.items()),
    )
