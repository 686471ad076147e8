"""Agreement with the leaflet before and after people have looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import duckdb

from pipelines.measures.case_query import grouped, over_counted
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.proportion import share
from pipelines.measures.types import Result
from pipelines.reviews.findings import IN_LINE
from pipelines.reviews.standing import REVIEWED, state
from pipelines.reviews.store import FIRST, Review

MEASURE = "agreement"


@dataclass(frozen=True)
class BeforeAndAfter:
    """The measure `agreement` as the exports give it, and as reviews correct it.

    `moved` episodes came into line; `waiting` are out of line with a case not reviewed, or changed
    since.
    """

    before: Result
    after: Result
    moved: int
    waiting: int


def before_and_after(
    cur: duckdb.DuckDBPyConnection, reviews: Sequence[Review], flt: Filter
) -> BeforeAndAfter:
    """Agreement under a filter, before and after the first reader's reviews.

    An episode comes into line when every audit case that it has was reviewed as a justified
    deviation or as acted on but not exported, and none has changed since. Other findings leave it.
    """
    by_case = {str(r.key): r for r in reviews if r.reading == FIRST}
    entry = measure(MEASURE)
    totals = [row for row in grouped(cur, entry, flt, ()) if row["reason"] is None]
    n = sum(row["n"] for row in totals)
    hits = sum(row["n"] for row in totals if row["hit"])
    (with_cases,) = over_counted(cur, entry, flt, _text("episodes_out_of_line"))
    moved, waiting = 0, int(with_cases["n"])
    reviewed: dict[int, list[tuple[Review | None, str]]] = defaultdict(list)
    if by_case:
        given = {"reviewed": list(by_case)}
        for row in over_counted(cur, entry, flt, _text("cases_out_of_line"), given):
            reviewed[row["episode_key"]].append((by_case.get(row["case_key"]), row["mark"]))
    for found in reviewed.values():
        settled = [r for r, mark in found if r and state(mark, r) == REVIEWED]
        if len(settled) == len(found):
            waiting -= 1
            moved += all(r.verdict.finding in IN_LINE for r in settled)
    return BeforeAndAfter(share(MEASURE, hits, n), share(MEASURE, hits + moved, n), moved, waiting)


def _text(name: str) -> str:
    return resources.files("pipelines.reviews").joinpath(f"{name}.sql").read_text("utf-8")
