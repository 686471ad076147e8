"""The first pass over a file: its columns searched for identifiers before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pipelines.errors import Refusal
from pipelines.ingest.identifiers import ColumnGuard, holds_nhs_number
from pipelines.ingest.profile import Profile
from pipelines.ingest.reading import Reading
from pipelines.ingest.source import Source

Progress = Callable[[str, int, int], None]


def guarded(
    source: Source, profile: Profile, progress: Progress | None
) -> tuple[Reading, frozenset[str]]:
    """First pass, before anything is written: look at every column for identifiers of people.

    Returns the pass, with its counts, and values to mask. Raises Refusal for what it finds, and for
    a file without rows.
    """
    reading = Reading(source, profile)
    guards: dict[str, ColumnGuard] = {}
    n_data = 0
    suspects: dict[str, set[str]] = {}
    for batch in reading.batches():
        n_data += len(batch.lines) + len(batch.aside)
        for place, header in enumerate(batch.header):
            mapped = profile.columns.get(header)
            if mapped and mapped.drop:
                continue  # free text and the like: dropped unread
            counts = Counter(row[place] for row in batch.rows)
            kept = bool(mapped and mapped.to and mapped.to[0].startswith("x_"))
            guards.setdefault(header, ColumnGuard(header, kept)).look(counts.items())
            if guards[header].seen["an NHS number"]:
                suspects.setdefault(header, set()).update(v for v in counts if holds_nhs_number(v))
        if progress:
            progress(f"checking {source.path.name}", reading.total, source.lines)
    for place, (header, guard) in enumerate(guards.items(), start=1):
        if finding := guard.finding():
            what, count = finding
            raise Refusal(
                source.path.name,
                f"column {place} ('{header}')" if header in profile.columns else f"column {place}",
                f"{count} value(s) look like {what}",
                "Export without identifiers of people; nothing of the file was kept.",
            )
    if n_data == 0:
        raise Refusal(source.path.name, None, "there are no rows under the header")
    masked = {v for header, guard in guards.items() if guard.masks for v in suspects[header]}
    return reading, frozenset(masked)
