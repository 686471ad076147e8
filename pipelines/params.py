"""Parameter values as one row of `param_set`, the table that the models join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from rules.errors import RulesError

RANKS = {"SELF_MANAGE": 0, "TIMS": 1, "GP": 2, "URGENT": 3, "A_AND_E": 4}
LISTS = (
    "urg_timing_items",
    "na_as_no",
    "competing_referrals",
    "screen_contact_types",
    "placeholder_dates",
    "conservative_required",
)
# A cut beyond its scale can never be met: the instrument is switched off.
BEYOND = {
    "any_sign_points": 10,
    "any_sign_pct": 100,
    "mskhq_mic": 56,
    "kpi_points": 10,
    "kpi_pct": 100,
}
COLUMNS = {
    "w_lo_days": "integer",
    "w_hi_days": "integer",
    "h4_bound": "varchar",
    "sign_timing_policy": "varchar",
    "ces_recent_days": "integer",
    "gp_recency_days": "integer",
    "gp_recency_mode": "varchar",
    "gp_unknown_recency": "varchar",
    "gp_not_recent_means": "varchar",
    "entry_implies_pain": "boolean",
    "h2_no_medication_counts": "boolean",
    "h3_require_advice": "boolean",
    "worsening_source": "varchar",
    "tried_def": "varchar",
    "tried_min_log_days": "integer",
    "tried_min_span_days": "integer",
    "no_logs_means": "varchar",
    "h4_improvement_window": "varchar",
    "any_sign_points": "decimal(9, 3)",
    "any_sign_pct": "decimal(9, 3)",
    "mskhq_mic": "integer",
    "score_max_age_days": "integer",
    "diary_scores": "varchar",
    "kpi_points": "decimal(9, 3)",
    "kpi_pct": "decimal(9, 3)",
    "kpi_combine": "varchar",
    "min_baseline_nprs": "decimal(9, 3)",
    "recurrence_gap_days": "integer",
    "landmark_grace_days": "integer",
    "matured_only": "boolean",
    "maturity_grace_days": "integer",
    "backfill_no_days": "integer",
    "persistent_permits_tims": "boolean",
    "severe_nprs": "decimal(9, 3)",
    "dose_around_tol": "double",
    "excessive_pain_nprs": "decimal(9, 3)",
    "target_days_per_week": "integer",
    "suppress_below": "integer",
}
# What becomes another column, or is read by pages and measures alone.
REWRITTEN = {
    *("contradiction_policy", "composite_no_means", "competing_level", "no_referral_means"),
    *("referral_window_days", "referral_lookback_days", "tims_label"),
}
# Every parameter that a rule set must have, and no other.
NAMES = frozenset({*COLUMNS, *LISTS, *REWRITTEN})
DERIVED = {
    "ps": "integer",
    "conflict_is_yes": "boolean",
    "composite_no": "boolean",
    "competing_rank": "integer",
    **{f"window_{level}": "integer" for level in ("a_and_e", "urgent", "gp", "tims")},
    **{f"lookback_{level}": "integer" for level in ("a_and_e", "urgent", "gp", "tims")},
}


def row(ps: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """One row of `param_set`; lists become '|a|b|' so that plain SQL can search them.

    Raises RulesError where a rule file lacks a parameter that the models read, or has another.
    """
    for name in sorted(NAMES - set(values)):
        raise RulesError(f"parameters.toml: the models need the parameter {name}")
    for name in sorted(set(values) - NAMES):
        raise RulesError(f"parameters.toml: no model reads the parameter {name}")
    found: dict[str, Any] = {name: values[name] for name in COLUMNS}
    for name, scale in BEYOND.items():
        if found[name] is not None and found[name] > scale:
            found[name] = None
    found |= {name: "|" + "|".join(values[name]) + "|" for name in LISTS}
    found["ps"] = ps
    found["conflict_is_yes"] = values["contradiction_policy"] == "worst"
    found["composite_no"] = values["composite_no_means"] == "no"
    found["competing_rank"] = RANKS[values["competing_level"]]
    for level, days in values["referral_window_days"].items():
        found[f"window_{level.lower()}"] = days
    for level, days in values["referral_lookback_days"].items():
        found[f"lookback_{level.lower()}"] = days
    return found


def create(con: duckdb.DuckDBPyConnection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Create and fill `param_set`."""
    types = {**DERIVED, **COLUMNS, **dict.fromkeys(LISTS, "varchar")}
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    con.execute(f"create or replace table param_set ({columns})")
    listed = list(rows)
    lists = ", ".join(f"unnest(?::{kind}[])" for kind in types.values())
    con.execute(
        f"insert into param_set select {lists}",
        [[each[name] for each in listed] for name in types],
    )
