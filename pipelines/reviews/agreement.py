"""Agreement with the leaflet before and after people have looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import duckdb

from pipelines.measures.case_query import case_rows
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.proportion import share
from pipelines.measures.query import run
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
    text = resources.files("pipelines.reviews").joinpath("cases_by_episode.sql").read_text("utf-8")
    cases: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in run(cur, text, None):
        cases[row["episode_key"]].append((row["case_key"], row["mark"]))
    n = hits = moved = waiting = 0
    for row in case_rows(cur, measure(MEASURE), flt, {}):
        if row["reason"] is not None:
            continue
        n += 1
        if row["hit"]:
            hits += 1
            continue
        found = [(by_case.get(key), mark) for key, mark in cases[row["episode_key"]]]
        settled = [r for r, mark in found if r and state(mark, r) == REVIEWED]
        if len(settled) < len(found):
            waiting += 1
        elif settled and all(r.verdict.finding in IN_LINE for r in settled):
            moved += 1
    return BeforeAndAfter(share(MEASURE, hits, n), share(MEASURE, hits + moved, n), moved, waiting)
