"""Limits of shares with several rows of one person: by brute force, statsmodels, and the demo."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.measures import case_pairs
from pipelines.measures.case_pairs import paired
from pipelines.measures.case_query import case_rows
from pipelines.measures.catalogue import catalogue, measure
from pipelines.measures.clustering import (
    CLUSTERED,
    Pairs,
    clustered_share,
    effective_size,
    size_behind,
    wilson_at,
)
from pipelines.measures.comparison import difference, ratio
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.held_counts import HeldCounts, holding
from pipelines.measures.inequality import fit
from pipelines.measures.proportion import WILSON, share, wilson
from pipelines.measures.ratio import ratio_of_shares
from pipelines.measures.types import Estimate, MeasureError

NAMES = tuple(m.id for m in catalogue().values() if m.clustered)
SPRING = Filter(date(2026, 2, 1), date(2026, 4, 30), sites=("RIV-NORTH", "MOOR-HILL"))
WOMEN = Filter(sexes=("female",))
PART = Filter(date(2026, 2, 9), date(2026, 4, 9))
"""Not whole months: counted case by case."""

people = st.lists(st.lists(st.booleans(), min_size=1, max_size=5), min_size=1, max_size=30)


def pairs_of(rows_by_person):
    """Every two different rows of a person, one by one."""
    n = hit = both = 0
    for rows in rows_by_person:
        for i, first in enumerate(rows):
            for j, second in enumerate(rows):
                if i != j:
                    n, hit, both = n + 1, hit + first, both + (first and second)
    return Pairs(n, hit, both)


def by_hand(rows_by_person):
    """The effective size from residuals added up person by person."""
    n = sum(map(len, rows_by_person))
    x = sum(map(sum, rows_by_person))
    people = n**2 / sum(len(rows) ** 2 for rows in rows_by_person)
    if x in (0, n) or len(rows_by_person) == 1:
        return people
    p = x / n
    linearised = sum((sum(rows) - p * len(rows)) ** 2 for rows in rows_by_person)
    effect = linearised / (n * p * (1 - p)) * people / (people - 1) * (n - 1) / n
    return max(1.0, n / max(1.0, effect))


@given(people)
def test_the_effective_size_is_that_of_residuals_added_up_by_person(rows):
    n, x = sum(map(len, rows)), sum(map(sum, rows))
    assert effective_size(x, n, pairs_of(rows)) == pytest.approx(by_hand(rows), rel=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_with_one_row_each_the_limits_are_wilson_s_to_the_last_place(rows):
    x, n = sum(rows), len(rows)
    pairs = pairs_of([[row] for row in rows])
    assert clustered_share("m", x, n, pairs) == share("m", x, n)


@given(st.integers(1, 400), st.data())
def test_at_a_whole_size_the_limits_are_wilson_s(n, data):
    x = data.draw(st.integers(0, n))
    found, expected = wilson_at(x / n, float(n)), wilson(x, n)
    assert found.lower == pytest.approx(expected.lower, abs=1e-12)
    assert found.upper == pytest.approx(expected.upper, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("alike", [True, False])
def test_the_variance_is_statsmodels_cluster_robust_one(seed, alike):
    rng = np.random.default_rng(seed)
    sizes = np.full(25, 3) if alike else rng.integers(1, 6, 25)
    chance = rng.beta(1.0, 2.0, 25)
    rows = [list(rng.random(k) < p) for k, p in zip(sizes, chance, strict=True)]
    y = np.array([float(row) for own in rows for row in own])
    groups = np.repeat(np.arange(25), sizes)
    n, x = len(y), int(y.sum())
    fitted = sm.OLS(y, np.ones(n)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": alike}
    )
    variance = float(fitted.bse[0]) ** 2
    if not alike:  # statsmodels' factor is that of the number of people, ours of their weight
        weight = n**2 / (sizes**2).sum()
        variance *= weight / (weight - 1)
    p = x / n
    expected = n / max(1.0, variance * (n - 1) / (p * (1 - p)))
    assert effective_size(x, n, pairs_of(rows)) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("hit", [False, True])
def test_nobody_or_everybody_counts_people_and_not_rows(hit):
    rows = [[hit] * 4 for _ in range(10)]
    found = clustered_share("m", 40 * hit, 40, pairs_of(rows))
    expected = wilson(10 * hit, 10)
    assert (found.lower, found.upper) == pytest.approx((expected.lower, expected.upper))
    assert found.value == float(hit)


@pytest.mark.parametrize("x", [0, 1, 7, 12])
def test_one_person_alone_counts_as_one_row(x):
    rows = [[True] * x + [False] * (12 - x)]
    found = clustered_share("m", x, 12, pairs_of(rows))
    assert found.method == CLUSTERED
    assert size_behind(found) == pytest.approx(1.0)
    assert found.lower <= x / 12 <= found.upper
    assert found.upper - found.lower > 0.75


def test_rows_that_are_wholly_alike_count_once():
    rows = [[True] * 3] * 30 + [[False] * 3] * 70
    found = clustered_share("m", 90, 300, pairs_of(rows))
    assert size_behind(found) == pytest.approx(100.0, rel=0.01)


@given(people)
def test_limits_hold_the_share_and_are_never_narrower_than_wilson_s(rows):
    n, x = sum(map(len, rows)), sum(map(sum, rows))
    found, plain = clustered_share("m", x, n, pairs_of(rows)), share("m", x, n)
    assert 0.0 <= found.lower <= found.value <= found.upper <= 1.0
    assert found.lower <= plain.lower + 1e-12 and found.upper >= plain.upper - 1e-12
    if found.method == CLUSTERED:
        size = effective_size(x, n, pairs_of(rows))
        assert size_behind(found) == pytest.approx(size, rel=1e-6)


def test_an_empty_denominator_and_impossible_pairs_are_said():
    assert clustered_share("m", 0, 0, Pairs(0, 0, 0)) == share("m", 0, 0)
    for wrong in ((-1, 0, 0), (2, 3, 0), (4, 2, 3)):
        with pytest.raises(MeasureError, match="no rows have such pairs"):
            Pairs(*wrong)
    with pytest.raises(MeasureError, match="is no proportion"):
        effective_size(3, 2, Pairs(0, 0, 0))


def test_every_share_whose_rows_are_finer_than_episodes_is_marked_and_no_other(demo_snapshot):
    finer = set()
    for entry in catalogue().values():
        if entry.kind == "share":
            rows = case_rows(demo_snapshot, entry, Filter(), {}, limit=50)
            if any(row["detail"] is not None for row in rows):
                finer.add(entry.id)
    assert finer == set(NAMES)


def expected_sizes(con, entry, flt, by):
    """(values of `by`, part) -> (x, n, effective size), from the cases and whose they are."""
    whose = {
        key: (source, patient)
        for key, source, patient in con.execute(
            "select episode_key, source, patient_id from episode"
        ).fetchall()
    }
    found = {}
    for at in {row.by for row in evaluate(con, entry.id, flt, by).rows}:
        own = defaultdict(lambda: defaultdict(list))
        for row in case_rows(con, entry, flt, dict(zip(by, at, strict=True))):
            if row["reason"] is None:
                own[row["part"]][whose[row["episode_key"]]].append(bool(row["hit"]))
        for part, rows_by_person in own.items():
            rows = list(rows_by_person.values())
            alone = all(len(each) == 1 for each in rows)
            n, x = sum(map(len, rows)), sum(map(sum, rows))
            found[at, part] = (x, n, float(n) if alone else by_hand(rows))
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("flt", "by"),
    [(SPRING, ()), (SPRING, ("month",)), (SPRING, ("sex",)), (PART, ("site",)), (WOMEN, ("site",))],
    ids=("spring", "by month", "by sex", "from cases", "women by site"),
)
def test_every_such_share_has_the_limits_of_its_people(demo_snapshot, name, flt, by):
    entry = measure(name)
    if "item" in entry.cases:  # 21 questions a contact: a month of one site tells as much
        flt = replace(flt, period_from=date(2026, 4, 1), period_to=date(2026, 4, 30))
    expected = expected_sizes(demo_snapshot, entry, flt, by)
    told = Counter()
    for row in evaluate(demo_snapshot, name, flt, by).rows:
        if isinstance(row.result, Estimate):
            x, n, size = expected[row.by, row.part]
            assert (row.result.numerator, row.result.denominator) == (x, n)
            limits = wilson_at(x / n, size)
            found = (row.result.lower, row.result.upper)
            assert found == pytest.approx((limits.lower, limits.upper), abs=1e-12)
            told[row.result.method] += 1
    assert set(told) <= {CLUSTERED, WILSON}


def test_most_such_shares_of_the_demo_have_several_rows_of_one_person(demo_snapshot):
    together = {name for name in NAMES if paired(demo_snapshot, measure(name), Filter(), ())}
    assert len(together) >= 0.8 * len(NAMES)


def test_an_advice_and_its_referral_are_taken_together(demo_snapshot):
    (row,) = evaluate(demo_snapshot, "over_referral", Filter()).rows
    assert row.result.method == CLUSTERED
    plain = wilson(row.result.numerator, row.result.denominator)
    assert row.result.upper - row.result.lower > 1.2 * (plain.upper - plain.lower)


SHARED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SHARED
@given(
    name=st.sampled_from([n for n in NAMES if "item" not in measure(n).cases]),
    months=st.lists(st.integers(0, 29), min_size=2, max_size=2).map(sorted),
    sites=st.lists(st.sampled_from(["RIV-NORTH", "MOOR-HILL", "unknown"]), max_size=2),
    sexes=st.lists(st.sampled_from(["female", "male", "unknown"]), max_size=2),
    by=st.permutations(["month", "site", "sex"]),
    cuts=st.integers(0, 3),
)
def test_kept_pairs_are_those_of_the_cases(demo_snapshot, name, months, sites, sexes, by, cuts):
    first, last = (date(2024 + m // 12, m % 12 + 1, 1) for m in (months[0], months[1] + 1))
    last = date.fromordinal(last.toordinal() - 1)
    flt = Filter(first, last, sites=tuple(sites), sexes=tuple(sexes))
    kept = paired(demo_snapshot, measure(name), flt, tuple(by[:cuts]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_pairs, "_from_kept", lambda *_: None)
        assert kept == paired(demo_snapshot, measure(name), flt, tuple(by[:cuts]))


def test_differences_and_ratios_rest_on_the_same_limits():
    one = clustered_share("m", 30, 90, pairs_of([[True] * 3] * 10 + [[False] * 3] * 20))
    other = share("m", 20, 100)
    apart = difference("m", one, other)
    low = math.hypot(one.value - one.lower, other.upper - other.value)
    high = math.hypot(one.upper - one.value, other.value - other.lower)
    gap = one.value - other.value
    assert (apart.value, apart.lower, apart.upper) == pytest.approx((gap, gap - low, gap + high))
    wide, narrow = ratio("m", one, other), ratio("m", share("m", 30, 90), other)
    assert wide.lower < narrow.lower < narrow.value == wide.value < narrow.upper < wide.upper


def test_a_ratio_at_other_sizes_is_that_of_fewer_people():
    wide = ratio_of_shares("m", 10, 20, 15, 60, sizes=(10.0, 20.0))
    fewer = ratio_of_shares("m", 5, 10, 5, 20)
    found, expected = (wide.value, wide.lower, wide.upper), (fewer.value, fewer.lower, fewer.upper)
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_gradient_of_rows_told_twice_is_that_of_the_people():
    people = [(30, 100), (25, 90), (24, 110), (18, 100), (12, 80)]
    once = fit(people)
    twice = fit([(2 * x, 2 * n) for x, n in people], [2.0] * 5)
    assert twice.slope == pytest.approx(once.slope)
    assert twice.var_slope == pytest.approx(once.var_slope)
    assert twice.var_first == pytest.approx(once.var_first)


@pytest.mark.parametrize("by", ((), ("month",), ("site",), ("age_band",), ("month", "site")))
def test_pairs_in_memory_are_those_of_the_engine(demo_snapshot, by):
    held, asked = HeldCounts(), 0
    filters = (Filter(), SPRING, WOMEN, replace(SPRING, age_bands=("65-74", "unknown")))
    for name in NAMES:
        for flt in filters:
            engine = paired(demo_snapshot, measure(name), flt, by)
            with holding(held):
                assert paired(demo_snapshot, measure(name), flt, by) == engine
            asked += bool(engine)
    assert asked > 10


def test_a_measure_of_whose_cases_nobody_has_two_asks_the_engine_once(demo_snapshot, monkeypatch):
    held, counted = HeldCounts(), []
    ask = case_pairs.from_cases
    monkeypatch.setattr(case_pairs, "from_cases", lambda *a: counted.append(a) or ask(*a))
    alone = [name for name in NAMES if not paired(demo_snapshot, measure(name), Filter(), ())]
    assert alone
    counted.clear()
    with holding(held):
        for flt in (Filter(), SPRING, replace(SPRING, sites=())):
            assert paired(demo_snapshot, measure(alone[0]), flt, ()) == {}
    assert len(counted) == 1
