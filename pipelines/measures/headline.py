"""The three questions of the service, answered from a snapshot. Used by terminal and dashboard.

The work is in `answer_escalation`, `answer_improvement` and `answer_persistence` (pure functions
on rows) and in the statements of `sql/`; here they meet.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from pipelines.measures.answer_escalation import escalation
from pipelines.measures.answer_improvement import improvement
from pipelines.measures.answer_persistence import persistence
from pipelines.measures.answers import Answers, Escalation, ImprovedBy, Improvement, Persistence
from pipelines.measures.catalogue import measure
from pipelines.measures.estimate_intervals import ENDS
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.query import bundled, rows
from pipelines.measures.types import Estimate, NotEstimable, Result

__all__ = [
    "Answers",
    "Escalation",
    "Filter",
    "Improvement",
    "Persistence",
    "escalation_answer",
    "improvement_answer",
    "persistence_answer",
    "three_answers",
]


def escalation_answer(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Escalation:
    """How often is care above self-management needed?"""
    return escalation(rows(cur, "escalation", flt))


def improvement_answer(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Improvement:
    """How soon do people get better?"""
    found = improvement(rows(cur, "improvement", flt), rows(cur, "score_gap", flt))
    shares = _by_part(cur, "improvement_by_day_interval", flt)
    ends = _by_part(cur, "improvement_by_day_range", flt)
    days = [int(day) for day in measure("improvement_by_day_interval").at]
    by_interval = tuple(
        ImprovedBy(day, shares[f"day {day}"], *(ends[f"day {day}, {end}"] for end in ENDS))
        for day in days
    )
    return replace(found, by_interval=by_interval)


def persistence_answer(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Persistence:
    """How many are still symptomatic past 8 weeks?"""
    found = persistence(
        rows(cur, "persistence", flt),
        bundled(cur, "resolution", flt),
        rows(cur, "persistence_by_month", flt),
    )
    shares = _by_part(cur, "persistence_by_interval", flt)
    return replace(
        found, by_interval_8_weeks=shares["day 56"], by_interval_6_weeks=shares["day 42"]
    )


def _by_part(cur: duckdb.DuckDBPyConnection, name: str, flt: Filter) -> dict[str, Result]:
    """The figures of a measure of shares over the whole selection, by part."""
    return {
        row.part or "": row.result
        for row in evaluate(cur, name, flt).rows
        if isinstance(row.result, Estimate | NotEstimable)
    }


def three_answers(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Answers:
    """All three answers for the episodes of a filter, from an open snapshot.

    `cur` is a connection or cursor on a snapshot; a cursor of its own is used per statement.
    An empty selection is answered with `NotEstimable` and counts of 0, not with an error.
    """
    return Answers(
        escalation_answer(cur, flt), improvement_answer(cur, flt), persistence_answer(cur, flt)
    )
