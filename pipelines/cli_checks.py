"""`outcomes checks`: what the checks found in the published data."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Annotated, Any

import duckdb
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, JsonOption, opened, plain, published
from pipelines.console import say

ORDER = ("error", "not applicable", "fail", "pass")


def checks(
    home: HomeOption = None,
    files: Annotated[
        bool, typer.Option("--files", help="File by file, in place of the whole store.")
    ] = False,
    months: Annotated[
        bool, typer.Option("--months", help="Contacts and unanswered safety questions by month.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """The checks of the published snapshot. Exit code 1 when one fails."""
    con = snapshots.open_readonly(published(opened(home)).path)
    try:
        table = "check_month" if months else "check_file" if files else "check_result"
        found = _rows(con, table)
    finally:
        con.close()
    if as_json:
        print(json.dumps(found, indent=1, default=str))
    elif months:
        _tell_months(found)
    else:
        _tell(found, by_file=files)
    if any(each.get("status") in ("fail", "error") for each in found):
        raise typer.Exit(1)


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    cursor = con.execute(f"select * from {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _tell(found: list[dict[str, Any]], by_file: bool) -> None:
    """What did not pass, under each check's title and why it counts."""
    table = Table(
        Column("Check", overflow="fold"),
        "Status",
        *(Column(heading, justify="right", no_wrap=True) for heading in ("Wrong", "Of", "May be")),
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    shown = [each for each in found if each["status"] != "pass"]
    if by_file:
        shown = [each for each in shown if each["status"] != "not applicable"]
    for (title, why), group in groupby(shown, key=lambda each: (each["title"], each["why"])):
        table.add_row(f"[bold]{plain(title)}[/bold]\n[dim]{plain(why)}[/dim]")
        for each in group:
            place = each["name"] if by_file else f"{each['source']} {each['part']}".strip()
            rows = "" if each["n_rows"] is None else f"{each['n_rows']:,}"
            table.add_row(
                f"  {plain(place or 'whole store')}",
                each["status"],
                *(f"{each['n_violated']:,}", rows, f"{each['threshold']:.1%}"),
            )
    if table.row_count:
        Console(highlight=False).print(table)
    counts = {status: sum(each["status"] == status for each in found) for status in ORDER}
    unit = "per file and check" if by_file else "per part"
    say(", ".join(f"{n} {status}" for status, n in counts.items()) + f" (results, one {unit})")


def _tell_months(found: list[dict[str, Any]]) -> None:
    headings = ("Contacts", "Unanswered", "Of", "Share")
    table = Table(
        "Service",
        "Month",
        *(Column(heading, justify="right") for heading in headings),
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for each in found:
        share = each["n_unanswered"] / each["n_asked"] if each["n_asked"] else 0.0
        table.add_row(
            *(each["source"], f"{each['month']:%b %Y}"),
            *(f"{each[name]:,}" for name in ("n_contacts", "n_unanswered", "n_asked")),
            f"{share:.1%}",
        )
    Console(highlight=False).print(table)
