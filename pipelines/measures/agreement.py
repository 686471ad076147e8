"""Does the recorded triage outcome agree with the leaflet? (K10)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import duckdb
import numpy as np
from numpy.typing import NDArray

from pipelines.measures.filter import Filter
from pipelines.measures.proportion import share
from pipelines.measures.query import Row, rows
from pipelines.measures.types import (
    LEVELS,
    Estimate,
    Exclusions,
    MeasureError,
    NotEstimable,
    Result,
)

JUDGED: Final = ("AGREE", "LATE", "UNDER", "OVER")
RESAMPLES: Final = 2000
SEED: Final = 20220531
Weights = Literal["none", "linear", "quadratic"]
Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Categories, the 5 x 5 table (rows expected, columns recorded, LEVELS order) and kappa.

    `agree`, `late`, `under`, `over` have one denominator: fully screened episodes that could be
    judged. `unsettled` counts the certain LATE, UNDER and OVER among incompletely screened
    episodes, apart, so that poor recording does not look like poor care.
    """

    n_episodes: int
    agree: Result
    late: Result
    under: Result
    over: Result
    categories: tuple[tuple[str, int], ...]
    unsettled: tuple[tuple[str, int], ...]
    matrix: Matrix
    same_level: Result
    kappa: Result


def weighted_kappa(matrix: Sequence[Sequence[int]], weights: Weights = "linear") -> float | None:
    """Cohen's kappa of a square table with all levels present; None when not estimable.

    kappa = 1 - sum(v O) / sum(v E), v = |i - j| / (k - 1), its square, or 0/1. Not estimable for
    an empty table or one where chance leaves no disagreement (all in one level).
    Source: Cohen 1968, Psychol Bull 70:213-220.
    """
    table = np.asarray(matrix, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape[0] < 2:
        raise MeasureError(f"kappa needs a square table of 2 levels or more, not {table.shape}")
    if bool((table < 0).any()):
        raise MeasureError("kappa needs counts of 0 or more")
    value = float(_kappas(table[None, :, :], weights)[0])
    return None if np.isnan(value) else value


def _kappas(tables: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """Kappa of each of (b, k, k) tables, NaN where not estimable; shape (b,)."""
    k = tables.shape[1]
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / (k - 1)
    v = {"none": (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}[weights]
    n = tables.sum(axis=(1, 2))
    chance = tables.sum(axis=2)[:, :, None] * tables.sum(axis=1)[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (chance * v).sum(axis=(1, 2)) / n
        found: NDArray[np.float64] = 1.0 - (tables * v).sum(axis=(1, 2)) / expected
    found[~(expected > 0)] = np.nan
    return found


def kappa_limits(
    patterns: Sequence[tuple[Sequence[int], int]],
    weights: Weights = "linear",
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float] | None:
    """Percentile limits of kappa, resampling patients (a patient's episodes stay together).

    `patterns` are (cells of a patient, number of such patients), a cell being 5 * row + column.
    Patients with equal cells are interchangeable, so drawing how often each pattern occurs is the
    same as drawing patients. None when more than 1 in 20 resamples is not estimable.
    """
    size = len(LEVELS)
    total = sum(n for _, n in patterns)
    if not total:
        return None
    per_patient = np.zeros((len(patterns), size * size))
    for place, (cells, _) in enumerate(patterns):
        for cell in cells:
            per_patient[place, cell] += 1
    shares = np.array([n for _, n in patterns], dtype=np.float64) / total
    drawn = np.random.default_rng(seed).multinomial(total, shares, size=resamples)
    tables = (drawn @ per_patient).reshape(resamples, size, size)
    found = _kappas(tables, weights)
    usable = found[~np.isnan(found)]
    if len(usable) < 0.95 * resamples:
        return None
    tail = (1.0 - confidence) / 2.0
    lower, upper = np.quantile(usable, [tail, 1.0 - tail])
    return float(lower), float(upper)


def agreement(cur: duckdb.DuckDBPyConnection, flt: Filter) -> Agreement:
    """Agreement of the episodes of a filter, from an open snapshot."""
    found = rows(cur, "agreement", flt)
    patterns = [(row["cells"], row["n"]) for row in rows(cur, "agreement_by_patient", flt)]
    seen = [row for row in found if row["seen"]]
    judged = [row for row in seen if row["settled"] and row["category"] in JUDGED]
    n = sum(row["n"] for row in judged)
    left_out = _exclusions(found, seen)
    by_category = _tally(judged)

    def of(measure: str, category: str) -> Result:
        empty = "no fully screened episode could be judged"
        return share(measure, by_category[category], n, left_out, empty=empty)

    matrix = _matrix(judged)
    size = sum(sum(row) for row in matrix)
    same = sum(matrix[i][i] for i in range(len(LEVELS)))
    return Agreement(
        n_episodes=sum(row["n"] for row in seen),
        agree=of("agreement", "AGREE"),
        late=of("agreement_late", "LATE"),
        under=of("agreement_under", "UNDER"),
        over=of("agreement_over", "OVER"),
        categories=tuple(sorted(_tally(seen).items())),
        unsettled=tuple(
            (category, _tally([r for r in seen if not r["settled"]])[category])
            for category in JUDGED[1:]
        ),
        matrix=matrix,
        same_level=share("agreement_same_level", same, size, left_out, empty="the table is empty"),
        kappa=_kappa(matrix, size, patterns, left_out),
    )


def _tally(found: Sequence[Row]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in found:
        counts[row["category"]] += row["n"]
    return counts


def _exclusions(found: Sequence[Row], seen: Sequence[Row]) -> Exclusions:
    """Each episode that is not judged under one reason; those not settled come first."""
    left: Counter[str] = Counter()
    for row in seen:
        if not row["settled"]:
            left["NOT_SETTLED"] += row["n"]
        elif row["category"] not in JUDGED:
            left[row["category"]] += row["n"]
    no_contact = sum(row["n"] for row in found if not row["seen"])
    return (("NO_CONTACT", no_contact), *sorted(left.items()))


def _matrix(judged: Sequence[Row]) -> Matrix:
    table = [[0] * len(LEVELS) for _ in LEVELS]
    for row in judged:
        if row["recorded"] is not None:
            table[row["expected"]][row["recorded"]] += row["n"]
    return tuple(tuple(row) for row in table)


def _kappa(
    matrix: Matrix, size: int, patterns: Sequence[tuple[Sequence[int], int]], left_out: Exclusions
) -> Result:
    value = weighted_kappa(matrix)
    if value is None:
        reason = "Not estimable because all episodes are in one level, or there are none."
        return NotEstimable(reason, "agreement_kappa", size, left_out)
    limits = kappa_limits(patterns)
    lower, upper = limits or (None, None)
    if lower is not None and upper is not None:
        # percentile limits of a skewed statistic can miss its value; the figure comes first
        lower, upper = min(lower, value), max(upper, value)
    return Estimate(
        "agreement_kappa",
        value,
        lower,
        upper,
        None,
        size,
        left_out,
        f"linear weights; {RESAMPLES} resamples by patient",
        "kappa",
    )
