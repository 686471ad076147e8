"""The `outcomes` command: thin verbs over the library.

Exit codes: 0 done, 1 findings, 2 refused input or usage.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines import (
    cli_access,
    cli_annotate,
    cli_checks,
    cli_engine,
    cli_export,
    cli_files,
    cli_forget,
    cli_measures,
    cli_profiles,
    cli_release,
    cli_report,
    cli_reviews,
    cli_rules,
    cli_snapshots,
    cli_watch,
)
from pipelines import snapshot as snapshots
from pipelines.answers_text import print_answers
from pipelines.build import build as build_snapshot
from pipelines.cli_engine import EngineOption, FullOption, MasterOption, ResultsOption, chosen
from pipelines.cli_options import (
    DateOption,
    HomeOption,
    JsonOption,
    PortOption,
    ProfileOption,
    WaitOption,
    day,
    opened,
    plain,
    published,
)
from pipelines.console import bar, say
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home, default_root
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import Receipt, list_receipts
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.work import Engine, on_duckdb
from rules.errors import RulesError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Outcomes of the back-related leg pain pathway: exports in, the leaflet's rules "
    "reapplied, three answers out. Exit codes: 0 done, 1 findings, 2 refused input or usage.",
)
app.add_typer(cli_snapshots.app, name="snapshots")
app.add_typer(cli_files.app, name="quarantine")
app.add_typer(cli_profiles.app, name="profile")
app.command("access")(cli_access.show_access)
app.command("files")(cli_files.files)
app.command("checks")(cli_checks.checks)
app.command("measures")(cli_measures.measures)
app.command("report")(cli_report.report)
app.command("export")(cli_export.export)
app.command("forget")(cli_forget.forget)
app.command("release")(cli_release.release)
app.command("sql")(cli_engine.sql)
app.command("watch")(cli_watch.watch)
app.add_typer(cli_annotate.app, name="annotate")
app.add_typer(cli_reviews.app, name="reviews")
app.add_typer(cli_rules.app)


def run() -> None:
    """The entry point: errors for people become a message and exit code 2."""
    try:
        app()
    except (OutcomesError, RulesError) as error:
        say(f"[bold]Refused.[/bold] {plain(error)}", error=True)
        sys.exit(2)


@app.command()
def demo(
    home: HomeOption = None,
    serve: Annotated[bool, typer.Option(help="Serve the dashboard after the answers.")] = True,
    port: PortOption = None,
    truth: Annotated[
        bool, typer.Option("--truth", help="Print what the sample generator put in beside it.")
    ] = False,
) -> None:
    """Take in the sample exports, publish a snapshot, answer the three questions, serve it."""
    import sample_data

    target = opened(home or default_root() / "demo")
    say(f"Data home: {target.root} (other verbs look there with --home)")
    base = [Path(path) for path in sample_data.demo_files()]
    _ingest(target, base)
    if snapshots.current(target) is None:
        _build(target)
    _ingest(target, [Path(path) for path in sample_data.correction_files()])
    _build(target, only_if_new=True)
    _print_answers(target, truth)
    if serve:
        _serve(target, port, open_browser=False)


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Export files.")],
    home: HomeOption = None,
    profile: ProfileOption = None,
    extract_date: DateOption = None,
    source: Annotated[
        str | None, typer.Option(help="The service that it is from (default: the profile's).")
    ] = None,
    correction: Annotated[
        bool,
        typer.Option(
            "--correction", help="The rows replace earlier ones of the same key; both are kept."
        ),
    ] = False,
    wait: WaitOption = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Take in export files through their profiles. A file is kept whole or refused whole."""
    how = {
        "profile": profile,
        "extract_date": day(extract_date),
        "source": source,
        "correction": correction,
    }
    receipts, refused = _ingest(opened(home), paths, how, wait, quiet=as_json)
    if as_json:
        print(json.dumps([*map(_told, receipts), *refused], indent=1))
    else:
        cli_files.print_balance(receipts)
    if refused:
        raise typer.Exit(2)


@app.command()
def build(
    home: HomeOption = None,
    engine: EngineOption = "duckdb",
    master: MasterOption = None,
    results: ResultsOption = None,
    full: FullOption = False,
    wait: WaitOption = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Reapply the rules to everything taken in, and publish a new snapshot."""
    target = opened(home)
    runs = chosen(target, engine, master, results)
    told: list[str] = []
    info = _build(target, quiet=as_json, wait=wait, engine=runs, full=full, told=told)
    if as_json:
        found = {"snapshot": info.name, "bytes": info.size, "how": " ".join(told), **info.meta()}
        print(json.dumps(found, indent=1))


@app.command()
def answers(home: HomeOption = None) -> None:
    """Print the three answers of the published snapshot."""
    _print_answers(opened(home), truth=False)


@app.command()
def dashboard(
    home: HomeOption = None,
    port: PortOption = None,
    open_browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = False,
    mode: Annotated[
        str,
        typer.Option(
            help="auditor (cases), service (exact totals, no cases) or shared (small numbers "
            "protected)."
        ),
    ] = "auditor",
    address: Annotated[
        str,
        typer.Option(
            help="The address to listen on: this machine's own, others only with an identity "
            "provider (docs/access.md)."
        ),
    ] = "127.0.0.1",
) -> None:
    """Serve the dashboard on this machine only."""
    _serve(opened(home), port, open_browser, address, mode)


def _ingest(
    home: Home,
    paths: list[Path],
    how: dict[str, Any] | None = None,
    wait: float = 0.0,
    quiet: bool = False,
) -> tuple[list[Receipt], list[dict[str, Any]]]:
    """Ingest every path; refusals are told and kept, the other files are still taken in."""
    receipts, refused = [], []
    with home.lock("ingest", wait), bar(quiet=quiet) as progress:
        for path in paths:
            try:
                receipts.append(ingest_file(home, path, progress=progress, **(how or {})))
            except OutcomesError as error:
                told = {"place": error.where, "reason": error.what, "hint": error.hint}
                refused.append({"outcome": "refused", "name": path.name, **told})
                say(f"[bold]Refused.[/bold] {plain(error)}", error=True)
    return receipts, refused


def _told(receipt: Receipt) -> dict[str, Any]:
    outcome = "unchanged" if receipt.unchanged else "accepted"
    return {"outcome": outcome, **receipt.to_json()}


def _build(
    home: Home,
    only_if_new: bool = False,
    quiet: bool = False,
    wait: float = 0.0,
    engine: Engine = on_duckdb,
    full: bool = False,
    told: list[str] | None = None,
) -> snapshots.SnapshotInfo:
    published = snapshots.current(home)
    newest = max((r.ingested_at for r in list_receipts(home)), default="")
    if only_if_new and published and published.meta()["created_at"] > newest:
        return published
    told = [] if told is None else told
    with bar(quiet=quiet) as progress:
        info = build_snapshot(home, progress, wait, engine, full, told.append)
    if not quiet:
        say(" ".join(told))
        say(f"Published {info.name} ({info.size / 1e6:.1f} MB)")
    return info


def _print_answers(home: Home, truth: bool) -> None:
    info = published(home)
    con = snapshots.open_readonly(info.path)
    try:
        found = three_answers(con, Filter())
    finally:
        con.close()
    print_answers(found, info)
    if truth:
        import sample_data

        say(json.dumps(sample_data.truth()["headline"], indent=1))


def _serve(
    home: Home,
    port: int | None,
    open_browser: bool,
    address: str = "127.0.0.1",
    mode: str = "auditor",
) -> None:
    from dashboard.launch import LaunchRefused, serve

    try:
        serve(home.root, port, open_browser, address, mode)
    except LaunchRefused as error:
        raise UsageError(str(error)) from None
