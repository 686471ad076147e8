"""Shares, rates and differences against published figures, statsmodels and scipy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from pipelines.measures.proportion import (
    newcombe,
    normal_quantile,
    poisson_byar,
    poisson_exact,
    rate,
    share,
    wilson,
)
from pipelines.measures.types import Estimate, MeasureError, NotEstimable

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("x", "n", "lower", "upper"),
    [
        (3, 20, 0.052369, 0.360419),  # worked vector wilson_95
        (0, 15, 0.0, 0.203883),  # worked vector wilson_95.zero
        (12, 40, 0.180748, 0.4543),  # worked vector persistence_share
        (65, 100, 0.552544, 0.736358),  # UKHSA worked example
    ],
)
def test_wilson_figures(x: int, n: int, lower: float, upper: float) -> None:
    limits = wilson(x, n)
    assert limits is not None
    assert (limits.lower, limits.upper) == pytest.approx((lower, upper), abs=6e-7)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.998])
def test_wilson_equals_statsmodels(confidence: float) -> None:
    worst = 0.0
    for n in (1, 2, 3, 7, 20, 199, 100_000):
        for x in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            mine = wilson(x, n, confidence)
            assert mine is not None
            low, high = proportion_confint(x, n, alpha=1 - confidence, method="wilson")
            worst = max(worst, abs(mine.lower - low), abs(mine.upper - high))
    assert worst < 1e-12


@given(counts)
@settings(deadline=None)
def test_wilson_holds_the_share_and_mirrors(pair: tuple[int, int]) -> None:
    x, n = pair
    limits, other = wilson(x, n), wilson(n - x, n)
    assert limits is not None and other is not None
    assert 0 <= limits.lower <= x / n <= limits.upper <= 1
    assert limits.lower == pytest.approx(1 - other.upper, abs=1e-12)
    assert limits.upper > limits.lower  # never a width of 0, not even at 0 % or 100 %


def test_no_data_is_not_zero() -> None:
    assert wilson(0, 0) is None
    answer = share("agreement", 0, 0, (("PENDING", 4),), empty="nobody was seen")
    assert answer == NotEstimable(
        "Not estimable because nobody was seen.", "agreement", 0, (("PENDING", 4),)
    )
    assert answer.excluded == 4


@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(x: int, n: int) -> None:
    with pytest.raises(MeasureError, match="is no proportion"):
        wilson(x, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(MeasureError, match="confidence"):
        normal_quantile(confidence)


@pytest.mark.parametrize("x", [0, 1, 2, 5, 9, 10, 40, 250])
@pytest.mark.parametrize("confidence", [0.95, 0.998])
def test_exact_poisson_equals_chi_square(x: int, confidence: float) -> None:
    tail = (1 - confidence) / 2
    mine = poisson_exact(x, confidence)
    assert mine.upper == pytest.approx(chi2.ppf(1 - tail, 2 * x + 2) / 2, rel=1e-10)
    low = chi2.ppf(tail, 2 * x) / 2 if x else 0.0
    assert mine.lower == pytest.approx(low, rel=1e-10)


def test_byar_figure_and_switch() -> None:
    limits = poisson_byar(65)
    assert (limits.lower, limits.upper) == pytest.approx((50.163188, 82.849139), abs=5e-7)
    nine = rate("escalation_ever", 9, 1000.0, n=50, per=100.0)
    ten = rate("escalation_ever", 10, 1000.0, n=50, per=100.0)
    assert isinstance(nine, Estimate) and isinstance(ten, Estimate)
    assert (nine.method, ten.method) == ("exact Poisson", "Byar")
    assert nine.value == pytest.approx(0.9)
    assert nine.upper == pytest.approx(chi2.ppf(0.975, 20) / 20, rel=1e-9)
    assert isinstance(rate("escalation_ever", 0, 0.0, n=0), NotEstimable)
    with pytest.raises(MeasureError):
        poisson_byar(0)


def test_newcombe_published_example() -> None:
    # Newcombe 1998, table II, example (a): 56/70 against 48/80
    answer = newcombe("agreement", 56, 70, 48, 80)
    assert isinstance(answer, Estimate) and answer.lower is not None and answer.upper is not None
    assert (answer.value, answer.lower, answer.upper) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=5e-5
    )


def test_newcombe_equals_statsmodels() -> None:
    worst = 0.0
    for x1, n1, x2, n2 in [(56, 70, 48, 80), (0, 10, 0, 20), (10, 10, 0, 20), (1, 3, 2, 2)]:
        mine = newcombe("agreement", x1, n1, x2, n2)
        assert isinstance(mine, Estimate) and mine.lower is not None and mine.upper is not None
        low, high = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
        worst = max(worst, abs(mine.lower - low), abs(mine.upper - high))
    assert worst < 1e-12
    assert isinstance(newcombe("agreement", 0, 0, 1, 2), NotEstimable)


@pytest.mark.parametrize(
    "broken",
    [
        {"value": math.nan},
        {"upper": math.inf},
        {"denominator": 0},
        {"numerator": 9},
        {"lower": 0.9},
        {"value": 1.5, "upper": 2.0},
    ],
)
def test_an_estimate_cannot_hold_nonsense(broken: dict[str, float]) -> None:
    good = {
        "measure": "agreement",
        "value": 0.5,
        "lower": 0.2,
        "upper": 0.8,
        "numerator": 4,
        "denominator": 8,
        "exclusions": (),
        "method": "m",
    }
    Estimate(**good)  # type: ignore[arg-type]
    with pytest.raises(MeasureError):
        Estimate(**{**good, **broken})  # type: ignore[arg-type]
