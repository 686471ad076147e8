"""Carry a copy of the published snapshot on: rows of touched episodes go and come, sums move."""

from __future__ import annotations

from typing import Final

import duckdb

from pipelines.engines.project import models
from pipelines.home import Home
from pipelines.increment.doubt import NeedsFull
from pipelines.increment.worlds import same, sql
from pipelines.measures.case_pairs import TABLE as PAIRS
from pipelines.rules_kept import RULES
from pipelines.snapshot_tables import CLASSIFIED, PUBLISHED, RUN, name_sites
from rules.ruleset import Ruleset

BY_EPISODE: Final = tuple(table for table in PUBLISHED if table in CLASSIFIED | {"exercise"})
"""Published tables whose rows each belong to one episode part."""
OF_THE_DAY: Final = ("contact", "breach", "referral")
"""Those that repeat their episode's last day of the data."""
KEPT: Final = frozenset({*PUBLISHED, *RULES, "level", "rule", "item", PAIRS})
"""Tables that are carried on; all others are written anew."""


def carry_on(con: duckdb.DuckDBPyConnection, home: Home, ruleset: Ruleset) -> None:
    """Bring `snap`, the snapshot as it was published, up to the world `after`.

    Leaves the tables of rows, of sites, files and quality as a full build would write them, and all
    others as they were. Raises NeedsFull where the snapshot does not hold what the
    world `before` says it should.
    """
    con.execute("create table gone as select episode_key from before.episode")
    con.execute(
        "create table part as\nselect episode_key from snap.episode\n"
        "semi join touched on touched.source = episode.source\n"
        "    and touched.episode_id = episode.base_episode_id"
    )
    if not same(con, "from gone", "from part"):
        raise NeedsFull("the published snapshot has other episodes than its files tell of")
    for table in BY_EPISODE:
        _take_out(con, table)
    _as_of(con)
    for table in BY_EPISODE:
        run = f", cast({RUN} as utinyint) as run_id" if table in CLASSIFIED else ""
        con.execute(f"insert into snap.{table} by name select *{run} from after.{PUBLISHED[table]}")
    _sites(con, home, ruleset)
    con.execute("create or replace table snap.file as from after.landing_file")
    con.execute(f"create or replace table snap.data_quality as {sql('data_quality')}")


def _take_out(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Remove the touched episodes' rows; NeedsFull where they are not those of `before`."""
    own = (
        f"select * exclude (run_id) from snap.{table}"
        if table in CLASSIFIED
        else f"from snap.{table}"
    )
    published = f"(select * from ({own}) semi join gone using (episode_key))"
    if not same(con, f"(from before.{PUBLISHED[table]})", published):
        raise NeedsFull(f"the published table {table} has other rows than its files tell of")
    con.execute(f"delete from snap.{table} where episode_key in (select episode_key from gone)")


def _as_of(con: duckdb.DuckDBPyConnection) -> None:
    """Set what depends on the last day of the data for all episodes that were not touched."""
    con.execute(sql("as_of"))
    for table in OF_THE_DAY:
        con.execute(
            f"update snap.{table} as r set extract_date = e.extract_date\n"
            "from (from snap.episode semi join moved_source using (source)) as e\n"
            "where e.episode_key = r.episode_key"
        )


def _sites(con: duckdb.DuckDBPyConnection, home: Home, ruleset: Ruleset) -> None:
    (model,) = (each for each in models(ruleset) if each.name == PUBLISHED["site"])
    con.execute("use snap")
    con.execute(f"create or replace table site as {model.sql}")
    con.execute("use work.main")
    name_sites(con, home)


def drop_the_rest(con: duckdb.DuckDBPyConnection) -> None:
    """Remove from `snap` what is written anew."""
    tables = con.execute(
        "select table_name from duckdb_tables() where database_name = 'snap'"
    ).fetchall()
    for (table,) in tables:
        if table not in KEPT:
            con.execute(f'drop table snap."{table}"')
