"""What a reviewer may find, with the reasons that a service lists, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home
from pipelines.ingest.identifiers import PHONE, ColumnGuard, holds_nhs_number
from pipelines.settings_lines import place

FINDINGS: Final = {
    "agree": "Agree with the leaflet's reading",
    "justified": "Justified deviation",
    "documentation": "Documentation gap",
    "not_exported": "Acted on, but not in the export",
    "incident": "Incident raised",
    "withdrawn": "Review withdrawn",
}
# After a review these count as in line with the leaflet; the others leave the figure as it is.
IN_LINE: Final = frozenset({"justified", "not_exported"})
REASONS: Final = (
    "Already under investigation for the same sign",
    "Declined by the patient after advice",
    "Long-standing and unchanged, assessed in person",
    "Senior clinician decided otherwise after examination",
    "Seen by another service in time",
    "Other, described in the record",
)
REVIEWER: Final = re.compile(r"[^\W_][\w .'-]{1,39}")
REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{0,39}")
LONGEST_NOTE: Final = 500


@dataclass(frozen=True)
class Verdict:
    """What one reader found: a code of FINDINGS, and what it asks for."""

    finding: str
    reviewer: str
    reason: str | None = None
    reference: str | None = None
    note: str | None = None


def reasons(home: Home) -> tuple[str, ...]:
    """The reasons of a justified deviation: [reviews] reasons of outcomes.toml, else REASONS.

    OutcomesError, with the line, for a list that is none.
    """
    given = home.config().get("reviews", {}).get("reasons", list(REASONS))
    plain = isinstance(given, list) and all(
        isinstance(each, str) and each.strip() for each in given
    )
    if not plain or not given or len(set(given)) < len(given):
        raise OutcomesError(
            "the reasons must be a list of different texts",
            where=place(home.config_file, "reviews", "reasons"),
            hint='Write reasons = ["Declined by the patient after advice", "…"].',
        )
    return tuple(given)


def checked(verdict: Verdict, allowed: Sequence[str]) -> Verdict:
    """The verdict with its texts trimmed; UsageError for one that is incomplete or unsafe.

    A note that looks as if it held an identifier is refused: a review must never be the way in
    for what the door keeps out.
    """
    trimmed = Verdict(
        verdict.finding,
        verdict.reviewer.strip(),
        *(
            (text or "").strip() or None
            for text in (verdict.reason, verdict.reference, verdict.note)
        ),
    )
    if trimmed.finding not in FINDINGS:
        raise UsageError(
            f"there is no finding '{trimmed.finding}'", hint=f"Known: {', '.join(FINDINGS)}."
        )
    if not REVIEWER.fullmatch(trimmed.reviewer):
        raise UsageError(
            "the reviewer's name is missing or no name", hint="2 to 40 letters; initials will do."
        )
    if trimmed.finding == "justified" and trimmed.reason not in allowed:
        raise UsageError(
            "a justified deviation needs one of the listed reasons", hint="; ".join(allowed)
        )
    if trimmed.finding == "incident" and not trimmed.reference:
        raise UsageError(
            "an incident needs its local reference",
            hint="As in your incident system, for example W12345.",
        )
    if trimmed.reference and (
        not REFERENCE.fullmatch(trimmed.reference) or holds_nhs_number(trimmed.reference)
    ):
        raise UsageError(
            "the reference is no reference",
            hint="Up to 40 letters, digits and / _ . - of your incident system.",
        )
    _refuse_identifiers(trimmed.note)
    return trimmed


def _refuse_identifiers(note: str | None) -> None:
    if note is None:
        return
    if len(note) > LONGEST_NOTE:
        raise UsageError(
            f"the note is longer than {LONGEST_NOTE} characters", hint="The record holds the rest."
        )
    guard = ColumnGuard("note")
    # Each word and the whole, since the guard asks what a cell is.
    guard.look((text, 1) for text in (note, *note.split()))
    found = [
        what
        for what in ("an NHS number", "an e-mail address", "a postcode", "a telephone number")
        if guard.seen[what]
    ]
    if not found and PHONE.search(note):
        found = ["a telephone number"]
    if found:
        raise UsageError(
            f"the note seems to hold {found[0]}",
            hint="Notes must not identify anyone; the case number leads to the record.",
        )
