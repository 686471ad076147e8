"""The landing tables that the models read: columns and types, in one place.

What the door writes as Parquet and what worked cases are staged as have these columns.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

SCREEN = (
    *("ces_1_saddle", "ces_2_wiping", "ces_3_urine_start", "ces_4_urine_stop"),
    *("ces_5_void_feeling", "ces_6_urine_leak", "ces_7_bladder_fullness", "ces_8_bowel_control"),
    *("ces_9_sexual", "urg_1_weak_trip", "urg_2_gait", "urg_3_floppy_foot"),
    *("gp_1_cancer", "gp_2_unwell", "gp_3_weight_loss"),
)
TIMED = (*SCREEN[:9], "urg_3_floppy_foot")
ANSWERS = (
    *SCREEN,
    *("has_back_pain", "has_leg_pain", "red_flags_summary", "adv_bilateral", "adv_trauma"),
    *("adv_steroids", "adv_immunosuppressed", "adv_anticoagulant", "adv_pregnant"),
    *("help_1_unmanageable", "help_2_sleep_impact", "help_2_med_helps", "help_3_worsening"),
    *("help_tried", "help_improving", "advice_tried", "symptoms_present", "ph_below_knee"),
    *("ph_shooting_burning_electric", "ph_leg_worse_than_back", "ph_pins_numbness"),
    *("ph_leg_weakness", "ph_ache_or_sharp", "analgesia_tried", "physio_tried"),
    *("significant_weakness", "debilitating", "mri_explains_pain", "dx_stenosis"),
    *("leaflet_given", "safety_net_given"),
)
TEXT, DATE, COUNT, SCORE = "varchar", "date", "integer", "decimal(6, 3)"
PROVENANCE = {
    "deleted": "boolean",
    "row_key": TEXT,
    "x": TEXT,
    "cell_issues": TEXT,
    "source": TEXT,
    "file_id": TEXT,
    "line": "bigint",
}
TRIAGE = {
    **dict.fromkeys(("contact_id", "episode_id", "patient_id", "site_id", "age_band"), TEXT),
    **dict.fromkeys(("sex", "ethnic_group", "imd_quintile"), TEXT),
    "contact_date": DATE,
    "contact_time": TEXT,
    "seq": COUNT,
    "contact_type": TEXT,
    "onset_date": DATE,
    "onset_precision": TEXT,
    "onset_earliest": DATE,
    "onset_latest": DATE,
    **dict.fromkeys(ANSWERS, TEXT),
    **{f"{item}_since": DATE for item in TIMED},
    **{f"{item}_changed": TEXT for item in TIMED},
    **dict.fromkeys(("nprs", "nprs_leg", "nprs_back"), SCORE),
    **dict.fromkeys(("pgic", "msk_hq"), COUNT),
    "referral_destination": TEXT,
    "referral_date": DATE,
    "disposition_recorded": TEXT,
    "referral_received_date": DATE,
    "referral_source": TEXT,
    "first_appointment_date": DATE,
    "attendance": TEXT,
    "appointment_mode": TEXT,
    "ed_outcome": TEXT,
    "close_date": DATE,
    "close_reason": TEXT,
    **PROVENANCE,
}
EXERCISE_LOG = {
    "log_id": TEXT,
    "episode_id": TEXT,
    "log_date": DATE,
    "exercise_code": TEXT,
    "performed": TEXT,
    **dict.fromkeys(("sets", "reps"), COUNT),
    **dict.fromkeys(("hold_s", "duration_s", "distance_m"), "double"),
    **dict.fromkeys(("pain_during", "nprs_today"), SCORE),
    "sleep_disturbed": TEXT,
    "synced_date": DATE,
    **PROVENANCE,
}
REFERRAL = {
    "referral_id": TEXT,
    "episode_id": TEXT,
    "referral_date": DATE,
    "destination": TEXT,
    "setting": TEXT,
    **PROVENANCE,
}
# Answers that a wide row cannot hold: parts of a question, several answers to one question.
ANSWER = {
    "file_id": TEXT,
    "line": "bigint",
    "item": TEXT,
    "answer_number": COUNT,
    "part": TEXT,
    "op": TEXT,
    "answer": TEXT,
    "since": DATE,
    "changed": TEXT,
}
FILE = {
    "file_id": TEXT,
    "name": TEXT,
    "sha256": TEXT,
    "bytes": "bigint",
    "source": TEXT,
    "stream": TEXT,
    "supply": TEXT,
    "profile": TEXT,
    "profile_version": TEXT,
    "extract_date": DATE,
    "ingested_at": "timestamp",
    "sequence": "bigint",
    "physical": "bigint",
    "accepted": "bigint",
    "landed": "bigint",
    "forgotten": "bigint",
    "quarantined": "bigint",
    "dropped": "bigint",
    "data_rows": "bigint",
    "stated": "bigint",
    "action_source": "boolean",
    "current": "boolean",
}
TABLES = {
    "landing_triage": TRIAGE,
    "landing_exercise_log": EXERCISE_LOG,
    "landing_referral": REFERRAL,
    "landing_answer": ANSWER,
    "landing_file": FILE,
}
STREAMS = {
    "triage": "landing_triage",
    "exercise_log": "landing_exercise_log",
    "referral": "landing_referral",
}
_ARROW = {
    "varchar": pa.string(),
    "date": pa.date32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    SCORE: pa.decimal128(6, 3),
}


def create(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Create one empty landing table."""
    columns = ", ".join(f"{name} {kind}" for name, kind in TABLES[table].items())
    con.execute(f"create or replace table {table} ({columns})")


def arrow_schema(table: str) -> pa.Schema:
    """The same columns as an Arrow schema."""
    return pa.schema([(name, _ARROW[kind]) for name, kind in TABLES[table].items()])
