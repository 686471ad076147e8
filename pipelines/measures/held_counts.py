"""The counts of one snapshot in memory: most questions of a page are answered without the engine.

A question to the engine costs one to two milliseconds however little it asks, and a page asks
dozens. Here the tables that publication has counted (`kept_counts`, and the answers of
`query.keeping`) are read once and added up as the engine would: the same rows in the same order.
What cannot be told from them is None, and then the engine is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from threading import Lock
from typing import Any, Final

import duckdb
import numpy as np

from pipelines.measures.catalogue import Measure
from pipelines.measures.coded import Coded, Column, Row, Sums, read
from pipelines.measures.filter import Filter
from pipelines.measures.held_pairs import HeldPairs
from pipelines.measures.kept_counts import FIELD_OF, GROUPS, SITES, key_of, told_by
from pipelines.measures.types import MeasureError

MOST_BYTES: Final = 16 * 2**20
"""What the counts by further dimensions may take; those used least lately go first."""
OF_PEOPLE: Final = "people"
"""Rows of single people are not held: there are as many as people with two episodes."""


class NeedsCases(MeasureError):
    """A question that only single cases answer, where there are counts alone."""

    def __init__(self) -> None:
        super().__init__(
            "Not estimable because it would have to be worked out from single episodes, which are "
            "not opened here: counts are held of whole months, of sites, and of one further group "
            "at a time."
        )


class HeldCounts:
    """The counts of one snapshot, read when they are first asked for.

    `totals`: they are of a file of totals, which has no case to ask instead.
    """

    def __init__(self, most: int = MOST_BYTES, totals: bool = False) -> None:
        """Nothing is read yet; `most` bytes of what is read key by key are kept."""
        self.most, self.bytes, self.totals = most, 0, totals
        self.pairs = HeldPairs()
        self._lock = Lock()
        self._by_key: OrderedDict[int, Coded | None] = OrderedDict()
        self._fixed: dict[int, Coded] = {}
        self._answers: dict[tuple[str, str], Coded | None] = {}
        self._rows: dict[tuple[str, str], list[Row] | None] = {}

    def read_ahead(
        self, cur: duckdb.DuckDBPyConnection, asked: Iterable[tuple[Measure, str]]
    ) -> None:
        """Read what these measures (with the statements that count them) have by month and site."""
        keys: dict[str, set[int]] = {}
        for measure, text in asked:
            if GROUPS.get(measure.kind, OF_PEOPLE) != OF_PEOPLE:
                keys.setdefault(GROUPS[measure.kind], set()).add(key_of(text, ""))
        for group, wanted in keys.items():
            found = _read_keys(cur, group, wanted)
            with self._lock:
                self._fixed.update(found)

    def sums(
        self,
        cur: duckdb.DuckDBPyConnection,
        measure: Measure,
        text: str,
        columns: tuple[str, ...],
        flt: Filter,
        by: tuple[str, ...],
    ) -> Sums | None:
        """Cases added up as `case_query.grouped` has them; None where the counts cannot tell."""
        cut = told_by(measure, flt, by, self.totals)
        group = GROUPS.get(measure.kind, OF_PEOPLE)
        if cut is None or group == OF_PEOPLE:
            return None
        counts = self._of(cur, group, key_of(text, cut))
        if counts is None:
            return None
        names = {"month": "month_name", "site": "site"}
        chosen = _chosen(counts, flt, "month", "site", cut)
        split = {f"by_{i}": names.get(name, "cut_value") for i, name in enumerate(by)}
        return chosen.sums({**split, **{name: name for name in ("part", "reason", *columns)}})

    def answer(
        self,
        cur: duckdb.DuckDBPyConnection,
        table: str,
        flt: Filter,
        bundled: bool = False,
        cut: str = "",
    ) -> list[Row] | None:
        """Rows of a table of answers by `kept_month` and `kept_site`, added up; None: no such.

        `bundled`: as one row that has them all (`Sums.bundles`). In a file of totals `cut` is the
        further dimension that the filter is of.
        """
        with self._lock:
            if (table, cut) not in self._answers:
                self._answers[table, cut] = _read_answers(cur, table, self._of_cut(cut))
            counts = self._answers[table, cut]
        if counts is None:
            return None
        names = [name for name in counts.columns if not name.startswith("kept_")]
        chosen = _chosen(counts, flt, "kept_month", "kept_site", cut, "kept_value")
        found = chosen.sums({n: n for n in names})
        if found is None:
            return None
        return found.bundles(0) if bundled else found.rows()

    def months(
        self, cur: duckdb.DuckDBPyConnection, table: str, flt: Filter, cut: str = ""
    ) -> list[Row] | None:
        """Rows of a table of answers by `month` and `site_id` as they are; None: no such table.

        In a file of totals `cut` is the further dimension that the filter is of; rows of several
        of its values are added up.
        """
        with self._lock:
            if (table, cut) not in self._rows:
                self._rows[table, cut] = _read_rows(cur, table, self._of_cut(cut))
            found = self._rows[table, cut]
        if found is None:
            return None
        if self.totals:
            found = _of_values(found, getattr(flt, FIELD_OF[cut]) if cut else ())
        begins, ends, sites = flt.period_from, flt.period_to, flt.sites
        return [
            dict(row)
            for row in found
            if (begins is None or (row["month"] is not None and row["month"] >= begins))
            and (ends is None or (row["month"] is not None and row["month"] <= ends))
            and (not sites or (row["site_id"] or "unknown") in sites)
        ]

    def _of_cut(self, cut: str) -> str:
        """The condition for the rows of a further dimension; only files of totals have several."""
        return f"kept_cut = '{cut}'" if self.totals else "true"

    def _of(self, cur: duckdb.DuckDBPyConnection, group: str, key: int) -> Coded | None:
        with self._lock:
            if key in self._fixed:
                return self._fixed[key]
            if key not in self._by_key:
                self._by_key[key] = found = _read_keys(cur, group, {key}).get(key)
                self.bytes += found.bytes if found else 0
                while self.bytes > self.most:
                    _, gone = self._by_key.popitem(last=False)
                    self.bytes -= gone.bytes if gone else 0
                return found
            self._by_key.move_to_end(key)
            return self._by_key[key]


def _of_values(found: list[Row], values: tuple[str, ...]) -> list[Row]:
    """Rows of a month and site, those of several values of a dimension added up."""
    together: dict[tuple[Any, Any], Row] = {}
    for row in found:
        if values and row["kept_value"] not in values:
            continue
        place = (row["month"], row["site_id"])
        plain = {name: value for name, value in row.items() if not name.startswith("kept_")}
        own = together.setdefault(place, plain)
        if own is plain:
            continue
        for name, value in plain.items():
            if isinstance(value, bool):
                own[name] = own[name] and value
            elif isinstance(value, int):
                own[name] += value
    return list(together.values())


def _chosen(
    counts: Coded, flt: Filter, month: str, site: str, cut: str, value: str = "cut_value"
) -> Coded:
    """The rows of a filter of whole months, sites, and values of one further dimension."""
    at = None
    if flt.period_from is not None or flt.period_to is not None:
        at = counts.between(month, flt.period_from, flt.period_to)
    for field, column in ((SITES, site), (FIELD_OF.get(cut, ""), value)):
        if field and getattr(flt, field):
            own = counts.having(column, getattr(flt, field))
            at = own if at is None else at & own
    return counts if at is None else counts.part(at)


def _read_keys(cur: duckdb.DuckDBPyConnection, group: str, keys: set[int]) -> dict[int, Coded]:
    """The counts of a table key by key; a key that it does not hold is not there."""
    try:
        found, of = read(cur, f"counts_{group}", f"key in ({', '.join(map(str, sorted(keys)))})")
    except duckdb.CatalogException:
        return {}
    found = _with_month_names(found)
    ends = np.flatnonzero(np.diff(of)) + 1
    starts = [0, *ends.tolist()] if len(of) else []
    return (
        {
            int(of[start]): found.part(slice(start, end))
            for start, end in zip(starts, [*ends.tolist(), len(of)], strict=True)
        }
        if starts
        else {}
    )


def _with_month_names(counts: Coded) -> Coded:
    months = counts.columns["month"]
    named = tuple("unknown" if m is None else f"{m:%Y-%m}" for m in months.values)
    columns: dict[str, Column] = {**counts.columns, "month_name": Column(months.codes, named)}
    return replace(counts, columns=columns)


def _read_answers(cur: duckdb.DuckDBPyConnection, table: str, where: str) -> Coded | None:
    try:
        return read(cur, table, where)[0]
    except duckdb.CatalogException:
        return None


def _read_rows(cur: duckdb.DuckDBPyConnection, table: str, where: str) -> list[Row] | None:
    own = cur.cursor()
    try:
        own.execute(f"from {table} where {where} order by month, site_id")
        names = [column[0] for column in own.description or []]
        return [dict(zip(names, row, strict=True)) for row in own.fetchall()]
    except duckdb.CatalogException:
        return None
    finally:
        own.close()


_HELD: ContextVar[HeldCounts | None] = ContextVar("held_counts", default=None)


@contextmanager
def holding(held: HeldCounts | None) -> Iterator[None]:
    """Within it, questions to the snapshot whose counts these are may be answered from them."""
    token = _HELD.set(held)
    try:
        yield
    finally:
        _HELD.reset(token)


def held_counts() -> HeldCounts | None:
    """The counts that `holding` has given, if any."""
    return _HELD.get()
