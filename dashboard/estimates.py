"""What pages have estimated from a snapshot's file: functions of its path and of what is asked.

Nothing of a page is imported here, since they run in processes of their own (`dashboard.apart`).
Arguments and answers can be pickled; `chosen` are the values of a filter.
"""

from __future__ import annotations

from typing import Any

import duckdb

from dashboard.reading import asked, read_ahead
from pipelines.measures.answer_improvement import improvement_under
from pipelines.measures.case_query import episodes
from pipelines.measures.disclosure.rules import Mode
from pipelines.measures.evaluate import counted
from pipelines.measures.filter import Filter
from pipelines.measures.headline import (
    Escalation,
    Improvement,
    Persistence,
    escalation_answer,
    improvement_answer,
    persistence_answer,
)
from pipelines.measures.matrix import Matrix, agreement_matrix
from pipelines.measures.monthly import Charted, charted
from pipelines.measures.over_time import OverTime, over_time
from pipelines.measures.series import ChartAs, MonthlySeries, persistence_by_month
from pipelines.measures.shared_tables import evaluate_for
from pipelines.measures.table import MeasureTable

Chosen = tuple[Any, ...]
"""The values of a filter, which a cache can take as a key."""
By = tuple[str, ...]


def ahead(path: str) -> None:
    """Read what most questions are answered from into memory, before anybody asks."""
    read_ahead(path)


def covered(path: str, chosen: Chosen) -> int:
    """How many episodes a filter covers."""
    return asked(path, lambda cur: episodes(cur, Filter(*chosen)))


def table(path: str, measure: str, chosen: Chosen, by: By, seen_by: Mode) -> MeasureTable:
    """One measure of the catalogue, cut by dimensions, as a mode may see it."""
    return asked(path, lambda cur: evaluate_for(cur, measure, Filter(*chosen), by, seen_by))


def alike(one: str, other: str, measure: str, chosen: Chosen, by: By) -> bool:
    """Whether the counts of two snapshots for a table of a measure are known to be the same."""
    first, second = (
        asked(path, lambda cur: counted(cur, measure, Filter(*chosen), by)) for path in (one, other)
    )
    if first is None or second is None:
        return False
    return first[0].same_as(second[0]) and first[1] == second[1]


def series(
    path: str, measure: str, chosen: Chosen, part: str | None, chart_as: ChartAs, seen_by: Mode
) -> OverTime:
    """A measure month by month with its control chart."""

    def ask(cur: duckdb.DuckDBPyConnection) -> MeasureTable:
        return evaluate_for(cur, measure, Filter(*chosen), ("month",), seen_by)

    return over_time(asked(path, ask), part, chart_as)


def matrix(path: str, chosen: Chosen) -> Matrix:
    """Expected against recorded level, as counts of episodes."""
    return asked(path, lambda cur: agreement_matrix(cur, Filter(*chosen)))


def escalated(path: str, chosen: Chosen) -> Escalation:
    """How often care above self-management is needed."""
    return asked(path, lambda cur: escalation_answer(cur, Filter(*chosen)))


def improved(path: str, chosen: Chosen) -> Improvement:
    """How soon people get better."""
    return asked(path, lambda cur: improvement_answer(cur, Filter(*chosen)))


def improvement(path: str, chosen: Chosen, definition: str, usual: Improvement) -> Improvement:
    """The same under another definition; `usual`: under the usual one."""
    return asked(path, lambda cur: improvement_under(cur, Filter(*chosen), definition, usual))


def persisting(path: str, chosen: Chosen) -> Persistence:
    """How many are still symptomatic past 8 weeks."""
    return asked(path, lambda cur: persistence_answer(cur, Filter(*chosen)))


def months(path: str, chosen: Chosen) -> MonthlySeries:
    """The share past 8 weeks month by month with its bounds."""
    return asked(path, lambda cur: persistence_by_month(cur, Filter(*chosen)))


def rare(path: str, measure: str, chosen: Chosen, chart_as: ChartAs) -> tuple[Charted, ...]:
    """A rare event's charts from one to the next, a part each."""
    return asked(path, lambda cur: charted(cur, measure, Filter(*chosen), chart_as))
