"""Two small worlds in one database: all rows of the touched episodes, as they were and as they are.

Each is a schema (`before`, `after`) with the landing tables that the models read. The published
snapshot's copy is attached as `snap`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines import landing_tables as landing
from pipelines.engines import duck
from pipelines.engines.project import Model, models
from pipelines.home import Home
from pipelines.increment.doubt import NeedsFull
from pipelines.increment.plan import Plan
from pipelines.ingest.receipt import Receipt
from pipelines.landing_load import ANSWERS, landing_files, load_files
from pipelines.work import parameters
from rules.ruleset import Ruleset

Progress = Callable[[str, int, int], None]
WORLDS: Final = ("before", "after")
NUMBERS: Final = "episode_number"
UNSTABLE: Final = "episodes that nothing touched would get other keys"


def sql(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return resources.files("pipelines.increment").joinpath("sql", f"{name}.sql").read_text("utf-8")


def show_files(
    con: duckdb.DuckDBPyConnection, home: Home, receipts: list[Receipt], plan: Plan
) -> None:
    """Make the files of both worlds known: `landing_file` of each, `held_file`, `moved_source`,
    views `all_<landing table>` of every row that held or holds, `changed_…` of those that changed.
    """
    for world in WORLDS:
        con.execute(f"create schema {world}")
    con.execute("use after")
    load_files(con, receipts)
    con.execute("use before")
    landing.create(con, "landing_file")
    marks = ", ".join("?" for _ in landing.FILE)
    con.executemany(f"insert into landing_file values ({marks})", [list(r) for r in plan.before])
    con.execute("use work.main")
    con.execute(
        "create table held_file as\n"
        "select a.file_id, a.source, a.stream,\n"
        "    coalesce(b.current, false) as was, a.current as now\n"
        "from after.landing_file as a\n"
        "left join before.landing_file as b on b.file_id = a.file_id\n"
        "where a.current or coalesce(b.current, false)"
    )
    con.execute(f"create table moved_source as {sql('moved_source')}")
    for view, condition in (("all", "true"), ("changed", "was <> now")):
        rows = con.execute(f"select file_id from held_file where {condition}").fetchall()
        for table, paths in landing_files(home, receipts, {row[0] for row in rows}).items():
            _show(con, f"{view}_{table}", table, paths)


def _show(con: duckdb.DuckDBPyConnection, name: str, table: str, paths: list[Path]) -> None:
    columns = ", ".join(landing.TABLES[table])
    if not paths:
        nothing = ", ".join(f"null::{kind} as {c}" for c, kind in landing.TABLES[table].items())
        con.execute(f"create view {name} as select {nothing} where false")
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    con.execute(
        f"create view {name} as select {columns} "
        f"from read_parquet([{listed}], union_by_name = true)"
    )


def number(con: duckdb.DuckDBPyConnection, ruleset: Ruleset) -> None:
    """Give both worlds the keys that the whole of landing gives the touched episodes.

    Raises NeedsFull where that would change an untouched episode's key.
    """
    (model,) = (each for each in models(ruleset) if each.name == NUMBERS)
    con.execute("create schema numbers")
    con.execute("create view numbers.landing_triage as from all_landing_triage")
    con.execute("create view numbers.landing_file as from after.landing_file")
    con.execute("use numbers")
    con.execute(f"create table {NUMBERS} as {model.sql}")
    con.execute("use work.main")
    con.execute(
        "create table published_number as\n"
        "select distinct source, base_episode_id as episode_id, episode_key // 1000 as ep\n"
        "from snap.episode"
    )
    moved = con.execute(
        f"select count(*) from published_number as p\n"
        f"left join numbers.{NUMBERS} as n on n.source = p.source and n.episode_id = p.episode_id\n"
        "anti join touched as t on t.source = p.source and t.episode_id = p.episode_id\n"
        "where n.ep is distinct from p.ep"
    ).fetchall()[0][0]
    if moved:
        raise NeedsFull(UNSTABLE)
    for world, numbers in (("before", "published_number"), ("after", f"numbers.{NUMBERS}")):
        con.execute(
            f"create table {world}.given_number as\n"
            f"select source, episode_id, ep from {numbers}\n"
            "semi join touched using (source, episode_id)"
        )


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Fill each world's landing tables with the rows of the touched episodes."""
    for table in landing.STREAMS.values():
        con.execute(
            f"create table touched_{table} as\n"
            f"select r.* from all_{table} as r\n"
            "join held_file as f on f.file_id = r.file_id\n"
            "semi join touched as t on t.source = f.source and t.episode_id = r.episode_id"
        )
    con.execute(
        f"create table touched_{ANSWERS} as\n"
        f"select a.* from all_{ANSWERS} as a\n"
        "semi join touched_landing_triage as t on t.file_id = a.file_id and t.line = a.line"
    )
    for world, column in (("before", "was"), ("after", "now")):
        con.execute(f"use {world}")
        for table in (*landing.STREAMS.values(), ANSWERS):
            landing.create(con, table)
            con.execute(
                f"insert into {table} by name from work.main.touched_{table}\n"
                f"semi join (from work.main.held_file where {column}) using (file_id)"
            )
        con.execute("use work.main")


def run(
    con: duckdb.DuckDBPyConnection, world: str, ruleset: Ruleset, progress: Progress | None
) -> None:
    """Run every model in one world, whose episodes have their keys already."""
    given = Model(NUMBERS, "select * from given_number", frozenset())
    listed = [given if each.name == NUMBERS else each for each in models(ruleset)]
    con.execute(f"use {world}")
    parameters(con, ruleset)
    duck.run_models(con, listed, progress)
    con.execute("use work.main")


def same(con: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    """Whether two tables or queries have the same rows."""
    found: list[tuple[Any, ...]] = con.execute(
        f"select 1 from (({one} except all {other}) union all ({other} except all {one})) limit 1"
    ).fetchall()
    return not found
