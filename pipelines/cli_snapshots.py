"""`outcomes snapshots …`: list, show, compare, roll back, prune."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, JsonOption, WaitOption, opened, plain, published
from pipelines.compare.dates import plain_revision
from pipelines.console import say
from pipelines.errors import UsageError
from pipelines.measures.catalogue import measure
from pipelines.measures.revision import WORDS, Revision, revisions
from pipelines.measures.types import MeasureError

REVISED = ("escalation_confirmed", "persistence_share_8_weeks")

app = typer.Typer(no_args_is_help=True, help="The published snapshot and its forerunners.")


@app.command("list")
def snapshots_list(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every snapshot, newest first; the published one is marked."""
    found = snapshots.listed(opened(home))
    if as_json:
        print(json.dumps([{"name": s.name, "published": s.published} for s in found], indent=1))
        return
    # Narrow enough for 80 characters: the whole name is what `rollback` and `show` ask for.
    table = Table("", "Snapshot", "Made (UTC)", "Data to", box=SIMPLE, padding=(0, 1, 0, 0))
    for each in found:
        table.add_row(
            *("●" if each.published else "", each.name),
            *(f"{each.created_at:%d/%m/%Y %H:%M}", _data_to(each)),
        )
    Console().print(table if found else "No snapshot has been published yet.")
    if found:
        say("● published")


def _data_to(found: snapshots.SnapshotInfo) -> str:
    try:
        return f"{dt.date.fromisoformat(found.meta()['data_to']):%d/%m/%Y}"
    except snapshots.DamagedSnapshot:
        return "damaged"


@app.command("show")
def snapshots_show(
    name: Annotated[str | None, typer.Argument(help="Default: the published one.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What made a snapshot: files, rules, code, engine."""
    target = opened(home)
    info = snapshots.info(target, name) if name else published(target)
    found: dict[str, Any] = {
        **{"name": info.name, "published": info.published, "megabytes": round(info.size / 1e6, 1)},
        **info.meta(),
    }
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for key, value in found.items():
        say(f"{key:<20} {plain(value)}")


@app.command("compare")
def snapshots_compare(
    old: Annotated[str, typer.Argument(help="The earlier snapshot.")],
    new: Annotated[str | None, typer.Argument(help="Default: the published one.")] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--measure", help="A measure; repeatable (default: K1, K6b)."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Which months of a measure were revised between two snapshots, and why. Exit 1 when any."""
    target = opened(home)
    later = snapshots.info(target, new) if new else published(target)
    earlier = snapshots.info(target, old)
    a, b = snapshots.open_readonly(earlier.path), snapshots.open_readonly(later.path)
    try:
        found = {name: revisions(a, b, name) for name in names or REVISED}
    except MeasureError as error:
        raise UsageError(str(error), "--measure", "See: outcomes measures --list") from None
    finally:
        a.close()
        b.close()
    if as_json:
        print(
            json.dumps([plain_revision(n, r) for n, rows in found.items() for r in rows], indent=1)
        )
    else:
        _tell_revisions(found, earlier.name, later.name)
    if any(each.revised for rows in found.values() for each in rows):
        raise typer.Exit(1)


def _tell_revisions(found: dict[str, tuple[Revision, ...]], old: str, new: str) -> None:
    say(f"From {old}\nto   {new}")
    for name, rows in found.items():
        moved = [plain_revision(name, each) for each in rows if each.revised]
        say(f"\n[bold]{measure(name).name}[/bold]  ({name})")
        say(f"   {len(moved)} of {len(rows)} months were revised")
        for row in moved:
            part = f", {row['part']}" if row["part"] else ""
            why = "; ".join(f"{WORDS[cause]} {n:,}" for cause, n in row["why"].items())
            say(f"   {row['month']}{part}: {row['before'] or 'none'} -> {row['after'] or 'none'}")
            counts = f"{row['added']:,} added, {row['gone']:,} gone, {row['changed']:,} changed"
            say(f"      cases: {counts}. Because of {why}")


@app.command("rollback")
def snapshots_rollback(
    name: Annotated[str | None, typer.Argument(help="Default: the one before.")] = None,
    home: HomeOption = None,
    wait: WaitOption = 0.0,
) -> None:
    """Publish an earlier snapshot again."""
    say(f"Published: {snapshots.rollback(opened(home), name, wait).name}")


@app.command("prune")
def snapshots_prune(
    keep: Annotated[int, typer.Option(help="How many of the newest to keep.")],
    home: HomeOption = None,
    wait: WaitOption = 0.0,
) -> None:
    """Delete old snapshots; the published one always stays."""

    def left(snapshot: snapshots.SnapshotInfo, why: str) -> None:
        say(f"Left for the next time: {snapshot.name} ({plain(why)})", error=True)

    deleted = snapshots.prune(opened(home), keep, left, wait)
    say(f"Deleted {len(deleted)} snapshot(s).")
