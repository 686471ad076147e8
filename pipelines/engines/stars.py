"""Write out the columns where Spark cannot: `* replace (…)` and `union all by name`.

Which columns a table has, DuckDB says: every model is made once from empty tables.
"""

from __future__ import annotations

from functools import cache

import duckdb
from sqlglot import exp

from pipelines import landing_tables as landing
from pipelines import params
from pipelines.engines.duck import connect, run_models
from pipelines.engines.project import models
from rules.ruleset import Ruleset, load


def named_columns(tree: exp.Expr) -> exp.Expr:
    """The tree without stars that replace, and without unions by name."""
    for select in list(tree.find_all(exp.Select)):
        for star in [each for each in select.expressions if _replaces(each)]:
            _write_out(tree, select, star)
    for union in list(tree.find_all(exp.Union)):
        if union.args.get("by_name"):
            _in_order(tree, union)
    return tree


def _star(node: exp.Expr) -> exp.Star | None:
    if isinstance(node, exp.Column):
        node = node.this
    return node if isinstance(node, exp.Star) else None


def _replaces(node: exp.Expr) -> bool:
    star = _star(node)
    return star is not None and bool(star.args.get("replace"))


def _write_out(tree: exp.Expr, select: exp.Select, given: exp.Expr) -> None:
    star = _star(given)
    assert star is not None
    table = given.table if isinstance(given, exp.Column) else ""
    replaced = {each.alias: each for each in star.args["replace"]}
    written = [
        replaced.get(name, exp.column(name, table=table or None))
        for name in _columns_of(tree, select, table)
    ]
    select.set(
        "expressions",
        [one for each in select.expressions for one in (written if each is given else [each])],
    )


def _columns_of(tree: exp.Expr, select: exp.Select, alias: str) -> list[str]:
    """The columns of the relation that is called so in the select's `from` or joins."""
    tables = [select.args["from_"].this, *(join.this for join in select.args.get("joins", []))]
    found = [each for each in tables if not alias or each.alias_or_name == alias]
    return _described(tree, f"select * from {found[0].name}")


def _in_order(tree: exp.Expr, union: exp.Union) -> None:
    """Both sides name their columns in the order of the first one."""
    first = _described(tree, union.left.sql("duckdb"))
    for side in (union.left, union.right):
        if any(_star(each) for each in side.expressions):
            side.set("expressions", [exp.column(name) for name in first])
        else:
            named = {each.alias_or_name: each for each in side.expressions}
            if set(named) != set(first):
                raise ValueError("a union by name joins selects of different columns")
            side.set("expressions", [named[name] for name in first])
    union.set("by_name", False)


def _described(tree: exp.Expr, query: str) -> list[str]:
    """The names of a query's columns; it may name the tree's own table expressions."""
    with_ = tree.args.get("with_")
    ahead = with_.sql("duckdb") + " " if with_ is not None else ""
    cursor = empty_project().cursor()
    rows = cursor.execute(f"describe {ahead}{query}").fetchall()
    return [row[0] for row in rows]


@cache
def empty_project() -> duckdb.DuckDBPyConnection:
    """A database in memory with every source and model, all of them empty."""
    con = connect()
    for table in landing.TABLES:
        landing.create(con, table)
    params.create(con, [])
    con.execute("create table source_params (source varchar, ps integer)")
    run_models(con, models(_any_rules()))
    return con


@cache
def _any_rules() -> Ruleset:
    return load()


@cache
def column_types(table: str) -> dict[str, str]:
    """Column -> DuckDB type of a source or model."""
    cursor = empty_project().cursor()
    rows = cursor.execute(f"describe {table}").fetchall()
    return {row[0]: row[1] for row in rows}
