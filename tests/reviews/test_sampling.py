"""Samples: as large as published tables say, in proportion, repeatable; kappa as elsewhere."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from pipelines.errors import UsageError
from pipelines.reviews.case import CaseKey
from pipelines.reviews.findings import Verdict
from pipelines.reviews.readers import ORDER, between_readers
from pipelines.reviews.sampling import drawn, size_for
from pipelines.reviews.standing import AuditCase
from pipelines.reviews.store import FIRST, SECOND, Review, Seen

DAY = dt.date(2026, 1, 1)


def case(number, level="GP", site="S"):
    return AuditCase(
        CaseKey("epr", f"E{number}", "trigger", DAY, level), "m", 5, level, site, "MISSED"
    )


@pytest.mark.parametrize(
    ("population", "published"),
    [(10, 10), (50, 44), (100, 80), (200, 132), (500, 217), (1000, 278), (10_000, 370)],
)
def test_sizes_are_those_of_krejcie_and_morgan(population, published):
    """Their table rounds to the nearest; ours goes up, so that the precision is reached.

    Krejcie and Morgan 1970, Educ Psychol Meas 30:607-610, table 1.
    """
    assert size_for(population, 0.05) - published in (0, 1)


def test_of_very_many_the_textbook_number_is_drawn():
    assert size_for(10**9, 0.05) == 385
    assert size_for(10**9, 0.03) == 1068
    assert size_for(0, 0.05) == 0


@pytest.mark.parametrize("margin", [0, 0.005, 0.6, -1, float("nan")])
def test_a_precision_that_cannot_be_is_refused(margin):
    with pytest.raises(UsageError, match="cannot be sampled for"):
        size_for(100, margin)


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("XYZ")), min_size=1, max_size=200),
    st.sampled_from([0.05, 0.1, 0.2]),
    st.text(max_size=5),
)
def test_levels_and_sites_have_their_share_and_the_order_of_cases_decides_nothing(
    kinds, margin, seed
):
    cases = [case(number, level, site) for number, (level, site) in enumerate(kinds)]
    found = drawn(cases, seed, margin)
    assert len(found) == len(set(found)) == size_for(len(cases), margin)
    assert set(found) <= set(cases)
    assert found == drawn(cases[::-1], seed, margin)
    of = Counter((each.level, each.site_id) for each in found)
    for stratum, n in Counter(kinds).items():
        assert abs(of[stratum] - len(found) * n / len(cases)) < 1


def test_another_seed_draws_others():
    cases = [case(number) for number in range(500)]
    assert drawn(cases, "one", 0.1) == drawn(cases, "one", 0.1)
    assert set(drawn(cases, "one", 0.1)) != set(drawn(cases, "two", 0.1))


def test_every_case_has_nearly_the_same_chance():
    cases = [case(n, "AB"[n % 3 == 0], "XY"[n % 5 == 0]) for n in range(60)]
    seeds = 2000
    times = Counter(each.key for s in range(seeds) for each in drawn(cases, str(s), 0.15))
    share = size_for(60, 0.15) / 60
    # Quotas are whole, so a stratum's share may be off by a case; within one all are alike.
    for level, site in {(c.level, c.site_id) for c in cases}:
        of = [times[c.key] / seeds for c in cases if (c.level, c.site_id) == (level, site)]
        assert max(of) - min(of) < 6 * np.sqrt(0.25 / seeds)
        assert abs(np.mean(of) - share) < 1 / len(of)


def readings(pairs):
    return [
        Review(
            case(n).key,
            reading,
            1,
            Verdict(ORDER[finding], f"R{reading}"),
            None,
            Seen("m", "r", "p"),
        )
        for n, pair in enumerate(pairs)
        for reading, finding in zip((FIRST, SECOND), pair, strict=True)
    ]


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=2, max_size=60))
def test_kappa_is_that_of_statsmodels(pairs):
    found = between_readers(readings(pairs))
    table = np.zeros((5, 5), int)
    for first, second in pairs:
        table[first, second] += 1
    assert found.table == tuple(map(tuple, table.tolist()))
    assert (found.n, found.equal) == (len(pairs), int(np.trace(table)))
    if len({f for f, _ in pairs} | {s for _, s in pairs}) == 1:
        assert found.kappa is None, "chance leaves no disagreement"
    else:
        assert found.kappa == pytest.approx(cohens_kappa(table).kappa, abs=1e-12)


def test_limits_of_kappa_hold_it_and_a_case_read_once_or_withdrawn_takes_no_part():
    rng = np.random.default_rng(1)
    pairs = [
        (f, f if rng.random() < 0.7 else int(rng.integers(5))) for f in rng.integers(5, size=80)
    ]
    reviews = readings(pairs)
    found = between_readers(reviews)
    low, high = found.kappa_limits
    assert low < found.kappa < high
    reference = cohens_kappa(np.array(found.table))
    assert (low, high) == pytest.approx((reference.kappa_low, reference.kappa_upp), abs=0.06)
    once = readings([(0, 0)] * 81)[-2:-1]
    gone = Review(case(200).key, FIRST, 2, Verdict("withdrawn", "A"), None, Seen("m", "r", "p"))
    assert between_readers([*reviews, *once, gone]) == found


def test_nothing_read_twice_is_not_estimable():
    found = between_readers([])
    assert (found.n, found.kappa, found.equal_limits, found.kappa_limits) == (0, None, None, None)
