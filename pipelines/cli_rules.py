"""Verbs about the rules: explain an episode, run worked cases, try other rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipelines import access, keys, surrogates
from pipelines import snapshot as snapshots
from pipelines.build import service_rules
from pipelines.cli_options import HomeOption, JsonOption, opened, plain, published
from pipelines.console import say
from pipelines.errors import UsageError
from pipelines.rules_kept import fitting

app = typer.Typer()


@app.command()
def explain(
    episode: Annotated[
        str, typer.Argument(help="Episode id as in the export, or its case number.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why an episode was classified as it was: rules, answers, what was not asked, source rows.

    A line of the access log says that it was opened.
    """
    from pipelines.explain import explain as explained
    from pipelines.explain import render

    target = opened(home)
    con = snapshots.open_readonly(published(target).path)
    try:
        key = keys.key(target, keys.CASES)
        named = surrogates.episode_of(con, key, episode) or episode
        found = explained(con, named)
        who, case = access.local_reader(target), surrogates.number(key, named)
        event = access.Event(who, "auditor", "case", "outcomes explain", case)
        access.record(target, event, durable=True)
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
    from pipelines.assure_file import place, read_cases

    document = read_cases(cases)
    try:
        results = assured(document)
    except CaseError as error:
        raise UsageError(error.what, where=place(cases, document, error)) from None
    failed = [result for result in results if not result.passed]
    if as_json:
        told = [{"id": r.id, "differences": r.differences, "reasons": r.reasons} for r in results]
        print(json.dumps(told, indent=1))
    else:
        width = max(len(result.id) for result in results)
        for result in results:
            mark = "pass   " if result.passed else "differs"
            say(f"{mark}  {plain(result.id.ljust(width))}  {plain(result.title)}".rstrip())
            for line in result.differences:
                say(f"         {plain(line)}")
            for line in result.reasons:
                say(f"         | {plain(line)}")
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
    against: Annotated[
        Path | None,
        typer.Option(help="The rule files to compare with (default: those in use)."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """What if: reclassify under other parameters or rules. Nothing is published.

    The service's own parameters hold on both sides; --set changes those of the rules to try.
    """
    from pipelines.compare import compare as compared
    from pipelines.compare.text import as_plain, lines
    from rules.parameters import parsed
    from rules.ruleset import load

    target = opened(home)
    own = target.config().get("parameters", {})
    in_use = service_rules(target)
    before = fitting(load(against, overrides=own)) if against else in_use
    tried = fitting(load(rules, overrides=own))
    after = tried.with_values({**own, **parsed(set_ or [], tried.parameters)})
    found = compared(target, before, after)
    if as_json:
        print(json.dumps(as_plain(found), indent=1))
        return
    for line in lines(found):
        say(plain(line))
