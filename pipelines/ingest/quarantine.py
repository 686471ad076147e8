"""Rows that were set aside: which they are, and how they come back.

Of a row that could not be used only its file, line, reason and hash are kept, never its text. It
comes back by reading the source again: with a corrected profile (the same bytes under a new
profile supersede the earlier reading), or as a corrected file.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.reading import Progress
from pipelines.ingest.receipt import Receipt, list_receipts
from pipelines.landing_load import current_files


@dataclass(frozen=True)
class Readmission:
    """What reading a source again changed, in rows of that source."""

    receipt: Receipt
    aside_before: int
    aside_now: int
    accepted_before: int
    accepted_now: int


def rows_aside(home: Home, file: str | None = None) -> list[dict[str, Any]]:
    """Every row set aside in the readings that hold: file, line, reason, hash of the record.

    `file` narrows to a file's name or the beginning of its id. Raises OutcomesError for a file
    that is not known.
    """
    receipts = list_receipts(home)
    held = current_files(receipts)
    chosen = [r for r in receipts if r.file_id in held and (file is None or _is(r, file))]
    if file is not None and not chosen:
        raise OutcomesError(
            f"no file that was taken in is called '{file}'",
            where=str(home.root),
            hint="See `outcomes files` for their names.",
        )
    found = []
    for receipt in chosen:
        path = home.landing / receipt.stream / receipt.file_id / "quarantine.parquet"
        for row in pq.read_table(path).to_pylist():
            found.append({"name": receipt.name, **row})
    return sorted(found, key=lambda row: (row["name"], row["file_id"], row["line"]))


def _is(receipt: Receipt, file: str) -> bool:
    return receipt.name == file or (len(file) >= 4 and receipt.file_id.startswith(file))


def readmit(
    home: Home,
    path: Path,
    *,
    profile: str | Path | None = None,
    extract_date: dt.date | None = None,
    progress: Progress | None = None,
) -> Readmission:
    """Read a source again, after its profile or its content was corrected.

    The same bytes need another profile (or another version of it); other bytes under a known
    name are taken as a correction. The caller holds the home's lock. Raises Refusal as an ingest
    does, and OutcomesError for a file that was never taken in or nothing that changed.
    """
    receipts = list_receipts(home)
    before = [r for r in receipts if r.name == path.name and r.file_id in current_files(receipts)]
    if not before:
        raise OutcomesError(
            "no file of this name was taken in before",
            where=path.name,
            hint="Take it in with: outcomes ingest",
        )
    earlier = before[-1]
    if profile is None:
        profile = earlier.profile
    receipt = ingest_file(
        home,
        path,
        profile=profile,
        source=earlier.source,
        extract_date=extract_date or earlier.extract_date,
        progress=progress,
        correction=True,
    )
    if receipt.unchanged:
        raise OutcomesError(
            "the same bytes were read with the same profile before: nothing changed",
            where=path.name,
            hint="Correct the profile (and raise its version) or the file first.",
        )
    return Readmission(
        receipt,
        earlier.records.quarantined,
        receipt.records.quarantined,
        earlier.records.accepted,
        receipt.records.accepted,
    )
