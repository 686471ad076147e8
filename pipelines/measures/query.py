"""Runs a statement of `sql/` with a filter and gives rows as dictionaries."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, Final

import duckdb

from pipelines.measures.filter import Filter, conditions
from pipelines.measures.types import MeasureError

Row = dict[str, Any]

SELECTED: Final = re.compile(r"@selected\((\w+)\)")
"""Stands for "the filter's conditions, placed in time by this column" in a statement."""


@cache
def statement(name: str) -> str:
    """Text of `sql/<name>.sql`, filter conditions written out; MeasureError for no such file."""
    file = resources.files("pipelines.measures").joinpath("sql", f"{name}.sql")
    if not file.is_file():
        raise MeasureError(f"there is no statement {name!r} in pipelines/measures/sql")
    return with_conditions(file.read_text(encoding="utf-8"))


def with_conditions(text: str) -> str:
    """A statement with its `@selected(column)` written out."""
    return SELECTED.sub(lambda found: conditions(found[1]), text)


def rows(cur: duckdb.DuckDBPyConnection, name: str, flt: Filter) -> list[Row]:
    """All rows of one statement of `sql/` under a filter."""
    return run(cur, statement(name), flt)


def run(
    cur: duckdb.DuckDBPyConnection,
    text: str,
    flt: Filter | None,
    extra: dict[str, Any] | None = None,
) -> list[Row]:
    """All rows of a statement under a filter (None: it takes none) and `extra` parameters.

    A cursor of its own per query: a connection used from two threads at once gives wrong rows in
    DuckDB 2.0, and a result that is not drained blocks the connection.
    """
    own = cur.cursor()
    try:
        given = {**(flt.parameters() if flt else {}), **(extra or {})}
        own.execute(text, given or None)
        columns = [column[0] for column in own.description or []]
        return [dict(zip(columns, row, strict=True)) for row in own.fetchall()]
    finally:
        own.close()
