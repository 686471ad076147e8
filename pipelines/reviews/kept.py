"""The published table of cases to audit, written with the snapshot."""

from __future__ import annotations

from importlib import resources

import duckdb


def keep_audit_cases(con: duckdb.DuckDBPyConnection) -> None:
    """Write `audit_case` into the current database, from its published tables."""
    text = resources.files("pipelines.reviews").joinpath("audit_case.sql").read_text("utf-8")
    con.execute(f"create table audit_case as {text}")
