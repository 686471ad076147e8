"""What is new in the published data, in lines that a person reads and rows that a machine does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import duckdb

from pipelines.chart_settings import chart_settings
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.figures import figure
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import charted
from pipelines.measures.spc_types import SpcChart

CHARTS: Final = (
    *("escalation_confirmed", "escalation_not_ruled_out", "red_flags_not_in_time_share"),
    *("screen_complete_first", "improvement_two_scores", "persistence_share_8_weeks"),
    *("agreement", "wait_referral_to_triage", "did_not_attend", "ces_asked"),
    *("no_review_around_8_weeks", "red_flags_not_in_time", "ces_present"),
)
SPECIAL, RED_FLAG, PAST, SOON, FILE, REFUSED, PUBLISHED, NOT_TOLD = (
    *("special cause", "red flag not acted on", "past 8 weeks", "about to cross 8 weeks"),
    *("file taken in", "file refused", "published", "not told"),
)
TAKEN: Final = "single cases named"


@dataclass(frozen=True)
class Item:
    """One thing that is new: its kind, what it is about, how many, and the sentence."""

    kind: str
    about: str
    n: int
    said: str
    case: str = ""


def news(
    home: Home,
    before: duckdb.DuckDBPyConnection | None,
    after: duckdb.DuckDBPyConnection,
    cases: bool = False,
) -> Iterator[Item]:
    """What the data published now say that those before did not.

    Counts alone, unless `cases` asks for the keys of single cases.
    """
    yield from _special_causes(home, before, after)
    yield from _red_flags(before, after, cases)
    yield from _crossed(before, after, cases)
    entry = measure("crossing_soon")
    for row in evaluate(after, "crossing_soon", Filter()).rows:
        n = int(getattr(row.result, "value", 0) or 0)
        yield Item(SOON, "all", n, f"{figure(row.result, entry)} cross 8 weeks within 14 days")


def _special_causes(
    home: Home, before: duckdb.DuckDBPyConnection | None, after: duckdb.DuckDBPyConnection
) -> Iterator[Item]:
    settings = chart_settings(home)
    for name in CHARTS:
        chart_as, entry = settings.chart_as(name), measure(name)
        known = (
            {_signal(c.chart) for c in charted(before, name, Filter(), chart_as)}
            if before
            else set()
        )
        for found in charted(after, name, Filter(), chart_as):
            if _signal(found.chart) is not None and _signal(found.chart) not in known:
                part = f", {found.part}" if found.part else ""
                yield Item(
                    SPECIAL, name, 1, f"{entry.name}{part}: {found.reading.variation.lower()}. "
                    f"{found.reading.headline}",
                )  # fmt: skip


def _signal(chart: SpcChart) -> tuple[Any, ...] | None:
    """What tells one current signal from another; None where the last point has none."""
    signal = chart.latest_signal
    if signal is None or not signal.current:
        return None
    return (chart.state, len(chart.points), signal.start, signal.end)


def _red_flags(
    before: duckdb.DuckDBPyConnection | None, after: duckdb.DuckDBPyConnection, cases: bool
) -> Iterator[Item]:
    new = _added("new_cases", before, after, ("case_key",))
    found = [
        (
            f"{row['level']}{', possible' if row['possible'] else ''}, {row['site_id']}",
            row["case_key"],
        )
        for row in new
    ]
    yield from _counted(RED_FLAG, found, cases)


def _crossed(
    before: duckdb.DuckDBPyConnection | None, after: duckdb.DuckDBPyConnection, cases: bool
) -> Iterator[Item]:
    new = _added("past_8_weeks", before, after, ("source", "episode_id"))
    yield from _counted(
        PAST, [(row["site_id"], f"{row['source']}|{row['episode_id']}") for row in new], cases
    )


def _counted(kind: str, found: list[tuple[str, str]], cases: bool) -> Iterator[Item]:
    if cases:
        for about, key in found:
            yield Item(kind, about, 1, f"{about}: {key}", key)
        return
    for about, n in sorted(Counter(about for about, _ in found).items()):
        yield Item(kind, about, n, f"{about}: {n}")


def _added(
    name: str,
    before: duckdb.DuckDBPyConnection | None,
    after: duckdb.DuckDBPyConnection,
    key: tuple[str, ...],
) -> list[dict[str, Any]]:
    """Rows of the statement that the data before did not have, by their key."""
    old = {tuple(row[k] for k in key) for row in _rows(before, name)} if before else set()
    return [row for row in _rows(after, name) if tuple(row[k] for k in key) not in old]


def _rows(con: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    text = resources.files("pipelines.watch").joinpath(f"{name}.sql").read_text("utf-8")
    try:
        found = con.execute(text)
    except duckdb.CatalogException:  # data of an earlier version, which kept no such table
        return []
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
