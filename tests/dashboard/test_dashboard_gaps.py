"""Gaps between groups: what is drawn, what the table says, and the page that shows them."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import plotly.graph_objects as go
import pytest

from dashboard import theme
from dashboard.charts.base import Chart
from dashboard.charts.gap_chart import gap_chart
from dashboard.equity import FIGURES
from pipelines.measures.catalogue import measure
from pipelines.measures.comparison import GAP_DIMENSIONS, gaps_of
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.proportion import share
from pipelines.measures.table import MeasureRow, MeasureTable
from pipelines.measures.types import Median
from tests.dashboard.conftest import Opener
from tests.dashboard.test_dashboard_pages import words

NAME = "did_not_attend"
DAYS = "wait_referral_to_triage"
BOTH = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


def table(counts: dict[str, tuple[int, int]], by: str = "sex") -> MeasureTable:
    rows = [MeasureRow((group,), None, share(NAME, *pair)) for group, pair in counts.items()]
    return MeasureTable(NAME, (by,), tuple(rows))


def chart(found: MeasureTable, colours: theme.Palette = theme.LIGHT) -> Chart:
    drawn = gap_chart(gaps_of(found), None, measure(found.measure), colours, str, "Sex")
    if drawn.spec is not None:
        go.Figure(drawn.spec)
    return drawn


@BOTH
def test_a_clear_gap_is_named_and_unknown_is_the_last_row(colours: theme.Palette) -> None:
    found = chart(table({"male": (90, 300), "female": (50, 500), "unknown": (4, 20)}), colours)
    assert found.title == "Gaps by sex: higher in male than in female"
    assert [row[0] for row in found.table.rows] == ["female", "male", "unknown"]
    reference, male, unknown = found.table.rows
    assert reference[-2:] == ("reference", "reference")
    assert str(male[-1]).startswith("3.00 (95% CI ")
    assert str(male[-2]).startswith("+20.0 points (95% CI +")
    assert str(unknown[-1]).startswith("2.00 (95% CI ")
    assert found.spec is not None
    line, dots = found.spec["data"]
    assert line["x"] == [1.0, 1.0]
    assert dots["x"] == [1.0, 3.0, 2.0]
    assert dots["marker"]["symbol"] == ["diamond-open", "circle", "circle"]
    assert "unknown" in found.alt


def test_people_of_unknown_group_are_in_no_finding() -> None:
    found = chart(table({"male": (50, 500), "female": (50, 500), "unknown": (400, 500)}))
    assert found.title == "Gaps by sex: no group differs clearly from female"


def test_a_ratio_axis_is_as_far_above_as_below() -> None:
    spec = chart(table({"a": (90, 300), "b": (50, 500), "c": (0, 40), "d": (499, 500)})).spec
    assert spec is not None
    low, high = spec["layout"]["xaxis"]["range"]
    assert low == pytest.approx(-high)
    assert 0 < high <= 1
    assert set(spec["layout"]["xaxis"]["tickvals"]) >= {0.5, 1.0, 2.0}
    dots = spec["data"][1]
    # Nobody of 40: a ratio of 0 has no place on this scale; its row says so in words.
    assert 0 not in dots["x"]
    assert all(map(math.isfinite, dots["error_x"]["array"]))
    assert any("c <b>0.00</b>" in note["text"] for note in spec["layout"]["annotations"])


def test_figures_that_are_no_shares_get_differences() -> None:
    def days(value: float) -> Median:
        return Median(DAYS, value, value - 2, value + 3, 40, 40, (), "test")

    rows = tuple(MeasureRow((g,), None, days(v)) for g, v in (("a", 30.0), ("b", 41.0)))
    found = chart(MeasureTable(DAYS, ("sex",), rows))
    assert found.title == "Gaps by sex: higher in b than in a"
    assert found.spec is not None
    assert found.spec["data"][1]["x"] == [0.0, 11.0]
    assert str(found.table.rows[1][-2]).startswith("+11 days (95% CI +")
    assert "for shares of counted cases only" in str(found.table.rows[1][-1])


def test_one_group_alone_is_told() -> None:
    assert chart(table({"female": (3, 10)})).spec is None


def test_every_figure_has_gaps_in_the_demo(cursor: duckdb.DuckDBPyConnection) -> None:
    for name, part in FIGURES.items():
        for by in GAP_DIMENSIONS:
            found = evaluate(cursor, name, Filter(), (by,))
            drawn = gap_chart(gaps_of(found), part, measure(name), theme.LIGHT, str, by)
            assert drawn.spec is not None, (name, by)
            go.Figure(drawn.spec)
            own = [row for row in found.rows if row.part == part]
            assert len(drawn.table.rows) == len(own)


def test_the_page_shows_gaps_and_says_where_there_is_no_reference(
    open_page: Opener, demo_home: Path
) -> None:
    name = measure("did_not_attend").name
    at = open_page(demo_home, "waits", gap=name)
    assert not at.exception
    titles = [str(each.value) for each in at.subheader]
    assert sum(title.startswith("Gaps by ") for title in titles) == 4
    only = open_page(demo_home, "waits", gap=name, deprivation=["Fifth 1, most deprived"])
    assert not only.exception
    assert "nobody of this selection is in the group" in words(only)
