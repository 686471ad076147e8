"""The `outcomes` command: thin verbs over the library.

Exit codes: 0 done, 1 findings, 2 refused input or usage.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipelines import snapshot as snapshots
from pipelines.answers_text import print_answers
from pipelines.build import build as build_snapshot
from pipelines.build import service_rules
from pipelines.console import bar, say
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home, default_root
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import Receipt, list_receipts, list_refusals
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from rules.parameters import RulesError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Outcomes of the back-related leg pain pathway: exports in, the leaflet's rules "
    "reapplied, three answers out. Exit codes: 0 done, 1 findings, 2 refused input or usage.",
)
snapshots_app = typer.Typer(
    no_args_is_help=True, help="The published snapshot and its forerunners."
)
app.add_typer(snapshots_app, name="snapshots")

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The data home (default: OUTCOMES_HOME, else a per-user folder)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
PortOption = Annotated[
    int | None, typer.Option(help="Port on this machine (default: 8501 or the next free one).")
]


def run() -> None:
    """The entry point: errors for people become a message and exit code 2."""
    try:
        app()
    except (OutcomesError, RulesError) as error:
        say(f"[bold]Refused.[/bold] {_escaped(error)}", error=True)
        sys.exit(2)


def _escaped(error: Exception) -> str:
    return str(error).replace("[", "\\[")


def _opened(home: Path | None) -> Home:
    opened = Home.open(home)
    for warning in opened.warnings:
        say(f"Warning: {warning}", error=True)
    return opened


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

    opened = _opened(home or default_root() / "demo")
    say(f"Data home: {opened.root}")
    base = [Path(path) for path in sample_data.demo_files()]
    _ingest(opened, base)
    if snapshots.current(opened) is None:
        _build(opened)
    _ingest(opened, [Path(path) for path in sample_data.correction_files()])
    _build(opened, only_if_new=True)
    _print_answers(opened, truth)
    if serve:
        _serve(opened, port, open_browser=False)


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Export files.")],
    home: HomeOption = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile id, or the path of a profile file.")
    ] = None,
    extract_date: Annotated[
        str | None, typer.Option(help="Last day that the export covers, as 2026-06-30.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="The service that it is from (default: the profile's).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take in export files through their profiles. A file is kept whole or refused whole."""
    receipts, refused = _ingest(
        _opened(home), paths, profile, _date(extract_date), source, quiet=as_json
    )
    if as_json:
        print(json.dumps([receipt.to_json() for receipt in receipts], indent=1))
    else:
        _balance(receipts)
    if refused:
        raise typer.Exit(2)


@app.command()
def build(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Reapply the rules to everything taken in, and publish a new snapshot."""
    opened = _opened(home)
    info = _build(opened, quiet=as_json)
    if as_json:
        print(json.dumps({"snapshot": info.name, "bytes": info.size, **info.meta()}, indent=1))


@app.command()
def answers(home: HomeOption = None) -> None:
    """Print the three answers of the published snapshot."""
    _print_answers(_opened(home), truth=False)


@app.command()
def dashboard(
    home: HomeOption = None,
    port: PortOption = None,
    open_browser: Annotated[bool, typer.Option(help="Open it in the browser.")] = False,
) -> None:
    """Serve the dashboard on this machine only."""
    _serve(_opened(home), port, open_browser)


@app.command()
def files(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every file ever offered, and what became of it."""
    opened = _opened(home)
    receipts, refusals = list_receipts(opened), list_refusals(opened)
    if as_json:
        found = {"accepted": [r.to_json() for r in receipts], "refused": refusals}
        print(json.dumps(found, indent=1))
        return
    _balance(receipts)
    if refusals:
        table = Table("When", "File", "Where", "Refused because", title="Refused")
        for row in refusals:
            table.add_row(row["refused_at"], row["name"], row["place"] or "", row["reason"])
        Console().print(table)


@app.command()
def explain(
    episode: Annotated[str, typer.Argument(help="Episode id as in the export.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why an episode was classified as it was: rules, answers, what was not asked, source rows."""
    from pipelines.explain import explain as explained
    from pipelines.explain import render

    con = snapshots.open_readonly(_published(_opened(home)).path)
    try:
        found = explained(con, episode)
    finally:
        con.close()
    print(json.dumps(found, indent=1) if as_json else render(found))


@app.command()
def assure(
    cases: Annotated[Path, typer.Argument(metavar="CASES.json", help="Worked cases.")],
    as_json: JsonOption = False,
) -> None:
    """Run worked cases through the production models; exit 1 where a result differs."""
    from pipelines.assure import CaseError
    from pipelines.assure import assure as assured

    try:
        document = json.loads(cases.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError("the case file does not exist", where=str(cases)) from None
    except ValueError as error:
        raise UsageError(f"the case file is not valid JSON: {error}", where=str(cases)) from None
    try:
        results = assured(document)
    except CaseError as error:
        raise UsageError(error.what, where=_case_place(cases, error.what)) from None
    failed = [result for result in results if not result.passed]
    if as_json:
        print(json.dumps([{"id": r.id, "differences": r.differences} for r in results], indent=1))
    else:
        for result in failed:
            say(f"[bold]{result.id}[/bold] {_escaped(Exception(result.title))}")
            for line in result.differences:
                say(f"  {_escaped(Exception(line))}")
        say(f"{len(results) - len(failed)} of {len(results)} cases pass")
    if failed:
        raise typer.Exit(1)


@app.command()
def compare(
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A parameter to try, as h4_bound=lower; may be repeated."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(help="A folder with other rule files to try.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What if: reclassify under other parameters or rules. Nothing is published."""
    from pipelines.compare import compare as compared
    from pipelines.compare_text import as_plain, lines
    from rules.parameters import parsed
    from rules.ruleset import load

    opened = _opened(home)
    own = opened.config().get("parameters", {})
    before = service_rules(opened)
    after = load(rules, overrides={**own, **parsed(set_ or [], before.parameters)})
    found = compared(opened, before, after)
    if as_json:
        print(json.dumps(as_plain(found), indent=1))
        return
    for line in lines(found):
        say(_escaped(Exception(line)))


def _case_place(path: Path, message: str) -> str:
    """The file, and the line on which the case that the message names begins."""
    match = re.match(r"case ([^:]+):", message)
    if match:
        wanted = re.compile(rf'"id"\s*:\s*{re.escape(json.dumps(match.group(1)))}')
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if wanted.search(line):
                return f"{path}, line {number}"
    return str(path)


@snapshots_app.command("list")
def snapshots_list(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every snapshot, newest first; the published one is marked."""
    found = snapshots.listed(_opened(home))
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


@snapshots_app.command("show")
def snapshots_show(
    name: Annotated[str | None, typer.Argument(help="Default: the published one.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What made a snapshot: files, rules, code, engine."""
    opened = _opened(home)
    info = snapshots.info(opened, name) if name else _published(opened)
    found: dict[str, Any] = {"name": info.name, "published": info.published, **info.meta()}
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for key, value in found.items():
        say(f"{key:<20} {_escaped(Exception(str(value)))}")


@snapshots_app.command("rollback")
def snapshots_rollback(
    name: Annotated[str | None, typer.Argument(help="Default: the one before.")] = None,
    home: HomeOption = None,
) -> None:
    """Publish an earlier snapshot again."""
    say(f"Published: {snapshots.rollback(_opened(home), name).name}")


@snapshots_app.command("prune")
def snapshots_prune(
    keep: Annotated[int, typer.Option(help="How many of the newest to keep.")],
    home: HomeOption = None,
) -> None:
    """Delete old snapshots; the published one always stays."""
    deleted = snapshots.prune(_opened(home), keep)
    say(f"Deleted {len(deleted)} snapshot(s).")


def _date(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is no date", "--extract-date", "Write 2026-06-30.") from None


def _ingest(
    home: Home,
    paths: list[Path],
    profile: str | None = None,
    extract_date: dt.date | None = None,
    source: str | None = None,
    quiet: bool = False,
) -> tuple[list[Receipt], int]:
    """Ingest every path; refusals are told and counted, the other files are still taken in."""
    receipts, refused = [], 0
    with home.lock("ingest"), bar(quiet=quiet) as progress:
        for path in paths:
            try:
                receipts.append(
                    ingest_file(
                        home,
                        path,
                        profile=profile,
                        source=source,
                        extract_date=extract_date,
                        progress=progress,
                    )
                )
            except OutcomesError as error:
                refused += 1
                say(f"[bold]Refused.[/bold] {_escaped(error)}", error=True)
    return receipts, refused


def _balance(receipts: list[Receipt]) -> None:
    table = Table("File", "Profile", "Records", "Accepted", "Set aside", "Dropped", "Data to", "")
    for each in receipts:
        n = each.records
        dropped = ", ".join(f"{reason} {count}" for reason, count in sorted(n.dropped.items()))
        table.add_row(
            *(each.name, each.profile, f"{n.physical:,}", f"{n.accepted:,}"),
            *(f"{n.quarantined:,}", dropped, f"{each.extract_date:%d/%m/%Y}"),
            "unchanged" if each.unchanged else "",
        )
    if receipts:
        Console().print(table)


def _build(home: Home, only_if_new: bool = False, quiet: bool = False) -> snapshots.SnapshotInfo:
    published = snapshots.current(home)
    newest = max((r.ingested_at for r in list_receipts(home)), default="")
    if only_if_new and published and published.meta()["created_at"] > newest:
        return published
    with bar(quiet=quiet) as progress:
        info = build_snapshot(home, progress)
    if not quiet:
        say(f"Published {info.name} ({info.size / 1e6:.1f} MB)")
    return info


def _published(home: Home) -> snapshots.SnapshotInfo:
    found = snapshots.current(home)
    if found is None:
        raise OutcomesError(
            "no snapshot has been published yet",
            where=str(home.root),
            hint="Take in an export and build: outcomes ingest FILE, then outcomes build",
        )
    return found


def _print_answers(home: Home, truth: bool) -> None:
    info = _published(home)
    con = snapshots.open_readonly(info.path)
    try:
        found = three_answers(con, Filter())
    finally:
        con.close()
    print_answers(found, info)
    if truth:
        import sample_data

        say(json.dumps(sample_data.truth()["headline"], indent=1))


def _serve(home: Home, port: int | None, open_browser: bool) -> None:
    from dashboard.launch import LaunchRefused, serve

    try:
        serve(home.root, port, open_browser)
    except LaunchRefused as error:
        raise UsageError(str(error)) from None
