"""Estimators over time against stored figures of R's survival and cmprsk.

The figures and the scripts that made them are in `r_figures`. Where ours differ on purpose, the
test says in what, and only there: everything else agrees to 1e-9.
"""

from __future__ import annotations

import csv
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from pipelines.measures.survival import aalen_johansen, kaplan_meier

HERE = Path(__file__).with_name("r_figures")
FIGURES: dict[str, dict[str, Any]] = json.loads((HERE / "figures.json").read_text())["cohorts"]
EXACT = 1e-9
# how far the standard errors of cuminc (Aalen's) lie from ours (jackknife) at most
GRAY_APART = {"tiny": 0.11, "random_200": 0.016}


def cohorts() -> dict[str, NDArray[np.int64]]:
    """Cohort -> (3, n): entry, exit, cause."""
    found: dict[str, list[list[int]]] = defaultdict(list)
    with (HERE / "data.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["cohort"]].append([int(row[name]) for name in ("entry", "exit", "cause")])
    return {name: np.array(rows).T for name, rows in found.items()}


COHORTS = cohorts()
each = pytest.mark.parametrize("name", sorted(FIGURES))


def numbers(values: list[float | None]) -> NDArray[np.float64]:
    """R's NA becomes NaN."""
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def same(mine: ArrayLike, theirs: list[float | None]) -> None:
    """Equal to 1e-9, undefined in the same places."""
    np.testing.assert_allclose(np.asarray(mine, float), numbers(theirs), rtol=0, atol=EXACT)


def test_every_cohort_has_figures() -> None:
    assert set(COHORTS) == set(FIGURES) and len(FIGURES) >= 16


@each
def test_kaplan_meier(name: str) -> None:
    entry, exit, cause = COHORTS[name]
    theirs = FIGURES[name]["kaplan_meier"]
    mine = kaplan_meier(exit, cause == 1, entry)
    for figure in ("time", "n_risk", "n_event", "surv", "lower", "upper"):
        same(getattr(mine, figure), theirs[figure])
    # once S is 0 R's error is 0 * infinity = NaN; ours is 0
    zero = mine.surv == 0.0
    assert (mine.se[zero] == 0.0).all() and np.isnan(numbers(theirs["se"])[zero]).all()
    np.testing.assert_allclose(mine.se[~zero], numbers(theirs["se"])[~zero], rtol=0, atol=EXACT)


@each
def test_median(name: str) -> None:
    entry, exit, cause = COHORTS[name]
    mine = kaplan_meier(exit, cause == 1, entry).median()
    theirs = FIGURES[name]["kaplan_meier"]["median"]
    if name == "half_exactly":
        # S is one half from day 20 to day 30: R gives the middle, ours the first such day
        assert theirs == [25, 10, None] and mine == (20.0, 10.0, None)
    else:
        assert list(mine) == theirs


@each
def test_restricted_mean(name: str) -> None:
    entry, exit, cause = COHORTS[name]
    curve = kaplan_meier(exit, cause == 1, entry)
    mine, theirs = curve.restricted_mean(84), FIGURES[name]["kaplan_meier"]
    assert mine is not None
    # R draws the curve on to day 84 where nobody was followed so long; ours stops and says so
    stopped = mine.tau < 84
    assert stopped == (curve.time[-1] < 84 and curve.surv[-1] > 0)
    expected = theirs["rmean_last" if stopped else "rmean_84"]
    same([mine.value, mine.se], expected)
    if stopped:
        further = mine.value + (84 - mine.tau) * curve.surv[-1]
        assert further == pytest.approx(theirs["rmean_84"][0], abs=EXACT)


@each
def test_aalen_johansen(name: str) -> None:
    entry, exit, cause = COHORTS[name]
    theirs = FIGURES[name]["aalen_johansen"]
    mine = aalen_johansen(exit, cause, entry)
    for figure in ("time", "n_risk", "surv"):
        same(getattr(mine, figure), theirs[figure])
    for k, kind in enumerate(("one", "two")):
        for figure in ("cif", "se", "lower", "upper"):
            same(getattr(mine, figure)[k], theirs[kind][figure])


@each
def test_cuminc(name: str) -> None:
    entry, exit, cause = COHORTS[name]
    theirs = FIGURES[name]["cuminc"]
    if theirs is None:
        # cuminc knows no delayed entry, and refuses data without an event
        assert (entry >= 0).any() or not (cause > 0).any()
        return
    mine = aalen_johansen(exit, cause)
    at = np.searchsorted(mine.time, theirs["time"])
    apart = GRAY_APART.get(name, GRAY_APART["tiny"])
    for kind in set(theirs) - {"time"}:
        k = int(kind) - 1
        same(mine.cif[k][at], theirs[kind]["cif"])
        error = np.sqrt(numbers(theirs[kind]["var"]))
        left = mine.surv[at] > 0  # cuminc's variance needs somebody left at risk
        np.testing.assert_allclose(mine.se[k][at][left], error[left], rtol=0, atol=apart)
