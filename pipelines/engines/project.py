"""The SQL models as a project: read the files, find what each reads, put them in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import resources

import sqlglot
from sqlglot import exp

from pipelines.landing_tables import ANSWERS
from rules.errors import RulesError
from rules.ruleset import Ruleset
from rules.sql import bound_columns, dose_columns, level_columns, rule_columns, trace_columns

# Tables that a build fills before any model runs.
SOURCES = frozenset(
    {
        "landing_triage",
        "landing_exercise_log",
        "landing_referral",
        "landing_answer",
        "landing_file",
        "param_set",
        "source_params",
    }
)


class ProjectError(Exception):
    """The models contradict each other: an unknown table, or a circle."""


@dataclass(frozen=True)
class Model:
    """One `create table` of the project: its name, its SQL and the tables that it reads."""

    name: str
    sql: str
    reads: frozenset[str]


def macros() -> str:
    """The SQL that defines the shared macros."""
    return resources.files("pipelines.models").joinpath("macros.sql").read_text(encoding="utf-8")


@cache
def _files() -> dict[str, str]:
    folder = resources.files("pipelines.models")
    return {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".sql") and entry.name != "macros.sql"
    }


def expanded(text: str, ruleset: Ruleset) -> str:
    """A model's SQL with the parts that the rule files write."""
    return (
        text.replace("@rule_columns", rule_columns(ruleset))
        .replace("@level_columns", level_columns(ruleset))
        .replace("@bound_columns", bound_columns(ruleset))
        .replace("@dose_columns", dose_columns(ruleset))
        .replace("@rule_trace", trace_columns(ruleset))
    )


@cache
def _reads(name: str, sql: str) -> frozenset[str]:
    tree = sqlglot.parse_one(sql, read="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return frozenset(t.name for t in tree.find_all(exp.Table) if t.name) - own


def models(ruleset: Ruleset) -> list[Model]:
    """Every model, each after the ones that it reads. Raises ProjectError.

    Raises RulesError where a rule file has a question that exports cannot answer.
    """
    for code in sorted(set(ruleset.items) ^ set(ANSWERS)):
        why = "exports cannot answer" if code in ruleset.items else "the models need"
        raise RulesError(f"items.toml: {why} the question {code}")
    found = {}
    for name, text in _files().items():
        sql = expanded(text, ruleset)
        found[name] = Model(name, sql, _reads(name, sql))
    known = SOURCES | set(found)
    for model in found.values():
        for table in sorted(model.reads - known):
            raise ProjectError(f"{model.name}.sql reads {table}, which no model makes")
    # In the order of names where any would do, so that each process has the same one.
    graph = {name: sorted(found[name].reads & set(found)) for name in sorted(found)}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ProjectError(f"the models read each other in a circle: {error.args[1]}") from None
    return [found[name] for name in order]
