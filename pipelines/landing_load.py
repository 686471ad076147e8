"""The landing tables that the models read, out of the Parquet files of the home."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import landing_tables as landing
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.receipt import Receipt

ANSWERS = "landing_answer"


def show_landing(con: duckdb.DuckDBPyConnection, home: Home, receipts: list[Receipt]) -> None:
    """Make the landing tables known to `con`: views over the Parquet files of the receipts.

    Nothing is copied, and who asks for few columns reads few. OutcomesError where a file was
    written by another version of this program.
    """
    load_files(con, receipts)
    for table, paths in landing_files(home, receipts).items():
        if not paths:
            landing.create(con, table)
            continue
        names = ", ".join(landing.TABLES[table])
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        con.execute(
            f"create or replace view {table} as "
            f"select {names} from read_parquet([{listed}], union_by_name = true)"
        )


def load_files(con: duckdb.DuckDBPyConnection, receipts: list[Receipt]) -> None:
    """Fill `landing_file`: a row for every load report, and whether the file holds now."""
    landing.create(con, "landing_file")
    held = current_files(receipts)
    for receipt in receipts:
        _add_file(con, receipt, receipt.file_id in held)


def landing_files(
    home: Home, receipts: list[Receipt], files: set[str] | None = None
) -> dict[str, list[Path]]:
    """The Parquet files of each landing table but `landing_file`, of these files by their ids
    (None: those that hold now).

    OutcomesError where one was written by another version of this program.
    """
    held = current_files(receipts) if files is None else files
    found: dict[str, list[Path]] = {table: [] for table in (*landing.STREAMS.values(), ANSWERS)}
    for receipt in receipts:
        folder = home.landing / receipt.stream / receipt.file_id
        if receipt.file_id not in held or receipt.stream not in landing.STREAMS:
            continue
        found[landing.STREAMS[receipt.stream]].append(folder / "rows.parquet")
        if (folder / "answers.parquet").exists():
            found[ANSWERS].append(folder / "answers.parquet")
    for table, paths in found.items():
        for path in paths:
            _refuse_other_version(home, table, path)
    return found


def _refuse_other_version(home: Home, table: str, path: Path) -> None:
    """Raise OutcomesError where a file's columns are not those that the models read."""
    where = str(path.relative_to(home.root))
    try:
        written = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise OutcomesError(
            f"the landing file cannot be read ({type(error).__name__})",
            where=where,
            hint="Put it back from your backup. Nothing was published.",
        ) from None
    differences = list(_differences(landing.arrow_schema(table), written))
    if differences:
        raise OutcomesError(
            f"the landing file was written by another version: {'; '.join(differences[:5])}",
            where=where,
            hint="Build with the version that took it in, or take the export in again. "
            "Nothing was published.",
        )


def _differences(wanted: pa.Schema, written: pa.Schema) -> Iterator[str]:
    for field in wanted:
        if field.name not in written.names:
            yield f"it has no column {field.name}"
        elif written.field(field.name).type != field.type:
            yield f"{field.name} is {written.field(field.name).type}, not {field.type}"
    for name in written.names:
        if name not in wanted.names:
            yield f"nothing reads its column {name}"


def current_files(receipts: list[Receipt]) -> set[str]:
    """Files that hold now: the newest reading of the same bytes, and of full supplies
    the latest file of the source and stream (with what came after it). One that was withdrawn
    does not, so that what it replaced holds again."""
    newest: dict[str, Receipt] = {}
    for receipt in sorted((r for r in receipts if not r.withdrawn), key=lambda r: r.sequence):
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
        "data_rows": records.rows,
        "current": is_current,
    }
    marks = ", ".join("?" for _ in landing.FILE)
    con.execute(f"insert into landing_file values ({marks})", [row[name] for name in landing.FILE])
