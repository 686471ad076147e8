"""`outcomes reviews`: what people found in the audit, and how far they agree."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Column, Table

from pipelines import access
from pipelines import snapshot as snapshots
from pipelines.access import rows as taking
from pipelines.cli_options import (
    HomeOption,
    JsonOption,
    PurposeOption,
    opened,
    plain,
    published,
)
from pipelines.console import say
from pipelines.errors import UsageError
from pipelines.measures.filter import Filter
from pipelines.measures.types import Estimate, Result
from pipelines.reviews import FINDINGS, CaseKey, ReviewStore, Standing, Verdict, open_store
from pipelines.reviews.agreement import before_and_after
from pipelines.reviews.readers import ORDER, Readers, between_readers
from pipelines.reviews.samples import draw_sample, samples
from pipelines.reviews.standing import STATES, audit_cases, standings
from pipelines.reviews.store import FIRST, SECOND, Review, Seen

app = typer.Typer(no_args_is_help=True, help="Reviews of audit cases: list, add, samples, readers.")
SHOWN = 50

CaseArgument = Annotated[str, typer.Argument(help="A case as `outcomes reviews list` prints it.")]
ReviewerOption = Annotated[str, typer.Option("--reviewer", help="Who reviewed; initials will do.")]
SecondOption = Annotated[bool, typer.Option("--second", help="As the second, blind reader.")]


@contextlib.contextmanager
def _read(home: Path | None) -> Iterator[tuple[ReviewStore, duckdb.DuckDBPyConnection, Seen]]:
    """The home's store, its published snapshot, and what is noted of that with a review."""
    at = opened(home)
    info = published(at)
    con = snapshots.open_readonly(info.path)
    try:
        meta = dict(con.execute("select key, value from meta").fetchall())
        store = open_store(at)
        try:
            yield store, con, Seen("", meta["ruleset_version"], info.name)
        finally:
            store.close()
    finally:
        con.close()


@app.command("list")
def list_reviews(
    home: HomeOption = None,
    state: Annotated[
        str | None, typer.Option(help=f"Only cases that are: {', '.join(STATES)}.")
    ] = None,
    as_json: JsonOption = False,
    purpose: PurposeOption = None,
) -> None:
    """Every audit case with its review, the most urgent first, and how many of each there are.

    --json hands out rows of single cases: where [access] row_export allows it, for a --purpose.
    """
    if state is not None and state not in STATES:
        raise UsageError(f"there is no state '{state}'", "--state", f"Known: {', '.join(STATES)}.")
    with _read(home) as (store, con, seen):
        found = standings(audit_cases(con), store.standing())
    counts = Counter(each.state for each in found)
    chosen = [each for each in found if state in (None, each.state)]
    if as_json:
        mark = _taken(home, "outcomes reviews list", purpose, seen, len(chosen))
        cases = [_plain(each) for each in chosen]
        print(json.dumps({"taken": mark.words(), "counts": counts, "cases": cases}, indent=1))
        return
    at = opened(home)
    seen_by = access.local_reader(at)
    event = access.Event(seen_by, "auditor", "page", "outcomes reviews list")
    access.record(at, event, durable=True)
    table = Table(
        Column("Case", overflow="fold"), "State", "Finding", "Reviewer", "Reviewed on (UTC)"
    )
    for each in chosen[:SHOWN]:
        verdict = each.review.verdict if each.review else None
        table.add_row(
            plain(each.key),
            STATES[each.state],
            FINDINGS[verdict.finding] if verdict else "",
            plain(verdict.reviewer) if verdict else "",
            f"{each.review.at:%d/%m/%Y %H:%M}" if each.review else "",
        )
    Console().print(table)
    if len(chosen) > SHOWN:
        say(f"and {len(chosen) - SHOWN:,} more; all of them with --json")
    say(", ".join(f"{STATES[name].lower()} {counts[name]:,}" for name in STATES))


def _taken(home: Path | None, page: str, purpose: str | None, seen: Seen, rows: int) -> taking.Mark:
    at = opened(home)
    who = access.local_reader(at)
    return taking.take(at, who, "auditor", page, purpose, seen.published, rows)


@app.command()
def add(
    case: CaseArgument,
    finding: Annotated[str, typer.Option(help=f"One of: {', '.join(FINDINGS)}.")],
    reviewer: ReviewerOption,
    reason: Annotated[str | None, typer.Option(help="For a justified deviation.")] = None,
    reference: Annotated[str | None, typer.Option(help="Local reference of an incident.")] = None,
    note: Annotated[str | None, typer.Option(help="A few words; nothing about the person.")] = None,
    second: SecondOption = False,
    home: HomeOption = None,
) -> None:
    """Add a review of a case, or a change of one; what was saved before is kept."""
    key = CaseKey.parse(case)
    reading = SECOND if second else FIRST
    with _read(home) as (store, con, seen):
        marks = {each.key: each.mark for each in audit_cases(con)}
        if key not in marks:
            raise UsageError(
                "the published data hold no such case", case, "See `outcomes reviews list`."
            )
        newest = store.newest(key, reading)
        saved = store.add(
            key,
            Verdict(finding, reviewer, reason, reference, note),
            dataclasses.replace(seen, mark=marks[key]),
            newest.version if newest else 0,
            reading,
        )
    say(f"Saved as version {saved.version} of this case's review.")


@app.command()
def history(case: CaseArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Every review of one case, in the order in which they were saved."""
    key = CaseKey.parse(case)
    with _read(home) as (store, _, _):
        found = store.history(key)
    if as_json:
        print(json.dumps([_row(review) for review in found], indent=1))
        return
    for review in found:
        say(plain(" · ".join(f"{name} {value}" for name, value in _row(review).items() if value)))
    if not found:
        say("This case was never reviewed.")


@app.command()
def export(purpose: PurposeOption = None, home: HomeOption = None) -> None:
    """Every review ever saved as CSV on standard output, formulas neutralised.

    They are rows of single cases: where [access] row_export allows it, for a --purpose.
    """
    with _read(home) as (store, _, seen):
        found = [_row(review) for review in store.history()]
    mark = _taken(home, "outcomes reviews export", purpose, seen, len(found))
    print(taking.as_csv(mark, ROW, found), end="")


@app.command()
def sample(
    name: Annotated[str, typer.Argument(help="What to call it, as 2026-Q2.")],
    made_by: Annotated[str, typer.Option("--by", help="Who draws it; initials will do.")],
    precision: Annotated[
        float, typer.Option(help="Half width of the 95 % interval, as 0.05 for 5 points.")
    ] = 0.05,
    seed: Annotated[str | None, typer.Option(help="The same seed draws the same cases.")] = None,
    home: HomeOption = None,
) -> None:
    """Draw a random sample of the audit cases, in proportion by level and site, and keep it."""
    with _read(home) as (store, con, seen):
        found = draw_sample(
            store,
            name,
            audit_cases(con),
            seed=seed or name,
            margin=precision,
            made_by=made_by,
            ruleset=seen.ruleset,
            published=seen.published,
        )
    say(
        f"Drew {len(found.cases):,} of {found.population:,} cases for a share within "
        f"{precision * 100:g} points (95 %), seed {plain(found.seed)}."
    )


@app.command()
def readers(
    home: HomeOption = None,
    in_sample: Annotated[
        str | None, typer.Option("--sample", help="Only the cases of this sample.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How far first and second readers agree, and agreement with the leaflet after review."""
    with _read(home) as (store, con, _):
        standing = store.standing()
        moved = before_and_after(con, standing, Filter())
        if in_sample is not None:
            standing = _of_sample(store, in_sample, standing)
    found = between_readers(standing)
    if as_json:
        print(json.dumps(_readers(found), indent=1))
        return
    say(f"Cases read twice: {found.n:,}")
    if found.equal_limits and found.n:
        limits = found.equal_limits
        say(
            f"Same finding: {found.equal / found.n:.0%} "
            f"(95% CI {limits.lower:.0%} to {limits.upper:.0%}), {found.equal:,} of {found.n:,}"
        )
    say(f"Kappa between readers: {_kappa(found)}")
    say(f"Action as the leaflet advises, before review: {_share(moved.before)}")
    say(f"Action as the leaflet advises, after review:  {_share(moved.after)}")
    say(f"  {moved.moved:,} episodes came into line; {moved.waiting:,} wait for a review")


def _of_sample(store: ReviewStore, name: str, standing: list[Review]) -> list[Review]:
    kept = {each.name: each for each in samples(store)}
    if name not in kept:
        raise UsageError(
            f"there is no sample '{name}'", "--sample", f"Known: {', '.join(kept) or 'none'}."
        )
    return [review for review in standing if review.key in set(kept[name].cases)]


def _kappa(found: Readers) -> str:
    if found.kappa is None:
        return "not estimable: no case was read twice, or all have one finding"
    if found.kappa_limits is None:
        return f"{found.kappa:.2f} (too few for limits)"
    low, high = found.kappa_limits
    return f"{found.kappa:.2f} (95% CI {low:.2f} to {high:.2f})"


def _share(result: Result) -> str:
    if not isinstance(result, Estimate):
        return result.reason
    return (
        f"{result.value:.1%} (95% CI {result.lower:.1%} to {result.upper:.1%}), "
        f"{result.numerator:,} of {result.denominator:,}"
    )


ROW = (
    *("case", "reading", "version", "finding", "reason", "reference", "note", "reviewer"),
    *("reviewed_at", "ruleset", "published"),
)


def _row(review: Review) -> dict[str, Any]:
    verdict = review.verdict
    values = (
        *(str(review.key), review.reading, review.version, verdict.finding, verdict.reason),
        *(verdict.reference, verdict.note, verdict.reviewer, f"{review.at.isoformat()}Z"),
        *(review.seen.ruleset, review.seen.published),
    )
    return dict(zip(ROW, values, strict=True))


def _plain(each: Standing) -> dict[str, Any]:
    return {
        "case": str(each.key),
        "state": each.state,
        "review": _row(each.review) if each.review else None,
    }


def _readers(found: Readers) -> dict[str, Any]:
    return {
        "n": found.n,
        "findings": ORDER,
        "table": found.table,
        "equal": found.equal,
        "equal_limits": [found.equal_limits.lower, found.equal_limits.upper]
        if found.equal_limits
        else None,
        "kappa": found.kappa,
        "kappa_limits": found.kappa_limits,
    }
