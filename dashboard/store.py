"""The published snapshot: where it is, read-only access, and every cache of the dashboard.

The only module with `st.cache_*`. Each cache key holds the snapshot's path, and a path is never
used twice, so nothing here can be stale: a new publication is a new key.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

import duckdb
import streamlit as st

from dashboard.launch import HOME_VARIABLE
from pipelines.explain import NoEpisode, explain
from pipelines.measures.case_query import case_rows
from pipelines.measures.catalogue import measure as defined
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.headline import Answers, three_answers
from pipelines.measures.query import with_conditions
from pipelines.measures.series import MonthlySeries, escalation_by_month, persistence_by_month
from pipelines.measures.table import MeasureTable
from pipelines.snapshot import CURRENT, DamagedSnapshot, open_readonly

T = TypeVar("T")
Row = dict[str, Any]
Params = tuple[tuple[str, Any], ...]
Chosen = tuple[Any, ...]
"""The values of a filter, which a cache can take as a key."""

FILE_NAME: Final = re.compile(r"[A-Za-z0-9._-]+\.duckdb")


class NoSnapshot(LookupError):
    """There is nothing to show; the message says why and what to do."""


@dataclass(frozen=True)
class Snapshot:
    """One published data set: its file, and the few facts that every page prints."""

    path: str
    published: datetime | None
    data_to: date | None
    rules: str
    leaflet_review: str
    adopted_by: str
    adopted_on: str


def home() -> Path:
    """The data home; NoSnapshot when the process was started without one."""
    root = os.environ.get(HOME_VARIABLE)
    if not root:
        raise NoSnapshot(
            "No data home is set. Start the dashboard with `outcomes dashboard`, or set "
            f"{HOME_VARIABLE}."
        )
    return Path(root)


def published() -> Snapshot:
    """The snapshot that CURRENT names now; NoSnapshot with a sentence for the reader if none."""
    folder = home() / "snapshots"
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        raise NoSnapshot("No snapshot has been published yet: run `outcomes demo`.") from None
    path = folder / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        raise NoSnapshot(
            f"The pointer {CURRENT} names a snapshot that is not there. Run `outcomes build`, or "
            "choose an earlier one with `outcomes snapshots`."
        )
    try:
        return _described(str(path))
    except (DamagedSnapshot, duckdb.Error) as error:
        raise NoSnapshot(
            f"The snapshot {name} cannot be read ({type(error).__name__}). Run `outcomes build`, "
            "or choose an earlier one with `outcomes snapshots`."
        ) from error


@st.cache_data(max_entries=16, show_spinner=False)
def _described(path: str) -> Snapshot:
    meta = {row["key"]: row["value"] or "" for row in _rows(path, "meta", ())}
    data_to = _moment(meta.get("data_to", ""))
    return Snapshot(
        path,
        _moment(meta.get("created_at", "")),
        data_to.date() if data_to else None,
        meta.get("ruleset_version") or "not recorded",
        meta.get("leaflet_review") or "not recorded",
        meta.get("adopted_by", ""),
        meta.get("adopted_on", ""),
    )


def _moment(words: str) -> datetime | None:
    """A date or time in the reader's own time zone; None for what is no date."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found.astimezone() if found.tzinfo else found


@st.cache_resource(max_entries=2, show_spinner=False, on_release=lambda con: con.close())
def _connection(path: str) -> duckdb.DuckDBPyConnection:
    return open_readonly(Path(path))


def _asked(path: str, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """The answer from a cursor of its own: a shared connection gives wrong rows between threads.

    The connection may have been closed in favour of newer snapshots since it was fetched; then
    it is opened once more.
    """
    for attempt in (1, 2):
        try:
            cursor = _connection(path).cursor()
            try:
                return question(cursor)
            finally:
                cursor.close()
        except duckdb.ConnectionException:
            if attempt == 2:
                raise
            _connection.clear(path)
    raise AssertionError("unreachable")


@cache
def _statement(name: str) -> str:
    file = resources.files("dashboard").joinpath("queries", f"{name}.sql")
    return with_conditions(file.read_text(encoding="utf-8"))


@st.cache_data(max_entries=512, max_size="200MB", show_spinner=False)
def _rows(path: str, query: str, params: Params) -> list[Row]:
    def ask(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
        named = {name: list(v) if isinstance(v, tuple) else v for name, v in params}
        cursor.execute(_statement(query), named or None)
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    return _asked(path, ask)


def rows(snapshot: Snapshot, query: str, **params: Any) -> list[Row]:
    """Rows of `queries/<query>.sql`; `params` are its `$names`, hashable (tuples for lists)."""
    found: list[Row] = _rows(snapshot.path, query, tuple(sorted(params.items())))
    return found


def selected(snapshot: Snapshot, query: str, flt: Filter, **params: Any) -> list[Row]:
    """Rows of `queries/<query>.sql` under a filter (its `@selected(column)`) and `params`."""
    chosen = {name: getattr(flt, name) for name in flt.parameters()}
    return rows(snapshot, query, **chosen, **params)


@st.cache_data(max_entries=4096, max_size="200MB", show_spinner=False)
def _table(path: str, measure: str, chosen: Chosen, by: tuple[str, ...]) -> MeasureTable:
    return _asked(path, lambda cur: evaluate(cur, measure, Filter(*chosen), by))


def table(snapshot: Snapshot, measure: str, flt: Filter, by: tuple[str, ...] = ()) -> MeasureTable:
    """One measure of the catalogue, cut by the given dimensions, exact."""
    found: MeasureTable = _table(snapshot.path, measure, dataclasses.astuple(flt), by)
    return found


@st.cache_data(max_entries=256, max_size="200MB", show_spinner=False)
def _cases(
    path: str, measure: str, chosen: Chosen, at: tuple[tuple[str, str], ...], part: str | None
) -> list[Row]:
    entry = defined(measure)
    return _asked(path, lambda cur: case_rows(cur, entry, Filter(*chosen), dict(at), part))


def cases(
    snapshot: Snapshot,
    measure: str,
    flt: Filter,
    at: tuple[tuple[str, str], ...] = (),
    part: str | None = None,
) -> list[Row]:
    """The cases behind a figure, those left out included; see `case_query.case_rows`."""
    found: list[Row] = _cases(snapshot.path, measure, dataclasses.astuple(flt), at, part)
    return found


@st.cache_data(max_entries=512, max_size="200MB", show_spinner=False)
def _answers(path: str, chosen: Chosen) -> Answers:
    return _asked(path, lambda cur: three_answers(cur, Filter(*chosen)))


def answers(snapshot: Snapshot, flt: Filter) -> Answers:
    """The three headline answers for these episodes."""
    found: Answers = _answers(snapshot.path, dataclasses.astuple(flt))
    return found


@dataclass(frozen=True)
class Months:
    """The headline figures month by month."""

    confirmed: MonthlySeries
    not_ruled_out: MonthlySeries
    persistence: MonthlySeries


@st.cache_data(max_entries=512, max_size="200MB", show_spinner=False)
def _months(path: str, chosen: Chosen) -> Months:
    flt = Filter(*chosen)

    def ask(cur: duckdb.DuckDBPyConnection) -> Months:
        return Months(
            escalation_by_month(cur, flt, "escalation_confirmed"),
            escalation_by_month(cur, flt, "escalation_not_ruled_out"),
            persistence_by_month(cur, flt),
        )

    return _asked(path, ask)


def months(snapshot: Snapshot, flt: Filter) -> Months:
    """The monthly series of these episodes."""
    found: Months = _months(snapshot.path, dataclasses.astuple(flt))
    return found


@st.cache_data(max_entries=256, max_size="100MB", show_spinner=False)
def _explained(path: str, episode_id: str) -> Row | None:
    def ask(cur: duckdb.DuckDBPyConnection) -> Row | None:
        try:
            return explain(cur, episode_id)
        except NoEpisode:
            return None

    return _asked(path, ask)


def explained(snapshot: Snapshot, episode_id: str) -> Row | None:
    """One episode with its contacts, rules, triggers, actions and source rows; None if unknown.

    RulesNotKept where the snapshot does not hold the rules that classified it.
    """
    found: Row | None = _explained(snapshot.path, episode_id)
    return found


def warm() -> None:
    """Open the published snapshot, if there is one, and compute what the first page shows."""
    try:
        snapshot = published()
    except NoSnapshot:
        return
    answers(snapshot, Filter())
    months(snapshot, Filter())
