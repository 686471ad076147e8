"""Shares, counts, quantiles and agreement from counted cases (rows of `case_query.grouped`)."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from pipelines.measures.agreement import kappa_limits, weighted_kappa
from pipelines.measures.catalogue import Measure
from pipelines.measures.clustering import Pairs, clustered_share
from pipelines.measures.coded import CASES, numbers
from pipelines.measures.order_statistics import quantile
from pipelines.measures.proportion import share
from pipelines.measures.query import Row
from pipelines.measures.table import Shown
from pipelines.measures.types import LEVELS, Estimate, Exclusions, NotEstimable

EMPTY: Final = "nobody is left in the denominator"


def _n(counted: list[Row]) -> int:
    return sum(row["n"] for row in counted)


def share_result(entry: Measure, counted: list[Row], left_out: Exclusions) -> Shown:
    """Those with a hit out of all counted, with Wilson limits; `pairs` of rows, where told."""
    x = sum(row["n"] for row in counted if row["hit"])
    pairs = next((row["pairs"] for row in counted if "pairs" in row), Pairs(0, 0, 0))
    return clustered_share(entry.id, x, _n(counted), pairs, left_out, empty=EMPTY)


def count_result(entry: Measure, counted: list[Row], left_out: Exclusions) -> Shown:
    """How many have a hit. A count of everyone in the data has no sampling limits."""
    n = _n(counted)
    if not n:
        return NotEstimable("Not estimable because nobody is selected.", entry.id, 0, left_out)
    x = sum(row["n"] for row in counted if row["hit"])
    return Estimate(entry.id, float(x), None, None, x, n, left_out, "count", "count")


def quantile_result(entry: Measure, counted: list[Row], left_out: Exclusions) -> Shown:
    """The quantile named by `at` (0.5 = median) of a value, with limits from order statistics."""
    pairs: ArrayLike = [
        (float(row["value"]), int(row["n"]))
        for row in counted
        if CASES not in row and row["value"] is not None
    ]
    if any(CASES in row for row in counted):
        held = np.column_stack((numbers(counted, "value"), numbers(counted, "n")))
        pairs = held[~np.isnan(held[:, 0])]
    return quantile(entry.id, pairs, entry.at[0], left_out, unit=entry.unit)


def same_level_result(entry: Measure, counted: list[Row], left_out: Exclusions) -> Shown:
    """Share of cases whose recorded level is the expected one."""
    x = sum(row["n"] for row in counted if row["expected"] == row["recorded"])
    return share(entry.id, x, _n(counted), left_out, empty=EMPTY)


def kappa_result(entry: Measure, counted: list[Row], left_out: Exclusions) -> Shown:
    """Linearly weighted kappa over all five levels, limits by resampling patients."""
    size = len(LEVELS)
    matrix = [[0] * size for _ in range(size)]
    cells: dict[str, list[int]] = {}
    patterns: Counter[tuple[int, ...]] = Counter()
    for row in counted:
        matrix[row["expected"]][row["recorded"]] += row["n"]
        cell = size * row["expected"] + row["recorded"]
        if row["patient_id"] is None:  # people with one episode each
            patterns[(cell,)] += row["n"]
        else:
            cells.setdefault(row["patient_id"], []).extend([cell] * row["n"])
    n, value = _n(counted), weighted_kappa(matrix)
    if value is None:
        why = EMPTY if not n else "expected and recorded level are the same one throughout"
        return NotEstimable(f"Not estimable because {why}.", entry.id, n, left_out)
    patterns.update(tuple(sorted(own)) for own in cells.values())
    limits = kappa_limits([(own, k) for own, k in sorted(patterns.items())])
    low, high = limits if limits else (None, None)
    method = "linear weights, percentile bootstrap by patient, 2,000 resamples, fixed seed"
    return Estimate(entry.id, value, low, high, None, n, left_out, method, "kappa")
