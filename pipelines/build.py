"""From landing to a published snapshot: load, run the models, check, publish."""

from __future__ import annotations

import datetime as dt
import platform
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from importlib import metadata, resources
from pathlib import Path

import duckdb

from pipelines import landing_tables as landing
from pipelines import params
from pipelines.engines.duck import connect, run_models
from pipelines.engines.project import models
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.receipt import Receipt, list_receipts
from pipelines.snapshot import SnapshotInfo, current, publish
from rules.parameters import RulesError
from rules.ruleset import Ruleset, load

Progress = Callable[[str, int, int], None]

# Published table: the model that it is a copy of.
PUBLISHED = {
    "episode": "episode",
    "contact": "pub_contact",
    "rule_trace": "pub_rule_trace",
    "score": "pub_score",
    "symptom_day": "pub_symptom_day",
    "log_day": "pub_log_day",
    "breach": "pub_breach",
    "referral": "pub_referral",
    "site": "pub_site",
    "data_quality": "data_quality",
    "file": "landing_file",
    "param_set": "param_set",
}


def build(home: Home, progress: Progress | None = None) -> SnapshotInfo:
    """Build and publish a snapshot from everything in landing.

    Raises OutcomesError when nothing was ingested, a parameter is impossible or a fatal
    check fails; the published snapshot then stays as it was.
    """
    receipts = list_receipts(home)
    if not any(receipt.stream == "triage" for receipt in receipts):
        raise OutcomesError(
            "there is no triage export in the data home yet",
            where=str(home.root),
            hint="Ingest one first: outcomes ingest FILE",
        )
    ruleset = service_rules(home)
    with home.lock("build"):
        folder = Path(tempfile.mkdtemp(prefix=".build-", dir=home.root))
        try:
            con = connect(folder / "work.duckdb", temp=folder)
            try:
                load_landing(con, home, receipts)
                params.create(con, [params.row(1, ruleset.values)])
                con.execute(
                    "create or replace table source_params as "
                    "select distinct source, 1 as ps from landing_file"
                )
                run_models(con, models(ruleset), progress)
                checks = run_checks(con)
                return publish(
                    home, lambda path: _write(con, path, home, ruleset, checks), "outcomes"
                )
            finally:
                con.close()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def service_rules(home: Home) -> Ruleset:
    """The rules under the service's own parameters; OutcomesError names a wrong one."""
    overrides = home.config().get("parameters", {})
    try:
        return load(overrides=overrides)
    except RulesError as error:
        raise OutcomesError(
            str(error),
            where=f"{home.config_file}, section [parameters]",
            hint="Correct or remove the line; the published snapshot is unchanged.",
        ) from None


def load_landing(con: duckdb.DuckDBPyConnection, home: Home, receipts: list[Receipt]) -> None:
    """Fill the landing tables of `con` from the Parquet files of the receipts."""
    for table in landing.TABLES:
        landing.create(con, table)
    held = current_files(receipts)
    for receipt in receipts:
        _add_file(con, receipt, receipt.file_id in held)
    for stream, table in landing.STREAMS.items():
        paths = [
            str(home.landing / stream / receipt.file_id / "rows.parquet")
            for receipt in receipts
            if receipt.stream == stream and receipt.file_id in held
        ]
        if paths:
            names = ", ".join(landing.TABLES[table])
            con.execute(
                f"insert into {table} ({names}) "
                f"select {names} from read_parquet(?, union_by_name = true)",
                [paths],
            )


def current_files(receipts: list[Receipt]) -> set[str]:
    """Files that hold now: the newest reading of the same bytes, and of full supplies
    the latest file of the source and stream (with what came after it)."""
    newest: dict[str, Receipt] = {}
    for receipt in sorted(receipts, key=lambda r: r.sequence):
        newest[receipt.sha256] = receipt
    held = list(newest.values())
    full = {
        (r.source, r.stream): r.sequence
        for r in sorted(held, key=lambda r: r.sequence)
        if r.supply == "full"
    }
    return {r.file_id for r in held if r.sequence >= full.get((r.source, r.stream), -1)}


def _add_file(con: duckdb.DuckDBPyConnection, receipt: Receipt, is_current: bool) -> None:
    records = receipt.records
    row = {
        **{name: getattr(receipt, name, None) for name in landing.FILE},
        "ingested_at": dt.datetime.fromisoformat(receipt.ingested_at).replace(tzinfo=None),
        "physical": records.physical,
        "accepted": records.accepted,
        "quarantined": records.quarantined,
        "dropped": sum(records.dropped.values()),
        "current": is_current,
    }
    marks = ", ".join("?" for _ in landing.FILE)
    con.execute(f"insert into landing_file values ({marks})", [row[name] for name in landing.FILE])


def run_checks(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str, str, int]]:
    """Run every check: (id, title, severity, status, rows that are wrong).

    Raises OutcomesError when a fatal one fails.
    """
    folder = resources.files("pipelines.checks")
    catalogue = tomllib.loads(folder.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    found = []
    for check in catalogue["check"]:
        sql = folder.joinpath(f"{check['id']}.sql").read_text(encoding="utf-8")
        rows = con.execute(f"select count(*) from ({sql}) as wrong_rows").fetchall()
        n = int(rows[0][0])
        status = "fail" if n else "pass"
        found.append((check["id"], check["title"], check["severity"], status, n))
    failed = [check for check in found if check[2] == "fatal" and check[3] == "fail"]
    if failed:
        listed = "; ".join(f"{title} ({n} rows)" for _, title, _, _, n in failed)
        raise OutcomesError(
            f"nothing was published: {listed}",
            hint="The snapshot published before stays. Please report this with `outcomes files`.",
        )
    return found


def _write(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    home: Home,
    ruleset: Ruleset,
    checks: list[tuple[str, str, str, str, int]],
) -> None:
    """Write the published tables into a new database file at `path`."""
    escaped = str(path).replace("'", "''")
    con.execute(f"attach '{escaped}' as snap")
    try:
        for table, model in PUBLISHED.items():
            con.execute(f"create table snap.{table} as select * from {model}")
        names = home.config().get("sites", {})
        for site_id, entry in names.items():
            con.execute(
                "update snap.site set name = ? where site_id = ?",
                [entry.get("name", site_id), site_id],
            )
        _write_rules(con, ruleset)
        con.execute(
            "create table snap.check_result "
            "(check_id varchar, title varchar, severity varchar, status varchar, n_violated bigint)"
        )
        con.executemany("insert into snap.check_result values (?, ?, ?, ?, ?)", checks)
        _write_meta(con, path, home, ruleset)
        con.execute("checkpoint snap")
    finally:
        con.execute("detach snap")


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


def _write_meta(con: duckdb.DuckDBPyConnection, path: Path, home: Home, ruleset: Ruleset) -> None:
    before = current(home)
    service = home.config().get("service", {})
    days = con.execute("select max(extract_date), min(extract_date) from episode").fetchall()[0]
    rows = {
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "ruleset_version": ruleset.version,
        "code_version": metadata.version("sciatica-outcomes"),
        "duckdb_version": duckdb.__version__,
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
    }
    con.execute("create table snap.meta (key varchar, value varchar)")
    con.executemany("insert into snap.meta values (?, ?)", [list(row) for row in rows.items()])
