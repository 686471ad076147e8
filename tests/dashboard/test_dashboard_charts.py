"""Charts as pure functions: valid specifications, alt text, and tables that say the same."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go
import pytest

from dashboard import text, theme
from dashboard.charts import escalation, improvement, persistence
from dashboard.charts.base import Chart, Table
from dashboard.charts.timeline import Event, Mark, Score, timeline
from pipelines.measures.answer_escalation import escalation as answer_escalation
from pipelines.measures.answer_improvement import improvement as answer_improvement
from pipelines.measures.answer_persistence import persistence as answer_persistence
from pipelines.measures.persistence import landmark_share
from pipelines.measures.query import Row
from pipelines.measures.series import MonthlySeries, MonthPoint
from pipelines.measures.spc import p_chart
from pipelines.measures.types import Median

LABELS = {
    "SELF_MANAGE": "Self-manage",
    "TIMS": "MSK appointment",
    "GP": "GP",
    "URGENT": "Urgent care",
    "A_AND_E": "A&E",
}
BOTH = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def level_row(low: int, high: int, n: int) -> Row:
    return {
        "seen": True, "first_lb": low, "first_ub": high, "worst_lb": low, "worst_ub": high,
        "cancer_only": False, "screen_complete": low == high, "followed_56": True,
        "gp_by_56": low >= 2, "n": n,
    }  # fmt: skip


# 100 episodes: 4 A&E, 6 urgent, 10 GP, 20 appointment, 35 self-manage, 25 not settled.
LEVELS = answer_escalation(
    [
        level_row(4, 4, 4), level_row(3, 4, 6), level_row(2, 2, 10), level_row(1, 1, 20),
        level_row(0, 0, 35), level_row(0, 3, 25),
    ]
)  # fmt: skip
NO_LEVELS = answer_escalation([])


def time_row(event: str, day: int | None, n: int, reason: str | None = None) -> Row:
    return {
        "seen": True, "tti_event": event, "tti_days": day, "tti_reason": reason,
        "two_scores": day is not None, "n": n,
    }  # fmt: skip


# Ten followed: 4 improve on day 20, 1 escalates on day 30, 5 are last scored on day 100.
TIMES = answer_improvement(
    [
        time_row("improved", 20, 4), time_row("escalated", 30, 1), time_row("censored", 100, 5),
        time_row("excluded", None, 6, "no_baseline"),
    ],
    [{"gap_days": 14, "n": 20}],
)  # fmt: skip
NO_TIMES = answer_improvement([], [])


def past_row(status: str, cohort: str, now: bool, n: int) -> Row:
    return {
        "seen": True, "persist_6w": status, "persist_8w": status, "cohort": cohort,
        "mature": True, "persisting_now": now, "crossing_soon": False,
        "improvement": "censored" if now else "improved", "n": n,
    }  # fmt: skip


PAST = answer_persistence(
    [
        past_row("PERSISTENT", "incident", True, 7), past_row("PERSISTENT", "prevalent", True, 5),
        past_row("NOT_PERSISTENT", "incident", False, 21), past_row("LOST", "incident", False, 12),
    ],
    [],
    [],
)  # fmt: skip


def monthly(ripe: int, young: int) -> MonthlySeries:
    """Months of 10 known of 14 due each; the last `young` are not mature."""
    points = []
    for i in range(ripe + young):
        counts = {"PERSISTENT": 3, "NOT_PERSISTENT": 7, "LOST": 4}
        bounds = landmark_share(counts)
        month = date(2025 + i // 12, i % 12 + 1, 1)
        points.append(MonthPoint(month, 3, 10, bounds.share, i < ripe, bounds))
    chart = p_chart([3] * len(points), [10] * len(points), mature=[p.mature for p in points])
    return MonthlySeries("persistence_share_8_weeks", tuple(points), chart)


MEANING = "pain down by at least 3 points"


def every_chart(colours: theme.Palette) -> dict[str, Chart]:
    """One of each kind."""
    return {
        "levels": escalation.by_level(LEVELS, LABELS, colours),
        "between": escalation.between(LEVELS, LABELS, colours),
        "improvement": improvement.curve(TIMES, colours, MEANING),
        "parts": persistence.parts(PAST, colours),
        "share": persistence.by_month(monthly(6, 2), colours),
        "timeline": timeline(
            [
                Event("Contacts", date(2025, 3, 1), "Triage: GP confirmed"),
                Event("Triggers", date(2025, 3, 1), "GP: no action recorded"),
                Event("Exercise diary", date(2025, 3, 4), "2 exercises"),
            ],
            [Score(date(2025, 3, 1), 7, "contact"), Score(date(2025, 3, 9), 4, "diary")],
            colours,
        ),
    }


@BOTH
def test_specifications_are_valid_and_described(colours: theme.Palette) -> None:
    for name, chart in every_chart(colours).items():
        figure = go.Figure(chart.spec)  # refuses unknown properties and values
        assert len(figure.data) > 0, name
        assert figure.layout.height >= 150, name
        assert len(chart.alt) > 40 and chart.alt.endswith("."), name
        assert chart.title and chart.table.rows, name
        assert "nan" not in repr(chart).lower(), name


def test_a_limit_that_is_not_reached_has_no_unit_and_the_other_one_has() -> None:
    def said(lower: float | None, upper: float | None) -> str:
        return text.limits(Median("m", 30.0, lower, upper, 12, 5, (), "KM"))

    assert said(36, 38) == "95% CI 36 to 38 days"
    assert said(25, None) == "95% CI 25 days to not reached"
    assert said(None, None) == "95% CI not reached to not reached"


def test_onset_and_eight_weeks_are_drawn_where_there_is_room_and_listed_always() -> None:
    onset, eight = Mark(date(2025, 1, 4), "Onset"), Mark(date(2025, 3, 1), "8 weeks")
    visits = [
        Event("Contacts", date(2025, 3, 1), "Triage"),
        Event("Contacts", date(2025, 3, 20), ""),
    ]
    chart = timeline(visits, [], theme.LIGHT, [onset, eight])
    assert chart.spec is not None
    lines = chart.spec["layout"]["shapes"]
    assert [line["x0"] for line in lines] == ["2025-01-04", "2025-03-01"]
    first, last = chart.spec["layout"]["xaxis"]["range"]
    assert first < "2025-01-04" and last > "2025-03-20"
    assert {note["text"] for note in chart.spec["layout"]["annotations"]} >= {"Onset", "8 weeks"}
    assert ("4 Jan 2025", "For comparison", "Onset") in chart.table.rows
    distant = timeline(visits, [], theme.LIGHT, [Mark(date(2023, 1, 4), "Onset")])
    assert distant.spec is not None and distant.spec["layout"]["shapes"] == []
    assert ("4 Jan 2023", "For comparison", "Onset") in distant.table.rows


def test_nothing_to_show_is_said_not_drawn() -> None:
    colours = theme.LIGHT
    empty = MonthlySeries("escalation_confirmed", (), p_chart([], [], mature=[]))
    charts = [
        escalation.by_level(NO_LEVELS, LABELS, colours),
        escalation.between(NO_LEVELS, LABELS, colours),
        improvement.curve(NO_TIMES, colours, MEANING),
        persistence.parts(answer_persistence([], [], []), colours),
        persistence.by_month(empty, colours),
        timeline([], [], colours),
    ]
    for chart in charts:
        assert chart.spec is None
        assert chart.alt.endswith(".")


def test_levels_chart_and_table_say_the_same() -> None:
    chart = escalation.by_level(LEVELS, LABELS, theme.LIGHT)
    assert chart.spec is not None
    bars = chart.spec["data"][0]
    assert bars["x"] == [0.04, 0.06, 0.10, 0.20, 0.35, 0.25]
    assert sum(bars["x"]) == pytest.approx(1)
    names = [row[0] for row in chart.table.rows]
    assert names == ["A&E", "Urgent care", "GP", "MSK appointment", "Self-manage", "Not settled"]
    assert [row[2] for row in chart.table.rows] == [
        "4.0%",
        "6.0%",
        "10.0%",
        "20.0%",
        "35.0%",
        "25.0%",
    ]
    assert chart.table.rows[0][1] == "4 of 100"
    # Wilson limits of 4/100, computed by hand: 1.57 % to 9.84 %.
    assert chart.table.rows[0][3] == "95% CI 1.6% to 9.8%"
    assert bars["error_x"]["array"][0] == pytest.approx(0.0984 - 0.04, abs=5e-4)
    assert bars["error_x"]["arrayminus"][0] == pytest.approx(0.04 - 0.0157, abs=5e-4)
    # Not settled is told apart by its pattern, not by colour alone.
    assert bars["marker"]["pattern"]["shape"] == ["", "", "", "", "", "/"]
    assert "Not settled 25.0%" in chart.alt


def test_between_shows_both_bounds_of_each_level() -> None:
    chart = escalation.between(LEVELS, LABELS, theme.LIGHT)
    assert chart.spec is not None
    spans, low, high = chart.spec["data"]
    assert low["x"] == [0.04, 0.10, 0.20, 0.40]
    # Not ruled out: A&E 4 + 6; urgent 4 + 6 + 25; GP those + 10; appointment those + 20.
    assert high["x"] == [0.10, 0.35, 0.45, 0.65]
    assert spans["x"][:3] == [0.04, 0.10, None]
    assert low["marker"]["color"] != high["marker"]["color"]


def test_curve_steps_through_the_estimates() -> None:
    chart = improvement.curve(TIMES, theme.LIGHT, MEANING)
    assert chart.spec is not None
    improved = next(t for t in chart.spec["data"] if t.get("name") == "Improved")
    # 4 of 10 improve on day 20; the escalation on day 30 takes 1 of the 6 left.
    assert dict(zip(improved["x"], improved["y"], strict=True))[20] == pytest.approx(0.4)
    escalated = next(t for t in chart.spec["data"] if t.get("name") == "Escalated first")
    assert escalated["y"][-1] == pytest.approx(0.1)
    assert improved["x"][-1] == improvement.SHOWN_DAYS
    assert improved["line"]["shape"] == "hv"
    # The two curves differ by dash as well as by colour.
    assert improved["line"]["dash"] != escalated["line"]["dash"]


def test_what_counts_as_improved_is_said_as_it_was_decided() -> None:
    assert MEANING in improvement.curve(TIMES, theme.LIGHT, MEANING).said


def test_numbers_at_risk_stand_under_the_weeks() -> None:
    chart = improvement.curve(TIMES, theme.LIGHT, MEANING)
    assert chart.spec is not None
    axis = chart.spec["layout"]["xaxis"]
    assert axis["tickvals"] == [0, 14, 28, 42, 56, 84]
    assert axis["ticktext"][0] == "0<br><b>10</b>"
    assert axis["ticktext"][3] == "6<br><b>5</b>"
    assert [row[:3] for row in chart.table.rows[:3]] == [
        ("0", "10", "0.0%"), ("2", "10", "0.0%"), ("4", "6", "40.0%"),
    ]  # fmt: skip
    assert chart.title == (
        "40.0% improved and 10.0% escalated first within 8 weeks, by the day it was seen"
    )


def test_parts_of_the_count() -> None:
    chart = persistence.parts(PAST, theme.LIGHT)
    assert chart.spec is not None
    assert chart.spec["data"][0]["x"] == [12, 5, 7, 12]
    table = {row[0]: row[1:] for row in chart.table.rows}
    assert table["Past 8 weeks"] == ("12", "12")
    assert table["Arrived past 8 weeks"] == ("5", "5")


def test_young_months_are_hollow_and_bounds_are_drawn() -> None:
    chart = persistence.by_month(monthly(6, 2), theme.LIGHT)
    assert chart.spec is not None
    bounds, ripe, young = chart.spec["data"]
    assert len(bounds["x"]) == 8 and len(ripe["x"]) == 6 and len(young["x"]) == 2
    # Best case 3 of 14, worst 7 of 14.
    assert bounds["base"][0] == pytest.approx(3 / 14, abs=1e-5)
    assert bounds["base"][0] + bounds["y"][0] == pytest.approx(7 / 14, abs=1e-4)
    assert young["mode"] == "markers" and young["marker"]["color"] == theme.LIGHT.background
    assert [row[-1] for row in chart.table.rows] == ["complete"] * 6 + ["too early to say"] * 2


def test_timeline_lists_all_in_order_of_time() -> None:
    chart = every_chart(theme.LIGHT)["timeline"]
    assert [row[0] for row in chart.table.rows] == [
        "1 Mar 2025", "1 Mar 2025", "1 Mar 2025", "4 Mar 2025", "9 Mar 2025",
    ]  # fmt: skip
    assert "from 1 Mar 2025 to 9 Mar 2025" in chart.alt


def test_ragged_table_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 heads"):
        Table("x", ("a", "b"), (("1",),))


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours `#RRGGBB`."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@BOTH
def test_palettes_have_enough_contrast(colours: theme.Palette) -> None:
    for colour in (colours.text, colours.muted, colours.main, colours.other):
        assert contrast(colour, colours.background) >= 4.5
    assert contrast(colours.soft, colours.background) >= 3


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (text.count(12345), "12,345"),
        (text.plural(1, "episode"), "1 episode"),
        (text.plural(0, "episode"), "0 episodes"),
        (text.percent(0.12345), "12.3%"),
        (text.day(date(2025, 11, 3)), "3 Nov 2025"),
        (text.days(1), "1 day"),
        (text.days(None), "not reached"),
        (text.listed(["a", "b", "c"]), "a, b and c"),
        (text.said({}, "SOME_CODE"), "some code"),
    ],
)
def test_words(written: str, wanted: str) -> None:
    assert written == wanted
