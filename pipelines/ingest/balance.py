"""A file that does not balance, or of which too much cannot be used, is refused whole."""

from __future__ import annotations

from collections import Counter

from pipelines.errors import Refusal
from pipelines.ingest.mapping import Mapper
from pipelines.ingest.profile import Profile
from pipelines.ingest.receipt import Records
from pipelines.ingest.source import Source


def check_balance(source: Source, records: Records) -> None:
    """Raise Refusal unless physical = accepted + set aside + dropped."""
    if not records.balanced:
        raise Refusal(
            source.path.name,
            None,
            f"{records.physical} records were counted, but {records.accepted} accepted + "
            f"{records.quarantined} set aside + {sum(records.dropped.values())} dropped differ",
            "This should not happen; please report it. Nothing was kept.",
        )


def check_tolerances(
    source: Source,
    profile: Profile,
    records: Records,
    quarantine: Counter[str],
    mapper: Mapper,
) -> None:
    """Raise Refusal where more rows or cells cannot be used than the profile tolerates."""
    data = records.accepted + records.quarantined
    if records.quarantined > profile.max_quarantine * data:
        reason, n = quarantine.most_common(1)[0]
        raise Refusal(
            source.path.name,
            None,
            f"{records.quarantined} of {data} rows cannot be used (most often {reason}: {n}), "
            f"more than the {profile.max_quarantine:.0%} that profile {profile.id} tolerates",
            "Check that the file and the profile belong together, and its date formats.",
        )
    for name in mapper.filled:
        wrong = mapper.issues.cells[name, "unmapped"]
        if wrong > max(5, profile.max_unmapped * mapper.filled[name]):
            raise Refusal(
                source.path.name,
                f"column for {name}",
                f"{wrong} of {mapper.filled[name]} values are not in the profile's code table",
                f"Add the missing spellings to profile {profile.id}.",
            )
