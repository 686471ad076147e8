"""Phases, targets, gaps and flat series: worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.filter import Filter
from pipelines.measures.series import (
    ChartAs,
    escalation_by_month,
    persistence_by_month,
)
from pipelines.measures.spc import SpcChart, p_chart, xmr_chart
from pipelines.measures.spc_phases import Rebase, phase_starts
from pipelines.measures.spc_types import PhaseStart
from pipelines.measures.types import MeasureError

STEADY = [9.0, 11.0] * 7  # mean 10, ranges 2: limits 4.68 and 15.32


def rules(chart: SpcChart) -> list[str | None]:
    return [point.rule for point in chart.points]


def months(n: int) -> list[date]:
    return [date(2025 + k // 12, k % 12 + 1, 1) for k in range(n)]


# ---- phases ------------------------------------------------------------------------------------


def test_each_phase_has_limits_of_its_own() -> None:
    higher = [v + 100 for v in STEADY]
    one, two = xmr_chart([*STEADY, *higher]), xmr_chart([*STEADY, *higher], phases=[PhaseStart(14)])
    assert one.rule and set(rules(one)) != {None}
    assert set(rules(two)) == {None} and two.state == "common"
    assert [phase.centre for phase in two.phases] == [10, 110] and two.centre == 110
    assert (two.points[13].upper, two.points[14].lower) == pytest.approx((15.32, 104.68))
    assert [(p.start, p.end, p.n_points, p.trial) for p in two.phases] == [
        (0, 14, 14, False), (14, 28, 14, False),
    ]  # fmt: skip
    assert [p.phase for p in two.points] == [0] * 14 + [1] * 14


def test_runs_do_not_pass_into_the_next_phase() -> None:
    # seven rising points, four of them in the first phase and three in the second
    base = [50.0, 40.0, 60.0, 42.0, 58.0, 44.0]
    values = [*base, 47.0, 48.0, 49.0, 50.0, 51.0, 52.0, 41.0, 60.0, 40.0]
    assert rules(xmr_chart(values)).count("trend") == 7
    assert "trend" not in rules(xmr_chart(values, phases=[PhaseStart(9)]))


def test_a_short_last_phase_has_no_limits_and_says_so() -> None:
    chart = xmr_chart([*STEADY, 40.0, 41.0], phases=[PhaseStart(14)], target=3.0, direction="up")
    assert chart.state == "not_enough_points" and "2 of at least 3" in chart.reason
    assert chart.points[13].upper is not None and chart.points[14].upper is None
    assert chart.assurance.state == "none" and "no limits" in chart.assurance.reason
    assert chart.rule is None and chart.since is None and chart.trial


def test_limits_fixed_after_the_first_points() -> None:
    chart = xmr_chart([*STEADY, 20.0, 30.0], fix_after=14)
    assert chart.centre == 10 and chart.points[15].upper == pytest.approx(15.32)
    assert rules(chart)[-2:] == ["outside", "outside"] and chart.since == 14
    shares = p_chart([10, 12] * 6 + [30], [100] * 13, fix_after=12, spread="binomial")
    assert shares.centre == pytest.approx(0.11) and shares.rule == "outside"
    with pytest.raises(MeasureError, match="12 points or more, not 3"):
        xmr_chart(STEADY, fix_after=3)


@pytest.mark.parametrize("places", [[0], [14], [5, 5], [7, 3]])
def test_phases_that_cannot_be_are_refused(places: list[int]) -> None:
    with pytest.raises(MeasureError, match="ascending points between 1 and 13"):
        xmr_chart(STEADY, phases=[PhaseStart(i) for i in places])


def test_annotations_become_phases() -> None:
    found = phase_starts(
        months(24),
        [
            Rebase(date(2026, 3, 17), "new referral form", by="service lead"),
            Rebase(date(2025, 7, 1), "second site opened"),
        ],
    )
    # dated by the first of the month: a change on the first counts from it, one within a month
    # from the next
    assert [(s.index, s.reason, s.by) for s in found] == [
        (6, "second site opened", ""), (15, "new referral form", "service lead"),
    ]  # fmt: skip


def test_annotations_on_one_point_make_one_phase_and_others_none() -> None:
    notes = [
        Rebase(date(2024, 1, 1), "before all points"),
        Rebase(date(2025, 1, 1), "on the first point"),
        Rebase(date(2025, 5, 3), "first change"),
        Rebase(date(2025, 5, 20), "second change"),
        Rebase(date(2027, 1, 1), "after all points"),
    ]
    assert [(s.index, s.reason) for s in phase_starts(months(24), notes)] == [
        (5, "first change; second change")
    ]
    assert phase_starts([], notes) == ()


def test_an_annotation_without_a_reason_and_disordered_dates_are_refused() -> None:
    with pytest.raises(MeasureError, match="2026-03-01 has no reason"):
        Rebase(date(2026, 3, 1), "  ")
    with pytest.raises(MeasureError, match="must ascend"):
        phase_starts([date(2026, 2, 1), date(2026, 1, 1)], [])


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=40), st.data())
def test_a_phase_reads_as_if_it_stood_alone(values: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    whole = xmr_chart([float(v) for v in values], phases=[PhaseStart(cut)])
    alone = xmr_chart([float(v) for v in values[cut:]])
    assert [(p.rule, p.side, p.upper) for p in whole.points[cut:]] == [
        (p.rule, p.side, p.upper) for p in alone.points
    ]
    assert (whole.state, whole.reason, whole.centre) == (alone.state, alone.reason, alone.centre)
    assert whole.since == (None if alone.since is None else alone.since + cut)


def test_a_monthly_series_is_charted_as_asked(
    snapshot: Callable[..., duckdb.DuckDBPyConnection],
    episodes_at_random: Callable[[int, int], list[dict[str, Any]]],
) -> None:
    rows = episodes_at_random(9, 500)
    con = snapshot(
        episode=rows,
        contact=[
            {"contact_key": r["episode_key"], "episode_key": r["episode_key"], "evaluated": True,
             "contact_date": r["first_contact_date"], "screen_complete": r["first_lb"] != 1}
            for r in rows if r["first_contact_date"]
        ],
    )  # fmt: skip
    plain = escalation_by_month(con, Filter())
    change = plain.points[4].month
    asked = ChartAs("nhse_excel", (Rebase(change, "new form"),), target=0.999)
    for found in (
        escalation_by_month(con, Filter(), chart_as=asked),
        persistence_by_month(con, Filter(), chart_as=asked),
    ):
        begins = [p.month for p in found.points].index(change)
        assert [phase.start for phase in found.chart.phases] == [0, begins]
        assert found.chart.phases[1].began.reason == "new form"
        assert found.chart.profile == "nhse_excel" and found.chart.assurance.target == 0.999
    # persistence, of which less is better
    assert found.chart.assurance.state == "consistently_meets"
    assert plain.chart.profile == "nhsr" and plain.chart.assurance.target is None
    assert len(plain.chart.phases) == 1


# ---- assurance ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "up", "down"),
    [
        (15.33, "consistently_fails", "consistently_meets"),
        (15.31, "hit_or_miss", "hit_or_miss"),
        (10.0, "hit_or_miss", "hit_or_miss"),
        (4.69, "hit_or_miss", "hit_or_miss"),
        (4.67, "consistently_meets", "consistently_fails"),
    ],
)
def test_assurance_by_direction(target: float, up: str, down: str) -> None:
    assert xmr_chart(STEADY, target=target, direction="up").assurance.state == up
    assert xmr_chart(STEADY, target=target, direction="down").assurance.state == down
    neutral = xmr_chart(STEADY, target=target).assurance
    assert neutral.state == "none" and "Neither direction" in neutral.reason


def test_a_target_on_the_limit_is_hit_or_miss() -> None:
    limit = xmr_chart(STEADY).points[0].upper
    assert xmr_chart(STEADY, target=limit, direction="up").assurance.state == "hit_or_miss"
    limit = xmr_chart(STEADY).points[0].lower
    assert xmr_chart(STEADY, target=limit, direction="up").assurance.state == "hit_or_miss"


def test_no_target_no_assurance() -> None:
    assert xmr_chart(STEADY, direction="up").assurance.state == "none"
    with pytest.raises(MeasureError, match="target is nan"):
        xmr_chart(STEADY, target=float("nan"))


def test_assurance_is_of_the_last_phase() -> None:
    values = [*STEADY, *[v + 100 for v in STEADY]]
    phases = [PhaseStart(14)]
    found = xmr_chart(values, phases=phases, target=50.0, direction="up").assurance
    assert found.state == "consistently_meets"


def test_assurance_of_shares_uses_the_last_point_s_own_limits() -> None:
    # p = 0.5; n = 100: limits 0.35 to 0.65; the last point's n = 900: 0.45 to 0.55
    xs, ns = [50, 49, 51, 50, 450], [100, 100, 100, 100, 900]
    assert p_chart(xs, ns, target=0.6, direction="up").assurance.state == "consistently_fails"
    assert p_chart(xs, ns, target=0.54, direction="up").assurance.state == "hit_or_miss"
    # a month that is not ripe decides nothing
    young = p_chart(xs, ns, target=0.6, direction="up", mature=[True] * 4 + [False])
    assert young.assurance.state == "hit_or_miss"


# ---- flat series -------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["nhsr", "nhse_excel"])
@pytest.mark.parametrize("values", [[5.0] * 9 + [6.0], [5.0] * 15, [0.0] * 20 + [50.0]])
def test_flat_series_in_every_profile(profile: str, values: list[float]) -> None:
    chart = xmr_chart(values, settings=profile, target=4.0, direction="up")
    assert chart.state == "not_enough_variation" and chart.centre is None
    assert rules(chart) == [None] * len(values) and not chart.signals
    assert chart.assurance.state == "none" and "no limits" in chart.assurance.reason


def test_flatness_has_a_bound() -> None:
    # two ones among 20 zeros are all outlying ranges; six are what the series does
    assert xmr_chart([*[0.0] * 6, 1.0, *[0.0] * 6, 1.0, *[0.0] * 6]).state == "not_enough_variation"
    assert xmr_chart([0.0, 0.0, 1.0] * 7).state == "common"


def test_a_flat_phase_leaves_the_other_alone() -> None:
    chart = xmr_chart([*STEADY, *[5.0] * 6], phases=[PhaseStart(14)])
    assert chart.state == "not_enough_variation" and chart.points[0].upper is not None
    assert {p.state for p in chart.points[14:]} == {"not_enough_variation"}


# ---- gaps --------------------------------------------------------------------------------------

SHIFTED = [7, 10, 7, 10, 7, 10, 7, 15, 12, 15, None, 12, 15, 12, 15]


def test_a_gap_is_bridged_and_counted() -> None:
    chart = xmr_chart(SHIFTED)
    # ranges: 6 x 3, then 8, then 6 x 3 (one of them across the gap): mean 44/13, 8 < 3.267 x that
    assert chart.points[0].upper == pytest.approx(154 / 14 + 2.66 * 44 / 13)
    assert chart.rule == "shift" and chart.latest_signal is not None
    signal = chart.latest_signal
    assert (signal.start, signal.end, signal.gaps, len(signal.points)) == (7, 14, 1, 7)
    assert chart.points[10].upper is None and chart.points[10].rule is None


def test_a_gap_can_break() -> None:
    chart = xmr_chart(SHIFTED, gaps="break")
    # without the range across the gap, and the run of seven is one of three and one of four
    assert chart.points[0].upper == pytest.approx(154 / 14 + 2.66 * 41 / 12)
    assert rules(chart)[:7] == ["shift"] * 7 and set(rules(chart)[7:]) == {None}
    with pytest.raises(MeasureError, match="'bridge' or 'break'"):
        xmr_chart(SHIFTED, gaps="skip")  # type: ignore[arg-type]


def test_every_other_month_missing_has_no_range_to_judge_by() -> None:
    values = [v if k % 2 else None for k, v in enumerate(STEADY + STEADY)]
    assert xmr_chart(values, gaps="break").state == "not_enough_points"
    assert xmr_chart(values, gaps="bridge").state == "not_enough_variation"  # all 11


# ---- signals -----------------------------------------------------------------------------------


def test_the_end_of_the_series_and_the_most_recent_signal_are_two_readings() -> None:
    chart = xmr_chart([*STEADY, 30.0, *STEADY[:4]], direction="down")
    assert chart.state == "common" and chart.rule is None and chart.since is None
    latest = chart.latest_signal
    assert latest is not None and not latest.current
    assert (latest.rule, latest.state, latest.start, latest.end) == ("outside", "concern", 14, 14)


def test_a_shift_goes_on_through_a_point_that_is_outside() -> None:
    # mean 11.2; the ninth of 13 high points is outside, and the shift since the first goes on
    values = [*[7.0, 9.0] * 8, *[12.0, 14.0] * 4, 40.0, *[12.0, 14.0] * 2]
    chart = xmr_chart(values)
    assert rules(chart)[24] == "outside" and chart.rule == "shift"
    assert chart.since == 16 and chart.state_since == 16
    # at the outside point itself the row of high signals began with the shift
    cut = xmr_chart(values[:25])
    assert cut.rule == "outside" and cut.since == 24 and cut.state_since == 16
    # both end there: the one that names the point is the latest
    assert [s.rule for s in cut.signals if s.end == 24] == ["shift", "outside"]
    assert cut.latest_signal is not None and cut.latest_signal.rule == "outside"


def test_two_of_three_is_one_signal() -> None:
    values = [*STEADY, 10.0, 15.5, 11.0, 15.5, 4.0, 10.0, 9.5, 10.5, 4.0, 10.0]
    found = [s for s in xmr_chart(values).signals if s.rule == "two_in_three"]
    assert [(s.points, s.side) for s in found] == [((15, 17), "high")]
