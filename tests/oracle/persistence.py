"""Symptom days, resolution, recurrence and status at the landmarks (5.4, D 14, D 16)."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Any

from tests.oracle.cleaning import Contact, Onset
from tests.oracle.improvement import CONFIRM_DAYS, Series, by_day, diary_by_day
from tests.oracle.truth import Truth

Days = dict[dt.date, bool]


@dataclass
class Part:
    """An episode, or one part of it after a recurrence (section 4, D 16)."""

    number: int
    extract: dt.date
    contacts: list[Contact]
    logs: list[dict[str, Any]]
    referrals: list[dict[str, Any]]
    onset: Onset
    sign_onset: Onset
    scores: Series
    symptoms: Days
    streams: frozenset[str]
    resolved: dt.date | None = None
    recurrence: dt.date | None = None

    @property
    def evaluated(self) -> list[Contact]:
        return [contact for contact in self.contacts if contact.evaluated]

    @property
    def first_contact(self) -> dt.date | None:
        return min((contact.date for contact in self.contacts), default=None)


def symptomatic(contact: Contact) -> Truth:
    """SYMPTOMATIC(c): any pain, or symptoms said to be present (section 5.1)."""
    said = contact.value("symptoms_present")
    names = ("nprs", "nprs_leg", "nprs_back")
    scores = [contact.scores[name] for name in names if contact.scores[name] is not None]
    if said is True or any(score >= 1 for score in scores):
        return True
    if said is False or (scores and all(score == 0 for score in scores)):
        return False
    return None


def symptom_days(
    contacts: list[Contact],
    logs: list[dict[str, Any]],
    scores: Series,
    close: dt.date | None,
    params: dict[str, Any],
) -> Days:
    """Observation days: symptomatic beats symptom-free; `close` is a day of being resolved."""
    days: Days = {}
    for contact in contacts:
        state = symptomatic(contact)
        if state is not None:
            days[contact.date] = days.get(contact.date, False) or state
    if close is not None:
        days.setdefault(close, False)
    if scores.measure != "nprs" or params["diary_scores"] == "off":
        return days
    visits = by_day(contacts, "nprs")
    diary = {day: v for day, v in diary_by_day(logs).items() if day not in visits}
    sure = dict(days)
    for day, value in diary.items():
        if value >= 1:
            sure[day] = True
    zeros = [day for day, value in diary.items() if value == 0]
    return _confirmed(sure, [day for day in zeros if day not in days], params)


def _confirmed(sure: Days, zeros: list[dt.date], params: dict[str, Any]) -> Days:
    """A diary's 0 counts when the next observation, within 28 days, is symptom-free too (D 14)."""
    seen = sure | dict.fromkeys(zeros, False)
    order = sorted(seen)
    days = dict(sure)
    for day, following in itertools.pairwise(order):
        near = (following - day).days <= CONFIRM_DAYS
        if day in zeros and near and not seen[following]:
            days[day] = False
    return days


def resolution(days: Days, gap: int) -> tuple[dt.date | None, dt.date | None]:
    """First symptom-free day with no symptoms for `gap` days after it; when they come back."""
    for day in sorted(day for day, state in days.items() if not state):
        back = min((d for d, state in days.items() if state and d > day), default=None)
        if back is None or (back - day).days >= gap:
            return day, back
    return None, None


def last_symptoms(part: Part, date: dt.date) -> Truth:
    """The latest symptom observation on or before a day (6.1 B)."""
    known = [day for day in part.symptoms if day <= date]
    return part.symptoms[max(known)] if known else None


def status(part: Part, landmark: int, params: dict[str, Any]) -> str:
    """Status at a landmark over both ends of the onset interval (section 5.4)."""
    if not part.contacts:
        return "NO_DATA"
    assert part.onset.latest is not None
    late = _status_from(part, part.onset.latest, landmark, params)
    if part.onset.earliest is None:
        return late if late == "PERSISTENT" else "ONSET_UNKNOWN"
    early = _status_from(part, part.onset.earliest, landmark, params)
    return late if early == late else "ONSET_UNKNOWN"


def _status_from(part: Part, onset: dt.date, landmark: int, params: dict[str, Any]) -> str:
    """The first matching row of the table in section 5.4."""
    age = (part.extract - onset).days
    resolved = None if part.resolved is None else (part.resolved - onset).days
    end = part.recurrence or dt.date.max
    sick = [(d - onset).days for d, state in part.symptoms.items() if state and d < end]
    early = resolved is not None and resolved <= landmark
    if age <= landmark and not (early and not params["matured_only"]):
        return "NOT_YET_DUE"
    if early:
        return "NOT_PERSISTENT"
    if any(day > landmark for day in sick) or (resolved is not None and resolved > landmark):
        return "PERSISTENT"
    return "PENDING" if age <= landmark + params["landmark_grace_days"] else "LOST"


def entry_cohort(part: Part, params: dict[str, Any]) -> str | None:
    """Incident if first seen within eight weeks of onset, by both ends of its interval (5.4)."""
    first, onset = part.first_contact, part.onset
    if first is None or onset.earliest is None or onset.latest is None:
        return None
    ends = {(first - day).days <= 56 for day in (onset.earliest, onset.latest)}
    return {(True,): "incident", (False,): "prevalent"}.get(tuple(ends))
