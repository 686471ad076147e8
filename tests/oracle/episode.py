"""Splitting into parts and the results of one part (section 4, D 16)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from tests.oracle.cleaning import Clean, Contact, Onset
from tests.oracle.contact import Judged, gp_rule, judge, verdict
from tests.oracle.improvement import series
from tests.oracle.params import CES, LEVELS, RANK, SAFETY, URG
from tests.oracle.persistence import Part, resolution, symptom_days
from tests.oracle.truth import Truth, any_


def parts_of(episode: Clean, params: dict[str, Any]) -> list[Part]:
    """The parts of an episode: after a sustained resolution the next one begins (section 4)."""
    found: list[Part] = []
    start: dt.date | None = None
    while True:
        onset = episode.onset if start is None else Onset(start, start)
        part = _part(episode, start, onset, len(found) + 1, params)
        found.append(part)
        if part.recurrence is None:
            return found
        _shorten(part, params)
        start = part.recurrence


def _part(
    episode: Clean, start: dt.date | None, onset: Onset, number: int, params: dict[str, Any]
) -> Part:
    """Everything from a start date on, with its symptom days and resolution."""
    begin = start or dt.date.min
    contacts = [c for c in episode.contacts if c.date >= begin]
    logs = [row for row in episode.logs if row["date"] >= begin]
    scores = series(contacts, logs, params)
    close = episode.close_date if episode.close_reason == "resolved" else None
    close = close if close is not None and close >= begin else None
    # Which kind of score contacts use is asked of the whole episode: it decides what begins a part.
    measure = series(episode.contacts, episode.logs, params).measure
    days = symptom_days(contacts, logs, replace(scores, measure=measure), close, params)
    resolved, recurrence = resolution(days, params["recurrence_gap_days"])
    return Part(
        number,
        episode.extract,
        contacts,
        logs,
        [row for row in episode.referrals if row["date"] >= begin],
        onset,
        episode.onset,
        scores,
        days,
        episode.streams,
        resolved,
        recurrence,
    )


def _shorten(part: Part, params: dict[str, Any]) -> None:
    """What lies on or after the recurrence belongs to the next part."""
    end = part.recurrence
    assert end is not None
    part.contacts = [c for c in part.contacts if c.date < end]
    part.logs = [row for row in part.logs if row["date"] < end]
    part.referrals = [row for row in part.referrals if row["date"] < end]
    part.symptoms = {day: state for day, state in part.symptoms.items() if day < end}
    part.scores = series(part.contacts, part.logs, params)


class Days:
    """Evaluated contacts collapsed to days (section 4); levels are ranks."""

    def __init__(self, part: Part, history: list[Contact], params: dict[str, Any]) -> None:
        self.part, self.params = part, params
        self.judged = [judge(contact, part, history, params) for contact in part.evaluated]
        self.dates = sorted({one.contact.date for one in self.judged})

    def on(self, date: dt.date) -> list[Judged]:
        return [one for one in self.judged if one.contact.date == date]

    def lb(self, date: dt.date) -> int:
        return max(one.lb for one in self.on(date))

    def ub(self, date: dt.date) -> int:
        """Upper bound of a day after back-fill; never below what the day shows."""
        return max(self._episode_ub(one) for one in self.on(date))

    def _episode_ub(self, one: Judged) -> int:
        """What a contact adds to the episode's upper bound (section 4)."""
        if one.answered == 0 and one.contact.date > self.dates[0]:
            open_tims = RANK["TIMS"] if one.facts["tims"] is not False else 0
            return max(one.lb, open_tims)
        filled = Judged(one.contact, dict(one.signs), dict(one.facts))
        for item in SAFETY:
            if one.contact.value(item) is None and filled.signs[item] is None:
                filled.signs[item] = self._filled(one.contact, item)
        flags = set(one.contact.flags)
        filled.facts["ces"] = any_(filled.signs[item] for item in CES)
        filled.facts["urg"] = any_(filled.signs[item] for item in URG)
        filled.facts["gp"] = gp_rule(filled, self.part, self.params)
        one.contact.flags = flags
        return filled.ub

    def _filled(self, contact: Contact, item: str) -> Truth:
        """No, if the next answered value within the back-fill window is no (section 4)."""
        later = [
            c
            for c in self.part.evaluated
            if c.date >= contact.date and c is not contact and c.value(item) is not None
        ]
        if not later:
            return None
        day = min(c.date for c in later)
        if (day - contact.date).days > self.params["backfill_no_days"]:
            return None
        return None if any(c.value(item) for c in later if c.date == day) else False

    def reached(self, level: int) -> dt.date | None:
        """First day whose lower bound is at least a level (`first_date`)."""
        return next((date for date in self.dates if self.lb(date) >= level), None)


def summary(days: Days) -> dict[str, Any]:
    """Worst and first results of a part (section 4)."""
    if not days.dates:
        return {
            "worst_lb": "SELF_MANAGE",
            "worst_ub": "A_AND_E",
            "worst_status": "NO_CONTACT",
            "first_contact_disposition_lb": None,
            "escalated_later": False,
            "first_date": {},
        }
    worst = max(days.lb(date) for date in days.dates)
    upper = max(worst, *(days.ub(date) for date in days.dates))
    first = days.lb(days.dates[0])
    dates = {level: days.reached(RANK[level]) for level in reversed(LEVELS[1:])}
    return {
        "worst_lb": LEVELS[worst],
        "worst_ub": LEVELS[upper],
        "worst_status": verdict(worst, upper),
        "first_contact_disposition_lb": LEVELS[first],
        "escalated_later": worst > first,
        "first_date": {level: date.isoformat() for level, date in dates.items() if date},
    }
