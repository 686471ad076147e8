"""`outcomes annotate …`: targets, notes and new limits of charts, with who and why."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, JsonOption, opened, plain
from pipelines.console import say
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home
from pipelines.measures.catalogue import catalogue
from pipelines.measures.figures import number
from pipelines.recorded.entries import Entry, Kind, Record
from pipelines.recorded.file import add, record

KINDS: dict[Kind, str] = {
    "rebase": "new limits",
    "note": "note",
    "target": "target",
    "withdrawn": "withdrawal",
}

app = typer.Typer(
    no_args_is_help=True,
    help="Targets of measures, notes at charts, and from when a chart has new limits.",
)
OnOption = Annotated[str, typer.Option("--on", help="The day of the change, as 2026-03-17.")]
WhatOption = Annotated[str, typer.Option("--what", help="What changed, in words.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why, in words.")]
ByOption = Annotated[str, typer.Option("--by", help="Who records it.")]
MeasureOption = Annotated[
    list[str] | None, typer.Option("--measure", help="A measure's id; repeatable.")
]
SiteOption = Annotated[
    list[str] | None,
    typer.Option("--site", help="A site's id; repeatable (default: all sites)."),
]


@app.command("rebase")
def annotate_rebase(
    on: OnOption,
    what: WhatOption,
    by: ByOption,
    measure: MeasureOption = None,
    site: SiteOption = None,
    home: HomeOption = None,
) -> None:
    """The process was changed: from this day on the charts of these measures have new limits."""
    _add(opened(home), _change("rebase", on, what, by, measure, site))


@app.command("note")
def annotate_note(
    on: OnOption,
    what: WhatOption,
    by: ByOption,
    measure: MeasureOption = None,
    site: SiteOption = None,
    home: HomeOption = None,
) -> None:
    """A note at the charts of these measures (default: every chart); the limits stay."""
    _add(opened(home), _change("note", on, what, by, measure, site))


@app.command("target")
def annotate_target(
    measure: Annotated[str, typer.Argument(help="A measure's id.")],
    value: Annotated[float, typer.Argument(help="In its unit; a share as 0.95.")],
    why: WhyOption,
    by: ByOption,
    home: HomeOption = None,
) -> None:
    """Set the target of a measure; it goes before the one of outcomes.toml."""
    _add(opened(home), Entry("target", by, why, (measure,), target=value))


@app.command("withdraw")
def annotate_withdraw(
    entry: Annotated[str, typer.Argument(help="The entry's id, see `outcomes annotate list`.")],
    why: WhyOption,
    by: ByOption,
    home: HomeOption = None,
) -> None:
    """Take an entry back. It stays on record, with who withdrew it and why."""
    _add(opened(home), Entry("withdrawn", by, why, of=entry))


@app.command("list")
def annotate_list(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Everything that was recorded, withdrawn entries too, the latest first."""
    found = record(opened(home))
    if as_json:
        print(json.dumps([_plain(found, each) for each in reversed(found.entries)], indent=1))
        return
    table = Table("Id", "Recorded", "What", "By", box=SIMPLE, padding=(0, 1, 0, 0))
    for each in reversed(found.entries):
        when = f"{each.at:%d/%m/%Y}" if each.at else ""
        table.add_row(each.id, when, escape(_said(found, each)), escape(each.by))
    Console().print(table if found.entries else "Nothing has been recorded yet.")


def _change(
    kind: Kind, on: str, what: str, by: str, measures: list[str] | None, sites: list[str] | None
) -> Entry:
    try:
        day = dt.date.fromisoformat(on)
    except ValueError:
        raise UsageError(f"'{on}' is no date", "--on", "Write 2026-03-17.") from None
    return Entry(kind, by, what, tuple(measures or ()), tuple(sites or ()), day)


def _add(home: Home, entry: Entry) -> None:
    if entry.sites:
        _need_sites(home, entry.sites)
    kept = add(home, entry)
    say(f"Recorded as {kept.id}: {plain(_said(record(home), kept))}")


def _need_sites(home: Home, sites: tuple[str, ...]) -> None:
    """A site that is not in the data would be at no chart; without data nothing is known."""
    now = snapshots.current(home)
    if now is None:
        return
    con = snapshots.open_readonly(now.path)
    try:
        known = [row[0] for row in con.execute("select site_id from site").fetchall()]
    finally:
        con.close()
    for site in sites:
        if site not in known:
            raise OutcomesError(f"there is no site '{site}'", hint=f"Known: {', '.join(known)}.")


def _said(found: Record, entry: Entry) -> str:
    """`new limits from 17/03/2026: new form (screen_completeness)`."""
    measures = ", ".join(entry.measures) or "every measure"
    where = f"; {', '.join(entry.sites)}" if entry.sites else ""
    if entry.kind == "withdrawn":
        return f"withdraws {entry.of}: {entry.why}"
    gone = found.withdrawn.get(entry.id)
    after = f" [withdrawn by {gone.by}: {gone.why}]" if gone else ""
    if entry.kind == "target":
        value = number(entry.target or 0.0, catalogue()[entry.measures[0]])
        return f"target {value}: {entry.why} ({measures}){after}"
    when = f" from {entry.on:%d/%m/%Y}" if entry.kind == "rebase" else f" of {entry.on:%d/%m/%Y}"
    return f"{KINDS[entry.kind]}{when}: {entry.why} ({measures}{where}){after}"


def _plain(found: Record, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at.isoformat() if entry.at else None,
        "kind": entry.kind,
        "by": entry.by,
        "why": entry.why,
        "measures": list(entry.measures),
        "sites": list(entry.sites),
        "on": entry.on.isoformat() if entry.on else None,
        "target": entry.target,
        "of": entry.of or None,
        "withdrawn": entry.id in found.withdrawn,
    }
