"""The words of a chart: rule, since when, what it means and what it does not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.measures.spc import p_chart, xmr_chart
from pipelines.measures.spc_rare import g_chart, t_chart
from pipelines.measures.spc_reading import Reading, read_chart, read_rare
from pipelines.measures.spc_rules import Direction
from pipelines.measures.spc_types import PhaseStart, SpcChart
from pipelines.measures.types import MeasureError

STEADY = [9.0, 11.0] * 7
NAMES = "January February March April May June July August September October November December"


def month_names(n: int) -> list[str]:
    return [f"{NAMES.split()[k % 12]} {2025 + k // 12}" for k in range(n)]


def read(chart: SpcChart) -> Reading:
    return read_chart(chart, month_names(len(chart.points)))


def test_common_cause() -> None:
    found = read(xmr_chart(STEADY))
    assert found.variation == "Common cause"
    assert found.headline == (
        "Common cause: no rule is broken at the end of the series, which runs around 10, usually "
        "between 4.68 and 15.32."
    )
    assert found.recent == "There is no special cause anywhere in the series."
    assert "steady and poor" in found.does_not and found.target == "" and found.notes == ()


@pytest.mark.parametrize(
    ("direction", "variation", "means"),
    [
        ("up", "Special cause: improvement", "better"),
        ("down", "Special cause: concern", "worse"),
        ("neutral", "Special cause: higher", "higher"),
    ],
)
def test_a_shift_since(direction: Direction, variation: str, means: str) -> None:
    low, high = [7, 10, 7, 10, 7, 10, 7], [15, 12, 15, 12, 15, 12, 15]
    found = read(xmr_chart([*low, *high], direction=direction))
    assert found.headline == f"{variation}: 7 points in a row above the mean, since August 2025."
    assert found.means.startswith(f"The figure is {means} by more than its usual ups and downs.")
    assert ("cannot be told" in found.means) == (direction == "neutral")
    assert "does not say why" in found.does_not and found.recent == ""


def test_a_falling_trend_and_a_single_point() -> None:
    base = [50.0, 40.0, 60.0, 42.0, 58.0, 40.0]
    trend = read(xmr_chart([*base, *[float(v) for v in range(54, 46, -1)]], direction="down"))
    assert "improvement: 8 points in a row falling, since July 2025." in trend.headline
    point = read(xmr_chart([*STEADY, -12.0], direction="down"))
    assert "improvement: a point below the lower limit, in March 2026." in point.headline


def test_a_signal_that_has_passed_is_told_beside_the_end_of_the_series() -> None:
    found = read(xmr_chart([*STEADY, 30.0, *STEADY[:4]], direction="down"))
    assert found.headline.startswith("Common cause: no rule is broken at the end")
    assert found.recent == (
        "The most recent signal (concern): a point above the upper limit, in March 2026."
    )
    assert "still deserves an explanation" in found.means


def test_a_signal_of_an_earlier_phase() -> None:
    values = [*STEADY, 30.0, *[v + 50 for v in STEADY]]
    found = read(xmr_chart(values, phases=[PhaseStart(15, "second site opened")]))
    assert found.recent.endswith("in March 2026, before the limits were set anew.")
    assert found.notes[0] == (
        "Limits from April 2026 (second site opened); runs are counted afresh from there."
    )
    assert found.means.startswith("The figure goes up and down as it usually does.")


def test_since_when_every_point_is_a_signal() -> None:
    values = [*[7.0, 9.0] * 8, *[12.0, 14.0] * 4, 40.0]
    found = read(xmr_chart(values))
    assert "a point above the upper limit, in January 2027." in found.headline
    assert "Every point since May 2026 is such a signal." in found.headline


def test_a_flat_series_names_what_differs() -> None:
    found = read(xmr_chart([5.0] * 9 + [6.0]))
    assert found.variation == "Not enough variation"
    assert found.headline.endswith("9 of 10 points are 5; the rest: 6 in October 2025.")
    assert found.does_not == "It does not say that nothing has changed."
    assert "the rest" not in read(xmr_chart([5.0] * 10)).headline


def test_too_few_points() -> None:
    found = read(xmr_chart([1.0, 2.0], target=1.0, direction="up"))
    assert found.headline == "Not enough points: 2 of at least 3."
    assert found.recent == "" and "no assurance result" in found.target


@pytest.mark.parametrize(
    ("target", "words", "short"),
    [
        (3.0, "consistently met", "Consistently meets the target"),
        (12.0, "hit or miss", "Hit or miss"),
        (20.0, "consistently missed", "Consistently misses the target"),
    ],
)
def test_the_target(target: float, words: str, short: str) -> None:
    found = read(xmr_chart(STEADY, target=target, direction="up"))
    assert found.target.startswith(f"Target {target:g}: {words}.") and found.assurance == short


def test_what_was_left_out_is_told() -> None:
    values: list[float | None] = [9.0, 11.0, 9.0, None, 11.0, 9.0, 11.0, 40.0, 50.0]
    notes = read(xmr_chart(values, mature=[True] * 7 + [False] * 2)).notes
    assert any(note.startswith("The limits rest on 6 points, fewer than 12") for note in notes)
    assert "2 points too early to judge: shown, but in no limit and no rule." in notes
    assert "1 point without a figure: their neighbours are compared." in notes
    broken = read(xmr_chart(values, gaps="break")).notes
    assert "1 point without a figure: no run passes over them." in broken


def test_a_run_over_a_gap_says_so() -> None:
    values = [7, 10, 7, 10, 7, 10, 7, 15, 12, 15, None, 12, 15, 12, 15]
    notes = read(xmr_chart(values)).notes
    assert "The signal passes over 1 point that takes no part." in notes


def test_widened_limits_and_mixed_levels_are_told() -> None:
    widened = read(p_chart([300, 700] * 7, [1000] * 14))
    assert any("widened" in note for note in widened.notes)
    mixed = read(xmr_chart([*STEADY, *[v + 100 for v in STEADY]]))
    assert any("mix different levels" in note for note in mixed.notes)
    assert not any("mix different levels" in note for note in read(xmr_chart(STEADY)).notes)


def test_rare_events() -> None:
    days = [date(2025, 1, 1)]
    for gap in [10, 14, 9, 13, 0, 12, 10, 14, 9, 13, 11, 12]:
        days.append(days[-1] + timedelta(days=gap))
    found = t_chart(days, until=days[-1] + timedelta(days=900), direction="up")
    said = read_rare(found, [f"{day:%d %B %Y}" for day in days[1:]])
    assert said.notes[0] == (
        "Since the last event: 900 days so far, already more than the upper limit, so that it "
        "will be a signal."
    )
    assert "1 gap between events of one day: taken as half a day." in said.notes
    cases = g_chart([20, 80, 40, 60, 10, 90, 30, 70, 50, 48, 45, 45], open_cases=1)
    words = read_rare(cases, month_names(12))
    assert words.notes[0] == "Since the last event: 1 case so far."
    assert "which runs around 34, usually up to 327" in words.headline


def test_figures_are_written_as_the_caller_wants() -> None:
    chart = p_chart([10, 12] * 6, [100] * 12, target=0.5, direction="up")
    found = read_chart(chart, month_names(12), figure=lambda v: f"{100 * v:.0f}%")
    assert "around 11%" in found.headline and found.target.startswith("Target 50%")


def test_labels_must_fit() -> None:
    with pytest.raises(MeasureError, match="one label per point"):
        read_chart(xmr_chart(STEADY), ["January"])


@given(
    st.lists(st.one_of(st.none(), st.integers(-20, 20)), max_size=40),
    st.sampled_from(["up", "down", "neutral"]),
    st.one_of(st.none(), st.integers(-30, 30)),
    st.sets(st.integers(1, 39), max_size=2),
)
def test_every_chart_has_a_reading_that_agrees_with_it(
    values: list[int | None], direction: Direction, target: int | None, places: set[int]
) -> None:
    starts = [PhaseStart(i) for i in sorted(places) if i < len(values)]
    chart = xmr_chart(values, direction=direction, target=target, phases=starts)
    found = read(chart)
    assert found.text and "None" not in found.text and "nan" not in found.text
    labels = month_names(len(values))
    if chart.rule:
        assert chart.since is not None
        assert labels[chart.since] in found.headline and not found.recent
        assert found.headline.startswith(found.variation)
    elif chart.latest_signal:
        assert labels[chart.latest_signal.start] in found.recent
    assert bool(found.target) == (target is not None)
