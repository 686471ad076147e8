"""Why a worked case came out as it did: the explanation that its episode would have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from pipelines.explain import NoEpisode, brief, explain
from pipelines.snapshot_tables import PUBLISHED, RUN
from rules.ruleset import Ruleset

SCHEMA = "told"


def published_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views of the models under the names that a snapshot gives them, in a schema of their own."""
    con.execute(f"create schema if not exists {SCHEMA}")
    for table, model in PUBLISHED.items():
        con.execute(
            f"create or replace view {SCHEMA}.{table} as "
            f"select *, cast({RUN} as utinyint) as run_id from main.{model}"
        )


def reasons(
    con: duckdb.DuckDBPyConnection, case_id: str, content: Mapping[str, Any], ruleset: Ruleset
) -> list[str]:
    """The explanation of a case's episode, in lines; `ruleset` has the case's own parameters.

    `con` has the models of the cases and `published_views`.
    """
    cur = con.cursor()
    try:
        cur.execute(f"set search_path = '{SCHEMA}'")
        label = ruleset.values["tims_label"]
        cur.execute(
            "create or replace temp table level (level tinyint, code varchar, label varchar)"
        )
        cur.executemany(
            "insert into temp.level values (?, ?, ?)",
            [[v.rank, v.code, label if v.code == "TIMS" else v.label] for v in ruleset.levels],
        )
        episode_id = str(content.get("episode", {}).get("episode_id", "e1"))
        return brief(explain(cur, episode_id, source=case_id, ruleset=ruleset))
    except NoEpisode:
        return ["there is no episode: no contact on or before the extract date"]
    finally:
        cur.close()
