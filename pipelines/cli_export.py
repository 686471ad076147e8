"""`outcomes export`: the table of measures for other systems, as CSV, Parquet and FHIR."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, cast

import duckdb
import pyarrow as pa
import typer
from pyarrow import parquet

from pipelines import access, releases
from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, opened, plain, published
from pipelines.console import say
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home, replace
from pipelines.measures.case_query import dimensions
from pipelines.measures.catalogue import catalogue
from pipelines.measures.disclosure.rules import MODES, Mode, check_mode
from pipelines.measures.disclosure.shared import shared_view
from pipelines.measures.fhir_report import Published, measure_report
from pipelines.measures.filter import Filter
from pipelines.measures.shared_tables import evaluate_for, shared_table
from pipelines.measures.table import DIMENSIONS, MeasureTable
from pipelines.measures.tidy import tidy
from pipelines.measures.types import MeasureError
from pipelines.neutral import cell
from pipelines.periods import period as parsed

FORMATS: Final = ("csv", "parquet", "fhir")
NAMES: Final = {
    "csv": "measures.csv",
    "parquet": "measures.parquet",
    "fhir": "measure_reports.ndjson",
}


def export(
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    period: Annotated[
        str | None, typer.Option(help="First contacts of 2026-06, 2026/27-Q1, 2026/27 or a span.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help=f"Cut by: {', '.join(DIMENSIONS)}.")
    ] = None,
    mode: Annotated[
        str,
        typer.Option(help=f"Who it is for: {', '.join(MODES[1:])}; shared hides small numbers."),
    ] = "service",
    formats: Annotated[
        str, typer.Option("--format", help="Any of csv, parquet, fhir, with commas.")
    ] = "csv,parquet,fhir",
    purpose: Annotated[str, typer.Option(help="What it is for; kept in the access log.")] = "",
    home: HomeOption = None,
) -> None:
    """Every measure of the published data for other systems; never a case."""
    wanted = [each.strip() for each in formats.split(",") if each.strip()]
    wrong = [each for each in wanted if each not in FORMATS]
    if wrong or not wanted:
        raise UsageError(
            f"there is no format '{', '.join(wrong)}'", "--format", f"Known: {', '.join(FORMATS)}."
        )
    try:
        check_mode(mode)
        cut = dimensions(tuple(by or []))
        of = parsed(period) if period else None
        flt = Filter(of.first, of.last) if of else Filter()
        if mode == "shared":
            shared_view(flt, cut)
    except MeasureError as error:
        raise UsageError(str(error), "outcomes export", "See: outcomes export --help") from None
    target = opened(home)
    who = access.local_reader(target)
    detail = {"period": period or "", "by": list(cut), "formats": wanted}
    event = access.Event(who, mode, "report", "outcomes export", purpose=purpose, detail=detail)
    access.record(target, event, durable=True)
    if mode == "shared":
        tables, told = _released(target, flt, cut)
    else:
        info = published(target)
        con = snapshots.open_readonly(info.path)
        try:
            tables = [evaluate_for(con, name, flt, cut, cast(Mode, mode)) for name in catalogue()]
            told = _published(con, info, flt)
        finally:
            con.close()
    write: dict[str, Callable[[Path], None]] = {
        "csv": lambda path: _csv(tables, path),
        "parquet": lambda path: _parquet(tables, path),
        "fhir": lambda path: _fhir(tables, told, path),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind in wanted:
            new = out / f".{NAMES[kind]}.new"
            write[kind](new)
            replace(new, out / NAMES[kind])
            say(plain(out / NAMES[kind]))
    except OSError as error:
        raise OutcomesError(
            f"it cannot be written: {error.strerror or error}", where=str(out)
        ) from None


def _released(
    target: Home, flt: Filter, cut: tuple[str, ...]
) -> tuple[list[MeasureTable], Published]:
    """Every measure as released, and what the release was of."""
    found = releases.released(target)
    tables = [shared_table(found.families, name, flt, cut) for name in catalogue()]
    months = sorted({month for each in found.families.values() for month in each.months})
    first, last = (parsed(month) for month in (months[0], months[-1]))
    told = Published(
        f"release {found.last.number}",
        found.last.at,
        found.last.rules,
        flt.period_from or first.first,
        flt.period_to or last.last,
    )
    return tables, told


def _published(
    con: duckdb.DuckDBPyConnection, info: snapshots.SnapshotInfo, flt: Filter
) -> Published:
    meta = dict(con.execute("select key, value from meta").fetchall())
    ((first, last),) = con.execute(
        "select min(first_contact_date), max(first_contact_date) from episode"
    ).fetchall()
    end = date.fromisoformat(meta["data_to"])
    return Published(
        info.name,
        meta["created_at"],
        meta["ruleset_version"],
        flt.period_from or first or end,
        flt.period_to or last or end,
        meta.get("service_name", ""),
    )


def _rows(tables: list[MeasureTable]) -> list[dict[str, Any]]:
    """One row per figure; what was left out, by reason, as JSON."""
    return [
        {**row, "exclusions": json.dumps(row["exclusions"] or {}, ensure_ascii=False)}
        for table in tables
        for row in tidy(table)
    ]


def _csv(tables: list[MeasureTable], path: Path) -> None:
    rows = _rows(tables)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        names = list(rows[0]) if rows else []
        writer.writerow(names)
        writer.writerows(["" if row[n] is None else cell(row[n]) for n in names] for row in rows)


def _parquet(tables: list[MeasureTable], path: Path) -> None:
    rows = _rows(tables)
    numbers = {"value": pa.float64(), "lower": pa.float64(), "upper": pa.float64()}
    counts = dict.fromkeys(("numerator", "denominator", "excluded"), pa.int64())
    types = {**numbers, **counts, "still_changing": pa.bool_()}
    names = list(rows[0]) if rows else []
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def _fhir(tables: list[MeasureTable], of: Published, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for table in tables:
            handle.write(json.dumps(measure_report(table, of), ensure_ascii=False) + "\n")
