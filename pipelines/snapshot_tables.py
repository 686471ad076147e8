"""Write what is published into a new database file: tables, rules, checks, and what made it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import platform
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import duckdb

from pipelines.checks.run import Check
from pipelines.home import Home
from pipelines.made_by import code_digest, settings_digest
from pipelines.measures.case_pairs import keep_pairs
from pipelines.measures.case_query import keep_cases
from pipelines.reviews.kept import keep_audit_cases
from pipelines.rules_kept import keep_rules
from pipelines.snapshot import current
from pipelines.tables import comment
from pipelines.totals.files import totals_of
from pipelines.totals.write import write_totals
from rules.ruleset import Ruleset

# Published table: the model that it is a copy of.
PUBLISHED = {
    "episode": "episode",
    "contact": "pub_contact",
    "rule_trace": "pub_rule_trace",
    "score": "pub_score",
    "symptom_day": "pub_symptom_day",
    "log_day": "pub_log_day",
    "exercise": "pub_exercise",
    "breach": "pub_breach",
    "referral": "pub_referral",
    "site": "pub_site",
    "data_quality": "data_quality",
    "file": "landing_file",
    "param_set": "param_set",
}
# What the rules decided: each row refers to the run, which names the rules.
CLASSIFIED = frozenset(
    {"episode", "contact", "rule_trace", "score", "symptom_day", "log_day", "breach", "referral"}
)
RUN = 1


def write_snapshot(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    home: Home,
    ruleset: Ruleset,
    checks: list[Check],
    totals: bool = False,
) -> None:
    """Write the published tables into a new database file at `path`.

    With `totals` also the file of totals beside it, for readers who see no case.
    """
    with attached(con, path):
        for table, model in PUBLISHED.items():
            # A constant column is stored once, not row by row.
            run = f", cast({RUN} as utinyint) as run_id" if table in CLASSIFIED else ""
            con.execute(f"create table snap.{table} as select *{run} from {model}")
        name_sites(con, home)
        with at_once(con):
            _write_rules(con, ruleset)
            keep_rules(con, ruleset)
            write_making(con, path, home, ruleset, checks)
        write_worked_out(con, path, totals)


@contextlib.contextmanager
def attached(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """The database file at `path` as `snap`, as long as it is written.

    After an error it is let go of without a word: the error has to be told, not what it left.
    """
    own = con.execute("select current_database()").fetchall()[0][0]
    escaped = str(path).replace("'", "''")
    con.execute(f"attach '{escaped}' as snap")
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.execute(f'use "{own}"')
            con.execute("detach snap")
        raise
    con.execute("detach snap")


def name_sites(con: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Give the sites in `snap` the names that the service has for them."""
    for site_id, entry in home.config().get("sites", {}).items():
        con.execute(
            "update snap.site set name = ? where site_id = ?",
            [entry.get("name", site_id), site_id],
        )


def write_making(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    home: Home,
    ruleset: Ruleset,
    checks: list[Check],
    since_full: int = 0,
) -> None:
    """Write into `snap` what made it: the run, its checks, and all that the rows rest on.

    `since_full`: how many builds the last full one lies back.
    """
    _write_run(con, ruleset)
    _write_checks(con, checks)
    _write_meta(con, path, home, ruleset, since_full)


def write_worked_out(
    con: duckdb.DuckDBPyConnection, path: Path, totals: bool, pairs: bool = True
) -> None:
    """Work out cases and counts from the published tables, and finish the file.

    Without `pairs`, those in `snap` are right already.
    """
    _write_cases(con, totals_of(path) if totals else None, pairs)
    with at_once(con):
        comment(con, "snap")
    con.execute("checkpoint snap")


@contextlib.contextmanager
def at_once(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is done inside becomes durable once, at the end: many small rows and comments would
    each wait for the disk."""
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


def _write_cases(con: duckdb.DuckDBPyConnection, totals: Path | None, pairs: bool) -> None:
    """The cases that would take long to find anew for every question, and how many there are."""
    # Some published tables share their name with a wider model, so the snapshot's come first.
    own = con.execute("select current_database()").fetchall()[0][0]
    con.execute("use snap")
    try:
        keep_cases(con)
        if pairs:
            keep_pairs(con)
        keep_audit_cases(con)
        if totals is not None:
            write_totals(con, totals)
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.execute(f'use "{own}"')
        raise
    con.execute(f'use "{own}"')


def _write_run(con: duckdb.DuckDBPyConnection, ruleset: Ruleset) -> None:
    """The run that classified every row: by which rules, when, with which code and engine."""
    con.execute(
        "create table snap.run (run_id utinyint, ruleset_version varchar, classified_at varchar, "
        "code_version varchar, duckdb_version varchar)"
    )
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    con.execute(
        "insert into snap.run values (?, ?, ?, ?, ?)",
        [RUN, ruleset.version, now, metadata.version("sciatica-outcomes"), duckdb.__version__],
    )


def _write_checks(con: duckdb.DuckDBPyConnection, checks: list[Check]) -> None:
    con.execute("create table snap.check_month as select * from check_month")
    con.execute("create table snap.check_file as select * from check_file")
    con.execute(
        "create table snap.check_result "
        "(check_id varchar, title varchar, severity varchar, status varchar, n_violated bigint, "
        "n_rows bigint, category varchar, subcategory varchar, threshold double, why varchar, "
        "source varchar, part varchar)"
    )
    con.executemany(
        f"insert into snap.check_result values ({', '.join('?' * 12)})",
        [list(dataclasses.astuple(check)) for check in checks],
    )


def _write_rules(con: duckdb.DuckDBPyConnection, ruleset: Ruleset) -> None:
    con.execute(
        "create table snap.level (level tinyint, code varchar, label varchar, role varchar)"
    )
    label = ruleset.values["tims_label"]
    con.executemany(
        "insert into snap.level values (?, ?, ?, ?)",
        [[v.rank, v.code, label if v.code == "TIMS" else v.label, v.role] for v in ruleset.levels],
    )
    con.execute(
        "create table snap.rule (rule_id varchar, title varchar, level tinyint, section varchar, "
        "item varchar, reading varchar, description varchar, condition varchar, ord integer)"
    )
    con.executemany(
        "insert into snap.rule values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            [
                *(rule.id, rule.title, ruleset.level(rule.leads_to).rank, rule.section),
                *(f"{rule.list}, item {rule.entry}", rule.reading, rule.description),
                *(str(rule.condition), number),
            ]
            for number, rule in enumerate(ruleset.rules, start=1)
        ],
    )
    con.execute(
        "create table snap.item (item varchar, wording varchar, kind varchar, "
        "screen boolean, ord integer)"
    )
    con.executemany(
        "insert into snap.item values (?, ?, ?, ?, ?)",
        [
            [i.code, i.wording, i.group, i.screen, number]
            for number, i in enumerate(ruleset.items.values(), start=1)
        ],
    )


def _write_meta(
    con: duckdb.DuckDBPyConnection, path: Path, home: Home, ruleset: Ruleset, since_full: int
) -> None:
    before = current(home)
    service = home.config().get("service", {})
    days = con.execute("select max(extract_date), min(extract_date) from snap.episode").fetchall()[
        0
    ]
    ran = con.execute("select name from models_engine").fetchall()[0][0]
    rows = {
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "ruleset_version": ruleset.version,
        "code_version": metadata.version("sciatica-outcomes"),
        "duckdb_version": duckdb.__version__,
        "models_engine": ran,
        "python_version": platform.python_version(),
        "leaflet_title": ruleset.leaflet["title"],
        "leaflet_status": ruleset.leaflet["status"],
        "leaflet_review": ruleset.leaflet["review_date"],
        "data_to": str(days[0]),
        "data_to_earliest": str(days[1]),
        "service_name": str(service.get("name", "")),
        "adopted_by": str(service.get("adopted_by", "")),
        "adopted_on": str(service.get("adopted_on", "")),
        "previous_snapshot": before.name if before else "",
        "build_file": path.name,
        "code_digest": code_digest(),
        "settings_digest": settings_digest(home),
        "builds_since_full": str(since_full),
    }
    con.execute("create table snap.meta (key varchar, value varchar)")
    con.executemany("insert into snap.meta values (?, ?)", [list(row) for row in rows.items()])
