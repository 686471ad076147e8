"""Findings of an audit, kept beside the snapshots: who looked at which case, and what was found.

A snapshot is rebuilt, corrected and rolled back; a review is none of its rows. It belongs to a
case (a trigger that was not acted on in time, or an action beyond the leaflet), is never
overwritten, and says of which data and rules it was made.
"""

from pipelines.reviews.case import CaseKey
from pipelines.reviews.findings import FINDINGS, Verdict
from pipelines.reviews.standing import Standing, standings
from pipelines.reviews.store import Review, ReviewConflict, ReviewStore, open_store

__all__ = [
    "FINDINGS",
    "CaseKey",
    "Review",
    "ReviewConflict",
    "ReviewStore",
    "Standing",
    "Verdict",
    "open_store",
    "standings",
]
