"""Two snapshots compared row for row: every table, its columns' types, and the file of totals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from pipelines.totals.files import totals_of

OF_THE_MAKING = {
    "run": "* exclude (classified_at)",
    "meta": "* from {table} where key not in ('created_at', 'build_file', 'previous_snapshot',"
    " 'builds_since_full') --",
    # People have numbers drawn anew at each publication: who they are is left out, not how many.
    "people_total": "* replace (patient_id is not null as patient_id)",
}
"""What two full builds of the same files have different, too."""


def differences(one: Path, other: Path) -> list[str]:
    """What is not the same in two snapshots and their totals; empty where nothing is."""
    return [*_differences(one, other), *_differences(totals_of(one), totals_of(other))]


def _differences(one: Path, other: Path) -> Iterator[str]:
    con = duckdb.connect()
    try:
        for name, path in (("a", one), ("b", other)):
            con.execute(f"attach '{path}' as {name} (read_only)")
        kinds = [_columns(con, name) for name in ("a", "b")]
        for table in sorted(set(kinds[0]) | set(kinds[1])):
            if kinds[0].get(table) != kinds[1].get(table):
                yield f"{table}: {kinds[0].get(table)} and {kinds[1].get(table)}"
                continue
            a, b = (_rows(name, table) for name in ("a", "b"))
            for label, left, right in (("only in the first", a, b), ("only in the second", b, a)):
                found = con.execute(f"({left}) except all ({right})").fetchall()
                if found:
                    yield f"{table}: {len(found)} rows {label}, as {found[:3]}"
    finally:
        con.close()


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for table, *told in con.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = ? and not internal order by table_name, column_index",
        [name],
    ).fetchall():
        found.setdefault(table, []).append(tuple(told))
    return found


def _rows(name: str, table: str) -> str:
    chosen = OF_THE_MAKING.get(table, "*").format(table=f'{name}."{table}"')
    return f'select {chosen}\nfrom {name}."{table}"' if "--" not in chosen else f"select {chosen}\n"
