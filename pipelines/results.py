"""Result tables that another engine wrote as Parquet: when they are whole, and of what.

Each model's rows lie in a folder of its name. The last one written, `made`, says under which
rules, by which models and out of which files; without it the others are not to be trusted.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import duckdb
from sqlglot import exp, parse_one

from pipelines.engines.project import Model, models
from pipelines.engines.stars import column_types
from pipelines.errors import OutcomesError
from rules.ruleset import Ruleset

MADE: Final = "made"
DONE: Final = "_SUCCESS"
"""What Spark writes into a folder when all of its files are there."""
FILES: Final = """
select string_agg(told, ',' order by told) as files
from (
    select concat_ws(':', file_id, cast(landed as varchar), cast(forgotten as varchar)) as told
    from landing_file
    where current
) as listed
"""
"""Which files hold, and how many rows of each: what was forgotten since must not come back."""
AGAIN: Final = "Run it again; the published snapshot is unchanged."


def made_model(ruleset: Ruleset) -> Model:
    """The table that is written last."""
    sql = (
        "-- Written last: the rules, models and files out of which these tables were made.\n"
        f"select '{ruleset.version}' as ruleset_version, '{digest(ruleset)}' as models, "
        f"version() as engine, files\nfrom ({FILES.strip()}) as held"
    )
    return Model(MADE, sql, frozenset({"landing_file"}))


def digest(ruleset: Ruleset) -> str:
    """First 12 hex digits of the SHA-256 of every model's SQL."""
    told = "\n".join(f"{model.name}: {model.sql}" for model in models(ruleset))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def adopt(con: duckdb.DuckDBPyConnection, folder: Path, ruleset: Ruleset) -> str:
    """Make every model a view over its Parquet files; the engine that wrote them.

    `con` has the landing tables. OutcomesError, with nothing done, where tables are missing or half
    written, are of other rules, models or files, or have other columns.
    """
    engine = _whole(con, folder, ruleset)
    for model in models(ruleset):
        _alike(con, folder, model.name)
        order = _order(model)
        con.execute(f"create or replace view {model.name} as {_rows(folder, model.name)}{order}")
    return engine


def _whole(con: duckdb.DuckDBPyConnection, folder: Path, ruleset: Ruleset) -> str:
    expected = [model.name for model in models(ruleset)]
    for name in (*expected, MADE):
        if not (folder / name / DONE).exists() or not list((folder / name).glob("*.parquet")):
            raise OutcomesError(
                f"the result tables are not whole: {name} is missing or was not finished",
                where=str(folder),
                hint=AGAIN,
            )
    version, by, engine, files = con.execute(_rows(folder, MADE)).fetchall()[0]
    held = con.execute(FILES).fetchall()[0][0]
    for found, wanted, what in (
        (version, ruleset.version, "under other rules or parameters"),
        (by, digest(ruleset), "by another version of the models"),
        (files, held, "out of other files than the data home holds now"),
    ):
        if found != wanted:
            raise OutcomesError(
                f"the result tables were made {what}", where=str(folder), hint=AGAIN
            )
    return f"Spark {str(engine).split()[0]}"


def _rows(folder: Path, name: str) -> str:
    pattern = str(folder / name / "*.parquet").replace("'", "''")
    return f"select * from read_parquet('{pattern}')"


def _alike(con: duckdb.DuckDBPyConnection, folder: Path, name: str) -> None:
    found = {row[0]: row[1] for row in con.execute(f"describe {_rows(folder, name)}").fetchall()}
    wanted = column_types(name)
    for column in (*wanted, *found):
        if found.get(column) != wanted.get(column):
            raise OutcomesError(
                f"the result table {name} has {column} as {found.get(column, 'nothing')}, "
                f"not {wanted.get(column, 'nothing')}",
                where=str(folder),
                hint=AGAIN,
            )


def _order(model: Model) -> str:
    """The order in which the model lays down its rows: Parquet's files promise none."""
    tree = parse_one(model.sql, read="duckdb")
    order = tree.args.get("order")
    if order is None or not isinstance(tree, exp.Select):
        return ""
    named = {each.unalias(): each.alias_or_name for each in tree.selects}
    for column in list(order.find_all(exp.Column)):
        column.replace(exp.column(named.get(column, column.name)))
    return " " + str(order.sql("duckdb"))
