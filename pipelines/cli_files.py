"""`outcomes files` and `outcomes quarantine …`: what became of every file and row."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from pipelines.cli_options import (
    DateOption,
    HomeOption,
    JsonOption,
    ProfileOption,
    WaitOption,
    day,
    opened,
)
from pipelines.console import bar, say
from pipelines.ingest import quarantine
from pipelines.ingest.receipt import Receipt, list_receipts, list_refusals
from pipelines.landing_load import current_files

app = typer.Typer(no_args_is_help=True, help="Rows that were set aside, and how they come back.")
MOST_LINES = 200


def files(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every file ever offered, and what became of it."""
    target = opened(home)
    receipts, refusals = list_receipts(target), list_refusals(target)
    held = current_files(receipts)
    if as_json:
        accepted = [{**r.to_json(), "superseded": r.file_id not in held} for r in receipts]
        print(json.dumps({"accepted": accepted, "refused": refusals}, indent=1))
        return
    print_balance(receipts, held)
    if refusals:
        _print_refusals(refusals)
    if not receipts and not refusals:
        say("No file has been offered yet.")


def _print_refusals(refusals: list[dict[str, Any]]) -> None:
    table = _table("Refused", "Because")
    for row in refusals:
        when = dt.datetime.fromisoformat(row["refused_at"]).astimezone()
        place = f"\n{row['place']}" if row["place"] else ""
        table.add_row(f"{row['name']}{place}\n{when:%d/%m/%Y %H:%M}", row["reason"])
    Console().print(table)


def _table(first: str, *others: str) -> Table:
    """A table that is readable at 80 columns: what is long wraps in the first column only."""
    table = Table(Column(first, overflow="fold"), *others, box=SIMPLE_HEAD, pad_edge=False)
    table.padding = (0, 1, 0, 0)
    return table


def print_balance(receipts: list[Receipt], held: set[str] | None = None) -> None:
    """What became of each file: physical records = accepted + set aside + dropped."""
    table = _table("File")
    for heading in ("Records", "Accepted", "Set aside", "Dropped"):
        table.add_column(heading, justify="right", no_wrap=True)
    reasons: Counter[str] = Counter()
    for each in receipts:
        n = each.records
        reasons.update(n.dropped)
        note = ", unchanged" if each.unchanged else ""
        if held is not None and each.file_id not in held:
            note = ", superseded"
        table.add_row(
            f"{each.name}\n  {each.profile}, data to {each.extract_date:%d/%m/%Y}{note}",
            *(f"{n.physical:,}", f"{n.accepted:,}"),
            *(f"{n.quarantined:,}", f"{sum(n.dropped.values()):,}"),
        )
    if not receipts:
        return
    out = Console(highlight=False)
    out.print(table)
    if reasons:
        told = ", ".join(
            f"{reason.replace('_', ' ')} {n:,}" for reason, n in sorted(reasons.items())
        )
        out.print(f"Dropped: {told}. By file: outcomes files --json")
    if any(each.records.quarantined for each in receipts):
        out.print("Set aside: outcomes quarantine list tells each line and why.")
    risky = [each.singled_out for each in receipts if each.singled_out is not None]
    if risky:
        out.print(
            f"Up to {max(risky):.0%} of a file's rows are alone in their site, age band, sex, "
            "ethnic group, deprivation and month: pseudonymised is not anonymous."
        )


@app.command("list")
def quarantine_list(
    file: Annotated[
        str | None, typer.Argument(help="A file's name or id (default: every file).")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rows set aside: file, line and reason. Their text is not kept."""
    found = quarantine.rows_aside(opened(home), file)
    if as_json:
        print(json.dumps(found, indent=1))
        return
    table = Table("File", "Line", "Reason")
    for row in found[:MOST_LINES]:
        table.add_row(row["name"], f"{row['line']:,}", row["reason"].replace("_", " "))
    Console().print(table if found else "No row is set aside.")
    if len(found) > MOST_LINES:
        say(f"{len(found) - MOST_LINES:,} more; --json prints them all.")


@app.command("readmit")
def quarantine_readmit(
    path: Annotated[Path, typer.Argument(help="The source file, or its corrected version.")],
    home: HomeOption = None,
    profile: ProfileOption = None,
    extract_date: DateOption = None,
    wait: WaitOption = 0.0,
) -> None:
    """Read a source again after its profile or its content was corrected."""
    target = opened(home)
    with target.lock("quarantine readmit", wait), bar() as progress:
        found = quarantine.readmit(
            target, path, profile=profile, extract_date=day(extract_date), progress=progress
        )
    say(
        f"{path.name}: set aside {found.aside_before:,} before, {found.aside_now:,} now; "
        f"accepted {found.accepted_before:,} before, {found.accepted_now:,} now."
    )
    say("Build to publish: outcomes build")
