"""The same measure in two snapshots: which months were revised, by how many cases, and why.

A case is compared by its episode, so the reason can be read off that episode's own rows: did it
get rows from a file that the earlier snapshot did not have, was that file a correction, did the
rules change, or has only time passed?
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import duckdb

from pipelines.measures.case_query import COLUMNS_OF_KIND, case_rows
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.query import run, statement
from pipelines.measures.table import MeasureTable, Shown

Why = Literal["corrected rows", "new rows", "new diary or referral file", "rules", "time passed"]
WHYS: Final[tuple[Why, ...]] = get_args(Why)
WORDS: Final[dict[Why, str]] = {
    "corrected rows": "rows that a correction replaced or added",
    "new rows": "rows from files that came in since",
    "new diary or referral file": "a diary or referral file of the service that came in since",
    "rules": "other rules or parameters",
    "time passed": "nothing but a later end of the data",
}


@dataclass(frozen=True, slots=True)
class Revision:
    """One month, and one part where the measure has parts: both figures and what lies between.

    `added`, `gone` and `changed` are numbers of cases; `why` has the number of them per cause.
    """

    month: str
    part: str | None
    before: Shown | None
    after: Shown | None
    added: int
    gone: int
    changed: int
    why: tuple[tuple[Why, int], ...]

    @property
    def revised(self) -> bool:
        """Whether any case differs. A figure can stay the same although cases changed."""
        return bool(self.added or self.gone or self.changed)


@dataclass(frozen=True, slots=True)
class _Side:
    """What one snapshot says: cases by (month, part, episode), its files, rules and last day."""

    table: MeasureTable
    cases: dict[tuple[str, str, str], list[str]]
    source: dict[str, str]
    files: dict[str, dict[str, Any]]
    origin: dict[str, set[str]]
    meta: dict[str, str]


def revisions(
    old: duckdb.DuckDBPyConnection,
    new: duckdb.DuckDBPyConnection,
    name: str,
    flt: Filter | None = None,
) -> tuple[Revision, ...]:
    """Months of one measure that both or either snapshot has, oldest first.

    MeasureError for an unknown measure. Months without any difference are in the answer too,
    `revised` False, so that "nothing was revised" can be told from "not looked at".
    """
    entry, chosen = measure(name), flt or Filter()
    before, after = _side(old, entry, chosen), _side(new, entry, chosen)
    found: dict[tuple[str, str], Counter[str]] = {}
    for key in before.cases.keys() | after.cases.keys():
        month, part, episode = key
        tally = found.setdefault((month, part), Counter())
        a, b = before.cases.get(key), after.cases.get(key)
        if a == b:
            continue
        tally["added" if a is None else "gone" if b is None else "changed"] += 1
        tally[_why(episode, before, after)] += 1
    figures = [
        {(r.by[0], r.part or ""): r.result for r in s.table.rows if not entry.at}
        for s in (before, after)
    ]
    return tuple(
        Revision(
            month,
            part or None,
            figures[0].get((month, part)),
            figures[1].get((month, part)),
            tally["added"],
            tally["gone"],
            tally["changed"],
            tuple((why, tally[why]) for why in WHYS if tally[why]),
        )
        for (month, part), tally in sorted(found.items())
    )


def _side(con: duckdb.DuckDBPyConnection, entry: Measure, flt: Filter) -> _Side:
    names = {row["episode_key"]: row for row in _plain(con, "episode_names")}
    cases: dict[tuple[str, str, str], list[str]] = {}
    columns = (c for c in COLUMNS_OF_KIND[entry.kind] if c != "patient_id")
    kept = ("reason", *columns)
    for row in case_rows(con, entry, flt, {}):
        if row["clock_date"] is None:
            continue
        key = (
            f"{row['clock_date']:%Y-%m}",
            row["part"] or "",
            names[row["episode_key"]]["episode"],
        )
        counted = row["reason"] is None
        said = [row["reason"], *(row[c] if counted else None for c in kept[1:])]
        cases.setdefault(key, []).append(repr(said))
    origin: dict[str, set[str]] = {}
    for row in _plain(con, "case_origin"):
        origin.setdefault(row["episode"], set()).add(row["file_id"])
    return _Side(
        evaluate(con, entry.id, flt, ("month",)),
        {key: sorted(said) for key, said in cases.items()},
        {row["episode"]: row["source"] for row in names.values()},
        {row["file_id"]: row for row in _plain(con, "snapshot_files")},
        origin,
        {row["key"]: row["value"] for row in _plain(con, "snapshot_meta")},
    )


def _plain(con: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """Rows of a statement of `sql/` that takes no filter."""
    return run(con, statement(name), None)


def _why(episode: str, before: _Side, after: _Side) -> Why:
    """The nearest cause of a difference in an episode's case."""
    gone = before.origin.get(episode, set()) - after.files.keys()
    come = after.origin.get(episode, set()) - before.files.keys()
    if any(after.files[file]["correction"] for file in come):
        return "corrected rows"
    if come or gone:
        return "new rows"
    fresh = [f for key, f in after.files.items() if key not in before.files]
    source = after.source.get(episode) or before.source[episode]
    same = [f for f in fresh if f["source"] == source]
    if any(f["correction"] for f in same):
        # a correction can also take rows away, and then the episode holds none of its own
        return "corrected rows"
    if before.meta.get("ruleset_version") != after.meta.get("ruleset_version"):
        return "rules"
    # Rows of contacts and referrals name their file, so a file of contacts that holds none of this
    # episode's has only moved the end of the data; a diary or referral file can say more.
    beside = [f for f in same if f["stream"] != "triage"]
    return "new diary or referral file" if beside else "time passed"
