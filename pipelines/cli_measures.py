"""`outcomes measures`: any measure of the catalogue, cut and filtered as asked."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Final, cast

import typer
from rich.console import Console
from rich.table import Table

from pipelines import neutral, releases
from pipelines import snapshot as snapshots
from pipelines.cli_compare import compared, period_of, show
from pipelines.cli_options import HomeOption, JsonOption, opened, published
from pipelines.cli_spc import charts
from pipelines.cli_spc import show as show_charts
from pipelines.console import say
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.measures.case_query import dimensions
from pipelines.measures.catalogue import Measure, catalogue, measure
from pipelines.measures.comparison import GAP_DIMENSIONS
from pipelines.measures.disclosure.rules import MODES, Mode, check_mode
from pipelines.measures.disclosure.shared import shared_view
from pipelines.measures.figures import figure
from pipelines.measures.filter import Filter
from pipelines.measures.shared_tables import evaluate_for, shared_table
from pipelines.measures.table import DIMENSIONS, SUPPRESSED, MeasureTable
from pipelines.measures.tidy import FIGURES, tidy
from pipelines.measures.types import MeasureError

OPTION_OF: Final = {
    "site": "sites",
    "age_band": "age_bands",
    "sex": "sexes",
    "ethnic_group": "ethnic_groups",
    "imd_quintile": "imd_quintiles",
    "pattern": "patterns",
    "entry_cohort": "cohorts",
}
"""Dimension -> field of the filter."""


def measures(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MEASURE...]", help="Names or K-numbers (default: all)."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help=f"Cut by a dimension; repeatable. {', '.join(DIMENSIONS)}."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", help="Only these cases, as site=RIV-WEST or sex=female; repeatable."
        ),
    ] = None,
    period_from: Annotated[
        str | None, typer.Option("--from", help="First month or day: 2026-01 or 2026-01-15.")
    ] = None,
    period_to: Annotated[
        str | None, typer.Option("--to", help="Last month or day, included.")
    ] = None,
    versus: Annotated[
        str | None,
        typer.Option("--versus", help="Compare with another period: 2025-01..2025-06."),
    ] = None,
    gap: Annotated[
        str | None,
        typer.Option("--gaps", help=f"Compare the groups of: {', '.join(GAP_DIMENSIONS)}."),
    ] = None,
    spc: Annotated[
        bool, typer.Option("--spc", help="Month by month as a control chart, with its reading.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="Print the definitions instead of figures.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per figure.")] = False,
    as_json: JsonOption = False,
    mode: Annotated[
        str,
        typer.Option(
            "--mode",
            help=f"Who it is for: {', '.join(MODES)}. 'shared' withholds small numbers.",
        ),
    ] = "service",
    home: HomeOption = None,
) -> None:
    """Measures of the published data, each with n, counts, who is left out, and its interval."""
    chosen = _chosen(names or [])
    if listed:
        _define(chosen, as_json)
        return
    try:
        cut = dimensions(tuple(by or []))
        flt = _filter(where or [], period_from, period_to)
        check_mode(mode)
        if mode == "shared":
            shared_view(flt, cut)
        other = _other(flt, versus, gap, mode, cut)
        _check_spc(spc, bool(versus or gap), mode, cut)
    except MeasureError as error:
        raise UsageError(str(error), "outcomes measures", "See: outcomes measures --help") from None
    target = opened(home)
    if mode == "shared":
        _write(shared_tables(target, chosen, flt, cut), cut, as_csv, as_json)
        return
    con = snapshots.open_readonly(published(target).path)
    try:
        if spc:
            show_charts(charts(con, target, chosen, flt), as_json)
            return
        if versus or gap:
            show(compared(con, chosen, flt, other, gap), as_json)
            return
        tables = [evaluate_for(con, entry.id, flt, cut, cast(Mode, mode)) for entry in chosen]
    except MeasureError as error:
        raise UsageError(str(error), "outcomes measures", "See: outcomes measures --help") from None
    finally:
        con.close()
    _write(tables, cut, as_csv, as_json)


def shared_tables(
    target: Home, chosen: Iterable[Measure], flt: Filter, cut: tuple[str, ...]
) -> list[MeasureTable]:
    """Figures as released; NotReleased and ReleasesDamaged as `releases.released` has them."""
    families = releases.released(target).families
    return [shared_table(families, entry.id, flt, cut) for entry in chosen]


def _write(tables: list[MeasureTable], cut: tuple[str, ...], as_csv: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps([row for table in tables for row in tidy(table)], indent=1, default=str))
    elif as_csv:
        _write_csv(tables, cut)
    else:
        for table in tables:
            _print(table)


def _chosen(names: list[str]) -> list[Measure]:
    """Measures by name or K-number, in the catalogue's order."""
    known = catalogue()
    wanted: set[str] = set()
    for name in names:
        same = [m.id for m in known.values() if m.k_number.casefold() == name.casefold()]
        try:
            wanted |= set(same) or {measure(name).id}
        except MeasureError as error:
            hint = "See: outcomes measures --list"
            raise UsageError(str(error), "outcomes measures", hint) from None
    return [entry for entry in known.values() if not names or entry.id in wanted]


def _filter(where: list[str], period_from: str | None, period_to: str | None) -> Filter:
    chosen: dict[str, list[str]] = {}
    for text in where:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise MeasureError(f"'{text}' is no condition; write site=RIV-WEST")
        if name == "month":
            raise MeasureError("choose months with --from and --to")
        chosen.setdefault(OPTION_OF[dimensions((name,))[0]], []).append(value)
    return Filter(
        _day("--from", period_from, last=False),
        _day("--to", period_to, last=True),
        **{field: tuple(values) for field, values in chosen.items()},
    )


def _check_spc(spc: bool, comparing: bool, mode: str, cut: tuple[str, ...]) -> None:
    """MeasureError for options that do not go with a control chart."""
    if not spc:
        return
    if comparing:
        raise MeasureError("choose one of --spc, --versus and --gaps")
    if cut:
        raise MeasureError("a control chart is by month; choose a site with --where, not --by")
    if mode == "shared":
        raise MeasureError("control charts are not made in shared mode: most months are small")


def _other(
    flt: Filter, versus: str | None, gap: str | None, mode: str, cut: tuple[str, ...]
) -> Filter | None:
    """The period to compare with; MeasureError for options that do not go together."""
    if not versus and not gap:
        return None
    if versus and gap:
        raise MeasureError("choose one of --versus and --gaps")
    if cut:
        raise MeasureError("a comparison is not cut further; leave out --by")
    if mode == "shared":
        raise MeasureError("comparisons are not made in shared mode: they would give away counts")
    if not versus:
        return None
    begin, end = period_of(versus)
    return replace(
        flt,
        period_from=_day("--versus", begin, last=False),
        period_to=_day("--versus", end, last=True),
    )


def _day(option: str, text: str | None, last: bool) -> dt.date | None:
    if text is None:
        return None
    try:
        if len(text) == len("2026-01"):
            first = dt.date.fromisoformat(f"{text}-01")
            end = monthrange(first.year, first.month)[1]
            return first.replace(day=end) if last else first
        return dt.date.fromisoformat(text)
    except ValueError:
        raise MeasureError(f"{option}: '{text}' is no month or day; write 2026-01") from None


def _define(chosen: list[Measure], as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "measure": m.id,
                "k_number": m.k_number,
                "name": m.name,
                "definition": m.definition,
                "numerator": m.numerator,
                "denominator": m.denominator,
                "exclusions": list(m.exclusions),
                "clock": m.clock,
                "direction": m.direction,
                "unit": m.unit,
                "source": m.source,
            }
            for m in chosen
        ]
        print(json.dumps(rows, indent=1))
        return
    table = Table("K", "Measure", "Name", "Definition", "Counted", "Of")
    for m in chosen:
        table.add_row(m.k_number, m.id, m.name, m.definition, m.numerator, m.denominator)
    Console().print(table)


def _write_csv(tables: list[MeasureTable], by: tuple[str, ...]) -> None:
    columns = ["measure", "k_number", "name", *by, *FIGURES]
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    for table in tables:
        for row in tidy(table):
            words = "; ".join(f"{why}: {n}" for why, n in (row["exclusions"] or {}).items())
            writer.writerow({k: neutral.cell(v) for k, v in {**row, "exclusions": words}.items()})


def _print(table: MeasureTable) -> None:
    entry = measure(table.measure)
    say(f"\n[bold]{entry.name}[/bold]  ({entry.k_number}, {entry.id})")
    shown = Table(
        *(name.replace("_", " ") for name in table.by), "", "Figure", "Counts", "Left out"
    )
    for row, figures in zip(table.rows, tidy(table), strict=True):
        later = " (still changing)" if "month" in table.by and not row.mature else ""
        left: dict[str, Any] = figures["exclusions"] or {}
        shown.add_row(
            *row.by,
            row.part or "",
            figure(row.result, entry) + later,
            _counts(figures),
            "; ".join(f"{why} {n:,}" for why, n in left.items())
            or (SUPPRESSED if SUPPRESSED in (figures["method"] or "") else ""),
        )
    Console().print(shown)


def _counts(figures: dict[str, Any]) -> str:
    n, x = figures["denominator"], figures["numerator"]
    if n is None:
        return ""
    return f"n = {n:,}" if x is None else f"{x:,} of {n:,}"
