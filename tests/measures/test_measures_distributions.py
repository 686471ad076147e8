"""Binomial, Poisson and gamma probabilities against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, gamma
from scipy.stats import poisson as scipy_poisson

from pipelines.measures.distributions import binomial, gamma_at_most, gamma_quantile, poisson
from pipelines.measures.types import MeasureError

chance = st.floats(1e-6, 1 - 1e-6)
TAILS = (0.025, 0.001)


@given(st.integers(1, 3000), chance, st.floats(-0.1, 1.1))
@settings(max_examples=200, deadline=None)
def test_binomial_equals_scipy(n: int, p: float, part: float) -> None:
    mine, x = binomial(n, p), round(part * n)
    assert mine.at_most(x) == pytest.approx(binom.cdf(x, n, p), rel=1e-9, abs=1e-13)
    assert mine.at_least(x) == pytest.approx(binom.sf(x - 1, n, p), rel=1e-9, abs=1e-13)
    for tail in TAILS:
        assert mine.inside(tail) == (binom.ppf(tail, n, p), binom.isf(tail, n, p))


@given(st.floats(1e-3, 5000), st.integers(0, 6000))
@settings(max_examples=200, deadline=None)
def test_poisson_equals_scipy(mean: float, x: int) -> None:
    mine = poisson(mean)
    assert mine.at_most(x) == pytest.approx(scipy_poisson.cdf(x, mean), rel=1e-9, abs=1e-13)
    assert mine.at_least(x) == pytest.approx(scipy_poisson.sf(x - 1, mean), rel=1e-9, abs=1e-13)
    for tail in TAILS:
        assert mine.inside(tail) == (scipy_poisson.ppf(tail, mean), scipy_poisson.isf(tail, mean))


@pytest.mark.parametrize(("n", "p"), [(1_000_000, 0.15), (1_000_000, 1e-6), (5, 0.999999)])
def test_binomial_of_large_groups_and_rare_events(n: int, p: float) -> None:
    for tail in TAILS:
        assert binomial(n, p).inside(tail) == (binom.ppf(tail, n, p), binom.isf(tail, n, p))


def test_the_ends() -> None:
    assert binomial(10, 0.0).inside(0.025) == (0, 0)
    assert binomial(10, 1.0).inside(0.025) == (10, 10)
    assert binomial(0, 0.3).inside(0.025) == (0, 0)
    assert poisson(0.0).inside(0.001) == (0, 0)
    assert poisson(0.0).at_least(1) == 0.0 and poisson(3.0).at_most(-1) == 0.0


@given(st.floats(0.05, 3000), st.floats(1e-4, 1 - 1e-4))
@settings(max_examples=100, deadline=None)
def test_gamma_equals_scipy(shape: float, probability: float) -> None:
    x = gamma.ppf(probability, shape)
    assert gamma_at_most(shape, x) == pytest.approx(probability, rel=1e-9)
    assert gamma_quantile(probability, shape) == pytest.approx(x, rel=1e-9)


def test_gamma_far_out() -> None:
    # the exponent of its first term is a difference of large numbers: 12 digits are left
    assert gamma_at_most(3.0, 5000.0) == pytest.approx(1.0, abs=1e-11)
    assert gamma_at_most(3.0, math.inf) == 1.0
    assert gamma_at_most(3.0, 0.0) == 0.0
    assert gamma_at_most(100_000.0, 100_000.0) == pytest.approx(gamma.cdf(1e5, 1e5), rel=1e-8)


@pytest.mark.parametrize("broken", [(-1, 0.5), (5, math.nan), (5, 1.5), (5, -0.1)])
def test_no_such_binomial(broken: tuple[int, float]) -> None:
    with pytest.raises(MeasureError, match="no binomial"):
        binomial(*broken)


@pytest.mark.parametrize("mean", [math.nan, math.inf, -1.0])
def test_no_such_poisson(mean: float) -> None:
    with pytest.raises(MeasureError, match="no Poisson"):
        poisson(mean)
    with pytest.raises(MeasureError, match="no gamma"):
        gamma_at_most(mean, 1.0)


@pytest.mark.parametrize("probability", [0.0, 1.0, math.nan])
def test_no_such_quantile(probability: float) -> None:
    with pytest.raises(MeasureError, match="between 0 and 1"):
        gamma_quantile(probability, 3.0)


@given(st.integers(0, 500), chance)
@settings(max_examples=50, deadline=None)
def test_probabilities_add_up(n: int, p: float) -> None:
    found = binomial(n, p)
    assert math.fsum(found.probability) == pytest.approx(1.0, abs=1e-12)
    assert (found.probability >= 0).all() and np.isfinite(found.probability).all()
