"""Which cases are reviewed, which changed since, and which reviews have no case any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import duckdb

from pipelines.errors import OutcomesError
from pipelines.measures.filter import Filter
from pipelines.measures.query import run, with_conditions
from pipelines.reviews.case import CaseKey
from pipelines.reviews.store import FIRST, Review

OPEN, REVIEWED, CHANGED, GONE = "open", "reviewed", "changed", "gone"
STATES = {
    OPEN: "Not reviewed",
    REVIEWED: "Reviewed",
    CHANGED: "Changed since review",
    GONE: "No longer in the data",
}


@dataclass(frozen=True)
class AuditCase:
    """A case of the published snapshot; `mark` is what is seen of it, as a hash."""

    key: CaseKey
    mark: str
    place: int
    level: str
    site_id: str
    found: str


@dataclass(frozen=True)
class Standing:
    """A case with its review, where there is one; `case` is None where the data lost it."""

    key: CaseKey
    state: str
    case: AuditCase | None
    review: Review | None


def audit_cases(cur: duckdb.DuckDBPyConnection, flt: Filter | None = None) -> list[AuditCase]:
    """The cases of a snapshot in the order of safety, each once.

    OutcomesError for a snapshot that was published before cases were kept.
    """
    kept = "select 1 from duckdb_tables() where table_name = 'audit_case'"
    if not cur.execute(kept).fetchall():
        raise OutcomesError(
            "this snapshot was published by an earlier version, which kept no audit cases",
            hint="Publish anew: outcomes build.",
        )
    file = resources.files("pipelines.reviews").joinpath("audit_cases.sql")
    rows = run(cur, with_conditions(file.read_text("utf-8")), flt or Filter())
    return [
        AuditCase(
            CaseKey.parse(row["case_key"]),
            *(row[name] for name in ("mark", "place", "level", "site_id", "found")),
        )
        for row in rows
    ]


def standings(
    cases: Sequence[AuditCase], reviews: Sequence[Review], reading: int = FIRST
) -> list[Standing]:
    """Every case with its state, in the order given; then reviews whose case is gone, by case."""
    by_key: Mapping[CaseKey, Review] = {r.key: r for r in reviews if r.reading == reading}
    found = [
        Standing(case.key, state(case.mark, by_key.get(case.key)), case, by_key.get(case.key))
        for case in cases
    ]
    here = {case.key for case in cases}
    gone = sorted(key for key in by_key if key not in here)
    return [*found, *(Standing(key, GONE, None, by_key[key]) for key in gone)]


def state(mark: str, review: Review | None) -> str:
    """Open without a review; changed where the case no longer looks as it did then."""
    if review is None:
        return OPEN
    return REVIEWED if review.seen.mark == mark else CHANGED
