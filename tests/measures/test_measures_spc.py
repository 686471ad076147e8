"""Control charts against series worked out by hand, one for each rule and each trap."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.spc import SpcChart, p_chart, xmr_chart
from pipelines.measures.types import MeasureError

# mean 10, moving ranges 2 2 2 ...: limits 10 +- 5.32, near limits 10 +- 3.5467
STEADY = [9.0, 11.0] * 7


def rules(chart: SpcChart) -> list[str | None]:
    return [point.rule for point in chart.points]


def test_limits_by_hand() -> None:
    chart = xmr_chart(STEADY)
    point = chart.points[0]
    assert chart.centre == 10
    assert (point.lower, point.upper) == pytest.approx((10 - 5.32, 10 + 5.32))
    assert (point.near_lower, point.near_upper) == pytest.approx(
        (10 - 5.32 * 2 / 3, 10 + 5.32 * 2 / 3)
    )
    assert chart.state == "common" and not chart.trial and chart.since is None
    assert set(rules(chart)) == {None}


def test_screening_of_moving_ranges() -> None:
    # 13 ranges of 2 and one of 40 (11 -> 51): mean 66/14 = 4.714; 3.267 x that = 15.4 < 40
    values = [*STEADY, 51.0]
    screened, not_screened = xmr_chart(values), xmr_chart(values, settings="nhse_excel")
    mean = (140 + 51) / 15
    first, second = screened.points[0].upper, not_screened.points[0].upper
    assert first == pytest.approx(mean + 2.66 * 2)
    assert second == pytest.approx(mean + 2.66 * (13 * 2 + 40) / 14)
    # the outlier is outside both, whatever the profile
    assert screened.rule == not_screened.rule == "outside"
    assert (screened.profile, not_screened.profile) == ("nhsr", "nhse_excel")


@pytest.mark.parametrize(
    ("direction", "state"), [("up", "improve"), ("down", "concern"), ("neutral", "neutral_high")]
)
def test_direction_of_a_high_point(direction: str, state: str) -> None:
    chart = xmr_chart([*STEADY, 30.0], direction=direction)  # type: ignore[arg-type]
    assert (chart.state, chart.rule, chart.side) == (state, "outside", "high")
    assert chart.since == 14


@pytest.mark.parametrize(
    ("direction", "state"), [("up", "concern"), ("down", "improve"), ("neutral", "neutral_low")]
)
def test_direction_of_a_low_point(direction: str, state: str) -> None:
    chart = xmr_chart([*STEADY, -12.0], direction=direction)  # type: ignore[arg-type]
    assert (chart.state, chart.rule, chart.side) == (state, "outside", "low")


def test_shift_of_seven() -> None:
    # mean 10.86, all ranges 3 but one: each seven lies on one side, well inside the near limits
    low, high = [7, 10, 7, 10, 7, 10, 7], [15, 12, 15, 12, 15, 12, 15]
    chart = xmr_chart([float(v) for v in low + high])
    assert chart.points[0].side == "low" and chart.points[-1].side == "high"
    assert set(rules(chart)) == {"shift"} and chart.since == 7
    # six on each side are none
    chart = xmr_chart([float(v) for v in low[:6] + high[:6]])
    assert set(rules(chart)) == {None}


def test_a_point_on_the_mean_breaks_a_shift() -> None:
    # mean exactly 0.1 * 14 / 14; rounding of 0.1 must not put the middle point on a side
    values = [0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.2, 0.2, 0.2, 0.1, 0.2, 0.2, 0.2]
    chart = xmr_chart(values)
    assert chart.centre == pytest.approx(0.1)
    assert "shift" not in rules(chart)


def test_trend_of_seven_points() -> None:
    # large ranges elsewhere keep the limits wide; 7 points rise through the mean
    base = [50.0, 40.0, 60.0, 42.0, 58.0, 44.0]
    rising = [47.0, 48.0, 49.0, 50.0, 51.0, 52.0, 53.0]
    chart = xmr_chart([*base, *rising, 41.0])
    # 44 -> 47 is a move up too, so the run begins at 44
    assert rules(chart) == [None] * 5 + ["trend"] * 8 + [None]
    assert chart.points[5].side == "high" and chart.state == "common"
    tie = [47.0, 48.0, 49.0, 49.0, 51.0, 52.0, 53.0]
    assert "trend" not in rules(xmr_chart([*base, *tie, 41.0]))
    six_moves = xmr_chart([*base[:5], 57.0, *rising[:6], 41.0])
    assert "trend" not in rules(six_moves)


def test_two_in_three_and_its_side() -> None:
    # mean 10; ranges add up to 73, the one of 11.5 is left out: 61.5 / 22 = 2.795
    values = [*STEADY, 10.0, 15.5, 11.0, 15.5, 4.0, 10.0, 9.5, 10.5, 4.0, 10.0]
    chart = xmr_chart(values)
    zone = chart.points[0]
    assert zone.upper == pytest.approx(10 + 2.66 * 61.5 / 22)
    assert zone.near_upper is not None and zone.near_upper < 15.5 < zone.upper  # type: ignore[operator]
    found = rules(chart)
    assert found[15] == found[17] == "two_in_three" and chart.points[15].side == "high"
    assert found[16] is None  # between the two, but not near the limit itself
    assert [rule for rule in found if rule] == ["two_in_three"] * 2
    # the same two heights with a point on the other side of the mean between them: no signal
    other = [*STEADY, 10.0, 15.5, 9.0, 15.5, 6.0, 10.0, 9.5, 10.5, 4.0, 10.0]
    assert "two_in_three" not in rules(xmr_chart(other))


def test_precedence_of_labels() -> None:
    # the last of seven high points is also outside: outside names it, shift names the others
    chart = xmr_chart([*[9.0, 10.0] * 8, 12.0, 12.5, 12.0, 12.5, 12.0, 12.5, 30.0])
    assert chart.rule == "outside" and rules(chart)[-2] in ("shift", "two_in_three")
    assert chart.since == len(chart.points) - 1


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, 1e9])
def test_a_constant_series_has_not_enough_variation(value: float) -> None:
    chart = xmr_chart([value] * 15, direction="down")
    assert chart.state == "not_enough_variation" and "Not enough variation" in chart.reason
    assert set(rules(chart)) == {None} and chart.centre is None
    assert all(point.upper is None for point in chart.points)


def test_one_blip_in_a_flat_series_is_not_ten_signals() -> None:
    assert xmr_chart([5.0] * 9 + [6.0]).state == "not_enough_variation"


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [None, None, 3.0, None]])
def test_too_few_points(values: list[float | None]) -> None:
    chart = xmr_chart(values)
    assert chart.state == "not_enough_points" and len(chart.points) == len(values)


def test_trial_limits_below_twelve_points() -> None:
    assert xmr_chart(STEADY[:11]).trial
    assert not xmr_chart(STEADY[:12]).trial


def test_immature_points_take_no_part() -> None:
    mature = [True] * 14 + [False] * 2
    with_them = xmr_chart([*STEADY, 40.0, 50.0], mature=mature, direction="down")
    without = xmr_chart(STEADY, direction="down")
    assert with_them.state == "common" and with_them.centre == without.centre
    assert with_them.points[:14] == without.points
    assert [p.upper for p in with_them.points[14:]] == [None, None]
    assert with_them.n_points == 14


def test_missing_months_are_bridged() -> None:
    gap: list[float | None] = [*STEADY[:7], None, *STEADY[7:]]
    assert xmr_chart(gap).centre == 10
    assert xmr_chart(gap).points[8].upper == pytest.approx(15.32)


def test_p_chart_by_hand() -> None:
    # 120 of 1200: p = 0.1; n = 100: 3 x sqrt(.09/100) = 0.09, n = 400: 0.045
    xs, ns = [10, 40, 8, 42, 12, 8], [100, 400, 100, 400, 100, 100]
    chart = p_chart(xs, ns)
    assert chart.centre == pytest.approx(0.1)
    assert chart.points[0].upper == pytest.approx(0.19) and chart.points[0].lower == pytest.approx(
        0.01
    )
    assert chart.points[1].upper == pytest.approx(0.145)
    assert chart.method == "p" and chart.trial
    clipped = p_chart([1, 0, 2, 1], [10, 10, 10, 10])
    assert clipped.points[0].lower == 0.0


def test_equal_shares_of_other_denominators_are_on_the_mean() -> None:
    # each share is one third in another denominator; floats would scatter around the mean
    ns = [3 * k for k in range(7, 22)]
    chart = p_chart([n // 3 for n in ns], ns)
    assert chart.state == "common" and set(rules(chart)) == {None}


@pytest.mark.parametrize("full", [True, False])
def test_all_or_none_has_not_enough_variation(full: bool) -> None:
    ns = [20] * 15
    assert p_chart(ns if full else [0] * 15, ns).state == "not_enough_variation"


def test_p_chart_leaves_out_empty_months() -> None:
    xs, ns = [3, 0, 5, 4, 4], [30, 0, 30, 30, 30]
    chart = p_chart(xs, ns)
    assert chart.points[1].value is None and chart.points[1].upper is None
    assert chart.n_points == 4 and chart.centre == pytest.approx(16 / 120)


def test_overdispersion_widens_the_limits_and_says_so() -> None:
    xs, ns = [300, 700] * 7, [1000] * 14
    wide, narrow = p_chart(xs, ns), p_chart(xs, ns, spread="binomial")
    assert wide.method == "p (Laney)" and wide.sigma_z is not None and wide.sigma_z > 20
    assert narrow.method == "p" and narrow.rule == "outside"
    # Laney: sigma_z = mean range of z / 1.128, z = +-0.2 / sqrt(.25/1000)
    assert wide.sigma_z == pytest.approx(0.4 / (0.25 / 1000) ** 0.5 / 1.128)
    assert wide.rule is None
    assert p_chart(xs[:10], ns[:10]).method == "p"  # too few points to judge the spread


def test_wrong_input_is_refused() -> None:
    with pytest.raises(MeasureError, match="known: nhsr"):
        xmr_chart(STEADY, settings="abc")
    with pytest.raises(MeasureError, match="not finite"):
        xmr_chart([1.0, float("nan"), 2.0])
    with pytest.raises(MeasureError, match="one element per point"):
        xmr_chart(STEADY, mature=[True])
    with pytest.raises(MeasureError, match="between 0 and its denominator"):
        p_chart([5], [4])


@given(st.lists(st.integers(-50, 50), min_size=3, max_size=30), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_scale_origin_and_mirror(series: list[int], factor: int) -> None:
    """Verdicts do not depend on the unit, and turning a series over turns its sides over."""
    plain = xmr_chart([float(v) for v in series])
    moved = xmr_chart([factor * v / 7 for v in series])
    turned = xmr_chart([float(-v) for v in series])
    assert rules(plain) == rules(moved) == rules(turned)
    flip = {"high": "low", "low": "high", None: None}
    # a turning point shared by two trends may belong to either; its rule is the same
    assert [flip[p.side] for p in plain.points] == [p.side for p in turned.points]
