"""`outcomes snapshots …`: list, show, roll back, prune."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipelines import snapshot as snapshots
from pipelines.cli_options import HomeOption, JsonOption, WaitOption, opened, plain, published
from pipelines.console import say

app = typer.Typer(no_args_is_help=True, help="The published snapshot and its forerunners.")


@app.command("list")
def snapshots_list(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every snapshot, newest first; the published one is marked."""
    found = snapshots.listed(opened(home))
    if as_json:
        print(json.dumps([{"name": s.name, "published": s.published} for s in found], indent=1))
        return
    table = Table("", "Snapshot", "Made", "Data to", "Rules as of", "MB")
    for each in found:
        meta = each.meta()
        table.add_row(
            *("published" if each.published else "", each.name),
            *(f"{each.created_at:%d/%m/%Y %H:%M}", meta["data_to"], meta["ruleset_version"]),
            f"{each.size / 1e6:.1f}",
        )
    Console().print(table if found else "No snapshot has been published yet.")


@app.command("show")
def snapshots_show(
    name: Annotated[str | None, typer.Argument(help="Default: the published one.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What made a snapshot: files, rules, code, engine."""
    target = opened(home)
    info = snapshots.info(target, name) if name else published(target)
    found: dict[str, Any] = {"name": info.name, "published": info.published, **info.meta()}
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for key, value in found.items():
        say(f"{key:<20} {plain(value)}")


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
