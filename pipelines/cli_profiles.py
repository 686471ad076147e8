"""`outcomes profile …`: which there are, and what one makes of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pipelines import landing_tables as landing
from pipelines.cli_options import DateOption, HomeOption, JsonOption, day, opened, plain
from pipelines.console import say
from pipelines.errors import UsageError
from pipelines.ingest.draft import draft
from pipelines.ingest.draft_text import DECIDE, as_toml
from pipelines.ingest.dry_run import DryRun, dry_run
from pipelines.ingest.profile_choice import available, choose

MOST_TEXTS = 6
app = typer.Typer(no_args_is_help=True, help="How an export's columns become the canonical ones.")


@app.command("list")
def profile_list(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every profile: the packaged ones and the home's own."""
    found = available(opened(home))
    if as_json:
        rows = [{"id": p.id, "title": p.title, "stream": p.stream} for p in found.values()]
        print(json.dumps(rows, indent=1))
        return
    table = Table("Profile", "Stream", "Format", "What it reads")
    for each in found.values():
        table.add_row(each.id, each.stream, each.format, each.title)
    Console().print(table)


@app.command("draft")
def profile_draft(
    path: Annotated[Path, typer.Argument(help="An export: CSV, TSV, XLSX or Parquet.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this new file.")] = None,
) -> None:
    """Propose a profile from a file. What the file does not settle is marked TODO."""
    text = as_toml(draft(path))
    if out is None:
        print(text, end="")
        return
    try:
        with out.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UsageError("the file exists already", str(out), "Name a new one.") from None
    marks = sum(DECIDE in line for line in text.splitlines()[2:])
    say(f"Wrote {out}. Settle its {marks} lines marked {DECIDE}, then:")
    say(f"outcomes profile check {out} {path}")


@app.command("check")
def profile_check(
    profile: Annotated[str, typer.Argument(help="Profile id, or the path of a profile file.")],
    path: Annotated[Path, typer.Argument(help="The export.")],
    home: HomeOption = None,
    extract_date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """What would become of a file, without taking it in.

    Exit code 0 when there is nothing to look at, 1 with findings, 2 when it would be refused.
    """
    found = dry_run(path, choose(opened(home), path, profile), day(extract_date))
    if as_json:
        print(json.dumps(found.to_json(), indent=1))
    else:
        _tell(found)
    if found.refusal:
        raise typer.Exit(2)
    if found.findings:
        raise typer.Exit(1)


def _tell(found: DryRun) -> None:
    n = found.records
    dropped = ", ".join(f"{reason} {count:,}" for reason, count in sorted(n.dropped.items()))
    say(f"{found.file} with profile {found.profile}, data to {found.extract_date:%d/%m/%Y}")
    say(
        f"{n.physical:,} records = {n.accepted:,} accepted + {n.quarantined:,} set aside "
        f"+ {sum(n.dropped.values()):,} dropped ({dropped})"
    )
    mapping = Table("Column of the file", "Becomes", title="Mapping")
    for header, to in found.mapping.items():
        mapping.add_row(header, to)
    Console().print(mapping)
    if found.unread:
        say(f"Not read: {plain(', '.join(found.unread))}")
    if found.answers:
        _tell_coverage(found)
    if found.aside:
        table = Table("Would be set aside because", "First lines", title="Rows set aside")
        for reason, lines in found.aside.items():
            table.add_row(reason.replace("_", " "), ", ".join(map(str, lines)))
        Console().print(table)
    if found.cells:
        table = Table("Column", "Why", "Cells", "Written", title="Cells that would be unknown")
        for column, reasons in found.cells.items():
            for reason, count in reasons.items():
                texts = found.spellings.get(column, {}).get(reason, [])
                more = f" and {len(texts) - MOST_TEXTS} more" if len(texts) > MOST_TEXTS else ""
                written = plain(", ".join(texts[:MOST_TEXTS]) + more)
                table.add_row(column, reason.replace("_", " "), f"{count:,}", written)
        Console().print(table)
    if found.singled_out is not None:
        say(f"{found.singled_out:.0%} of the rows are alone in their site, bands and month.")
    for each in found.findings or ["Nothing to look at: it would be taken in as it is."]:
        say(plain(each))
    if found.refusal and found.refusal.hint:
        say(plain(found.refusal.hint))


def _tell_coverage(found: DryRun) -> None:
    table = Table("Question", "Yes", "No", "Other answers", title="Safety and help questions")
    for item, counts in found.answers.items():
        total = sum(counts.values())
        others = [f"{code} {n:,}" for code, n in counts.items() if code not in ("yes", "no")]
        shares = [f"{counts.get(code, 0) / total:.1%}" if total else "" for code in ("yes", "no")]
        name = item if item in landing.SCREEN else f"  {item}"
        table.add_row(name, *shares, ", ".join(sorted(others)))
    Console().print(table)
