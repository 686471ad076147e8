"""The rows that all three read, as Parquet; scores as numbers that each tool has by nature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pipelines.build import service_rules, worked_out
from pipelines.home import Home

ENTRIES: Final = (
    "select * from stg_log where not is_future and not before_onset "
    "and (nprs_today between 0 and 10 or nprs_today is null)"
)
"""The diary as it was kept, several rows a day."""
INPUTS: Final = {
    "contact_day": "ep, day, nprs::double as nprs, nprs_leg::double as nprs_leg, "
    "nprs_back::double as nprs_back",
    "entry": "ep, log_date as day, nprs_today::double as nprs_today",
    "symptom_day": "*",
    "episode_part": "*",
    "day_level": "episode_key, day, lb",
    "referral_all": "episode_key, kind, destination, referral_date",
    "param_set": "*",
}
PARAMETERS: Final = (
    *("diary_scores", "kpi_points", "kpi_pct", "kpi_combine", "min_baseline_nprs"),
    *("competing_rank", "competing_referrals", "w_lo_days", "w_hi_days", "landmark_grace_days"),
    "matured_only",
)
RESULTS: Final = {
    "improvement": "episode_key, baseline_date, baseline_score::double as baseline_score, "
    "n_score_days::bigint as n_score_days, improved_date, last_score_date, tti_event, "
    "tti_days::bigint as tti_days, tti_reason",
    "persistence": "episode_key, persist_6w, persist_8w",
}


def write(home: Home, folder: Path) -> int:
    """Build the home's models and write what the job reads into `folder`; rows that it reads."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    with worked_out(home, service_rules(home), folder) as (con, _):
        con.execute(f"create temp view entry as {ENTRIES}")
        for table, columns in INPUTS.items():
            path = folder / f"{table}.parquet"
            con.execute(
                f"copy (select {columns} from {table} order by all) to '{path}' (format parquet)"
            )
            rows += con.execute(f"select count(*) from {table}").fetchall()[0][0]
        found = con.execute(f"select {', '.join(PARAMETERS)} from param_set").fetchall()[0]
    told = dict(zip(PARAMETERS, found, strict=True))
    text = json.dumps(told, default=float)
    (folder / "parameters.json").write_text(text, encoding="utf-8")
    return rows
