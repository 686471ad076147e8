"""Runs a statement of `sql/` with a filter and gives rows as dictionaries."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import Any, Final

import duckdb

from pipelines.measures.filter import COLUMN_OF, Filter, conditions
from pipelines.measures.held_counts import HeldCounts, NeedsCases, held_counts
from pipelines.measures.kept_counts import FIELD_OF, cut_of, digest, whole_months
from pipelines.measures.types import MeasureError

Row = dict[str, Any]

SELECTED: Final = re.compile(r"@selected\((\w+)\)")
"""Stands for "the filter's conditions, placed in time by this column" in a statement."""
PLACE: Final = re.compile(r" *@place\n")
"""Where a statement that counts episodes takes month and site, if its answers are kept."""
KEPT_COUNTS: Final = (
    "agreement",
    "escalation",
    "improvement",
    "persistence",
    "resolution",
    "score_gap",
)
"""Statements that count. Their answers for every month and site are kept at publication."""
KEPT_MONTHS: Final = ("escalation_by_month", "persistence_by_month")
"""Statements whose answer has a row per month and site; it is kept as it is."""


PLACED: Final = (
    "date_trunc('month', placed_date)::date as kept_month,\n"
    "coalesce(site_id, 'unknown') as kept_site,\n"
)


@cache
def _text(name: str) -> str:
    file = resources.files("pipelines.measures").joinpath("sql", f"{name}.sql")
    if not file.is_file():
        raise MeasureError(f"there is no statement {name!r} in pipelines/measures/sql")
    return file.read_text(encoding="utf-8")


@cache
def statement(name: str) -> str:
    """Text of `sql/<name>.sql`, filter conditions written out; MeasureError for no such file."""
    return with_conditions(PLACE.sub("", _text(name)))


@cache
def keeping(name: str, cut: str = "") -> tuple[str, str]:
    """The table that keeps the answers of a statement for every month and site, and its text.

    With a further dimension `cut` the text has its name and value too; the table is the same.
    """
    place = "" if name in KEPT_MONTHS else PLACED
    text = SELECTED.sub("true", PLACE.sub(place, _text(name)))
    table = f"answer_{name}_{digest(text)}"
    if not cut:
        return table, text
    column = COLUMN_OF[FIELD_OF[cut]]
    place += f"'{cut}' as kept_cut,\ncoalesce({column}, 'unknown') as kept_value,\n"
    return table, SELECTED.sub("true", PLACE.sub(place, _text(name)))


def keep_answers(con: duckdb.DuckDBPyConnection) -> None:
    """Write the tables of KEPT_COUNTS and KEPT_MONTHS, from the published tables beside them."""
    for name in (*KEPT_COUNTS, *KEPT_MONTHS):
        table, text = keeping(name)
        con.execute(f"create table {table} as\n{text}")


def from_kept(name: str, flt: Filter) -> str | None:
    """The statement that reads what is kept; None where only the episodes can tell."""
    by_month = name in KEPT_MONTHS
    others = (field for field in COLUMN_OF if field != "sites")
    if not (by_month or name in KEPT_COUNTS) or any(getattr(flt, field) for field in others):
        return None
    if not whole_months(flt):
        return None
    month, site = ("month", "site_id") if by_month else ("kept_month", "kept_site")
    wheres = [
        *([f"{month} >= $period_from"] if flt.period_from else []),
        *([f"{month} <= $period_to"] if flt.period_to else []),
        *([f"list_contains($sites::varchar[], coalesce({site}, 'unknown'))"] if flt.sites else []),
    ]
    where = f"\nwhere {' and '.join(wheres)}" if wheres else ""
    table, _ = keeping(name)
    if by_month:
        return f"select * from {table}{where}\norder by month, site_id"
    fields = "* exclude (kept_month, kept_site, n), sum(n)::bigint as n"
    return f"select {fields} from {table}{where}\ngroup by all order by all"


def with_conditions(text: str) -> str:
    """A statement with its `@selected(column)` written out."""
    return SELECTED.sub(lambda found: conditions(found[1]), text)


def rows(cur: duckdb.DuckDBPyConnection, name: str, flt: Filter) -> list[Row]:
    """All rows of one statement of `sql/` under a filter, from what is kept where that can tell."""
    held = held_counts()
    if held is not None and held.totals:
        return _from_totals(cur, held, name, flt, False)
    text = from_kept(name, flt)
    if held is not None and text is not None:
        answer = held.months if name in KEPT_MONTHS else held.answer
        told = answer(cur, keeping(name)[0], flt)
        if told is not None:
            return told
    if text is not None:
        named = {field: v for field, v in flt.parameters().items() if f"${field}" in text}
        with suppress(duckdb.CatalogException):
            return run(cur, text, None, named)
    return run(cur, statement(name), flt)


def _from_totals(
    cur: duckdb.DuckDBPyConnection, held: HeldCounts, name: str, flt: Filter, bundled: bool
) -> list[Row]:
    """From a file of totals; NeedsCases for what it does not hold."""
    cut = cut_of(flt, ())
    told = None
    if cut is not None and whole_months(flt):
        table, _ = keeping(name)
        if name in KEPT_MONTHS:
            told = held.months(cur, table, flt, cut)
        elif name in KEPT_COUNTS:
            told = held.answer(cur, table, flt, bundled, cut)
    if told is None:
        raise NeedsCases()
    return told


def bundled(cur: duckdb.DuckDBPyConnection, name: str, flt: Filter) -> list[Row]:
    """As `rows` of a statement of KEPT_COUNTS; from memory as one row that has them all.

    `coded.numbers` reads either.
    """
    held = held_counts()
    if held is not None and held.totals:
        return _from_totals(cur, held, name, flt, True)
    if from_kept(name, flt) is None:
        held = None
    told = held.answer(cur, keeping(name)[0], flt, bundled=True) if held is not None else None
    return rows(cur, name, flt) if told is None else told


def run(
    cur: duckdb.DuckDBPyConnection,
    text: str,
    flt: Filter | None,
    extra: dict[str, Any] | None = None,
) -> list[Row]:
    """All rows of a statement under a filter (None: it takes none) and `extra` parameters.

    A cursor of its own per query: a connection used from two threads at once gives wrong rows in
    DuckDB 2.0, and a result that is not drained blocks the connection.
    """
    own = cur.cursor()
    try:
        given = {**(flt.parameters() if flt else {}), **(extra or {})}
        own.execute(text, given or None)
        columns = [column[0] for column in own.description or []]
        return [dict(zip(columns, row, strict=True)) for row in own.fetchall()]
    finally:
        own.close()
