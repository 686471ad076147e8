"""A database with the snapshot's tables that the measures read, filled by hand or at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

Rows = list[dict[str, Any]]

EPISODE = """
create table episode (
    episode_key bigint, episode_id varchar, base_episode_id varchar, part integer, source varchar,
    patient_id varchar, site_id varchar, age_band varchar, sex varchar, ethnic_group varchar,
    imd_quintile varchar, extract_date date, onset_earliest date, onset_latest date,
    onset_known boolean, first_contact_date date, last_contact_date date, month date,
    n_contacts integer, n_evaluated integer, first_lb tinyint, first_ub tinyint, worst_lb tinyint,
    worst_ub tinyint, worst_status varchar, escalated_later boolean, first_date_tims date,
    first_date_gp date, first_date_urgent date, first_date_ae date, first_cancer_only boolean,
    screen_complete_first boolean, screen_sufficient_first boolean, entry_cohort varchar,
    persist_6w varchar, persist_8w varchar,
    resolved_date date, recurrence_date date, last_symptomatic_date date, last_seen_date date,
    days_open integer, chronic_3m boolean, open_now boolean, persisting_now boolean,
    crossing_soon boolean, mature_8w boolean, n_score_days integer, baseline_date date,
    baseline_score decimal(6, 3), tti_event varchar, tti_days integer, tti_reason varchar,
    res_entry integer, res_exit integer, res_event boolean, phenotype varchar, tried_last boolean,
    close_date date, close_reason varchar, audit_category varchar, audit_late boolean,
    audit_permitted boolean, missed_red_flag boolean, expected_lb tinyint, expected_ub tinyint,
    recorded tinyint, flags varchar, referral_received_date date, first_seen_date date,
    improved_date date, action_source boolean, n_log_days integer, active_day_rate double,
    weekly_frequency_score double, adherence_index double, last_observed_date date
)
"""
OTHERS = """
create table site (site_id varchar, name varchar, n_episodes integer);
create table score (
    episode_key bigint, score_date date, value decimal(6, 3), measure varchar, origin varchar,
    is_baseline boolean, baseline decimal(6, 3), kpi_fall boolean
);
create table referral (
    episode_key bigint, referral_id varchar, referral_date date, destination varchar, kind varchar,
    destination_rank integer, result varchar, reasons varchar
);
create table param_set (
    competing_rank integer, competing_referrals varchar, mskhq_mic integer
);
create table contact (
    contact_key bigint, episode_key bigint, contact_date date, evaluated boolean, site_id varchar,
    screen_complete boolean, nprs decimal(6, 3), nprs_leg decimal(6, 3), nprs_back decimal(6, 3)
)
"""


def empty() -> duckdb.DuckDBPyConnection:
    """A fresh database in memory with empty tables."""
    con = duckdb.connect(":memory:")
    con.execute(EPISODE)
    for text in OTHERS.split(";"):
        con.execute(text)
    return con


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert dictionaries; columns that a row does not name are NULL."""
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        con.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def random_episodes(seed: int, n: int) -> list[dict[str, Any]]:
    """Episodes with every combination that the contract allows, and then some."""
    rng = random.Random(seed)
    out = []
    for key in range(n):
        seen = rng.random() > 0.08
        onset = date(2025, 9, 1) + timedelta(days=rng.randrange(260))
        wait = rng.randrange(0, 90)
        first = onset + timedelta(days=wait)
        low = rng.choice([0, 0, 0, 1, 1, 2, 3, 4])
        worst = max(low, rng.choice([0, 0, 1, 2, 4]))
        event = rng.choice(["improved", "improved", "escalated", "censored", "excluded"])
        x = date(2026, 6, 30)
        known = rng.random() > 0.15
        stay = rng.randrange(0, 90)
        gp = first + timedelta(days=rng.randrange(0, 80)) if worst >= 2 else None
        out.append(
            {
                "episode_key": key,
                "site_id": rng.choice(["S1", "S2", "S3", None]),
                "patient_id": f"p{rng.randrange(max(1, n * 3 // 4))}",
                "extract_date": x,
                "onset_latest": onset if known else None,
                "first_contact_date": first if seen else None,
                "last_contact_date": first if seen or rng.random() > 0.5 else None,
                "n_evaluated": rng.randrange(1, 4) if seen else 0,
                "first_lb": low if seen else None,
                "first_ub": rng.randrange(low, 5) if seen else None,
                "worst_lb": worst if seen else None,
                "worst_ub": rng.randrange(worst, 5) if seen else None,
                "first_date_gp": gp,
                "first_cancer_only": low == 2 and rng.random() > 0.5,
                "screen_complete_first": rng.random() > 0.3,
                "entry_cohort": (None if not known else "incident" if wait <= 56 else "prevalent"),
                "persist_6w": rng.choice(["PERSISTENT", "NOT_PERSISTENT", "LOST", "PENDING"]),
                "persist_8w": rng.choice(
                    ["PERSISTENT", "NOT_PERSISTENT", "LOST", "PENDING", "NOT_YET_DUE"]
                    if known
                    else ["PERSISTENT", "ONSET_UNKNOWN", "NO_DATA"]
                ),
                "persisting_now": rng.random() > 0.7,
                "crossing_soon": rng.random() > 0.9,
                "mature_8w": (x - onset).days >= 84 if known else None,
                "n_score_days": rng.randrange(0, 5),
                "baseline_date": first,
                "tti_event": event,
                "tti_days": None if event == "excluded" else rng.randrange(1, 100),
                "tti_reason": rng.choice(["no_baseline", "baseline_floor", "no_followup"])
                if event == "excluded"
                else None,
                "res_entry": wait if known else None,
                "res_exit": wait + stay if known else None,
                "res_event": (rng.random() > 0.5 and stay > 0) if known else None,
                "audit_category": rng.choice(
                    ["AGREE", "AGREE", "LATE", "UNDER", "OVER", "PENDING", "NOT_AUDITABLE", None]
                ),
                "recorded": rng.randrange(0, 5),
            }
        )
    return out


@pytest.fixture
def snapshot() -> Iterator[Callable[..., duckdb.DuckDBPyConnection]]:
    """Builder: tables by name -> an open database, e.g. snapshot(episode=[...], score=[...])."""
    opened = []

    def build(**tables: Rows) -> duckdb.DuckDBPyConnection:
        con = empty()
        opened.append(con)
        for table, found in tables.items():
            insert(con, table, found)
        return con

    yield build
    for con in opened:
        con.close()


@pytest.fixture(scope="session")
def episodes_at_random() -> Callable[[int, int], Rows]:
    """`random_episodes` for tests: seed and number -> rows of the episode table."""
    return random_episodes
