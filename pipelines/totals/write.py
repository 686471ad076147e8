"""Write the file of totals from a snapshot's tables: counts by month, site and one group at most.

Nothing in it is of a single person: no id, no day, no row of a case. Days between two events and
scores are there as counts of them (`counts_times` and the like), by month.
"""

from __future__ import annotations

import secrets
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb

from pipelines.measures.case_pairs import TABLE as PAIRS
from pipelines.measures.case_query import PEOPLE, cases_of, counting_text
from pipelines.measures.case_reason import reason_of
from pipelines.measures.catalogue import catalogue
from pipelines.measures.kept_counts import FIELD_OF, GROUPS, MANY_PARTS, cuts, key_of
from pipelines.measures.query import KEPT_COUNTS, KEPT_MONTHS, keeping

COPIED: Final = (
    *("meta", "run", "level", "rule", "rule_file", "item", "parameter", "param_set", "site"),
    *("file", "data_quality", "check_result", "check_file", "check_month"),
)
"""Tables of a snapshot without a row of anybody."""
EPISODES: Final = "episode_total"
KAPPA: Final = "agreement_kappa"


def write_totals(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write totals into a new file from the snapshot that `con` has as its current database."""
    escaped = str(path).replace("'", "''")
    con.execute(f"attach '{escaped}' as totals")
    try:
        for table in COPIED:
            con.execute(f"create table totals.{table} as from {table}")
        for group in dict.fromkeys(GROUPS.values()):
            if group != "people":
                _counts(con, group)
        con.execute(f"create table totals.{PAIRS} as from {PAIRS}")
        for name in (*KEPT_COUNTS, *KEPT_MONTHS):
            _answers(con, name)
        con.execute(f"create table totals.{EPISODES} as\n{_text('episode_total')}")
        _people(con)
        con.execute("checkpoint totals")
    finally:
        con.execute("detach totals")


def _text(name: str) -> str:
    return resources.files("pipelines.totals").joinpath(f"{name}.sql").read_text("utf-8")


def _counts(con: duckdb.DuckDBPyConnection, group: str) -> None:
    """The counts that the snapshot has, and those by the groups that it leaves to its cases."""
    asked = {
        counting_text(m, False): m for m in catalogue().values() if GROUPS.get(m.kind) == group
    }
    first = True
    for text, measure in asked.items():
        more = tuple(name for name in FIELD_OF if name not in cuts(measure))
        if not more or measure.cases in MANY_PARTS:
            continue
        keys = ", ".join(str(key_of(text, cut)) for cut in more)
        found = f"select [{keys}][cut]::bigint as key, * exclude (cut)"
        into = "create temp table further as" if first else "insert into further by name"
        con.execute(f"{into}\n{found}\nfrom ({counting_text(measure, True, more)})")
        first = False
    of = f"from counts_{group}"
    if first:
        con.execute(f"create table totals.counts_{group} as {of}")
        return
    con.execute(
        f"create table totals.counts_{group} as {of} union all by name from further\n"
        "order by key, site, month, cut_value"
    )
    con.execute("drop table further")


def _answers(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Answers by month and site, and by each group."""
    table, _ = keeping(name)
    con.execute(
        f"create table totals.{table} as\n"
        f"select '' as kept_cut, null::varchar as kept_value, * from {table}"
    )
    for cut in FIELD_OF:
        _, text = keeping(name, cut)
        con.execute(f"insert into totals.{table} by name\n{text}")


def _people(con: duckdb.DuckDBPyConnection) -> None:
    """Levels of whole selections with people as numbers that mean nothing outside one selection.

    By months there would be a person's course; so kappa is told of everything, and of each site.
    """
    measure = catalogue()[KAPPA]
    text = _text("people_total")
    text = text.replace("@cases", cases_of(measure.cases, True)).replace(
        "@reason", reason_of(measure)
    )
    con.execute(f"create table totals.{PEOPLE} as\n{text}", {"salt": secrets.token_hex(16)})
