"""The columns of a file searched for identifiers of people, before anything is written."""

from __future__ import annotations

from pipelines.errors import Refusal
from pipelines.ingest.identifiers import ColumnGuard, holds_nhs_number
from pipelines.ingest.profile import Profile
from pipelines.ingest.rows import Rows
from pipelines.ingest.source import Source


def guarded(source: Source, profile: Profile, rows: Rows) -> frozenset[str]:
    """Values to mask. Raises Refusal for a column of identifiers, and for a file without rows."""
    masked: set[str] = set()
    guards = []
    for place, (header, column) in enumerate(zip(rows.header, rows.columns, strict=True), start=1):
        mapped = profile.columns.get(header)
        if mapped and mapped.drop:
            continue  # free text and the like: dropped unread
        guard = ColumnGuard(header, bool(mapped and mapped.to and mapped.to[0].startswith("x_")))
        guard.look_at_all(column.values, column.counts)
        guards.append((place, guard))
        if guard.masks:
            masked.update(filter(holds_nhs_number, column.values))
    for place, guard in guards:
        if finding := guard.finding():
            what, count = finding
            named = guard.header in profile.columns
            raise Refusal(
                source.path.name,
                f"column {place} ('{guard.header}')" if named else f"column {place}",
                f"{count} value(s) look like {what}",
                "Export without identifiers of people; nothing of the file was kept.",
            )
    if not len(rows) and not rows.aside:
        raise Refusal(source.path.name, None, "there are no rows under the header")
    return frozenset(masked)
