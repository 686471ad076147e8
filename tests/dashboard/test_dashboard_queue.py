"""The audit queue: its order, what its filters keep, and that nothing is lost in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard import review_queue, store, theme
from dashboard.queue import FOUND, LATE, MOST
from dashboard.ui import View
from pipelines.measures.filter import Filter


@pytest.fixture
def queue(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Rows of the queue with some of its filters set."""
    monkeypatch.setenv("OUTCOMES_HOME", str(demo_home))
    monkeypatch.delenv("OUTCOMES_MODE", raising=False)
    view = View(store.published(), Filter(), theme.LIGHT)

    def asked(**chosen: Any) -> list[store.Row]:
        return review_queue.rows(view, [], {**review_queue.NOTHING, **chosen}, 10_000)

    return asked


def test_the_most_urgent_come_first_and_the_confirmed_before_the_possible(queue: Any) -> None:
    rows = queue()
    order = [(row["place"], row["possible"], row["day"]) for row in rows]
    assert order == sorted(order)
    assert {row["place"] for row in rows} > {1, 4, 7}
    assert len(rows) == rows[0]["n_all"] > MOST


def test_it_holds_every_trigger_and_referral_that_it_should(
    queue: Any, cursor: duckdb.DuckDBPyConnection
) -> None:
    """Counted anew, straight from the tables."""
    row = cursor.execute(
        "select (select count(*) from breach where result = 'MISSED'), "
        "(select count(*) from breach where result = 'COVERED' and not timely), "
        "(select count(*) from referral where result = 'OVER')"
    ).fetchone()
    counts = [sum(each["found"] == code for each in queue()) for code in FOUND]
    assert row is not None
    assert counts == list(row)
    assert all(counts)


def test_filters_part_the_queue_without_loss(queue: Any) -> None:
    whole = len(queue())
    assert sum(len(queue(found=(code,))) for code in FOUND) == whole
    assert sum(len(queue(certain=code)) for code in ("confirmed", "possible")) == whole
    late = [pair for pair in LATE.values() if pair != (None, None)]
    parts = [queue(late_from=low, late_to=high) for low, high in late]
    assert sum(map(len, parts)) == len(queue(found=("LATE",)))
    for (low, high), rows in zip(late, parts, strict=True):
        for row in rows:
            assert low <= row["days"] - row["allowed_days"] <= (high or 10_000)
