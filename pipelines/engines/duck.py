"""Run the models on DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from pipelines.engines.project import Model, macros

Progress = Callable[[str, int, int], None]

# Nothing is fetched at run time, and nothing but this machine's files is read.
SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def connect(path: Path | None = None, temp: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A writing connection to `path` (None: in memory) with extensions switched off."""
    con = duckdb.connect(str(path) if path else ":memory:", config=dict(SETTINGS))
    con.execute("set memory_limit = '4GB'")
    con.execute("set preserve_insertion_order = true")
    if temp:
        con.execute(f"set temp_directory = '{str(temp).replace(chr(39), chr(39) * 2)}'")
    return con


def run_models(
    con: duckdb.DuckDBPyConnection, models: Iterable[Model], progress: Progress | None = None
) -> None:
    """Create one table per model, in the given order, in the connection's database."""
    con.execute(macros())
    ordered = list(models)
    for number, model in enumerate(ordered, start=1):
        if progress:
            progress(model.name, number, len(ordered))
        con.execute(f"create or replace table {model.name} as\n{model.sql}")
