"""Whether a sign developed after onset (3.3), recency and persistence in days (3.5, 5.1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.oracle.answers import Row
from tests.oracle.cleaning import Contact, Onset
from tests.oracle.params import CES
from tests.oracle.truth import Truth

RECENT_ITEMS = ("ces_6_urine_leak", "ces_9_sexual")


# How sure a row makes a sign, the surest first; with several rows for one sign the surest decides.
STATES = (
    *("developed", "assumed", "predates_onset_unconfirmed", "perhaps_not_recent", "untimed"),
    *("predates_onset", "not_recent"),
)
TRUTHS = {"developed": True, "assumed": True, "predates_onset": False, "not_recent": False}
FLAGS = {
    "assumed": "timing_assumed",
    "predates_onset_unconfirmed": "predates_onset_unconfirmed",
    "predates_onset": "predates_onset",
    "perhaps_not_recent": "not_recent",
    "not_recent": "not_recent",
}


def sign(contact: Contact, item: str, onset: Onset, params: dict[str, Any]) -> Truth:
    """Value AND timing of one sign; timing is looked at only where the value is yes (3.3)."""
    value = contact.value(item)
    timed = item in CES or item in params["urg_timing_items"]
    if value is not True or not timed:
        return value
    rows = [row for row in contact.answers[item].rows if True in row.said]
    found = [_state(row, contact, item, onset, params) for row in rows]
    state = min(found, key=STATES.index)
    if state in FLAGS:
        contact.flags.add(FLAGS[state])
    return TRUTHS.get(state)


def _state(row: Row, contact: Contact, item: str, onset: Onset, params: Any) -> str:
    """Steps 1-8 of section 3.3 for one row that says yes."""
    taken = "assumed" if params["sign_timing_policy"] == "safety_first" else "untimed"
    if params["sign_timing_policy"] == "ignore_timing" or row.changed is True:
        return "developed"
    since = row.since
    if since is not None and since > contact.date:
        contact.flags.add("since_after_contact")
        since = None
    if since is None:
        return "predates_onset_unconfirmed" if row.changed is False else taken
    limit = params["ces_recent_days"]
    if limit is not None and item in RECENT_ITEMS and (contact.date - since).days > limit:
        return "not_recent" if row.changed is False else "perhaps_not_recent"
    if onset.latest is None or since >= onset.latest:
        return "developed"
    if onset.earliest is not None and since < onset.earliest:
        return "predates_onset" if row.changed is False else "predates_onset_unconfirmed"
    return taken


def began(contact: Contact, item: str, onset: Onset) -> list[dt.date]:
    """Usable since-dates of a true sign: not after the contact, not before onset (6.1 A)."""
    dates = [row.since for row in contact.answers[item].rows if True in row.said and row.since]
    earliest = onset.earliest or dt.date.min
    return [date for date in dates if earliest <= date <= contact.date]


def more_than(date: dt.date, onset: Onset, days: int) -> Truth:
    """PERSISTED(t, n): certainly, certainly not or perhaps more than n days (section 5.1)."""
    if onset.latest is not None and (date - onset.latest).days > days:
        return True
    if onset.earliest is not None and (date - onset.earliest).days <= days:
        return False
    return None


def recent(date: dt.date, first: dt.date, onset: Onset, params: dict[str, Any]) -> Truth:
    """RECENT before any assumption (section 3.5)."""
    mode = params["gp_recency_mode"]
    if mode == "ignore":
        return True
    reference = first if mode == "at_first_contact" else date
    older = more_than(reference, onset, params["gp_recency_days"])
    return None if older is None else not older
