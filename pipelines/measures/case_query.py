"""The SQL of a measure: its cases, the filter around them, and the grouping asked for."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib import resources
from typing import Any, Final

import duckdb

from pipelines.measures.catalogue import Measure
from pipelines.measures.filter import COLUMN_OF, Filter, conditions
from pipelines.measures.query import Row, run
from pipelines.measures.table import DIMENSIONS
from pipelines.measures.types import MeasureError

DIMS: Final = re.compile(r"@dims(?:\((\w+)\))?")
EXPRESSION_OF: Final = {
    "month": "coalesce(strftime(clock_date, '%Y-%m'), 'unknown')",
    "site": "coalesce(site_id, 'unknown')",
    "age_band": "coalesce(age_band, 'unknown')",
    "sex": "coalesce(sex, 'unknown')",
    "ethnic_group": "coalesce(ethnic_group, 'unknown')",
    "imd_quintile": "coalesce(imd_quintile, 'unknown')",
    "pattern": "coalesce(phenotype, 'unknown')",
    "entry_cohort": "coalesce(entry_cohort, 'unknown')",
}
COLUMNS_OF_KIND: Final = {
    "share": ("hit",),
    "count": ("hit",),
    "quantile": ("value",),
    "survival_median": ("entry", "exit", "event"),
    "survival_share": ("entry", "exit", "event"),
    "incidence": ("entry", "exit", "event"),
    "restricted_mean": ("entry", "exit", "event"),
    "incidence_range": ("exit", "event", "seen_without"),
    "interval_incidence": ("seen_without", "seen_with", "stratum"),
    "interval_survival": ("seen_without", "seen_with", "stratum"),
    "same_level": ("expected", "recorded"),
    "kappa": ("expected", "recorded", "patient_id"),
}
"""What each kind of measure reads of a case, besides reason and part."""

KEPT: Final = (
    "global_change",
    "help_due",
    "improvement_definition",
    "msk_hq",
    "recorded",
    "return",
    "review",
    "rule",
    "safety_panel",
    "score_gap",
    "screen",
    "wait",
)
"""Cases that take joins or windows over contacts, scores or referrals. They are worked out once,
when a snapshot is published, into a table `case_<name>` that every question then reads."""


def keep_cases(con: duckdb.DuckDBPyConnection) -> None:
    """Write the tables of KEPT from the published tables, both in the database in use."""
    for name in KEPT:
        con.execute(f"create table case_{name} as\n{cases_sql(name)}")


def _cases(cur: duckdb.DuckDBPyConnection, name: str) -> str:
    """The statement of the cases: of their table where this snapshot keeps them, else in full."""
    if name in KEPT:
        tables = "select 1 from duckdb_tables() where database_name = current_database()"
        if cur.execute(f"{tables} and table_name = 'case_{name}'").fetchall():
            return f"select * from case_{name}"
    return cases_sql(name)


@cache
def cases_sql(name: str) -> str:
    """Text of `cases/<name>.sql` with the dimensions written out; MeasureError for no such file."""
    file = resources.files("pipelines.measures").joinpath("cases", f"{name}.sql")
    if not file.is_file():
        raise MeasureError(f"there is no file {name!r} in pipelines/measures/cases")
    return DIMS.sub(_dims, file.read_text(encoding="utf-8").strip().rstrip(";"))


def _dims(found: re.Match[str]) -> str:
    alias = f"{found[1]}." if found[1] else ""
    return ", ".join(f"{alias}{column}" for column in COLUMN_OF.values())


def dimensions(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, checked: MeasureError with the nearest for an unknown or repeated one."""
    for place, name in enumerate(names):
        if name not in DIMENSIONS:
            near = difflib.get_close_matches(name, DIMENSIONS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(DIMENSIONS)}"
            raise MeasureError(f"there is no dimension {name!r}{hint}")
        if name in names[:place]:
            raise MeasureError(f"the dimension {name!r} is asked for twice")
    return names


def _selected(cur: duckdb.DuckDBPyConnection, measure: Measure, fields: str) -> str:
    only = f"\n        and {measure.only}" if measure.only else ""
    return (
        f"with cases as (\n{_cases(cur, measure.cases)}\n),\n\n"
        f"selected as (\n    select {fields}\n    from cases\n"
        f"    where {conditions('clock_date')}{only}\n)\n\n"
    )


def _column(measure: Measure, column: str) -> str:
    """The column of the cases that stands for one that the kind reads."""
    return str(getattr(measure, column)) if column in ("hit", "value", "exit") else column


def grouped(
    cur: duckdb.DuckDBPyConnection, measure: Measure, flt: Filter, by: tuple[str, ...]
) -> list[Row]:
    """Cases counted: one row per value of each of `by`, part, reason, and what the kind reads.

    Keys: `by_0` …, `part`, `reason`, `mature` (of all the rows of the group), the kind's columns,
    `n`. A case that is counted although its `hit` is unknown is a MeasureError: unknown is never
    "no", so the cases have to give it a reason.
    """
    names = [f"{EXPRESSION_OF[name]} as by_{i}" for i, name in enumerate(dimensions(by))]
    part = measure.part or "null::varchar"
    kind = COLUMNS_OF_KIND[measure.kind]
    columns = [
        f"case when {measure.reason} is null then {_column(measure, column)} end as {column}"
        for column in kind
    ]
    fields = ", ".join(
        [
            *names,
            f"{part} as part",
            f"{measure.reason} as reason",
            f"{measure.mature} as mature",
            *columns,
        ]
    )
    keys = [*(f"by_{i}" for i in range(len(by))), "part", "reason", *kind]
    text = (
        _selected(cur, measure, fields)
        + f"select {', '.join(keys)}, coalesce(bool_and(mature), false) as mature, "
        + f"count(*)::bigint as n\nfrom selected\ngroup by {', '.join(keys)}\n"
        + f"order by {', '.join(keys)}"
    )
    found = run(cur, text, flt)
    if "hit" in kind and any(row["reason"] is None and row["hit"] is None for row in found):
        raise MeasureError(f"{measure.id}: a case is counted although its answer is unknown")
    return found


def case_rows(
    cur: duckdb.DuckDBPyConnection,
    measure: Measure,
    flt: Filter,
    at: dict[str, str],
    part: str | None = None,
    limit: int | None = None,
) -> list[Row]:
    """The cases behind a figure: those of `flt` at these values of dimensions, and of one part.

    Keys: `episode_key`, `detail`, `clock_date`, `part`, `reason` and what the kind reads. They
    are the rows that `grouped` counts, so their number is n, or the numerator where `hit`.
    """
    wheres = [f"{EXPRESSION_OF[name]} = $at_{name}" for name in dimensions(tuple(at))]
    extra: dict[str, Any] = {f"at_{name}": value for name, value in at.items()}
    if part is not None:
        wheres.append(f"{measure.part or 'null::varchar'} = $at_part")
        extra["at_part"] = part
    kind = [f"{_column(measure, column)} as {column}" for column in COLUMNS_OF_KIND[measure.kind]]
    fields = ", ".join(
        (
            *("episode_key", "detail", "clock_date"),
            f"{measure.part or 'null::varchar'} as part",
            f"{measure.reason} as reason",
            *kind,
        )
    )
    text = _selected(cur, measure, "*") + f"select {fields}\nfrom selected\n"
    if wheres:
        text += f"where {' and '.join(wheres)}\n"
    text += "order by clock_date, episode_key, detail"
    if limit is not None:
        text += f"\nlimit {int(limit)}"
    return run(cur, text, flt, extra)
