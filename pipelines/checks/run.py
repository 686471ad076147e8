"""Run the checks on what the models made: invariants that must hold, and data quality."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import duckdb

from pipelines.checks.months import steady
from pipelines.errors import OutcomesError

MONTHS = "check_month"
FILES = "check_file"


@dataclass(frozen=True)
class Check:
    """One check's outcome for one service and part of its rows ("" for the whole store).

    `status` is error, not applicable (nothing to look at), fail or pass, in this precedence.
    `n_wrong` of the `n_rows` looked at are wrong; `threshold` is the share that is tolerated.
    """

    id: str
    title: str
    severity: str
    status: str
    n_wrong: int
    n_rows: int | None = None
    category: str = "conformance"
    subcategory: str = "relational"
    threshold: float = 0.0
    why: str = ""
    source: str = ""
    part: str = ""


def run_checks(con: duckdb.DuckDBPyConnection) -> list[Check]:
    """Run every check of the catalogue. Raises OutcomesError when a fatal one fails.

    Leaves the tables check_month (source, month, n_contacts, n_unanswered, n_asked) and check_file
    (one row per file and check of its rows, with its status) in `con`.
    """
    catalogue = tomllib.loads(check_text("catalogue.toml"))
    found = [invariant(con, entry) for entry in catalogue["check"]]
    failed = [c for c in found if c.severity == "fatal" and c.status in ("fail", "error")]
    if failed:
        listed = "; ".join(f"{check.title} ({check.n_wrong} rows)" for check in failed)
        raise OutcomesError(
            f"nothing was published, because a check failed: {listed}",
            hint="The snapshot published before stays.",
        )
    keep_months(con)
    for entry in catalogue["quality"]:
        found += quality(con, entry)
    rows = con.execute(check_text(f"quality/{FILES}.sql")).fetchall()
    judge_files(con, catalogue["quality"], rows)
    return found


def keep_months(con: duckdb.DuckDBPyConnection) -> None:
    """Write the table `check_month` into the connection's schema."""
    con.execute(f"create or replace table {MONTHS} as {check_text(f'quality/{MONTHS}.sql')}")


def judge_files(
    con: duckdb.DuckDBPyConnection, entries: list[dict[str, Any]], rows: list[tuple[Any, ...]]
) -> None:
    """Judge each file's rows (those of `check_file.sql`) by the thresholds that hold for the store,
    in the table `check_file`."""
    known = {entry["id"]: entry for entry in entries}
    con.execute(
        f"create or replace table {FILES} (file_id varchar, name varchar, source varchar, "
        "stream varchar, check_id varchar, title varchar, status varchar, n_violated bigint, "
        "n_rows bigint, threshold double, why varchar)"
    )
    judged = []
    for file_id, name, source, stream, check, n_wrong, n_rows in rows:
        entry = known[check]
        status = _status(n_wrong, n_rows, entry["threshold"])
        judged.append([file_id, name, source, stream, check, entry["title"], status,
                       n_wrong, n_rows, entry["threshold"], entry["why"]])  # fmt: skip
    if judged:
        con.executemany(f"insert into {FILES} values ({', '.join('?' * 11)})", judged)


def check_text(name: str) -> str:
    """The text of a file of `checks`."""
    return resources.files("pipelines.checks").joinpath(*name.split("/")).read_text("utf-8")


def invariant(con: duckdb.DuckDBPyConnection, entry: dict[str, Any]) -> Check:
    """One check that must find nothing; status error where it cannot be asked."""
    try:
        wrong = check_text(entry["id"] + ".sql")
        rows = con.execute(f"select count(*) from ({wrong}) as wrong_rows").fetchall()
        n = int(rows[0][0])
    except duckdb.Error:
        return Check(entry["id"], entry["title"], entry["severity"], "error", 0)
    return Check(entry["id"], entry["title"], entry["severity"], "fail" if n else "pass", n)


def quality(con: duckdb.DuckDBPyConnection, entry: dict[str, Any]) -> list[Check]:
    """One check of data quality: a result per service and part, or one when there is none."""
    try:
        if entry["id"] in ("volume_steady", "missingness_steady"):
            rows: Iterable[tuple[Any, ...]] = steady(con, entry["id"])
        else:
            rows = con.execute(check_text(f"quality/{entry['id']}.sql")).fetchall()
    except duckdb.Error:
        return [_result(entry, "error", "", "", 0, None)]
    return judged(entry, rows)


def judged(entry: dict[str, Any], rows: Iterable[tuple[Any, ...]]) -> list[Check]:
    """The results of a check of data quality from (source, part, wrong rows, rows looked at)."""
    found = [
        _result(entry, _status(n_wrong, n_rows, entry["threshold"]), source, part, n_wrong, n_rows)
        for source, part, n_wrong, n_rows in sorted(rows, key=lambda row: (row[0], row[1]))
    ]
    return found or [_result(entry, "not applicable", "", "", 0, 0)]


def _status(n_wrong: int, n_rows: int, threshold: float) -> str:
    if not n_rows:
        return "not applicable"
    return "fail" if n_wrong > threshold * n_rows else "pass"


def _result(
    entry: dict[str, Any], status: str, source: str, part: str, n_wrong: int, n_rows: int | None
) -> Check:
    return Check(
        id=entry["id"],
        title=entry["title"],
        severity=entry["severity"],
        status=status,
        n_wrong=int(n_wrong),
        n_rows=None if n_rows is None else int(n_rows),
        category=entry["category"],
        subcategory=entry["subcategory"],
        threshold=entry["threshold"],
        why=entry["why"],
        source=source,
        part=part,
    )
