"""A published snapshot written by hand: the tables of a real one, filled as a test needs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipelines.measures.case_pairs import keep_pairs
from pipelines.measures.case_query import keep_cases
from pipelines.reviews.kept import keep_audit_cases
from pipelines.totals.files import totals_of
from pipelines.totals.write import write_totals

KEPT = {"level", "rule", "item", "parameter", "rule_file", "run", "param_set", "exercise"}
"""Tables that hold no data of anybody."""
META = {
    "created_at": "2026-07-01 06:10:00",
    "ruleset_version": "0123456789ab",
    "data_to": "2026-06-30",
    "previous_snapshot": "",
}


def publish(
    like: Path,
    home: Path,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    name: str,
    totals: bool = False,
) -> Path:
    """Write `<home>/snapshots/<name>` with these rows and point CURRENT at it.

    With `totals` also its file of totals, for pages that show no case.

    `like` is a real snapshot, whose tables and rules it has: what pages read is always there.
    """
    folder = home / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(like, folder / name)
    (folder / name).chmod(0o600)
    con = duckdb.connect(str(folder / name))
    for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
        if table.startswith(("answer_", "case_", "counts_")):
            con.execute(f'drop table "{table}"')
        elif table not in {*KEPT, "meta"}:
            con.execute(f'delete from "{table}"')
    for key, value in META.items():
        con.execute("update meta set value = ? where key = ?", [value, key])
    for table, found in rows.items():
        for row in found:
            names = ", ".join(f'"{column}"' for column in row)
            marks = ", ".join("?" * len(row))
            con.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))
    con.execute("drop table audit_case")
    keep_audit_cases(con)
    if totals:
        keep_cases(con)
        keep_pairs(con)
        totals_of(folder / name).unlink(missing_ok=True)
        write_totals(con, totals_of(folder / name))
    con.execute("checkpoint")
    con.close()
    (folder / "CURRENT").write_text(name, encoding="utf-8")
    return home
