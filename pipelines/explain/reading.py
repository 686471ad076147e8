"""Read one episode's rows from a snapshot as plain data: dates as ISO text, decimals as numbers."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import resources
from typing import Any

import duckdb

Row = dict[str, Any]


@cache
def _statement(name: str) -> str:
    return resources.files("pipelines.explain").joinpath(f"{name}.sql").read_text("utf-8")


def rows(cur: duckdb.DuckDBPyConnection, name: str, **values: Any) -> list[Row]:
    """The rows of the statement `<name>.sql`; `values` are its `$names`."""
    return fetched(cur.execute(_statement(name), values or None))


def fetched(cur: duckdb.DuckDBPyConnection) -> list[Row]:
    """The rows of the statement that was just run, as plain data."""
    names = [column[0] for column in cur.description or []]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in cur.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return float(value)
