"""What codes are called, for people: one place for the terminal and the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NONE: Final = "\N{EN DASH}"
TRUTH: Final[dict[bool | None, str]] = {True: "yes", False: "no", None: "not known"}
ANSWERS: Final = {
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
PGIC: Final = {
    1: "very much improved",
    2: "much improved",
    3: "minimally improved",
    4: "no change",
    5: "minimally worse",
    6: "much worse",
    7: "very much worse",
}
ACTIONS: Final = {
    "COVERED": "Action recorded",
    "MISSED": "No action recorded",
    "PENDING": "Awaiting information",
    "NOT_AUDITABLE": "Cannot be judged",
}
JUDGED: Final = {
    "JUSTIFIED": "In line with the leaflet",
    "PERMITTED": "Permitted by the leaflet",
    "OVER": "Beyond the leaflet",
    "BEYOND_SUPPORTED": "Beyond the leaflet, supported by an advisory sign",
    "NOT_AUDITABLE": "Cannot be judged",
    "UNKNOWN": "Cannot be judged",
    "PASS": "Meets the leaflet's conditions",
    "FAIL": "Does not meet the leaflet's conditions",
    "NOT_APPLICABLE": "Not judged",
}
KINDS: Final = {
    "referral": "Referral",
    "advice": "Advice given",
    "appointment": "Appointment",
    "gp_source": "Came from the GP",
}
DESTINATIONS: Final = {
    "MRI": "MRI",
    "INJECTION": "Injection",
    "SURGERY": "Surgery",
    "SPINAL": "Spinal service",
    "PAIN": "Pain service",
    "OTHER": "Other",
}
CATEGORIES: Final = {
    "AGREE": "Agrees with the leaflet",
    "UNDER": "Less urgent than the leaflet",
    "LATE": "Acted on late",
    "OVER": "Beyond the leaflet",
    "PENDING": "Awaiting information",
    "NOT_AUDITABLE": "Cannot be audited",
}
PERSISTENCE: Final = {
    "PERSISTENT": "Still symptomatic past 8 weeks",
    "NOT_PERSISTENT": "Resolved within 8 weeks",
    "LOST": "No later information",
    "PENDING": "Awaiting information",
    "NOT_YET_DUE": "Too early to say",
    "ONSET_UNKNOWN": "Onset not known",
    "NO_DATA": "No contacts",
}
IMPROVEMENT: Final = {
    "improved": "Clinically important improvement",
    "escalated": "Escalated first",
    "censored": "Not improved by the last score",
    "excluded": "Not measured",
}
COHORTS: Final = {
    "incident": "Seen within 8 weeks of onset",
    "prevalent": "Arrived past 8 weeks",
    None: "Not known",
}
CONTACT_TYPES: Final = {
    "triage": "Triage",
    "review": "Review",
    "phone": "Telephone review",
    "self_report": "Self-report",
    "appointment": "MSK appointment",
    "admin": "Administrative",
}
PATTERNS: Final = {
    "SCIATICA_PATTERN": "Sciatica pattern",
    "REFERRED_PATTERN": "Referred pain pattern",
    "MIXED": "Mixed",
    "UNKNOWN": "Not known",
}
# Why an episode cannot be audited.
OBSTACLES: Final = {
    "no_action_source": "no source tells what was done",
    "no_contact": "no contact was judged",
    "screen_not_settled": "the level is not settled",
    "action_not_judged": "an action on record cannot be judged",
}
# Why a treatment route is not the leaflet's, and what else to know about it.
REASONS: Final = {
    "no_contact_before": "no contact before it",
    "emergency_pathway": "cauda equina signs: the leaflet's elective conditions do not apply",
    "outside_leaflet_situations": "outside the situations that the leaflet describes",
    "not_severe": "pain not severe",
    "improving": "improving",
    "conservative_not_tried": "not all conservative measures tried",
    "no_significant_weakness": "no marked weakness",
    "not_debilitating": "not debilitating",
    "not_resistant": "not resistant to all other treatment",
    "no_prior_mri": "no MRI on record before it",
    "mri_not_explaining": "the MRI does not explain the pain",
    "setting_not_hospital": "not in a hospital setting",
}
# What was noticed about a contact's or an episode's data.
FLAGS: Final = {
    "contradictory_answer": "answers contradict each other",
    "gp_sign_not_recent": "a GP sign with pain that did not begin recently",
    "na_mapped": "“not applicable” counted as no",
    "not_recent": "leakage or sexual change that is not recent",
    "predates_onset": "a sign that was there before the pain, unchanged",
    "predates_onset_unconfirmed": "a sign that may have been there before the pain",
    "since_after_contact": "a start date after the contact, not used",
    "timing_assumed": "timing assumed, as a date is missing or uncertain",
    "worsening_untried": "getting worse without having tried the exercises",
    "nprs_out_of_range": "a pain score out of range, not used",
    "unrecognised_value": "a value that is in no code list",
    "onset_missing": "no onset date",
    "onset_future_invalid": "an onset date after the data end, not used",
    "onset_after_first_contact": "an onset date after the first contact, not used",
    "onset_conflict": "onset dates that differ",
    "dup_contact_removed": "a contact written twice, counted once",
    "contact_id_conflict": "one contact with different contents, merged",
    "future_contact_excluded": "a contact after the data end, left out",
    "log_future_excluded": "a diary entry after the data end, left out",
    "log_before_onset_excluded": "a diary entry before the onset, left out",
    "future_referral_excluded": "a referral after the data end, left out",
    "unknown_exercise_code": "an exercise that is in no list, not counted",
}
APPOINTMENT: Final = {
    "due": "due",
    "permitted": "permitted, not yet due",
    "not_met": "not met",
    "unknown": "not known",
}


def outcome(confirmed: str | None, not_ruled_out: str | None, lowest: str) -> str:
    """A triage outcome in words; what is not settled never reads as `lowest`, self-management."""
    if confirmed is None:
        return "Not judged"
    if confirmed == not_ruled_out:
        return confirmed if confirmed == lowest else f"{confirmed} confirmed"
    known = "Not settled" if confirmed == lowest else f"{confirmed} confirmed"
    return f"{known}, {not_ruled_out} not ruled out"


def said(codes: Mapping[str, str], code: str | None) -> str:
    """The words for a code; a code without words is shown in plain letters, never dropped."""
    if code is None:
        return NONE
    return codes.get(code, code.replace("_", " ").lower())
