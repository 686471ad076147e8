"""Two snapshots of one home side by side."""

from __future__ import annotations

from pathlib import Path

import duckdb

# What tells when and by what a snapshot was made.
OWN = {"meta", "run"}


def same_snapshot(one: Path, two: Path) -> list[str]:
    """Tables that the two do not have alike: columns, types, rows."""
    con = duckdb.connect()
    con.execute(f"attach '{one}' as a (read_only)")
    con.execute(f"attach '{two}' as b (read_only)")
    columns = {
        name: con.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where database_name = ? order by all",
            [name],
        ).fetchall()
        for name in ("a", "b")
    }
    told = [str(each) for each in sorted(set(columns["a"]) ^ set(columns["b"]))]
    for table in sorted({row[0] for row in columns["a"]} - OWN):
        for first, second in (("a", "b"), ("b", "a")):
            rows = con.execute(
                f"select count(*) from (select * from {first}.{table} except all "
                f"select * from {second}.{table})"
            ).fetchall()[0][0]
            if rows:
                told.append(f"{table}: {rows} rows only in {first}")
    con.close()
    return told
