"""How far two readers of the same cases agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.measures.agreement import kappa_limits, weighted_kappa
from pipelines.measures.proportion import wilson
from pipelines.measures.types import Interval
from pipelines.reviews.case import CaseKey
from pipelines.reviews.store import FIRST, SECOND, Review

ORDER = ("agree", "justified", "documentation", "not_exported", "incident")
"""The findings that two readers can agree on, the rows and columns of the table."""


@dataclass(frozen=True)
class Readers:
    """Cases read twice: the table (first reader's finding by second's), share of equal findings,
    Cohen's kappa without weights, and their 95 % limits; None where not estimable."""

    n: int
    table: tuple[tuple[int, ...], ...]
    equal: int
    equal_limits: Interval | None
    kappa: float | None
    kappa_limits: tuple[float, float] | None


def between_readers(reviews: Sequence[Review]) -> Readers:
    """Agreement of the first and second reading of every case that has both, as they stand.

    Kappa's limits are by bootstrap over episodes, whose cases stay together.
    Source: Cohen 1960, Educ Psychol Meas 20:37-46.
    """
    by_case: dict[CaseKey, dict[int, str]] = defaultdict(dict)
    for review in reviews:
        by_case[review.key][review.reading] = review.verdict.finding
    pairs = {
        key: (ORDER.index(found[FIRST]), ORDER.index(found[SECOND]))
        for key, found in by_case.items()
        if {FIRST, SECOND} <= found.keys() and "withdrawn" not in found.values()
    }
    table = [[0] * len(ORDER) for _ in ORDER]
    episodes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for key, (first, second) in sorted(pairs.items()):
        table[first][second] += 1
        episodes[key.source, key.episode].append(len(ORDER) * first + second)
    patterns = sorted(Counter(tuple(sorted(cells)) for cells in episodes.values()).items())
    equal = sum(table[i][i] for i in range(len(ORDER)))
    kappa = weighted_kappa(table, "none") if pairs else None
    return Readers(
        len(pairs),
        tuple(map(tuple, table)),
        equal,
        wilson(equal, len(pairs)),
        kappa,
        kappa_limits(patterns, "none") if kappa is not None else None,
    )
