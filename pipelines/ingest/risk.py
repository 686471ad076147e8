"""How far the rows of an export single people out, without any identifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.ingest.coded import Coded, Places

QUASI_IDENTIFIERS = ("site_id", "age_band", "sex", "ethnic_group", "imd_quintile")


class SingledOut:
    """Counts rows whose site, age band, sex, ethnic group, deprivation and month are one person's.

    Rows of one episode are one person's, so a second contact in the month hides nobody.
    """

    def __init__(self) -> None:
        self.rows = 0
        # Per combination: the only episode in it and its rows, or None once there are several.
        self.alone: dict[tuple[Any, ...], tuple[str, int] | None] = {}

    def look(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take canonical triage rows; rows of other streams have no such columns and no effect."""
        for row in rows:
            day = row.get("contact_date")
            if day is None:
                continue
            self.rows += 1
            key = (*(row.get(name) for name in QUASI_IDENTIFIERS), day.year, day.month)
            who = row["episode_id"]
            before = self.alone.get(key, (who, 0))
            same = before is not None and before[0] == who
            self.alone[key] = (who, before[1] + 1) if same and before else None

    def look_at(self, found: Mapping[str, Coded], accepted: Places) -> None:
        """Take the accepted rows of canonical triage columns."""
        names = [n for n in (*QUASI_IDENTIFIERS, "contact_date", "episode_id") if n in found]
        columns = [found[name].take(accepted) for name in names]
        values = [map(column.values.__getitem__, column.codes.tolist()) for column in columns]
        self.look(dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))

    def share(self) -> float | None:
        """The share of rows that are alone, from 0 to 1; None without rows."""
        found = sum(each[1] for each in self.alone.values() if each)
        return round(found / self.rows, 4) if self.rows else None
