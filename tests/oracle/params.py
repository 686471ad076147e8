"""Parameters and vocabularies (sections 1-3, 6 and 9; default values as in the worked cases)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

LEVELS = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")
RANK = {name: rank for rank, name in enumerate(LEVELS)}
ROUTES = ("MRI", "INJECTION", "SURGERY")

CES = (
    "ces_1_saddle",
    "ces_2_wiping",
    "ces_3_urine_start",
    "ces_4_urine_stop",
    "ces_5_void_feeling",
    "ces_6_urine_leak",
    "ces_7_bladder_fullness",
    "ces_8_bowel_control",
    "ces_9_sexual",
)
URG = ("urg_1_weak_trip", "urg_2_gait", "urg_3_floppy_foot")
GP = ("gp_1_cancer", "gp_2_unwell", "gp_3_weight_loss")
SAFETY = CES + URG + GP

EXERCISES = (
    "knees_to_chest",
    "crawl_stretch",
    "knees_side_to_side",
    "bridge",
    "seated_knee_extension",
    "squat",
    "march_in_place",
    "walk",
)
OTHER_EXERCISES = ("other", "none")

DEFAULTS: dict[str, Any] = {
    "w_lo_days": 42,
    "w_hi_days": 56,
    "h4_bound": "upper",
    "sign_timing_policy": "safety_first",
    "urg_timing_items": ["urg_3_floppy_foot"],
    "ces_recent_days": None,
    "contradiction_policy": "worst",
    "na_as_no": ["ces_9_sexual"],
    "gp_recency_days": 84,
    "gp_recency_mode": "at_first_contact",
    "gp_unknown_recency": "assume_recent",
    "gp_not_recent_means": "unknown",
    "entry_implies_pain": True,
    "h2_no_medication_counts": True,
    "h3_require_advice": False,
    "worsening_source": "self_report_then_nprs",
    "tried_def": "log_threshold",
    "tried_min_log_days": 6,
    "tried_min_span_days": 14,
    "no_logs_means": "unknown",
    "h4_improvement_window": "current",
    "any_sign_points": 2,
    "any_sign_pct": 30,
    "mskhq_mic": 6,
    "score_max_age_days": 28,
    "kpi_points": 2,
    "kpi_pct": 30,
    "kpi_combine": "and",
    "min_baseline_nprs": 2,
    "competing_level": "URGENT",
    "competing_referrals": ["A_AND_E", "URGENT", "SURGERY"],
    "recurrence_gap_days": 30,
    "landmark_grace_days": 28,
    "matured_only": True,
    "backfill_no_days": 14,
    "screen_contact_types": ["triage", "review", "phone", "self_report", "appointment"],
    "placeholder_dates": ["1900-01-01", "1970-01-01"],
    "referral_window_days": {"A_AND_E": 0, "URGENT": 1, "GP": 7, "TIMS": 14},
    "referral_lookback_days": {"A_AND_E": 1, "URGENT": 2, "GP": 7, "TIMS": 28},
    "no_referral_means": "SELF_MANAGE",
    "persistent_permits_tims": True,
    "severe_nprs": 7,
    "conservative_required": ["exercises", "medication"],
    "dose_around_tol": 0.25,
    "diary_scores": "confirmed",
    "target_days_per_week": 3,
    "composite_no_means": "unknown",
}
SCALE_TOP = {
    "any_sign_points": 10,
    "any_sign_pct": 100,
    "mskhq_mic": 56,
    "kpi_points": 10,
    "kpi_pct": 100,
}


def resolve(overrides: dict[str, Any] | None) -> dict[str, Any]:
    """The full set of parameters: defaults with the case's own values laid over them."""
    unknown = set(overrides or {}) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"unknown parameters: {sorted(unknown)}")
    return DEFAULTS | (overrides or {})


def cut(params: dict[str, Any], name: str) -> Fraction | None:
    """A cut of an instrument; None where null, `off` or beyond the scale switches it off (D 19)."""
    value = params[name]
    if value is None or value == "off":
        return None
    exact = Fraction(str(value))
    return None if exact > SCALE_TOP[name] else exact
