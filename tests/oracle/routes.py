"""Checks of imaging, injection and surgery at the referral date (section 6.5)."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

from tests.oracle.episode import Days
from tests.oracle.improvement import Score, by_day, improved
from tests.oracle.params import CES
from tests.oracle.persistence import Part
from tests.oracle.timing import more_than
from tests.oracle.truth import Truth, all_, any_, not_

Facts = dict[str, Truth]


def last_known(part: Part, item: str, date: dt.date) -> Truth:
    """The last yes or no on or before a day; of one day's answers a yes stands (6.5, 3.2)."""
    known = [c for c in part.contacts if c.date <= date and c.value(item) is not None]
    if not known:
        return None
    day = max(c.date for c in known)
    return any(c.value(item) for c in known if c.date == day)


def ever(days: Days, item: str, date: dt.date) -> Truth:
    """A red flag: yes if ever true up to a day, no if ever denied, else unknown (6.5)."""
    signs = [one.signs[item] for one in days.judged if one.contact.date <= date]
    if any(value is True for value in signs):
        return True
    return False if any(value is False for value in signs) else None


def severe(part: Part, date: dt.date, leg: bool, params: dict[str, Any]) -> Truth:
    """SEVERE: the latest score, at most 28 days old, at or above the cut (6.5)."""
    scores = part.scores.until(date)
    if leg:
        scores = [
            Score(day, value)
            for day, value in sorted(by_day(part.contacts, "nprs_leg").items())
            if day <= date
        ]
    if not scores or (date - scores[-1].date).days > params["score_max_age_days"]:
        return None
    return bool(scores[-1].value >= Fraction(str(params["severe_nprs"])))


def facts_at(days: Days, date: dt.date, done: Truth, leg: bool, params: dict[str, Any]) -> Facts:
    """The inputs of the three checks, as last known (section 6.5)."""
    part = days.part
    weak = last_known(part, "significant_weakness", date)
    nerve = [ever(days, "urg_1_weak_trip", date), ever(days, "urg_3_floppy_foot", date)]
    measures = {
        "exercises": done,
        "medication": last_known(part, "analgesia_tried", date),
        "physio": last_known(part, "physio_tried", date),
    }
    return {
        "ces": any_(ever(days, item, date) for item in CES),
        "gait": ever(days, "urg_2_gait", date),
        "weak": True if True in nerve else weak,
        "severe": severe(part, date, leg, params),
        "notimp": not_(improved(part.contacts, part.scores, date, params, current=True)),
        "cons": all_(measures[name] for name in params["conservative_required"]),
        "unmanageable": last_known(part, "help_1_unmanageable", date),
        "past": more_than(date, part.onset, params["w_lo_days"]),
        "debilitating": last_known(part, "debilitating", date),
    }


def mri(facts: Facts) -> tuple[Truth, list[str]]:
    """Signs of nerve injury, or not becoming manageable (R-TRT-01..03)."""
    value = any_(
        [
            facts["ces"],
            facts["gait"],
            facts["weak"],
            all_([facts["unmanageable"], facts["notimp"]]),
            all_([facts["past"], facts["notimp"]]),
        ]
    )
    return value, ["outside_leaflet_situations"]


def injection(facts: Facts) -> tuple[Truth, list[str]]:
    """Severe leg pain, not improving, conservative measures tried (R-TRT-06, 08)."""
    named = {
        "not_severe": facts["severe"],
        "improving": facts["notimp"],
        "conservative_not_tried": facts["cons"],
    }
    return all_(named.values()), [name for name, value in named.items() if value is False]


def surgery(facts: Facts) -> tuple[Truth, list[str]]:
    """Significant weakness, or severe, debilitating and resistant (R-TRT-10, 11)."""
    resistant = all_([facts["cons"], facts["notimp"]])
    named = {
        "no_significant_weakness": facts["weak"],
        "not_severe": facts["severe"],
        "not_debilitating": facts["debilitating"],
        "not_resistant": resistant,
    }
    value = any_([facts["weak"], all_([facts["severe"], facts["debilitating"], resistant])])
    return value, [name for name, truth in named.items() if truth is False]


def soft_flags(days: Days, row: dict[str, Any]) -> list[str]:
    """Soft flags of the invasive routes (R-TRT-04, R-TRT-09, R-PER-03)."""
    if row["destination"] == "MRI":
        return []
    part, date, flags = days.part, row["date"], []
    if not any(r["destination"] == "MRI" and r["date"] <= date for r in part.referrals):
        flags.append("no_prior_mri")
    if last_known(part, "mri_explains_pain", date) is False:
        flags.append("mri_not_explaining")
    if row.get("setting") not in (None, "", "hospital", "hospital_spinal"):
        flags.append("setting_not_hospital")
    return flags


def route(days: Days, row: dict[str, Any], done: Truth, params: dict[str, Any]) -> dict[str, Any]:
    """Result, reasons and soft flags of one referral (section 6.5)."""
    destination, date = row["destination"], row["date"]
    soft = soft_flags(days, row)
    if not any(c.date <= date for c in days.part.contacts):
        return {"result": "UNKNOWN", "reasons": ["no_contact_before"], "soft": soft}
    facts = facts_at(days, date, done, destination == "INJECTION", params)
    if facts["ces"] is True and destination in ("MRI", "SURGERY"):
        return {"result": "NOT_APPLICABLE", "reasons": ["emergency_pathway"], "soft": soft}
    check = {"MRI": mri, "INJECTION": injection, "SURGERY": surgery}[destination]
    value, reasons = check(facts)
    result = "UNKNOWN" if value is None else "PASS" if value else "FAIL"
    return {"result": result, "reasons": reasons if value is False else [], "soft": soft}
