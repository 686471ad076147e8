"""What was made of rows that are gone is made anew or removed: snapshots, reviews, reports."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipelines import snapshot as snapshots
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.reviews.erasing import erase_reviews
from pipelines.totals.files import without_cases

PENDING: Final = "erasure.pending"
"""A file of the home: rows have gone from landing, and what was made of them has not yet."""
REPORTS: Final = "reports"
MADE_FROM: Final = "made_from.json"
DIGESTS: Final = "digests"
COMPARISONS: Final = "comparisons"


@dataclass
class Removed:
    """What went besides rows: names of snapshots, reports and digests; reviews and their number."""

    snapshots: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    reviews: int = 0


def mark_pending(home: Home) -> None:
    """Remember that what is published must be made anew, also should this process die now."""
    (home.root / PENDING).write_text(
        "Rows were left out of landing; `outcomes build` removes what was made of them.\n", "utf-8"
    )


def is_pending(home: Home) -> bool:
    """Whether something that was published still holds rows that are to be forgotten."""
    return (home.root / PENDING).exists()


def finish(home: Home, episodes: set[tuple[str, str]]) -> Removed:
    """Remove all that was made of rows that landing no longer has; the caller holds the lock.

    `episodes` are those that landing has (source, id). The published snapshot stays, as it was
    made after the rows went; every other one goes, as do reports and digests that name cases,
    answers of comparisons, and reviews of episodes that are gone. OutcomesError where one cannot
    be removed: the mark stays, and the next build tries again.
    """
    found = Removed()
    current = snapshots.current(home)
    for each in snapshots.listed(home):
        if current is None or each.name != current.name:
            _remove(each.path)
            found.snapshots.append(each.name)
    for left in without_cases(home.snapshots):
        _remove(left)
    for spill in home.snapshots.glob(f"{snapshots.SPILL}*"):
        shutil.rmtree(spill, ignore_errors=True)
    if current is None:
        (home.snapshots / snapshots.CURRENT).unlink(missing_ok=True)
    found.reports = _reports(home)
    found.digests = _digests(home)
    for path in (home.root / COMPARISONS).glob("*.json"):  # what was compared counts them, too
        path.unlink(missing_ok=True)
    found.reviews = erase_reviews(home, episodes)
    (home.root / PENDING).unlink(missing_ok=True)
    return found


def _remove(path: Path) -> None:
    try:
        snapshots.remove(path)
    except OSError as error:
        raise OutcomesError(
            f"an earlier snapshot cannot be removed: {error.strerror or error}",
            where=path.name,
            hint="Close what has it open, then: outcomes build",
        ) from None


def _reports(home: Home) -> list[str]:
    """Remove the reports that may name cases: all but those known to be made without."""
    found = []
    for folder in sorted(p for p in (home.root / REPORTS).glob("*") if p.is_dir()):
        try:
            made = json.loads((folder / MADE_FROM).read_text(encoding="utf-8"))["mode"]
        except (OSError, ValueError, KeyError, TypeError):
            made = None
        if made not in ("service", "shared"):
            shutil.rmtree(folder)
            found.append(folder.name)
    return found


def _digests(home: Home) -> list[str]:
    found = []
    for path in sorted((home.root / DIGESTS).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as handle:
            named = any(row.get("case") for row in csv.DictReader(handle))
        if named:
            path.unlink()
            path.with_suffix(".md").unlink(missing_ok=True)
            found.append(path.stem)
    return found
