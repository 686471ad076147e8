"""Runs a statement of `sql/` with a filter and gives rows as dictionaries."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import duckdb

from pipelines.measures.filter import Filter
from pipelines.measures.types import MeasureError

Row = dict[str, Any]


@cache
def statement(name: str) -> str:
    """Text of `sql/<name>.sql`; MeasureError when there is no such file."""
    file = resources.files("pipelines.measures").joinpath("sql", f"{name}.sql")
    if not file.is_file():
        raise MeasureError(f"there is no statement {name!r} in pipelines/measures/sql")
    return file.read_text(encoding="utf-8")


def rows(cur: duckdb.DuckDBPyConnection, name: str, flt: Filter) -> list[Row]:
    """All rows of one statement under a filter.

    A cursor of its own per query: a connection used from two threads at once gives wrong rows in
    DuckDB 2.0, and a result that is not drained blocks the connection.
    """
    own = cur.cursor()
    try:
        own.execute(statement(name), flt.parameters())
        columns = [column[0] for column in own.description or []]
        return [dict(zip(columns, row, strict=True)) for row in own.fetchall()]
    finally:
        own.close()
