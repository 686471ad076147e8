"""Ratios, indices of inequality, comparisons: against statsmodels, scipy, published figures."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    score_test_proportions_2indep,
)
from statsmodels.stats.rates import test_poisson_2indep as poisson_test

from pipelines.measures.clustering import size_behind
from pipelines.measures.comparison import compare, difference, gaps
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.inequality import fit, midpoints, relative_index, slope_index
from pipelines.measures.proportion import newcombe, share, wilson
from pipelines.measures.ratio import ratio_of_rates, ratio_of_shares
from pipelines.measures.types import Estimate, MeasureError, Median, NotEstimable

pair = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
LATE = Filter(date(2025, 7, 1), date(2025, 12, 31))
EARLY = Filter(date(2025, 1, 1), date(2025, 6, 30))


class TestRatioOfShares:
    def test_published_example(self):
        # Koopman 1984: 36 of 40 against 16 of 80
        found = ratio_of_shares("m", 36, 40, 16, 80)
        assert found.value == pytest.approx(4.5)
        assert (found.lower, found.upper) == pytest.approx((2.94, 7.15), abs=0.005)

    def test_equals_statsmodels(self):
        rng = np.random.default_rng(11)
        limits = tests = 0.0
        for _ in range(300):
            n1, n2 = map(int, rng.integers(5, 800, 2))
            x1, x2 = int(rng.integers(1, n1)), int(rng.integers(1, n2))
            low, high = confint_proportions_2indep(
                x1, n1, x2, n2, compare="ratio", method="score", correction=False
            )
            mine = ratio_of_shares("m", x1, n1, x2, n2)
            limits = max(limits, abs(mine.lower / low - 1), abs(mine.upper / high - 1))
            for limit in (mine.lower, mine.upper):
                test = score_test_proportions_2indep(
                    x1, n1, x2, n2, value=limit, compare="ratio", correction=False
                )
                tests = max(tests, abs(test.pvalue - 0.05))
        # Its search for the limits stops at about 1e-7; its test at our limits is exact.
        assert limits < 1e-6 and tests < 1e-10

    @given(pair, pair)
    @settings(deadline=None, max_examples=60)
    def test_the_other_way_round_is_the_reciprocal(self, one, other):
        there, back = ratio_of_shares("m", *one, *other), ratio_of_shares("m", *other, *one)
        if one[0] == 0 or other[0] == 0:
            empty = there if other[0] == 0 else back
            assert isinstance(empty, NotEstimable)
            return
        assert there.lower <= there.value <= there.upper
        assert there.lower == pytest.approx(1 / back.upper, rel=1e-9)
        assert there.upper == pytest.approx(1 / back.lower, rel=1e-9)

    def test_covers_at_its_rate(self):
        # every outcome of two groups of 25, weighted by its exact probability
        n, chances = 25, []
        for p1, p2 in ((0.1, 0.2), (0.3, 0.3), (0.6, 0.4)):
            inside = 0.0
            for x1 in range(n + 1):
                for x2 in range(1, n + 1):
                    found = ratio_of_shares("m", x1, n, x2, n)
                    if found.lower <= p1 / p2 <= found.upper:
                        inside += binom.pmf(x1, n, p1) * binom.pmf(x2, n, p2)
            chances.append(inside / (1 - binom.pmf(0, n, p2)))
        assert all(0.93 <= chance <= 0.98 for chance in chances), chances

    def test_no_event_sets_one_limit_only(self):
        found = ratio_of_shares("m", 0, 10, 3, 12)
        assert (found.value, found.lower) == (0.0, 0.0)
        assert found.upper == pytest.approx(1.3018226407829, rel=1e-9)  # statsmodels
        assert "nobody in the group compared with" in ratio_of_shares("m", 3, 9, 0, 9).reason
        assert "one of the two groups is empty" in ratio_of_shares("m", 0, 0, 1, 9).reason
        with pytest.raises(MeasureError, match="no proportion"):
            ratio_of_shares("m", 5, 4, 1, 9)


class TestRatioOfRates:
    @pytest.mark.parametrize(
        ("x1", "e1", "x2", "e2"),
        [(60, 51477.5, 30, 54308.7), (3, 12.0, 9, 30.0), (1, 5.0, 1, 9.0), (400, 1e5, 90, 3e4)],
    )
    def test_equals_the_exact_conditional_limits(self, x1, e1, x2, e2):
        found = ratio_of_rates("m", x1, e1, x2, e2, n=100)
        chance = binomtest(x1, x1 + x2).proportion_ci(0.95, method="exact")
        for mine, p in ((found.lower, chance.low), (found.upper, chance.high)):
            assert mine == pytest.approx(p / (1 - p) * e2 / e1, rel=1e-9)
        # and statsmodels' exact test rejects the limits at half the level on each side
        for limit, way in ((found.lower, "larger"), (found.upper, "smaller")):
            tail = poisson_test(x1, e1, x2, e2, value=limit, method="exact-cond", alternative=way)
            assert tail.pvalue == pytest.approx(0.025, abs=1e-7)

    def test_no_time_no_events(self):
        assert "no time at risk" in ratio_of_rates("m", 1, 0.0, 1, 2.0, n=3).reason
        assert "no ratio" in ratio_of_rates("m", 1, 4.0, 0, 2.0, n=3).reason
        assert ratio_of_rates("m", 0, 4.0, 5, 2.0, n=3).lower == 0.0
        with pytest.raises(MeasureError, match="finite numbers"):
            ratio_of_rates("m", 1, math.inf, 1, 2.0, n=3)


class TestInequality:
    COUNTS = ((60, 210), (40, 190), (41, 220), (22, 150), (19, 160))

    def people(self):
        """The same as single persons: rank and yes or no."""
        ranks = midpoints([n for _, n in self.COUNTS])
        rank = np.repeat(ranks, [n for _, n in self.COUNTS])
        yes = np.concatenate([np.repeat([1, 0], [x, n - x]) for x, n in self.COUNTS])
        return sm.OLS(yes, sm.add_constant(rank)).fit(cov_type="HC0")

    def test_slope_equals_a_regression_on_persons(self):
        fitted = self.people()
        low, high = fitted.conf_int()[1]
        found = slope_index("m", self.COUNTS)
        assert found.value == pytest.approx(-fitted.params[1], rel=1e-9)
        assert (found.lower, found.upper) == pytest.approx((-high, -low), rel=1e-9)

    def test_relative_index_equals_the_delta_method(self):
        fitted = self.people()
        first, last = fitted.params[0], fitted.params.sum()
        gradient = np.array([1 / first - 1 / last, -1 / last])
        half = 1.959963984540054 * math.sqrt(gradient @ fitted.cov_params() @ gradient)
        found = relative_index("m", self.COUNTS)
        assert found.value == pytest.approx(first / last, rel=1e-9)
        assert found.upper == pytest.approx(first / last * math.exp(half), rel=1e-9)

    def test_ranks_are_the_middles_of_cumulative_shares(self):
        assert midpoints([10, 30, 60]) == pytest.approx([0.05, 0.25, 0.7])

    def test_no_gradient_is_nought_and_one(self):
        even = [(10, 100)] * 5
        assert slope_index("m", even).value == pytest.approx(0.0, abs=1e-12)
        assert relative_index("m", even).value == pytest.approx(1.0)
        assert fit(even).first == pytest.approx(0.1)

    def test_too_little_is_told(self):
        assert "fewer than 3 groups" in slope_index("m", [(1, 5), (0, 0), (2, 5)]).reason
        assert "alike" in slope_index("m", [(0, 5)] * 4).reason
        assert "falls below 0" in relative_index("m", [(9, 10), (0, 10), (0, 10)]).reason
        with pytest.raises(MeasureError, match="no proportion"):
            slope_index("m", [(6, 5), (1, 5), (1, 5)])


class TestDifference:
    @given(pair, pair)
    @settings(deadline=None, max_examples=40)
    def test_shares_are_compared_as_newcombe_says(self, one, other):
        found = difference("m", share("m", *one), share("m", *other))
        assert found == newcombe("m", *one, *other)
        # which is the general square-and-add on Wilson limits
        a, b = wilson(*one), wilson(*other)
        p, q = one[0] / one[1], other[0] / other[1]
        assert found.lower == pytest.approx(max(-1, p - q - math.hypot(p - a.lower, b.upper - q)))

    def test_published_example(self):
        # Newcombe 1998, method 10, example (a)
        found = difference("m", share("m", 56, 70), share("m", 48, 80))
        assert (found.lower, found.upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)

    def test_medians_keep_days_and_open_limits_are_told(self):
        one = Median("m", 40.0, 35.0, 47.0, 90, 60, (), "KM")
        other = Median("m", 30.0, 27.0, 36.0, 80, 60, (), "KM")
        found = difference("m", one, other)
        assert (found.value, found.unit) == (10.0, "days")
        assert found.lower == pytest.approx(10 - math.hypot(5, 6))
        assert found.upper == pytest.approx(10 + math.hypot(7, 3))
        never = Median("m", None, 27.0, None, 80, 20, (), "KM")
        assert "not reached" in difference("m", one, never).reason
        nobody = NotEstimable("Not estimable because nobody is selected.", "m")
        assert difference("m", one, nobody).reason.startswith("No comparison. Not estimable")


class TestOnTheDemo:
    def test_two_periods(self, demo_snapshot):
        (found,) = compare(demo_snapshot, "escalation_confirmed", LATE, EARLY)
        # the built-in rise of red flags lies in the later half
        assert found.difference.lower > 0 and found.ratio.lower > 1
        (steady,) = compare(demo_snapshot, "persistence_share_8_weeks", LATE, EARLY)
        assert steady.difference.lower < 0 < steady.difference.upper
        (days,) = compare(demo_snapshot, "time_to_improvement_median", LATE, EARLY)
        assert isinstance(days.difference, Estimate) and days.difference.unit == "days"
        assert isinstance(days.ratio, NotEstimable)

    def test_groups_that_share_cases_are_refused(self, demo_snapshot):
        west, east = Filter(sites=("RIV-WEST",)), Filter(sites=("RIV-EAST",))
        assert compare(demo_snapshot, "agreement_under", west, east)[0].difference.lower > 0
        for other in (Filter(), Filter(sexes=("female",)), Filter(sites=("RIV-WEST", "RIV-EAST"))):
            with pytest.raises(MeasureError, match="can hold the same cases"):
                compare(demo_snapshot, "agreement_under", west, other)
        with pytest.raises(MeasureError, match="count of everyone"):
            compare(demo_snapshot, "persisting_now", west, east)

    @pytest.mark.parametrize("dimension", ["imd_quintile", "ethnic_group", "age_band", "sex"])
    def test_gaps_keep_the_unknown_as_a_row_of_its_own(self, demo_snapshot, dimension):
        found = gaps(demo_snapshot, "escalation_confirmed", Filter(), dimension)
        table = evaluate(demo_snapshot, "escalation_confirmed", Filter(), (dimension,))
        groups = {row.by[0] for row in table.rows}
        assert {row.label for row in found.rows} == groups - {found.reference}
        assert ("unknown" in groups) == ("unknown" in {row.label for row in found.rows})
        for row in found.rows:
            a, b = row.first, row.second
            if isinstance(a, NotEstimable):
                assert row.difference.reason.startswith("No comparison. Not estimable"), row.label
                continue
            expected = newcombe(
                "escalation_confirmed", a.numerator, a.denominator, b.numerator, b.denominator
            )
            assert row.difference == expected
        assert bool(found.slope) == (dimension == "imd_quintile")

    def test_the_indices_leave_out_the_unknown(self, demo_snapshot):
        found = gaps(demo_snapshot, "did_not_attend", Filter(), "imd_quintile")
        table = evaluate(demo_snapshot, "did_not_attend", Filter(), ("imd_quintile",))
        counts = {r.by[0]: (r.result.numerator, r.result.denominator) for r in table.rows}
        ((_, slope),) = found.slope
        effects = [r.result.denominator / size_behind(r.result) for r in table.rows]
        effects = dict(zip((r.by[0] for r in table.rows), effects, strict=True))
        own = [effects[f] for f in "12345"]
        assert slope == slope_index("did_not_attend", [counts[f] for f in "12345"], effects=own)
        assert slope.denominator == sum(n for g, (_, n) in counts.items() if g != "unknown")
        assert found.reference == "5"

    def test_wrong_requests_are_told(self, demo_snapshot):
        with pytest.raises(MeasureError, match="gaps are shown by imd_quintile"):
            gaps(demo_snapshot, "agreement", Filter(), "site")
        with pytest.raises(MeasureError, match="reference group 'x'; groups: female"):
            gaps(demo_snapshot, "agreement", Filter(), "sex", "x")
        with pytest.raises(MeasureError, match="reference group"):
            gaps(demo_snapshot, "agreement", Filter(sites=("nowhere",)), "sex")
