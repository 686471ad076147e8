"""The three questions of the service, answered from a snapshot. Used by terminal and dashboard.

The work is in `answer_escalation`, `answer_improvement` and `answer_persistence` (pure functions
on rows) and in the statements of `sql/`; here they meet.
"""

from __future__ import annotations

import duckdb

from pipelines.measures.answer_escalation import escalation
from pipelines.measures.answer_improvement import improvement
from pipelines.measures.answer_persistence import persistence
from pipelines.measures.answers import Answers, Escalation, Improvement, Persistence
from pipelines.measures.filter import Filter
from pipelines.measures.query import bundled, rows

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
    return improvement(rows(cur, "improvement", flt), rows(cur, "score_gap", flt))


def persistence_answer(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Persistence:
    """How many are still symptomatic past 8 weeks?"""
    return persistence(
        rows(cur, "persistence", flt),
        bundled(cur, "resolution", flt),
        rows(cur, "persistence_by_month", flt),
    )


def three_answers(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Answers:
    """All three answers for the episodes of a filter, from an open snapshot.

    `cur` is a connection or cursor on a snapshot; a cursor of its own is used per statement.
    An empty selection is answered with `NotEstimable` and counts of 0, not with an error.
    """
    return Answers(
        escalation_answer(cur, flt), improvement_answer(cur, flt), persistence_answer(cur, flt)
    )
