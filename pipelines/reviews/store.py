"""The reviews themselves: added, never overwritten, read as they stand or as they went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, RowMapping, and_, func, select
from sqlalchemy.exc import IntegrityError

from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home
from pipelines.reviews.case import CaseKey
from pipelines.reviews.database import WRITES, database, telling
from pipelines.reviews.findings import Verdict, checked, reasons
from pipelines.reviews.tables import case_columns, review

FIRST, SECOND = 1, 2


class ReviewConflict(OutcomesError):
    """Somebody saved a review of this case since it was opened; `newest` is theirs."""

    def __init__(self, newest: Review | None) -> None:
        by = f" by {newest.verdict.reviewer}" if newest else ""
        super().__init__(
            f"this case was reviewed{by} since you opened it",
            hint="Look at that review. Yours is not saved; save it again to replace theirs.",
        )
        self.newest = newest


@dataclass(frozen=True)
class Seen:
    """What the reviewer looked at: the case's mark, the rules and the snapshot."""

    mark: str
    ruleset: str
    published: str


@dataclass(frozen=True)
class Review:
    """One saved review; `version` counts the changes of a case and reading from 1."""

    key: CaseKey
    reading: int
    version: int
    verdict: Verdict
    at: dt.datetime
    seen: Seen


class ReviewStore:
    """The reviews of one data home, wherever they are kept."""

    def __init__(self, engine: Engine, allowed: Sequence[str]) -> None:
        self._engine = engine
        self.reasons = tuple(allowed)

    @property
    def engine(self) -> Engine:
        """The database behind it."""
        return self._engine

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def add(
        self, key: CaseKey, verdict: Verdict, seen: Seen, opened_at: int = 0, reading: int = FIRST
    ) -> Review:
        """Save a review; `opened_at` is the version that the reviewer had before them (0: none).

        Raises UsageError for an incomplete or unsafe verdict, or a second reader who was the
        first; ReviewConflict where somebody saved since; StoreAway where nothing could be saved.
        """
        told = checked(verdict, self.reasons)
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
        found = Review(key, reading, opened_at + 1, told, now, seen)
        with telling(self._engine):
            try:
                with self._engine.connect().execution_options(**WRITES) as con, con.begin():
                    standing = [_review(row) for row in con.execute(_newest(key)).mappings()]
                    _refuse_same_reader(standing, told.reviewer, reading)
                    of_reading = next((r for r in standing if r.reading == reading), None)
                    if (of_reading.version if of_reading else 0) != opened_at:
                        raise ReviewConflict(of_reading)
                    con.execute(review.insert().values(_columns(found)))
            except IntegrityError:  # another saved between our look and our row
                raise ReviewConflict(self.newest(key, reading)) from None
        return found

    def newest(self, key: CaseKey, reading: int = FIRST) -> Review | None:
        """The review of a case as it stands, withdrawn ones included; None where there is none."""
        with telling(self._engine), self._engine.connect() as con:
            rows = con.execute(_newest(key)).mappings().all()
        return next((r for r in map(_review, rows) if r.reading == reading), None)

    def standing(self) -> list[Review]:
        """Every case's review as it stands, both readings, by case; withdrawn ones are left out."""
        with telling(self._engine), self._engine.connect() as con:
            rows = con.execute(_newest()).mappings().all()
        found = map(_review, rows)
        return sorted(
            (r for r in found if r.verdict.finding != "withdrawn"), key=lambda r: (r.key, r.reading)
        )

    def history(self, key: CaseKey | None = None) -> list[Review]:
        """Every review ever saved, of one case or of all, in the order of saving."""
        query = select(review).order_by(review.c.id)
        if key is not None:
            query = query.where(_is(key))
        with telling(self._engine), self._engine.connect() as con:
            return [_review(row) for row in con.execute(query).mappings()]


def open_store(home: Home) -> ReviewStore:
    """The store of a data home. Raises StoreAway, and OutcomesError for settings that cannot be."""
    allowed = reasons(home)
    return ReviewStore(database(home), allowed)


def _is(key: CaseKey) -> Any:
    return and_(*(review.c[name] == getattr(key, name) for name, _ in case_columns))


def _newest(key: CaseKey | None = None) -> Any:
    names = [*(name for name, _ in case_columns), "reading"]
    last = select(*(review.c[name] for name in names), func.max(review.c.version).label("version"))
    if key is not None:
        last = last.where(_is(key))
    newest = last.group_by(*(review.c[name] for name in names)).subquery()
    both = [review.c[name] == newest.c[name] for name in (*names, "version")]
    return select(review).join(newest, and_(*both))


def _refuse_same_reader(standing: list[Review], reviewer: str, reading: int) -> None:
    others = {r.verdict.reviewer.casefold() for r in standing if r.reading != reading}
    if reviewer.casefold() in others:
        raise UsageError(
            "the two readings of a case must be by two people",
            hint="Leave this case to somebody else.",
        )


def _columns(found: Review) -> dict[str, Any]:
    return {
        **{name: getattr(found.key, name) for name, _ in case_columns},
        "reading": found.reading,
        "version": found.version,
        **{name: getattr(found.verdict, name) for name in VERDICT},
        "reviewed_at": found.at,
        **{name: getattr(found.seen, name) for name in SEEN},
    }


VERDICT = ("finding", "reviewer", "reason", "reference", "note")
SEEN = ("mark", "ruleset", "published")


def _review(row: RowMapping) -> Review:
    return Review(
        CaseKey(*(row[name] for name, _ in case_columns)),
        row["reading"],
        row["version"],
        Verdict(*(row[name] for name in VERDICT)),
        row["reviewed_at"],
        Seen(*(row[name] for name in SEEN)),
    )
