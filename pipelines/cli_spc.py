"""`outcomes measures NAME --spc`: control charts of measures over time, in words and numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.chart_settings import chart_settings
from pipelines.console import say
from pipelines.home import Home
from pipelines.measures.catalogue import Measure
from pipelines.measures.figures import number
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import Charted, charted
from pipelines.measures.spc_rules import RULE_TEXT
from pipelines.measures.spc_types import Phase, SpcPoint


def charts(
    con: duckdb.DuckDBPyConnection, home: Home, chosen: Sequence[Measure], flt: Filter
) -> list[tuple[Measure, tuple[Charted, ...]]]:
    """Charts of the chosen measures with the home's profile and targets.

    Measures that have no series by month are passed over unless they were all that was asked.
    OutcomesError for a target or a profile in outcomes.toml that cannot be.
    """
    settings = chart_settings(home)
    able = [entry for entry in chosen if not entry.stock] or chosen
    return [
        (entry, charted(con, entry.id, flt, settings.chart_as(entry.id, flt.sites)))
        for entry in able
    ]


def show(found: Iterable[tuple[Measure, tuple[Charted, ...]]], as_json: bool) -> None:
    """Print charts as tables with their reading, or as JSON."""
    if as_json:
        print(json.dumps([_plain(e, c) for e, own in found for c in own], indent=1, default=str))
        return
    for entry, own in found:
        if not own:
            say(f"\n[bold]{entry.name}[/bold]  ({entry.k_number}, {entry.id})")
            say("Not estimable because no month has a case in this selection.")
        for each in own:
            _print(entry, each)


def _print(entry: Measure, each: Charted) -> None:
    part = f", {each.part}" if each.part else ""
    say(f"\n[bold]{entry.name}[/bold]  ({entry.k_number}, {entry.id}{part})")
    chart = each.chart
    say(f"{chart.method} chart, profile {chart.profile}. Variation: {each.reading.variation}. "
        f"Assurance: {each.reading.assurance}.")  # fmt: skip
    say(each.reading.text)
    for phase in chart.phases[1:]:
        said = f" ({phase.began.by})" if phase.began.by else ""
        why = f"{phase.began.reason}{said}"
        say(f"Limits begin anew with {each.labels[phase.start]}: {escape(why)}")
    gaps = each.rare is not None
    shown = Table("Event on" if gaps else "Month", "Figure", "Lower", "Centre", "Upper", "Rule")
    for label, point in zip(each.labels, chart.points, strict=True):
        shown.add_row(
            label,
            _figure(point.value, entry, gaps) + ("" if point.mature else " (still changing)"),
            *(_figure(v, entry, gaps) for v in (point.lower, point.centre, point.upper)),
            RULE_TEXT[point.rule] if point.rule else "",
        )
    Console().print(shown)


def _figure(value: float | None, entry: Measure, gaps: bool) -> str:
    if value is None:
        return ""
    return f"{value:,.3g}" if gaps else number(value, entry)


def _point(label: str, point: SpcPoint) -> dict[str, Any]:
    return {
        "at": label,
        "value": point.value,
        "mature": point.mature,
        "lower": point.lower,
        "centre": point.centre,
        "upper": point.upper,
        "rule": point.rule,
        "side": point.side,
        "state": point.state,
    }


def _phase(each: Charted, phase: Phase) -> dict[str, Any]:
    """Where limits begin anew, and the recorded words on why; the first phase has none."""
    return {
        "from": each.labels[phase.start],
        "reason": phase.began.reason or None,
        "by": phase.began.by or None,
        "centre": phase.centre,
        "trial_limits": phase.trial,
    }


def _plain(entry: Measure, each: Charted) -> dict[str, Any]:
    chart, open_gap = each.chart, each.rare.open_gap if each.rare else None
    return {
        "measure": entry.id,
        "k_number": entry.k_number,
        "name": entry.name,
        "part": each.part,
        "chart": each.shape,
        "method": chart.method,
        "profile": chart.profile,
        "variation": chart.state,
        "rule": chart.rule,
        "since": each.labels[chart.since] if chart.since is not None else None,
        "assurance": chart.assurance.state,
        "target": chart.assurance.target,
        "centre": chart.centre,
        "trial_limits": chart.trial,
        "sigma_z": chart.sigma_z,
        "open_gap": open_gap.length if open_gap else None,
        "reading": each.reading.text,
        "phases": [_phase(each, phase) for phase in chart.phases],
        "points": [_point(*pair) for pair in zip(each.labels, chart.points, strict=True)],
    }
