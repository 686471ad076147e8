"""Whether a sign developed after onset (3.3), recency and persistence in days (3.5, 5.1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.oracle.answers import Row
from tests.oracle.cleaning import Contact, Onset
from tests.oracle.params import CES
from tests.oracle.truth import Truth, any_

RECENT_ITEMS = ("ces_6_urine_leak", "ces_9_sexual")


def sign(contact: Contact, item: str, onset: Onset, params: dict[str, Any]) -> Truth:
    """Value AND timing of one sign; timing is looked at only where the value is yes (3.3)."""
    value = contact.value(item)
    timed = item in CES or item in params["urg_timing_items"]
    if value is not True or not timed:
        return value
    rows = [row for row in contact.answers[item].rows if True in row.said]
    return any_(_developed(row, contact, item, onset, params) for row in rows)


def _developed(row: Row, contact: Contact, item: str, onset: Onset, params: Any) -> Truth:
    """Steps 1-8 of section 3.3 for one row that says yes."""
    if params["sign_timing_policy"] == "ignore_timing" or row.changed is True:
        return True
    since = row.since
    if since is not None and since > contact.date:
        contact.flags.add("since_after_contact")
        since = None
    if since is None:
        if row.changed is False:
            contact.flags.add("predates_onset_unconfirmed")
            return None
        return _assumed(contact, params)
    limit = params["ces_recent_days"]
    if limit is not None and item in RECENT_ITEMS and (contact.date - since).days > limit:
        contact.flags.add("not_recent")
        return False if row.changed is False else None
    if onset.latest is None or since >= onset.latest:
        return True
    if onset.earliest is not None and since < onset.earliest:
        unchanged = row.changed is False
        contact.flags.add("predates_onset" if unchanged else "predates_onset_unconfirmed")
        return False if unchanged else None
    return _assumed(contact, params)


def _assumed(contact: Contact, params: dict[str, Any]) -> Truth:
    """Timing taken for granted, and flagged, unless the policy is strict (3.3 steps 4 and 8)."""
    if params["sign_timing_policy"] != "safety_first":
        return None
    contact.flags.add("timing_assumed")
    return True


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
