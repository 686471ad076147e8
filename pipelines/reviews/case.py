"""What a review belongs to: one trigger of an episode, or one action beyond the leaflet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipelines.errors import UsageError

TRIGGER = "trigger"
BEYOND = "beyond"
SEPARATOR = "|"


@dataclass(frozen=True, order=True)
class CaseKey:
    """The service, the episode's id as exported, the kind, its day, and the level or destination.

    None of these changes when a snapshot is built anew from the same files: an episode's number
    and the part that it is split into can, and are therefore no part of it.
    """

    source: str
    episode: str
    kind: str
    day: dt.date
    level: str

    def __str__(self) -> str:
        """As the published table `audit_case` and the command write it."""
        return SEPARATOR.join(
            (self.source, self.episode, self.kind, self.day.isoformat(), self.level)
        )

    @classmethod
    def parse(cls, text: str) -> CaseKey:
        """The key from its text; UsageError for what is none. An episode's id may hold the sign."""
        first, _, rest = text.partition(SEPARATOR)
        parts = rest.rsplit(SEPARATOR, 3)
        try:
            episode, kind, day, level = parts
            when = dt.date.fromisoformat(day)
        except ValueError:
            episode = kind = level = ""
            when = dt.date.min
        if not (first and episode and level and kind in (TRIGGER, BEYOND)):
            raise UsageError(
                f"'{text}' is no case",
                hint="Cases are written as `outcomes reviews list` prints them: service, episode, "
                "trigger or beyond, day and level, with | between.",
            )
        return cls(first, episode, kind, when, level)
