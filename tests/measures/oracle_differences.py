"""How far each estimator lies from its oracle at most, on random data with ties and edges.

`python -m tests.measures.oracle_differences` prints them; `docs/estimators.md` promises a bound for
each, and a test holds it. An agreement is measured where the conventions are the same; where they
differ on purpose the tests of the estimator say so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import stats
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    score_test_proportions_2indep,
)

from pipelines.measures.agreement import weighted_kappa
from pipelines.measures.clustering import Pairs, effective_size
from pipelines.measures.distributions import binomial, gamma_quantile, poisson
from pipelines.measures.funnel import chance_limits
from pipelines.measures.inequality import midpoints, relative_index, slope_index
from pipelines.measures.interval_likelihood import interval_curve
from pipelines.measures.order_statistics import quantile
from pipelines.measures.proportion import newcombe, poisson_byar, poisson_exact, wilson
from pipelines.measures.ratio import ratio_of_rates, ratio_of_shares
from pipelines.measures.survival import aalen_johansen, kaplan_meier
from tests.measures.test_measures_r import COHORTS, FIGURES, numbers

DRAWS = 200
Differences = dict[str, Callable[[], float]]


def _apart(pairs: list[tuple[float, float]]) -> float:
    return max(abs(a - b) for a, b in pairs)


def _relative(pairs: list[tuple[float, float]]) -> float:
    return max(abs(a / b - 1) for a, b in pairs)


def _counts(rng: np.random.Generator, inner: bool = False) -> tuple[int, int]:
    """x of n, ends included unless `inner`."""
    n = int(rng.integers(3, 2000))
    return int(rng.integers(1, n)) if inner else int(rng.integers(0, n + 1)), n


def wilson_limits() -> float:
    rng, pairs = np.random.default_rng(1), []
    for _ in range(DRAWS):
        x, n = _counts(rng)
        mine = wilson(x, n)
        low, high = proportion_confint(x, n, method="wilson")
        pairs += [(mine.lower, low), (mine.upper, high)]
    return _apart(pairs)


def clustered_size() -> float:
    """With as many rows each, the factor for few people is statsmodels' own."""
    rng, pairs = np.random.default_rng(7), []
    while len(pairs) < DRAWS:
        people, each = int(rng.integers(3, 60)), int(rng.integers(2, 7))
        hits = rng.binomial(each, rng.beta(1.0, 2.0, people))
        n, x = people * each, int(hits.sum())
        rows = np.concatenate([np.arange(each) < k for k in hits]).astype(float)
        groups = np.repeat(np.arange(people), each)
        fitted = sm.OLS(rows, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": groups})
        if not 0 < x < n:
            continue
        effect = float(fitted.bse[0]) ** 2 * (n - 1) / (x / n * (1 - x / n))
        told = Pairs(n * (each - 1), int(x * (each - 1)), int((hits * (hits - 1)).sum()))
        pairs.append((effective_size(x, n, told), max(1.0, n / max(1.0, effect))))
    return _relative(pairs)


def exact_poisson() -> float:
    pairs = []
    for x in (0, 1, 2, 5, 9, 10, 65, 400, 9000):
        mine = poisson_exact(x)
        pairs.append((mine.upper, stats.chi2.isf(0.025, 2 * x + 2) / 2))
        if x:
            pairs.append((mine.lower, stats.chi2.ppf(0.025, 2 * x) / 2))
    return _relative(pairs)


def byar() -> float:
    # the worked example of UKHSA's package, printed to six decimals
    mine = poisson_byar(65)
    return _apart([(mine.lower, 50.163188), (mine.upper, 82.849139)])


def newcombe_limits() -> float:
    rng, pairs = np.random.default_rng(2), []
    for _ in range(DRAWS):
        one, other = _counts(rng), _counts(rng)
        mine = newcombe("m", *one, *other)
        low, high = confint_proportions_2indep(*one, *other, compare="diff", method="newcomb")
        pairs += [(mine.lower, low), (mine.upper, high)]
    return _apart(pairs)


def koopman() -> float:
    rng, pairs = np.random.default_rng(3), []
    for _ in range(DRAWS):
        one, other = _counts(rng, True), _counts(rng, True)
        mine = ratio_of_shares("m", *one, *other)
        for limit in (mine.lower, mine.upper):
            test = score_test_proportions_2indep(
                *one, *other, value=limit, compare="ratio", correction=False
            )
            pairs.append((test.pvalue, 0.05))
    return _apart(pairs)


def rate_ratio() -> float:
    rng, pairs = np.random.default_rng(4), []
    for _ in range(DRAWS):
        x1, x2 = (int(v) for v in rng.integers(1, 200, 2))
        e1, e2 = (float(v) for v in rng.uniform(1, 1e4, 2))
        mine = ratio_of_rates("m", x1, e1, x2, e2, n=10)
        low, high = stats.beta.ppf(0.025, x1, x2 + 1), stats.beta.ppf(0.975, x1 + 1, x2)
        for limit, p in ((mine.lower, low), (mine.upper, high)):
            pairs.append((limit, p / (1 - p) * e2 / e1))
    return _relative(pairs)


def _persons(counts: list[tuple[int, int]]) -> Any:
    rank = np.repeat(midpoints([n for _, n in counts]), [n for _, n in counts])
    yes = np.concatenate([np.repeat([1, 0], [x, n - x]) for x, n in counts])
    return sm.OLS(yes, sm.add_constant(rank)).fit(cov_type="HC0")


def inequality() -> float:
    rng, pairs = np.random.default_rng(5), []
    for _ in range(60):
        counts = [(int(rng.integers(1, n)), int(n)) for n in rng.integers(30, 400, 5)]
        fitted = _persons(counts)
        low, high = fitted.conf_int()[1]
        slope = slope_index("m", counts)
        pairs += [(slope.value, -fitted.params[1]), (slope.lower, -high), (slope.upper, -low)]
        first, last = fitted.params[0], fitted.params.sum()
        relative = relative_index("m", counts)
        if min(first, last) <= 0:
            continue
        gradient = np.array([1 / first - 1 / last, -1 / last])
        se = math.sqrt(gradient @ fitted.cov_params() @ gradient)
        upper = first / last * math.exp(stats.norm.ppf(0.975) * se)
        pairs += [(relative.value, first / last), (relative.upper, upper)]
    return _apart(pairs)


def survival_statsmodels() -> float:
    rng, worst = np.random.default_rng(6), 0.0
    for _ in range(20):
        n = 300
        entry = rng.integers(0, 40, n)
        exits = entry + rng.integers(1, 60, n)
        event = rng.integers(0, 2, n)
        entry[:50], event[:50], exits[:50] = 0, 0, 120
        mine, other = kaplan_meier(exits, event, entry), SurvfuncRight(exits, event, entry=entry)
        at = np.searchsorted(mine.time, other.surv_times)
        worst = max(worst, np.abs(mine.surv[at] - other.surv_prob).max())
        worst = max(worst, np.abs(mine.se[at] - other.surv_prob_se).max())
    return worst


def incidence_statsmodels() -> float:
    rng, worst = np.random.default_rng(7), 0.0
    for _ in range(20):
        exits, cause = rng.integers(1, 60, 300), rng.integers(0, 3, 300)
        exits[0], cause[0] = 99, 0
        mine, other = aalen_johansen(exits, cause), CumIncidenceRight(exits, cause)
        at = np.searchsorted(mine.time, other.times)
        for k in (0, 1):
            worst = max(worst, np.abs(mine.cif[k][at] - other.cinc[k]).max())
    return worst


def _against_r(mine: Any, theirs: list[float | None]) -> float:
    expected = numbers(theirs)
    found = np.asarray(mine, float)
    both = ~np.isnan(expected) & ~np.isnan(found)
    return float(np.abs(found[both] - expected[both]).max(initial=0.0))


def survival_r() -> float:
    worst = 0.0
    for name, (entry, exits, cause) in COHORTS.items():
        curve, theirs = kaplan_meier(exits, cause == 1, entry), FIGURES[name]["kaplan_meier"]
        for figure in ("surv", "se", "lower", "upper"):
            worst = max(worst, _against_r(getattr(curve, figure), theirs[figure]))
    return worst


def incidence_r() -> float:
    worst = 0.0
    for name, (entry, exits, cause) in COHORTS.items():
        curve, theirs = aalen_johansen(exits, cause, entry), FIGURES[name]["aalen_johansen"]
        for k, kind in enumerate(("one", "two")):
            for figure in ("cif", "se", "lower", "upper"):
                worst = max(worst, _against_r(getattr(curve, figure)[k], theirs[kind][figure]))
    return worst


def incidence_cmprsk() -> float:
    worst = 0.0
    for name, (_, exits, cause) in COHORTS.items():
        theirs = FIGURES[name]["cuminc"]
        if theirs is not None:
            curve = aalen_johansen(exits, cause)
            at = np.searchsorted(curve.time, theirs["time"])
            for kind in set(theirs) - {"time"}:
                found = curve.cif[int(kind) - 1][at]
                worst = max(worst, _against_r(found, theirs[kind]["cif"]))
    return worst


def restricted_mean_r() -> float:
    worst = 0.0
    for name, (entry, exits, cause) in COHORTS.items():
        mean = kaplan_meier(exits, cause == 1, entry).restricted_mean(84)
        theirs = FIGURES[name]["kaplan_meier"]
        expected = theirs["rmean_last" if mean.tau < 84 else "rmean_84"]
        worst = max(worst, _against_r([mean.value, mean.se], expected))
    return worst


def sample_quantile() -> float:
    rng, pairs = np.random.default_rng(8), []
    for n in (8, 9, 20, 101, 400):
        values = rng.integers(0, 60, n)
        for q in (0.1, 0.5, 0.9):
            found = quantile("m", [(float(v), 1) for v in values], q)
            pairs.append((found.value, float(np.quantile(values, q, method="inverted_cdf"))))
            ordered = np.sort(values)
            rank = int(stats.binom.ppf(0.025, n, q))
            expected = float(ordered[rank - 1]) if rank else None
            assert (found.lower is None) == (expected is None)
            if expected is not None:
                pairs.append((found.lower, expected))
    return _apart(pairs)


def kappa() -> float:
    rng, pairs = np.random.default_rng(9), []
    for _ in range(100):
        matrix = rng.integers(0, 30, (5, 5))
        for weights, power in (("linear", "linear"), ("quadratic", "quadratic")):
            theirs = cohens_kappa(matrix, wt=power).kappa
            pairs.append((weighted_kappa(matrix.tolist(), weights), float(theirs)))
    return _apart(pairs)


def probabilities() -> float:
    pairs = []
    for n, p in ((1, 0.5), (40, 0.02), (900, 0.31), (20_000, 0.997)):
        mine = binomial(n, p)
        pairs += [(mine.at_most(x), stats.binom.cdf(x, n, p)) for x in range(0, n + 1, n // 8 or 1)]
    for mean in (0.3, 8.0, 700.0):
        mine = poisson(mean)
        pairs += [(mine.at_most(x), stats.poisson.cdf(x, mean)) for x in (0, 3, 9, 690, 760)]
    return _apart(pairs)


def gamma_quantiles() -> float:
    return _relative(
        [
            (gamma_quantile(p, shape), stats.gamma.ppf(p, shape))
            for shape in (0.5, 1.0, 3.0, 40.0, 5000.0)
            for p in (0.001, 0.025, 0.5, 0.975, 0.999)
        ]
    )


def funnel_limits() -> float:
    pairs = []
    for n, target in ((12, 0.3), (90, 0.154), (800, 0.02)):
        stepped = chance_limits("share", n, target, 0.95, limits="exact")
        pairs.append((stepped.lower, stats.binom.ppf(0.025, n, target) / n))
        pairs.append((stepped.upper, stats.binom.isf(0.025, n, target) / n))
    return _apart(pairs)


def interval_statsmodels() -> float:
    rng, pairs = np.random.default_rng(21), []
    for _ in range(40):
        n = int(rng.integers(3, 60))
        days, event = rng.integers(1, 40, n), rng.random(n) < 0.7
        if not event.any():
            continue
        mine = interval_curve(
            np.where(event, days - 1, days), np.where(event, days, np.inf), np.arange(42)
        )
        other = SurvfuncRight(days, event.astype(int))
        for t, s in zip(other.surv_times, other.surv_prob, strict=True):
            pairs.append((mine.at(float(t)).value, 1 - s))
    return _apart(pairs)


ESTIMATORS: Differences = {
    "wilson": wilson_limits,
    "clustered": clustered_size,
    "poisson_exact": exact_poisson,
    "byar": byar,
    "newcombe": newcombe_limits,
    "koopman": koopman,
    "rate_ratio": rate_ratio,
    "inequality": inequality,
    "kaplan_meier_statsmodels": survival_statsmodels,
    "kaplan_meier_r": survival_r,
    "aalen_johansen_statsmodels": incidence_statsmodels,
    "aalen_johansen_r": incidence_r,
    "aalen_johansen_cmprsk": incidence_cmprsk,
    "restricted_mean_r": restricted_mean_r,
    "interval_statsmodels": interval_statsmodels,
    "quantile": sample_quantile,
    "kappa": kappa,
    "probabilities": probabilities,
    "gamma": gamma_quantiles,
    "funnel": funnel_limits,
}
"""Name in `docs/estimators.md` -> the largest difference."""


if __name__ == "__main__":
    for name, largest in ESTIMATORS.items():
        print(f"{name}: {largest():.1e}")
