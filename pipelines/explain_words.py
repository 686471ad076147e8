"""The words that explanations use."""

from __future__ import annotations

import datetime as dt
from typing import Any

Row = dict[str, Any]

TRUTH_WORDS: dict[bool | None, str] = {True: "yes", False: "no", None: "not known"}
ANSWER_WORDS = {
    "yes": "yes",
    "no": "no",
    "unknown": "not known",
    "not_asked": "not asked",
    "not_recorded": "not recorded",
    "declined": "declined",
    "na": "not applicable",
    "not_taking": "takes none",
    "conflict": "both yes and no",
}
STATE_WORDS = {
    "yes": "began or changed after the onset of pain",
    "assumed": "no usable start date, taken as after the onset of pain",
    "untimed": "no usable start date",
    "unconfirmed": "may have been there before the pain",
    "predates": "there before the pain, and unchanged",
    "not_recent": "not recent",
    "perhaps_not_recent": "perhaps not recent",
}
STATUS_WORDS = {
    "PERSISTENT": "still symptomatic",
    "NOT_PERSISTENT": "resolved by then",
    "NOT_YET_DUE": "too early to say",
    "PENDING": "awaiting information",
    "LOST": "no later information",
    "ONSET_UNKNOWN": "onset not known well enough",
    "NO_DATA": "no contacts",
}


def facts_in_words(contact: Row, episode: Row, scores: list[Row]) -> list[str]:
    """The derived facts of a contact, each with the figures that it comes from."""
    if not contact["evaluated"]:
        return []
    found = [_duration(contact, episode), _improvement(contact, scores), _exercises(contact)]
    if contact["symptomatic"] is not None:
        present = "Still symptomatic" if contact["symptomatic"] else "No symptoms at this contact"
        found.append(present)
    if contact["worsening"]:
        found.append("Getting worse")
    if contact["recent"] is False:
        found.append("The pain did not begin recently")
    return [fact for fact in found if fact]


def _duration(contact: Row, episode: Row) -> str:
    low, high = contact["days_at_least"], contact["days_at_most"]
    if high is None:
        return f"Onset not known: at least {low} days of symptoms"
    if low == high:
        return f"{low} days since onset"
    return f"{low} to {high} days since onset"


def _improvement(contact: Row, scores: list[Row]) -> str:
    baseline = next((s for s in scores if s["is_baseline"]), None)
    latest, day = contact["last_score"], contact["last_score_date"]
    told = []
    if latest is not None and baseline is not None:
        told.append(f"{latest:g} on {_uk(day)} from {baseline['value']:g} at first")
    if contact["said_better"] is not None:
        told.append(f"the person says {'better' if contact['said_better'] else 'not better'}")
    if contact["pgic_better"] is not None:
        told.append(f"global change {contact['pgic'] or ''}".rstrip())
    if contact["msk_hq_rose"] is not None:
        told.append(f"MSK-HQ {'up' if contact['msk_hq_rose'] else 'not up'}")
    words = {True: "Some improvement", False: "Not improved", None: "Improvement not known"}
    return words[contact["improved"]] + (f": {', '.join(told)}" if told else "")


def _exercises(contact: Row) -> str:
    words = {
        True: "Exercises tried",
        False: "Exercises not tried",
        None: "Whether the exercises were tried is not known",
    }
    n = contact["n_log_days"]
    diary = ""
    if n:
        diary = (
            f": {n} exercise day{'s' if n != 1 else ''} in the diary from "
            f"{_uk(contact['first_log_date'])} to {_uk(contact['last_log_date'])}"
        )
    return words[contact["tried"]] + diary


def _uk(day: Any) -> str:
    return dt.date.fromisoformat(str(day)).strftime("%d/%m/%Y") if day else "an unknown day"
