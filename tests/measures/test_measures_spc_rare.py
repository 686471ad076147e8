"""Charts for rare events: t by hand, g against scipy's geometric distribution."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.measures.spc_phases import Rebase, phase_starts
from pipelines.measures.spc_rare import (
    NEAR_TAIL,
    OUTER_TAIL,
    cases_between,
    g_chart,
    geometric_lines,
    t_chart,
)
from pipelines.measures.spc_types import PhaseStart
from pipelines.measures.types import MeasureError

START = date(2025, 1, 1)


def events(gaps: list[int]) -> list[date]:
    out = [START]
    for gap in gaps:
        out.append(out[-1] + timedelta(days=gap))
    return out


# ---- t -----------------------------------------------------------------------------------------


def test_t_limits_by_hand() -> None:
    # y = 10 and 30 days to the power 1/3.6 = 1.8957, 2.5722: mean 2.2340, ranges 0.6765
    found = t_chart(events([10, 30] * 6))
    point = found.chart.points[0]
    low, high = 10 ** (1 / 3.6), 30 ** (1 / 3.6)
    mean, width = (low + high) / 2, 2.66 * (high - low)
    assert (low, high) == pytest.approx((1.8957, 2.5722), abs=1e-4)
    assert found.chart.centre == pytest.approx(mean**3.6)
    assert (point.lower, point.upper) == pytest.approx(
        ((mean - width) ** 3.6, (mean + width) ** 3.6)
    )
    assert [p.value for p in found.chart.points] == [10, 30] * 6
    assert found.n_events == 13 and found.same_day == 0 and found.open_gap is None
    assert found.chart.method == "t" and found.chart.state == "common"


def test_a_limit_below_zero_is_none() -> None:
    # 1 and 200 days: mean 2.68, ranges 3.36: the lower limit would be the power of a number < 0
    found = t_chart(events([1, 200] * 6))
    assert found.chart.points[0].lower is None and found.chart.points[0].near_lower is None
    assert found.chart.points[0].upper is not None


def test_events_of_one_day_are_two_events_half_a_day_apart() -> None:
    found = t_chart(events([10, 0, 30, 10, 30]))
    assert found.n_events == 6 and found.same_day == 1
    assert [p.value for p in found.chart.points] == [10, 0.5, 30, 10, 30]
    y = [v ** (1 / 3.6) for v in (10, 0.5, 30, 10, 30)]
    assert found.chart.centre == pytest.approx((sum(y) / 5) ** 3.6)


def test_events_that_become_rarer_and_the_gap_still_open() -> None:
    gaps = [10, 14, 9, 13, 11, 12, 10, 14, 9, 13, 11, 12]
    found = t_chart([*events(gaps)], until=events(gaps)[-1] + timedelta(days=9), direction="up")
    assert found.open_gap is not None and found.open_gap.length == 9 and not found.open_gap.beyond
    later = t_chart(events(gaps), until=events(gaps)[-1] + timedelta(days=90), direction="up")
    assert later.open_gap is not None and later.open_gap.beyond
    closed = t_chart(events([*gaps, 90]), direction="up")
    assert (closed.chart.state, closed.chart.rule, closed.chart.side) == (
        "improve", "outside", "high",
    )  # fmt: skip


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_events_have_no_limits(n: int) -> None:
    days = events([10, 30])[:n]
    found = t_chart(days, until=date(2026, 1, 1))
    assert found.chart.state == "not_enough_points" and found.n_events == n
    assert (found.open_gap is None) == (n == 0)
    assert found.open_gap is None or found.open_gap.beyond is None


def test_equal_days_between_are_not_enough_variation() -> None:
    assert t_chart(events([7] * 12)).chart.state == "not_enough_variation"


def test_t_phases_begin_with_the_gap_that_ends_after_the_change() -> None:
    days = events([10, 14] * 6 + [40, 50] * 6)
    change = Rebase(days[12] + timedelta(days=1), "new pathway")
    starts = phase_starts(days[1:], [change])
    found = t_chart(days, phases=starts, direction="up").chart
    assert [phase.start for phase in found.phases] == [0, 12]
    alone = t_chart(events([40, 50] * 6)).chart
    assert found.centre == pytest.approx(alone.centre) and found.state == "common"


def test_t_input_that_cannot_be_is_refused() -> None:
    with pytest.raises(MeasureError, match="order of their dates"):
        t_chart([date(2025, 2, 1), date(2025, 1, 1)])
    with pytest.raises(MeasureError, match="2025-02-01 lies after 2025-01-31"):
        t_chart([date(2025, 2, 1)], until=date(2025, 1, 31))
    with pytest.raises(MeasureError, match="0 or more"):
        t_chart(events([1, 2, 3]), target=-1)


# ---- g -----------------------------------------------------------------------------------------


@given(st.floats(1e-5, 0.95))
def test_lines_against_scipy(chance: float) -> None:
    """Each line by its definition, with the tails from another implementation."""
    line = geometric_lines(chance)
    law = stats.geom(chance, loc=-1)  # cases before the event: 0, 1, 2, ...
    slack = 1 + 1e-9
    for upper, tail in ((line.upper, OUTER_TAIL), (line.near_upper, NEAR_TAIL)):
        assert law.sf(upper) <= tail * slack
        assert upper == 0 or law.sf(upper - 1) > tail / slack
    for lower, tail in ((line.lower, OUTER_TAIL), (line.near_lower, NEAR_TAIL)):
        assert law.cdf(lower - 1) <= tail * slack
        assert law.cdf(lower) > tail / slack
    assert law.cdf(line.median) >= 0.5 / slack
    assert line.median == 0 or law.cdf(line.median - 1) < 0.5 * slack


def test_tails_are_the_normal_ones() -> None:
    assert stats.norm.sf(3) == pytest.approx(OUTER_TAIL)
    assert stats.norm.sf(2) == pytest.approx(NEAR_TAIL)


@pytest.mark.parametrize("chance", [0.001, 0.01, 0.05, 0.2])
def test_why_not_three_standard_deviations(chance: float) -> None:
    """The published limit leaves more than ten times the tail, and never has a lower one."""
    mean = (1 - chance) / chance
    law = stats.geom(chance, loc=-1)
    published = mean + 3 * (mean * (mean + 1)) ** 0.5
    assert 0.015 < law.sf(published) < 0.02
    assert mean - 3 * (mean * (mean + 1)) ** 0.5 < 0
    assert law.sf(geometric_lines(chance).upper) <= OUTER_TAIL
    assert law.cdf(mean) > 0.62  # so that a run of seven below the mean is no surprise


def test_g_chart_by_hand() -> None:
    # 12 gaps with 588 cases in them: the chance is 12/600 = 0.02
    gaps = [20, 80, 40, 60, 10, 90, 30, 70, 50, 48, 45, 45]
    assert sum(gaps) == 588
    found = g_chart(gaps, open_cases=7)
    point = found.chart.points[0]
    # .98^(k+1) <= .5 first at k + 1 = 35; <= .00135 at 328; .98^k >= 1 - .00135 only at 0
    assert (found.chart.centre, point.upper, point.lower) == (34, 327, None)
    # .98^(k+1) <= .02275 at 188; 1 - .98^1 = .02 <= .02275 < 1 - .98^2: below 1 is near
    assert (point.near_upper, point.near_lower) == (187, 1)
    assert found.n_events == 13 and found.open_gap is not None and not found.open_gap.beyond
    assert g_chart(gaps, open_cases=328).open_gap.beyond  # type: ignore[union-attr]
    assert not g_chart(gaps, open_cases=327).open_gap.beyond  # type: ignore[union-attr]
    # a number on a line is inside it
    line = geometric_lines(0.02)
    assert [line.zone(x) for x in (0, 1, 187, 188, 327, 328)] == [1, 0, 0, 1, 1, 2]
    rare = geometric_lines(0.0001)
    assert (rare.lower, rare.zone(rare.lower), rare.zone(rare.lower - 1)) == (13, 1, 2)


def test_two_events_in_a_row_can_be_a_signal() -> None:
    gaps = [9000, 1200, 4000, 700, 15000, 3000, 6000, 2500, 8000, 5000, 1000, 0]
    found = g_chart(gaps, direction="up").chart
    assert found.points[0].lower is not None and found.points[0].lower >= 1
    assert (found.state, found.rule, found.side) == ("concern", "outside", "low")


def test_g_phases_and_target() -> None:
    gaps = [20, 80, 40, 60] * 3 + [200, 800, 400, 600] * 3
    found = g_chart(gaps, phases=[PhaseStart(12)], target=1.0, direction="up").chart
    assert found.points[11].upper != found.points[12].upper
    assert found.centre == g_chart(gaps[12:]).chart.centre
    assert found.assurance.state == "hit_or_miss"


@pytest.mark.parametrize("gaps", [[0] * 12, [5] * 12])
def test_equal_gaps_are_not_enough_variation(gaps: list[int]) -> None:
    assert g_chart(gaps).chart.state == "not_enough_variation"


def test_few_gaps_and_wrong_ones() -> None:
    assert g_chart([]).chart.state == "not_enough_points" and g_chart([]).n_events == 0
    assert g_chart([], open_cases=4).n_events == 1
    assert g_chart([3, 4]).chart.state == "not_enough_points"
    with pytest.raises(MeasureError, match="below 0"):
        g_chart([3, -1, 4])
    with pytest.raises(MeasureError, match="between 0 and 1"):
        geometric_lines(1.0)


def test_cases_between_leaves_unknown_out_and_counts_it() -> None:
    found = cases_between([False, True, False, None, False, True, True, False])
    assert (found.gaps, found.open_cases, found.n_events, found.unknown) == ((2, 0), 1, 3, 1)
    assert cases_between([False, None]).open_cases is None


@given(st.lists(st.sampled_from([True, False, None]), max_size=60))
def test_every_case_is_somewhere(cases: list[bool | None]) -> None:
    found = cases_between(cases)
    before = cases.index(True) if True in cases else len(cases)
    known_before = sum(case is False for case in cases[:before])
    in_gaps = sum(found.gaps) + (found.open_cases or 0)
    assert known_before + in_gaps + found.n_events + found.unknown == len(cases)
