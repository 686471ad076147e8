"""Landmark share with bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.persistence import STATUSES, landmark_share
from pipelines.measures.types import Estimate, MeasureError, NotEstimable


def test_worked_share() -> None:
    # worked vector persistence_share of the specification
    answer = landmark_share(
        {
            "PERSISTENT": 12,
            "NOT_PERSISTENT": 28,
            "LOST": 6,
            "PENDING": 2,
            "NOT_YET_DUE": 9,
            "ONSET_UNKNOWN": 3,
        }
    )
    share, best, worst, known = answer.share, answer.best, answer.worst, answer.known
    assert isinstance(share, Estimate) and isinstance(best, Estimate)
    assert isinstance(worst, Estimate) and isinstance(known, Estimate)
    assert (share.numerator, share.denominator, share.value) == (12, 40, 0.3)
    assert (share.lower, share.upper) == pytest.approx((0.180748, 0.4543), abs=6e-7)
    assert best.value == 0.25
    assert worst.value == pytest.approx(0.416667, abs=6e-7)
    assert known.value == pytest.approx(0.833333, abs=6e-7)
    assert answer.known_enough
    left_out = (("LOST", 6), ("PENDING", 2), ("NOT_YET_DUE", 9), ("ONSET_UNKNOWN", 3))
    assert share.exclusions == left_out
    assert share.denominator + share.excluded == 60


@pytest.mark.parametrize("counts", [{}, {"NOT_YET_DUE": 5}, {"ONSET_UNKNOWN": 2, "NO_DATA": 1}])
def test_nobody_due_is_not_estimable(counts: dict[str, int]) -> None:
    answer = landmark_share(counts)
    for part in (answer.share, answer.best, answer.worst, answer.known):
        assert isinstance(part, NotEstimable) and "8 weeks" in part.reason
    assert not answer.known_enough


def test_everyone_lost_leaves_only_the_bounds() -> None:
    answer = landmark_share({"LOST": 10}, weeks=6)
    assert isinstance(answer.share, NotEstimable) and "6 weeks" in answer.share.reason
    assert isinstance(answer.best, Estimate) and isinstance(answer.worst, Estimate)
    assert (answer.best.value, answer.worst.value) == (0.0, 1.0)
    assert not answer.known_enough


def test_seventy_per_cent_is_enough_and_less_is_not() -> None:
    assert landmark_share({"PERSISTENT": 7, "LOST": 3}).known_enough
    assert not landmark_share({"PERSISTENT": 69, "LOST": 31}).known_enough


@given(st.fixed_dictionaries({status: st.integers(0, 40) for status in STATUSES}))
def test_share_lies_between_its_bounds(counts: dict[str, int]) -> None:
    answer = landmark_share(counts)
    if isinstance(answer.share, Estimate):
        assert isinstance(answer.best, Estimate) and isinstance(answer.worst, Estimate)
        assert answer.best.value <= answer.share.value <= answer.worst.value
        assert answer.share.denominator + answer.share.excluded == sum(counts.values())
        assert answer.best.denominator + answer.best.excluded == sum(counts.values())


@pytest.mark.parametrize("counts", [{"RESOLVED": 1}, {"LOST": -1}])
def test_wrong_counts_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(MeasureError):
        landmark_share(counts)
