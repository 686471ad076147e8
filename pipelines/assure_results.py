"""Read what the models made of worked cases, under the names of the specification."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import duckdb

LEVELS = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")
CONTACT = """
select e.source, r.episode_key % 1000 + 1 as part, k.contact_id,
    r.l_a_and_e, r.l_urgent, r.l_gp, r.l_tims,
    r.r_help_1_unmanageable as h1, r.r_help_2_sleep as h2, r.r_help_3_worsening as h3,
    r.r_help_4_no_improvement as h4, f.tried, f.improved,
    r.h4_state, r.lb, r.ub, r.status, r.screen_answered, f.screen_complete, r.flags
from contact_result as r
join contact_fact as f on f.contact_key = r.contact_key
join stg_contact as k on k.contact_key = r.contact_key
join stg_episode as e on e.ep = k.ep
order by r.contact_key
"""
EPISODE = """
select source, part, episode_key, n_contacts, n_evaluated, worst_lb, worst_ub, worst_status,
    first_lb, escalated_later, first_date_tims, first_date_gp, first_date_urgent, first_date_ae,
    flags, persist_6w, persist_8w, entry_cohort, resolved_date, recurrence_date,
    tti_event, tti_days, tti_reason, phenotype, tried_last,
    audit_category, audit_reason, audit_late, audit_permitted,
    expected_lb, expected_ub, recorded, missed_red_flag
from episode
"""
BREACH = """
select e.source, b.episode_key % 1000 + 1 as part, b.level, b.breach_date, b.result,
    b.days_to_referral, b.timely
from breach as b
join stg_episode as e on e.ep = b.episode_key // 1000
order by e.source, b.breach_date, b.level
"""
REFERRAL = """
select e.source, r.episode_key % 1000 + 1 as part, r.referral_id, r.result, r.reasons, r.soft,
    r.destination_rank is null and r.destination not in ('MRI', 'INJECTION', 'SURGERY') as outside
from referral_audit as r
join stg_episode as e on e.ep = r.episode_key // 1000
where r.kind <> 'gp_source'
order by e.source, r.referral_date, r.referral_id
"""
DOSE = """
select e.source, u.part, d.log_id, d.dose_fraction, d.dose_met, d.over_dose
from dose as d
join stg_episode as e on e.ep = d.ep
join episode_part as u
    on u.ep = d.ep and d.log_date >= u.part_start and d.log_date < u.part_end
"""


def results(con: duckdb.DuckDBPyConnection, case_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The output fields of every case, by case id; later parts of an episode under `parts`."""
    found: dict[str, dict[str, Any]] = {case_id: _none() for case_id in case_ids}
    for row in _rows(con, EPISODE):
        target = _part(found[row["source"]], row["part"])
        target.update(_episode(row))
        if row["part"] > 1:
            del target["dq_flags"]  # flags are the whole episode's
    for row in _rows(con, CONTACT):
        target = _part(found[row["source"]], row["part"])
        target["contacts"][row["contact_id"]] = _contact(row)
    for row in _rows(con, BREACH):
        _part(found[row["source"]], row["part"])["audit"]["breaches"].append(_breach(row))
    for row in _rows(con, REFERRAL):
        _part(found[row["source"]], row["part"])["audit"]["referrals"].append(_referral(row))
    for row in _rows(con, DOSE):
        _part(found[row["source"]], row["part"])["doses"][row["log_id"]] = {
            "dose_fraction": row["dose_fraction"],
            "dose_met": row["dose_met"],
            "over_dose": row["over_dose"],
        }
    return found


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _none() -> dict[str, Any]:
    return {
        "contacts": {},
        "doses": {},
        "n_contacts": 0,
        "n_evaluated": 0,
        "worst_lb": "SELF_MANAGE",
        "worst_ub": "A_AND_E",
        "worst_status": "NO_CONTACT",
        "persist_6w": "NO_DATA",
        "persist_8w": "NO_DATA",
        "dq_flags": [],
        "audit": {"breaches": [], "referrals": []},
    }


def _part(case: dict[str, Any], part: int) -> dict[str, Any]:
    if part == 1:
        return case
    parts: dict[int, dict[str, Any]] = case.setdefault("parts", {})
    return parts.setdefault(part, _none())


def _truth(value: bool | None) -> str:
    return "U" if value is None else "T" if value else "F"


def _flags(text: str | None) -> list[str]:
    return sorted({flag for flag in (text or "").split(",") if flag})


def _contact(row: dict[str, Any]) -> dict[str, Any]:
    rules = ("l_a_and_e", "l_urgent", "l_gp", "l_tims")
    names = ("A_AND_E", "URGENT", "GP", "TIMS")
    determinate = row["lb"] == row["ub"]
    return {
        "ces": _truth(row["l_a_and_e"]),
        "urg": _truth(row["l_urgent"]),
        "gp": _truth(row["l_gp"]),
        "tims": _truth(row["l_tims"]),
        **{name: _truth(row[name]) for name in ("h1", "h2", "h3", "h4", "tried", "improved")},
        "h4_state": row["h4_state"],
        "fired_rules": [n for r, n in zip(rules, names, strict=True) if row[r]],
        "disposition_lb": LEVELS[row["lb"]],
        "disposition_ub": LEVELS[row["ub"]],
        "disposition_status": row["status"],
        "disposition": LEVELS[row["lb"]] if determinate else "INDETERMINATE",
        "screen_answered": row["screen_answered"],
        "screen_complete": row["screen_complete"],
        "flags": _flags(row["flags"]),
    }


def _episode(row: dict[str, Any]) -> dict[str, Any]:
    dates = {
        "A_AND_E": row["first_date_ae"],
        "URGENT": row["first_date_urgent"],
        "GP": row["first_date_gp"],
        "TIMS": row["first_date_tims"],
    }
    first = row["first_lb"]
    return {
        **{k: row[k] for k in ("n_contacts", "n_evaluated", "worst_status", "escalated_later")},
        "worst_lb": LEVELS[row["worst_lb"]],
        "worst_ub": LEVELS[row["worst_ub"]],
        "first_contact_disposition_lb": None if first is None else LEVELS[first],
        "first_date": {level: day for level, day in dates.items() if day},
        "dq_flags": _flags(row["flags"]),
        **{k: row[k] for k in ("persist_6w", "persist_8w", "entry_cohort")},
        **{k: row[k] for k in ("resolved_date", "recurrence_date", "phenotype")},
        "tti": {
            "event": row["tti_event"],
            "time_days": row["tti_days"],
            "reason": row["tti_reason"],
        },
        "tried_last": _truth(row["tried_last"]),
        "audit": {
            "category": row["audit_category"],
            "reason": row["audit_reason"],
            "late": row["audit_late"],
            "permitted": row["audit_permitted"],
            "expected_lb": LEVELS[row["expected_lb"]],
            "expected_ub": LEVELS[row["expected_ub"]],
            "recorded": LEVELS[row["recorded"]],
            "missed_red_flag": row["missed_red_flag"],
            "breaches": [],
            "referrals": [],
        },
    }


def _breach(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "level": LEVELS[row["level"]],
        "breach_date": row["breach_date"],
        "result": row["result"],
        "days_to_referral": row["days_to_referral"],
        "timely": row["timely"],
    }


def _referral(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "referral_id": row["referral_id"],
        "result": None if row["outside"] else row["result"],
        "reasons": [r for r in (row["reasons"] or "").split(",") if r],
        "soft": [r for r in (row["soft"] or "").split(",") if r],
    }
