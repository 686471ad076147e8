"""The shapes in which the two invented services export: a wide EPR report and canonical files."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sample_data import world

Row = dict[str, Any]

# The EPR's own headings, and the canonical column behind each.
EPR = {
    "Contact ref": "contact_id", "Pathway ref": "episode_id", "Pseudo ID": "patient_id",
    "Clinic": "site_id", "Age group": "age_band", "Sex": "sex", "Ethnicity": "ethnic_group",
    "IMD quintile": "imd_quintile", "Date of contact": "contact_date", "Time": "contact_time",
    "Type": "contact_type", "Onset of symptoms": "onset_date",
    "Numb saddle area": "ces_1_saddle", "Numb since": "ces_1_saddle_since",
    "Numb changed": "ces_1_saddle_changed", "Altered wiping": "ces_2_wiping",
    "Difficulty PU": "ces_3_urine_start", "Unable to stop flow": "ces_4_urine_stop",
    "Loss feeling PU/BO": "ces_5_void_feeling", "Urinary leak/pads": "ces_6_urine_leak",
    "Leak since": "ces_6_urine_leak_since", "Leak changed": "ces_6_urine_leak_changed",
    "Unaware bladder": "ces_7_bladder_fullness", "Bowel leak": "ces_8_bowel_control",
    "Sexual dysfunction": "ces_9_sexual", "Leg weakness/falls": "urg_1_weak_trip",
    "Gait difficulty": "urg_2_gait", "Foot drop": "urg_3_floppy_foot",
    "Foot drop since": "urg_3_floppy_foot_since", "PMH Ca": "gp_1_cancer",
    "Fever/night sweats": "gp_2_unwell", "Wt loss": "gp_3_weight_loss",
    "Back pain": "has_back_pain", "Leg pain": "has_leg_pain", "Both legs": "adv_bilateral",
    "Pain unmanageable": "help_1_unmanageable", "Sleep affected": "help_2_sleep_impact",
    "Meds help sleep": "help_2_med_helps", "Getting worse": "help_3_worsening",
    "Tried exercises": "help_tried", "Any improvement": "help_improving",
    "Symptoms now": "symptoms_present", "NPRS": "nprs", "Below knee": "ph_below_knee",
    "Shooting/burning": "ph_shooting_burning_electric", "Pins/needles": "ph_pins_numbness",
    "Advice given": "disposition_recorded", "Referred to": "referral_destination",
    "Date referred": "referral_date", "Source of referral": "referral_source",
    "Referral received": "referral_received_date", "First appt": "first_appointment_date",
    "Appt mode": "appointment_mode", "Attendance": "attendance", "ED outcome": "ed_outcome",
    "Leaflet": "leaflet_given", "Safety net": "safety_net_given", "PGIC": "pgic",
    "MSK-HQ": "msk_hq", "Painkillers tried": "analgesia_tried", "Physio before": "physio_tried",
    "Marked weakness": "significant_weakness", "Debilitating": "debilitating",
    "Date discharged": "close_date", "Discharge reason": "close_reason", "Staff note": "",
}  # fmt: skip
CANONICAL = (
    "contact_id", "episode_id", "patient_id", "site_id", "age_band", "sex", "ethnic_group",
    "imd_quintile", "contact_date", "contact_time", "contact_type", "onset_date",
    "onset_precision", *world.SCREEN, "ces_1_saddle_since", "ces_1_saddle_changed",
    "ces_6_urine_leak_since", "ces_6_urine_leak_changed", "urg_3_floppy_foot_since",
    "has_back_pain", "has_leg_pain", "adv_bilateral", "help_1_unmanageable",
    "help_2_sleep_impact", "help_2_med_helps", "help_3_worsening", "help_tried",
    "help_improving", "symptoms_present", "nprs", "ph_below_knee",
    "ph_shooting_burning_electric", "ph_pins_numbness", "disposition_recorded",
    "referral_source", "referral_received_date", "first_appointment_date", "appointment_mode",
    "attendance", "ed_outcome", "leaflet_given", "safety_net_given", "pgic", "msk_hq",
    "analgesia_tried", "physio_tried", "significant_weakness", "debilitating", "close_date",
    "close_reason",
)  # fmt: skip
APP = (
    "patient_code", "date", "synced_at", "exercise_name", "completed", "sets_completed", "reps",
    "hold", "time", "distance_km", "pain", "avg_pain_today",
)  # fmt: skip
REFERRAL = ("referral_id", "episode_id", "referral_date", "destination", "setting")

ANSWERS = {
    "yes": "Yes", "no": "No", "not_asked": "Not asked", "unknown": "Don\u2019t know",
    "declined": "Declined", "na": "N/A", "not_taking": "Not taking", "": "",
}  # fmt: skip
ADVICE = {
    "A_AND_E": "A&E", "URGENT": "Same day", "GP": "See GP", "TIMS": "Physio appt",
    "SELF_MANAGE": "Leaflet", "MRI": "MRI scan", "INJECTION": "Nerve root injection",
    "SURGERY": "Spinal surgery", "": "",
}  # fmt: skip
MODES = {"in_person": "Face to face", "telephone": "Telephone", "video": "Video"}
RESULTS = {
    "confirmed": "CES confirmed", "not_confirmed": "CES excluded", "not_scanned": "Not scanned",
    "unknown": "Awaited",
}  # fmt: skip
TYPES = {
    "triage": "Triage", "review": "Review", "phone": "Telephone review",
    "appointment": "Appointment",
}  # fmt: skip
EXERCISE_NAMES = {
    "knees_to_chest": "Knees to chest", "crawl_stretch": "Prayer stretch",
    "knees_side_to_side": "Knee rolls", "bridge": "Bridging",
    "seated_knee_extension": "Sciatic nerve slider", "squat": "Squats",
    "march_in_place": "Marching on the spot", "walk": "Walking", "plank": "Plank",
}  # fmt: skip
NOTES = ("", "leaflet handed out", "interpreter present", "call back arranged", "")


def epr_row(contact: Row) -> list[str]:
    """A contact as a line of the wide report: dd/mm/yyyy, Yes / No / Not asked."""
    cells = []
    for header, name in EPR.items():
        value = contact.get(name) if name else NOTES[len(contact["contact_id"]) % len(NOTES)]
        if name == "contact_date" and "raw_date" in contact:
            cells.append(contact["raw_date"])
        elif name == "onset_date" and isinstance(value, dt.date):
            by_month = contact.get("onset_precision") == "month"
            cells.append(value.strftime("%m/%Y" if by_month else "%d/%m/%Y"))
        elif isinstance(value, dt.date):
            cells.append(value.strftime("%d/%m/%Y"))
        elif name == "contact_type":
            cells.append(TYPES[str(value)])
        elif name in ("disposition_recorded", "referral_destination"):
            cells.append(ADVICE[str(value or "")])
        elif name in ("appointment_mode", "ed_outcome"):
            cells.append((MODES | RESULTS).get(str(value or ""), ""))
        elif name == "nprs":
            cells.append("" if value is None else f"{value}/10")
        elif header == "Clinic" or value is None:
            cells.append(str(value or ""))
        else:
            cells.append(ANSWERS.get(str(value), str(value)))
    return cells


def canonical_row(contact: Row) -> list[str]:
    """A contact as a line of the canonical file: ISO dates, canonical codes."""
    cells = []
    for name in CANONICAL:
        value = contact.get(name)
        if name == "contact_date" and "raw_date" in contact:
            cells.append(contact["raw_date"])
        elif name == "onset_date" and isinstance(value, dt.date):
            by_month = contact.get("onset_precision") == "month"
            cells.append((value.replace(day=1) if by_month else value).isoformat())
        else:
            cells.append("" if value is None else str(value))
    return cells


def app_row(log: Row) -> list[str]:
    """A diary entry as the exercise app exports it."""
    time = log.get("duration_s")
    metres = "" if log["exercise_code"] != "walk" or not time else f"{time / 60 * 0.075:.2f}"
    return [
        log["episode_id"],
        log["log_date"].isoformat(),
        log["synced_date"].isoformat(),
        EXERCISE_NAMES[log["exercise_code"]],
        "true" if log["performed"] == "yes" else "false",
        *(_number(log.get(name)) for name in ("sets", "reps", "hold_s", "duration_s")),
        metres,
        _number(log.get("pain_during")),
        _number(log.get("nprs_today")),
    ]


def referral_row(referral: Row) -> list[str]:
    """A referral of the canonical stream."""
    return [
        referral["referral_id"], referral["episode_id"], referral["referral_date"].isoformat(),
        referral["destination"], referral["setting"],
    ]  # fmt: skip


def _number(value: Any) -> str:
    return "" if value is None else str(value)
