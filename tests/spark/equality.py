"""What two engines made of the same rows, side by side."""

from __future__ import annotations

from pathlib import Path

import duckdb


def differences(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> list[str]:
    """How the Parquet files in `folder/name` differ from the table `name`, in words.

    Columns, their order and types; then the rows, as often as each is there, and every last bit
    of a number (NULL equals NULL).
    """
    cursor = con.cursor()
    other = f"read_parquet('{folder / name}/*.parquet')"
    wanted = [row[:2] for row in cursor.execute(f'describe "{name}"').fetchall()]
    found = [row[:2] for row in cursor.execute(f"describe select * from {other}").fetchall()]
    if wanted != found:
        apart = sorted(set(wanted) ^ set(found)) or ["another order"]
        return [f"{name}: columns differ: {apart}"]
    told = []
    for one, two, where in ((f'"{name}"', other, "DuckDB"), (other, f'"{name}"', "Spark")):
        rows = cursor.execute(
            f"select * from {one} except all select * from {two} limit 3"
        ).fetchall()
        told += [f"{name}: only on {where}: {row}" for row in rows]
    return told


def count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """How many rows a table has."""
    return int(con.cursor().execute(f'select count(*) from "{name}"').fetchall()[0][0])
