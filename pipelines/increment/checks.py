"""The checks of a snapshot that was carried on, as if they had looked at everything.

How many rows are wrong adds up over episodes and files, so a result moves by what the two small
worlds say of the touched episodes. What does not add up is asked of the whole snapshot, or of the
files' load reports.
"""

from __future__ import annotations

import tomllib
from typing import Any, Final

import duckdb
import pyarrow.parquet as pq

from pipelines.checks.months import steady
from pipelines.checks.run import (
    MONTHS,
    Check,
    check_text,
    invariant,
    judge_files,
    judged,
    keep_months,
)
from pipelines.home import Home
from pipelines.increment.doubt import NeedsFull
from pipelines.increment.worlds import WORLDS, sql
from pipelines.ingest.receipt import Receipt
from pipelines.landing_load import current_files
from pipelines.landing_tables import STREAMS

OF_SNAPSHOT: Final = frozenset(
    {"onset_heaping", "onset_is_contact_day", "onset_present", "months_whole"}
)
"""Checks of the published tables, which are whole."""
OF_FILES: Final = frozenset({"rows_as_stated", "rows_set_aside"})
"""Checks of load reports alone."""
OF_MONTHS: Final = frozenset({"volume_steady", "missingness_steady"})
COMPLETE: Final = "landing_complete"
Sums = dict[tuple[str, str], tuple[int, int]]


def moved_checks(
    con: duckdb.DuckDBPyConnection, home: Home, receipts: list[Receipt]
) -> list[Check]:
    """Every check's result; the tables `check_month` and `check_file` in the schema `main`.

    `snap` still has the checks as they were published. Raises NeedsFull where a fatal one fails:
    the full build then says which rows.
    """
    catalogue = tomllib.loads(check_text("catalogue.toml"))
    found = [_invariant(con, home, receipts, entry) for entry in catalogue["check"]]
    if any(check.status != "pass" for check in found):
        raise NeedsFull("a check failed")
    if con.execute("select 1 from snap.check_result where status = 'error'").fetchall():
        raise NeedsFull("a check could not be asked when the snapshot was published")
    _show_whole(con)
    _months(con)
    for entry in catalogue["quality"]:
        found += judged(entry, _sums(con, entry["id"]))
    _files(con, catalogue["quality"])
    return found


def _invariant(
    con: duckdb.DuckDBPyConnection, home: Home, receipts: list[Receipt], entry: dict[str, Any]
) -> Check:
    if entry["id"] == COMPLETE:
        wrong = _incomplete(home, receipts)
        return Check(
            entry["id"], entry["title"], entry["severity"], "fail" if wrong else "pass", wrong
        )
    con.execute("use after")
    try:
        return invariant(con, entry)
    finally:
        con.execute("use work.main")


def _incomplete(home: Home, receipts: list[Receipt]) -> int:
    """Files that hold and have another number of rows in landing than their load report says."""
    held = current_files(receipts)
    wrong = 0
    for receipt in receipts:
        if receipt.file_id in held and receipt.stream in STREAMS:
            path = home.landing / receipt.stream / receipt.file_id / "rows.parquet"
            wrong += int(pq.read_metadata(path).num_rows) != receipt.landed - receipt.forgotten
    return wrong


def _months(con: duckdb.DuckDBPyConnection) -> None:
    for world in WORLDS:
        con.execute(f"use {world}")
        keep_months(con)
    con.execute("use work.main")
    con.execute(f"create table {MONTHS} as {sql('check_month')}")


def _files(con: duckdb.DuckDBPyConnection, entries: list[dict[str, Any]]) -> None:
    for world in WORLDS:
        con.execute(
            f"create table {world}_file_check (file_id varchar, name varchar, "
            "source varchar, stream varchar, check_id varchar, n_wrong bigint, n_rows bigint)"
        )
        con.execute(f"use {world}")
        con.execute(
            f"insert into work.main.{world}_file_check {check_text('quality/check_file.sql')}"
        )
        con.execute("use work.main")
    judge_files(con, entries, con.execute(sql("check_file")).fetchall())


def _show_whole(con: duckdb.DuckDBPyConnection) -> None:
    """The schema `whole`: the models' tables that can be told from the published ones."""
    con.execute("create schema whole")
    con.execute("create view whole.episode as from snap.episode")
    con.execute(
        "create view whole.stg_contact as\n"
        "select episode_key // 1000 as ep, contact_date from snap.contact"
    )
    con.execute(
        "create view whole.stg_episode as\n"
        "select distinct episode_key // 1000 as ep, source from snap.episode"
    )


def _sums(con: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    """Service, part, wrong rows and rows looked at, of all rows."""
    if name in OF_MONTHS:
        return steady(con, name)
    if name in OF_SNAPSHOT:
        return _asked(con, "whole", name)
    if name in OF_FILES:
        return _asked(con, "after", name)
    published = con.execute(
        "select source, part, n_violated, n_rows from snap.check_result "
        "where check_id = ? and n_rows > 0",
        [name],
    ).fetchall()
    found: Sums = {}
    for sign, rows in (
        (1, published),
        (-1, _asked(con, "before", name)),
        (1, _asked(con, "after", name)),
    ):
        for source, part, n_wrong, n_rows in rows:
            was = found.get((source, part), (0, 0))
            found[source, part] = (was[0] + sign * int(n_wrong), was[1] + sign * int(n_rows))
    return [(*key, *sums) for key, sums in found.items() if sums[1]]


def _asked(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> list[tuple[Any, ...]]:
    con.execute(f"use {schema}")
    try:
        return con.execute(check_text(f"quality/{name}.sql")).fetchall()
    finally:
        con.execute("use work.main")
