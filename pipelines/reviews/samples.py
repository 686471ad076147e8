"""Samples as the store keeps them: drawn once, named, and read by two people."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from pipelines.errors import UsageError
from pipelines.reviews.case import CaseKey
from pipelines.reviews.database import WRITES, telling
from pipelines.reviews.findings import REVIEWER
from pipelines.reviews.sampling import drawn
from pipelines.reviews.standing import AuditCase
from pipelines.reviews.store import ReviewStore
from pipelines.reviews.tables import case_columns, sample, sample_case

NAME = re.compile(r"[\w][\w .-]{0,59}")


@dataclass(frozen=True)
class Sample:
    """A drawn sample: of how many cases, to which precision, from which data, and the cases."""

    name: str
    seed: str
    margin: str
    population: int
    made_by: str
    made_at: dt.datetime
    ruleset: str
    published: str
    cases: tuple[CaseKey, ...]


def draw_sample(
    store: ReviewStore,
    name: str,
    cases: Sequence[AuditCase],
    *,
    seed: str,
    margin: float,
    made_by: str,
    ruleset: str,
    published: str,
) -> Sample:
    """Draw a sample of the cases and keep it under a name.

    UsageError for a name that is taken or none, no reader's name, or no cases to draw from.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"'{name}' cannot name a sample", hint="1 to 60 letters and digits.")
    if not REVIEWER.fullmatch(made_by):
        raise UsageError("who draws the sample is missing or no name", hint="Initials will do.")
    if not cases:
        raise UsageError(
            "there is no case to draw from", hint="Choose a wider period or all sites."
        )
    keys = tuple(case.key for case in drawn(cases, seed, margin))
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    found = Sample(name, seed, f"{margin:g}", len(cases), made_by, now, ruleset, published, keys)
    with telling(store.engine):
        try:
            with store.engine.connect().execution_options(**WRITES) as con, con.begin():
                made = con.execute(sample.insert().values(_columns(found)))
                assert made.inserted_primary_key is not None
                (number,) = made.inserted_primary_key
                con.execute(
                    sample_case.insert(),
                    [
                        {"sample_id": number, "place": place, **_case(key)}
                        for place, key in enumerate(keys, start=1)
                    ],
                )
        except IntegrityError:
            raise UsageError(
                f"there is a sample '{name}' already", hint="Samples are kept; choose another name."
            ) from None
    return found


def samples(store: ReviewStore) -> list[Sample]:
    """Every sample, the latest first."""
    with telling(store.engine), store.engine.connect() as con:
        rows = con.execute(select(sample).order_by(sample.c.id.desc())).mappings().all()
        cases = con.execute(
            select(sample_case).order_by(sample_case.c.sample_id, sample_case.c.place)
        ).mappings()
        of: dict[int, list[CaseKey]] = {row["id"]: [] for row in rows}
        for case in cases:
            of[case["sample_id"]].append(CaseKey(*(case[name] for name, _ in case_columns)))
    return [
        Sample(**{name: row[name] for name in FIELDS}, cases=tuple(of[row["id"]])) for row in rows
    ]


FIELDS = ("name", "seed", "margin", "population", "made_by", "made_at", "ruleset", "published")


def _columns(found: Sample) -> dict[str, object]:
    return {name: getattr(found, name) for name in FIELDS}


def _case(key: CaseKey) -> dict[str, object]:
    return {name: getattr(key, name) for name, _ in case_columns}
