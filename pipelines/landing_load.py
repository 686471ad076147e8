"""Fill the landing tables that the models read from the Parquet files of the home."""

from __future__ import annotations

import datetime as dt

import duckdb

from pipelines import landing_tables as landing
from pipelines.home import Home
from pipelines.ingest.receipt import Receipt


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
    for receipt in receipts:
        answers = home.landing / receipt.stream / receipt.file_id / "answers.parquet"
        if receipt.file_id in held and answers.exists():
            con.execute("insert into landing_answer select * from read_parquet(?)", [str(answers)])


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
