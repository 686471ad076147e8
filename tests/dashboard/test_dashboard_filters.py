"""Every dimension filters every page, from the address and in words."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dashboard.dimensions import DIMENSIONS, value_words
from pipelines.measures.case_query import EXPRESSION_OF
from pipelines.measures.filter import COLUMN_OF
from pipelines.measures.table import DIMENSIONS as MEASURED
from tests.dashboard.conftest import Opener
from tests.dashboard.test_dashboard_pages import words


def test_the_page_knows_every_dimension_that_measures_are_cut_by() -> None:
    assert ["month", *(each.code for each in DIMENSIONS)] == list(MEASURED) == list(EXPRESSION_OF)
    assert [each.field for each in DIMENSIONS] == list(COLUMN_OF)
    assert len({each.key for each in DIMENSIONS}) == len(DIMENSIONS)


@pytest.mark.parametrize("each", DIMENSIONS, ids=lambda each: each.key)
def test_a_dimension_filters_from_the_address(
    open_page: Opener, demo_home: Path, cursor: duckdb.DuckDBPyConnection, each: object
) -> None:
    column = COLUMN_OF[each.field]
    value, n = cursor.execute(
        f"select coalesce({column}, 'unknown'), count(*) from episode "
        "where n_evaluated >= 1 group by 1 order by 2, 1 limit 1"
    ).fetchone()
    sites = dict(cursor.execute("select site_id, name from site").fetchall())
    shown = value_words(each.code, value, sites)
    at = open_page(demo_home, **{each.key: shown})
    assert not at.exception
    assert f"{n:,} episode" in words(at)
    assert shown in words(at)


def test_an_unknown_value_has_a_filter_of_its_own(open_page: Opener, demo_home: Path) -> None:
    at = open_page(demo_home, sex="Not recorded")
    assert "sex: Not recorded" in words(at)
