"""A published snapshot written by hand: the tables that the pages read, filled as a test needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from rules.ruleset import load

SCREEN = load().screen_items
EPISODE = """
    episode_key bigint, episode_id varchar, base_episode_id varchar, part integer, source varchar,
    patient_id varchar, site_id varchar, age_band varchar, sex varchar, ethnic_group varchar,
    imd_quintile varchar, extract_date date, onset_earliest date, onset_latest date,
    onset_known boolean, first_contact_date date, last_contact_date date, month date,
    n_contacts integer, n_evaluated integer, first_lb tinyint, first_ub tinyint,
    worst_lb tinyint, worst_ub tinyint, worst_status varchar, escalated_later boolean,
    first_date_tims date, first_date_gp date, first_date_urgent date, first_date_ae date,
    first_cancer_only boolean, screen_complete_first boolean, entry_cohort varchar,
    persist_6w varchar, persist_8w varchar, resolved_date date, recurrence_date date,
    last_symptomatic_date date, last_seen_date date, days_open integer, chronic_3m boolean,
    open_now boolean, persisting_now boolean, crossing_soon boolean, mature_8w boolean,
    n_score_days integer, baseline_date date, baseline_score decimal(6, 3), tti_event varchar,
    tti_days integer, tti_reason varchar, res_entry integer, res_exit integer,
    res_event boolean, phenotype varchar, tried_last boolean, close_date date,
    close_reason varchar, audit_category varchar, audit_late boolean, audit_permitted boolean,
    missed_red_flag boolean, expected_lb tinyint, expected_ub tinyint, recorded tinyint,
    flags varchar"""
CONTACT = f"""
    contact_key bigint, episode_key bigint, contact_id varchar, contact_date date,
    contact_time varchar, contact_type varchar, evaluated boolean, site_id varchar,
    lb tinyint, ub tinyint, status varchar, screen_answered integer, screen_complete boolean,
    {", ".join(f"{item} boolean, {item}_code varchar" for item in SCREEN)},
    nprs decimal(6, 3), nprs_leg decimal(6, 3), nprs_back decimal(6, 3), improved boolean,
    tried boolean, symptomatic boolean, persisted_lo boolean, persisted_hi boolean,
    worsening boolean, recent boolean, pain boolean, ces boolean, urg boolean, gp boolean,
    tims boolean, h1 boolean, h2 boolean, h3 boolean, h4 boolean, h4_state varchar,
    flags varchar, file_id varchar, line bigint"""
TABLES = {
    "meta": "key varchar, value varchar",
    "level": "level tinyint, code varchar, label varchar",
    "rule": "rule_id varchar, title varchar, level tinyint, section varchar, item varchar,"
    " reading varchar, description varchar, ord integer",
    "item": "item varchar, wording varchar, kind varchar",
    "site": "site_id varchar, name varchar, n_episodes integer",
    "file": "file_id varchar, name varchar, sha256 varchar, bytes bigint, source varchar,"
    " stream varchar, profile varchar, profile_version varchar, supply varchar,"
    " extract_date date, ingested_at timestamp, sequence integer, physical bigint,"
    " accepted bigint, quarantined bigint, dropped bigint, action_source boolean",
    "episode": EPISODE,
    "contact": CONTACT,
    "rule_trace": "contact_key bigint, episode_key bigint, rule_id varchar, value boolean",
    "score": "episode_key bigint, score_date date, value decimal(6, 3), measure varchar,"
    ' "from" varchar',
    "symptom_day": 'episode_key bigint, "day" date, symptomatic boolean',
    "log_day": "episode_key bigint, log_date date, n_exercises integer, nprs_today decimal(6, 3)",
    "breach": "episode_key bigint, level tinyint, breach_date date, result varchar,"
    " days_to_referral integer, timely boolean, possible boolean",
    "referral": "episode_key bigint, referral_id varchar, referral_date date,"
    " destination varchar, kind varchar, result varchar, reasons varchar, soft boolean,"
    " file_id varchar, line bigint",
}
META = {
    "snapshot_id": "by-hand",
    "created_at": "2026-07-01 06:10:00",
    "ruleset_version": "0123456789ab",
    "code_version": "0.0.0",
    "leaflet_review": "May 2022",
    "data_to": "2026-06-30",
}


def publish(home: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]], name: str) -> Path:
    """Write `<home>/snapshots/<name>` with these rows and point CURRENT at it."""
    folder = home / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(folder / name))
    for table, columns in TABLES.items():
        con.execute(f"create table {table} ({columns})")
    ruleset = load()
    fixed: dict[str, Sequence[Mapping[str, Any]]] = {
        "meta": [{"key": key, "value": value} for key, value in META.items()],
        "level": [
            {"level": level.rank, "code": level.code, "label": level.label}
            for level in ruleset.levels
        ],
        "rule": [
            {
                "rule_id": rule.id,
                "title": rule.title,
                "level": ruleset.level(rule.leads_to).rank,
                "section": rule.section,
                "item": f"{rule.list}, item {rule.entry}",
                "reading": rule.reading,
                "description": rule.description,
                "ord": place,
            }
            for place, rule in enumerate(ruleset.rules)
        ],
        "item": [
            {"item": item.code, "wording": item.wording, "kind": item.group}
            for item in ruleset.items.values()
        ],
    }
    for table, found in {**fixed, **rows}.items():
        for row in found:
            names = ", ".join(f'"{column}"' for column in row)
            marks = ", ".join("?" * len(row))
            con.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
    con.execute("checkpoint")
    con.close()
    (folder / "CURRENT").write_text(name, encoding="utf-8")
    return home
