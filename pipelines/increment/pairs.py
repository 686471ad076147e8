"""Pairs of rows of one person: those of the touched people as they were and as they are.

A pair is of one person's rows, and whether a row counts and hits does not depend on the last day
of the data but through what touches its episode, so the sums move by what these people add.
"""

from __future__ import annotations

from typing import Final

import duckdb

from pipelines.increment.merge import BY_EPISODE
from pipelines.increment.worlds import sql
from pipelines.measures.case_pairs import TABLE, keep_pairs
from pipelines.measures.case_query import KEPT, case_table, cases_sql
from pipelines.measures.catalogue import catalogue

BESIDE: Final = ("site", "param_set", "level", "rule", "item")
"""Published tables without rows of episodes, which cases are joined to."""


def find_people(con: duckdb.DuckDBPyConnection) -> None:
    """Write `touched_person`: whose the touched episodes were, and whose they are.

    `snap` is as it was published yet.
    """
    con.execute(
        "create table touched_person as\n"
        "select e.source, e.patient_id from snap.episode as e\n"
        "semi join touched as t on t.source = e.source and t.episode_id = e.base_episode_id\n"
        "union\n"
        "select source, patient_id from after.episode"
    )


def pair(con: duckdb.DuckDBPyConnection, world: str) -> None:
    """Pair the rows that these people have in `snap` now, in the schema `pairs_<world>`."""
    schema = f"pairs_{world}"
    con.execute(f"create schema {schema}")
    con.execute(
        f"create table {schema}.episode as\n"
        "from snap.episode semi join touched_person using (source, patient_id)"
    )
    for table in BY_EPISODE:
        if table != "episode":
            con.execute(
                f"create table {schema}.{table} as\n"
                f"from snap.{table} semi join {schema}.episode using (episode_key)"
            )
    for table in BESIDE:
        con.execute(f"create view {schema}.{table} as from snap.{table}")
    con.execute(f"use {schema}")
    for name in dict.fromkeys(each.cases for each in catalogue().values() if each.clustered):
        if name in KEPT:
            con.execute(f"create table {case_table(name)} as\n{cases_sql(name)}")
    keep_pairs(con)
    con.execute("use work.main")


def move_pairs(con: duckdb.DuckDBPyConnection) -> None:
    """Bring the published table of pairs up to what the two worlds say."""
    con.execute(f"create table moved_pairs as {sql('counts_pairs')}")
    con.execute(f"create or replace table snap.{TABLE} as from moved_pairs")
