"""Charts of any measure: control chart, groups, funnel, matrix; what figures are compared with."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboard import comparison, theme
from dashboard.charts import by_value, control, funnel_chart, marks, matrix_chart, shown
from dashboard.charts.base import Chart
from pipelines.measures.catalogue import measure
from pipelines.measures.filter import Filter
from pipelines.measures.funnel import funnel
from pipelines.measures.matrix import Matrix
from pipelines.measures.over_time import OverTime, over_time
from pipelines.measures.proportion import newcombe, share
from pipelines.measures.series import ChartAs
from pipelines.measures.spc_phases import Rebase
from pipelines.measures.table import MeasureRow, MeasureTable, Shown, Suppressed
from pipelines.measures.types import Estimate, MeasureError, Median, NotEstimable

NAME = "red_flags_not_in_time_share"
ENTRY = measure(NAME)
BOTH = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def months(values: list[int | None], n: int = 100, young: int = 0) -> MeasureTable:
    """One share per month from January 2024; None leaves the month out altogether."""
    rows = []
    for i, x in enumerate(values):
        if x is None:
            continue
        month = f"{2024 + i // 12}-{i % 12 + 1:02d}"
        rows.append(MeasureRow((month,), None, share(NAME, x, n), i < len(values) - young))
    return MeasureTable(NAME, ("month",), tuple(rows))


STEADY = [20, 23, 18, 21, 19, 22, 20, 24, 17, 21, 20, 22, 19, 20, 21]
JUMPED = [*STEADY, *STEADY, 45]


def drawn(chart: Chart) -> dict[str, Any]:
    """The specification, accepted by Plotly's own check of every property."""
    assert chart.spec is not None
    go.Figure(chart.spec)
    return chart.spec


def points(chart: Chart) -> dict[str, Any]:
    return drawn(chart)["data"][-1]


@BOTH
def test_a_signal_is_named_shaped_and_dated(colours: theme.Palette) -> None:
    chart = control.control_chart(over_time(months(JUMPED)), ENTRY, colours)
    assert chart.title.endswith("special cause: concern")
    symbols = points(chart)["marker"]["symbol"]
    assert symbols == ["circle"] * 30 + ["square"]
    assert chart.table.rows[-1][-1].startswith("special cause, ")
    assert len(chart.table.rows) == len(JUMPED)
    assert "highest 45.0% in July 2026" in chart.alt


def test_a_signal_that_has_passed_is_still_in_the_title() -> None:
    passed = [*STEADY[:6], 45, *STEADY[7:], *STEADY]
    chart = control.control_chart(over_time(months(passed)), ENTRY, theme.LIGHT)
    assert chart.title.endswith("common cause now, special cause in July 2024")


def test_months_still_open_are_hollow_and_judged_by_no_rule() -> None:
    chart = control.control_chart(over_time(months(JUMPED, young=1)), ENTRY, theme.LIGHT)
    assert chart.title.endswith("common cause")
    assert points(chart)["marker"]["color"][-1] == theme.LIGHT.background
    assert chart.table.rows[-1][-1] == "too early to say: not judged"
    assert "1 hollow month too early to judge" in chart.alt


def test_a_month_without_cases_stays_as_a_gap() -> None:
    found = over_time(months([20, None, 22, 19]))
    assert [each.month.month for each in found.months] == [1, 2, 3, 4]
    assert found.months[1].value is None
    assert isinstance(found.months[1].result, NotEstimable)


def test_a_recorded_change_starts_new_limits() -> None:
    rebase = Rebase(date(2025, 4, 1), "new form", "A. Physio")
    found = over_time(months(JUMPED), chart_as=ChartAs(rebases=(rebase,)))
    notes = [Rebase(date(2025, 2, 10), "flu season"), Rebase(date(2031, 1, 1), "far off")]
    changes = marks.marks([rebase], notes, date(2024, 1, 1), date(2026, 7, 31))
    chart = control.control_chart(found, ENTRY, theme.LIGHT, "", changes)
    lines = [each for each in drawn(chart)["data"] if each["mode"] == "lines"]
    assert len(lines) == 6  # centre and two limits in each of two phases
    layout = drawn(chart)["layout"]
    assert [line["x0"] for line in layout["shapes"]] == ["2025-02-10", "2025-04-01"]
    assert [n["text"] for n in layout["annotations"][-2:]] == ["<b>1</b>", "<b>2</b>"]
    said = [each.said() for each in chart.recorded]
    assert said[0] == "10 Feb 2025: flu season"
    assert said[1] == "1 Apr 2025: new form (A. Physio); limits begin anew with the next point"
    assert "new form" in chart.alt


def test_withheld_months_are_not_drawn_nor_guessed_by_limits() -> None:
    table = months(STEADY)
    hidden = MeasureRow(("2024-03",), None, Suppressed(NAME))
    rows = tuple(hidden if row.by == ("2024-03",) else row for row in table.rows)
    found = over_time(MeasureTable(NAME, ("month",), rows))
    assert found.chart is None
    chart = control.control_chart(found, ENTRY, theme.LIGHT)
    assert len(points(chart)["y"]) == len(STEADY) - 1
    assert "suppressed (small numbers)" in chart.table.rows[2]


def test_counts_and_times_get_a_chart_of_values() -> None:
    name = "days_to_action"
    rows = tuple(
        MeasureRow(
            (f"2024-{m:02d}",), None, Median("days_to_action", m, None, None, 9, 8, (), "KM")
        )
        for m in range(1, 13)
    )
    found = over_time(MeasureTable(name, ("month",), rows))
    assert found.chart is not None
    assert found.chart.method == "XmR"


def test_a_series_needs_months_alone() -> None:
    with pytest.raises(MeasureError, match="by month alone"):
        over_time(MeasureTable(NAME, ("site",), ()))


def test_an_empty_series_says_so() -> None:
    chart = control.control_chart(over_time(MeasureTable(NAME, ("month",), ())), ENTRY, theme.LIGHT)
    assert chart.spec is None
    assert "No month" in chart.alt


def test_a_sparkline_has_no_axes_and_a_text() -> None:
    found = control.spark(over_time(months(JUMPED)), ENTRY, theme.LIGHT)
    assert found is not None
    spec, alt = found
    go.Figure(spec)
    assert spec["layout"]["xaxis"]["visible"] is False
    assert "Special cause: concern" in alt
    assert control.spark(OverTime(NAME, None, (), None), ENTRY, theme.LIGHT) is None


@BOTH
def test_groups_have_intervals_and_unknown_its_own_row(colours: theme.Palette) -> None:
    lines = [
        by_value.Line("Women", share(NAME, 30, 100)),
        by_value.Line("Men", share(NAME, 0, 0)),
        by_value.Line("Not recorded", share(NAME, 1, 4), known=False),
    ]
    chart = by_value.dots(lines, ENTRY, colours, "By sex", share(NAME, 31, 104), "Sex")
    spec = drawn(chart)
    assert spec["data"][0]["y"] == [0, 2]  # the group without a figure keeps its row, empty
    assert [row[0] for row in chart.table.rows] == ["Women", "Men", "Not recorded"]
    assert "not estimable" in chart.table.rows[1]
    assert "Men not estimable" in chart.alt
    assert spec["layout"]["shapes"][0]["x0"] == pytest.approx(31 / 104)
    assert chart.title == "By sex: no group clearly apart from all together"
    # Those of unknown group, and groups whose interval holds the figure of all, are not named.
    apart = by_value.dots(
        [*lines, by_value.Line("Others", share(NAME, 1, 400))], ENTRY, colours, "By sex",
        share(NAME, 32, 504),
    )  # fmt: skip
    assert apart.title == "By sex: higher in Women; lower in Others"
    bars = by_value.bars(lines, ENTRY, colours, "By sex")
    assert bars.title == "By sex: Women 30.0%, Not recorded 25.0%"
    assert drawn(bars)["data"][0]["x"] == [0.3, 0.25]


@BOTH
def test_a_funnel_names_who_is_outside(colours: theme.Palette) -> None:
    units = [("A", 20, 100.0), ("B", 190, 1000.0), ("C", 160, 400.0), ("D", 1, 4.0)]
    names = {"A": "Aside", "B": "Beside", "C": "Seaside", "D": "Dune"}
    found = funnel(NAME, units)
    chart = funnel_chart.funnel_chart(found, ENTRY, names, colours)
    spec = drawn(chart)
    assert "Seaside" in chart.title
    assert len(spec["data"]) == 5  # four limit lines and the sites
    assert len(chart.table.rows) == 4
    nobody = funnel_chart.funnel_chart(funnel(NAME, []), ENTRY, names, colours)
    assert nobody.spec is None


@BOTH
def test_the_matrix_has_all_cells_most_urgent_first(colours: theme.Palette) -> None:
    counts = [[0] * 5 for _ in range(5)]
    counts[4][4], counts[4][0], counts[0][4] = 6, 3, 1
    found = Matrix(tuple(map(tuple, counts)), ())
    labels = ["Self-manage", "MSK appointment", "GP", "Urgent care", "A&E"]
    chart = matrix_chart.matrix_chart(found, labels, colours)
    assert len(drawn(chart)["layout"]["annotations"]) == 25
    assert chart.title.endswith("60.0% the same")
    assert chart.table.rows[0] == ("A&E", "6", "0", "0", "0", "3")
    assert "3 recorded below" in chart.said
    empty = Matrix(((0,) * 5,) * 5, ())
    assert matrix_chart.matrix_chart(empty, labels, colours).spec is None


def test_words_of_results_of_every_kind() -> None:
    found: list[tuple[Shown, str]] = [
        (share(NAME, 1, 4), "25.0%"),
        (share(NAME, 0, 0), "not estimable"),
        (Suppressed(NAME), "suppressed (small numbers)"),
        (Median(NAME, None, None, None, 5, 1, (), "KM"), "not reached"),
    ]
    for result, wanted in found:
        assert shown.said(result, ENTRY) == wanted
        assert len(shown.cells(result, ENTRY)) == len(shown.COLUMNS)
    assert shown.counts(Suppressed(NAME)) == ("–", "–")


SPAN = comparison.Span(
    date(2024, 1, 1), date(2026, 6, 30), frozenset({date(2026, 5, 1), date(2026, 6, 1)})
)


@pytest.mark.parametrize(
    ("flt", "which", "wanted"),
    [
        (
            Filter(date(2025, 7, 1), date(2025, 12, 31)), comparison.PREVIOUS,
            Filter(date(2025, 1, 1), date(2025, 6, 30)),
        ),
        (
            Filter(date(2025, 1, 1), date(2025, 2, 28)), comparison.LAST_YEAR,
            Filter(date(2024, 1, 1), date(2024, 2, 29)),
        ),
        # Of six months two are still open, so four are compared with the four before.
        (
            Filter(date(2026, 1, 1), None), comparison.PREVIOUS,
            Filter(date(2025, 9, 1), date(2025, 12, 31)),
        ),
        (
            Filter(date(2026, 1, 1), None), comparison.LAST_YEAR,
            Filter(date(2025, 1, 1), date(2025, 4, 30)),
        ),
        (Filter(sites=("A",)), comparison.ALL_SITES, Filter()),
    ],
)  # fmt: skip
def test_what_a_period_is_compared_with(flt: Filter, which: str, wanted: Filter) -> None:
    found = comparison.pair(flt, which, SPAN)
    assert isinstance(found, comparison.Pair)
    assert found.then == wanted


def test_only_complete_months_are_compared() -> None:
    found = comparison.pair(Filter(date(2026, 1, 1), None), comparison.PREVIOUS, SPAN)
    assert isinstance(found, comparison.Pair)
    assert found.now == Filter(date(2026, 1, 1), date(2026, 4, 30))
    assert (found.now_words, found.then_words) == (
        "January to April 2026", "September to December 2025",
    )  # fmt: skip
    assert found.trimmed
    whole = comparison.pair(Filter(date(2025, 12, 1), date(2026, 1, 31)), comparison.PREVIOUS, SPAN)
    assert isinstance(whole, comparison.Pair)
    assert not whole.trimmed
    assert whole.now_words == "December 2025 to January 2026"


@pytest.mark.parametrize(
    ("flt", "which", "why"),
    [
        (Filter(), comparison.PREVIOUS, "choose a first month"),
        (Filter(date(2024, 1, 1), date(2024, 3, 31)), comparison.PREVIOUS, "the data begin in"),
        (Filter(), comparison.ALL_SITES, "already in this figure"),
        (Filter(date(2026, 5, 1)), comparison.PREVIOUS, "May 2026 is not complete yet"),
        (Filter(date(2025, 1, 1)), comparison.LAST_YEAR, "longer than a year"),
    ],
)
def test_why_there_is_no_comparison(flt: Filter, which: str, why: str) -> None:
    found = comparison.pair(flt, which, SPAN)
    assert isinstance(found, str)
    assert why in found


def test_a_difference_is_judged_by_its_own_interval() -> None:
    now, then = share(NAME, 150, 500), share(NAME, 100, 500)
    gap = newcombe(NAME, 150, 500, 100, 500)
    assert isinstance(gap, Estimate) and gap.lower is not None and gap.upper is not None
    said = comparison.difference(ENTRY, now, then, apart=True)
    assert "10.0 percentage points higher" in said
    assert f"(95% CI {gap.lower * 100:+.1f} to {gap.upper * 100:+.1f}): a clear difference" in said
    close = comparison.difference(ENTRY, share(NAME, 101, 500), then, apart=True)
    assert "no clear difference" in close
    waits = [Median("wait_triage_to_appointment", v, v - 3, v + 4, 90, 80, (), "KM")
             for v in (41.0, 35.0)]  # fmt: skip
    days = comparison.difference(measure("wait_triage_to_appointment"), *waits, apart=True)
    assert "6 days higher (95% CI +1.0 to +11.0): a clear difference" in days
    # One group lies within the other: the interval of two groups apart would be wrong.
    assert "CI" not in comparison.difference(ENTRY, now, then, apart=False)
    assert comparison.difference(ENTRY, now, share(NAME, 0, 0), True) == "not estimable (n = 0)"
