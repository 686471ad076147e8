"""Run the checks on what the models made."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

import duckdb

from pipelines.errors import OutcomesError


@dataclass(frozen=True)
class Check:
    """One check's outcome: `status` is pass or fail, `n_wrong` the rows that it returned."""

    id: str
    title: str
    severity: str
    status: str
    n_wrong: int


def run_checks(con: duckdb.DuckDBPyConnection) -> list[Check]:
    """Run every check of the catalogue. Raises OutcomesError when a fatal one fails."""
    folder = resources.files("pipelines.checks")
    catalogue = tomllib.loads(folder.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    found = []
    for entry in catalogue["check"]:
        sql = folder.joinpath(f"{entry['id']}.sql").read_text(encoding="utf-8")
        rows = con.execute(f"select count(*) from ({sql}) as wrong_rows").fetchall()
        n = int(rows[0][0])
        found.append(
            Check(entry["id"], entry["title"], entry["severity"], "fail" if n else "pass", n)
        )
    failed = [check for check in found if check.severity == "fatal" and check.n_wrong]
    if failed:
        listed = "; ".join(f"{check.title} ({check.n_wrong} rows)" for check in failed)
        raise OutcomesError(
            f"nothing was published, because a check failed: {listed}",
            hint="The snapshot published before stays.",
        )
    return found
