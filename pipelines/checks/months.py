"""Volume and missingness per month, read as statistical process control reads a series."""

from __future__ import annotations

import duckdb

from pipelines.measures.spc import SpcChart, p_chart, xmr_chart


def steady(con: duckdb.DuckDBPyConnection, which: str) -> list[tuple[str, str, int, int]]:
    """(source, "months", months with a special cause, months charted) per service.

    A service's first and last month may be cut by the export, so they take no part. Under the
    fewest points that a chart needs, nothing is charted.
    """
    sources = con.execute("select distinct source from check_month order by source").fetchall()
    return [(source, "months", *_signals(con, which, source)) for (source,) in sources]


def _signals(con: duckdb.DuckDBPyConnection, which: str, source: str) -> tuple[int, int]:
    rows = con.execute(
        "select n_contacts, n_unanswered, n_asked from check_month where source = ? order by month",
        [source],
    ).fetchall()[1:-1]
    if which == "volume_steady":
        chart: SpcChart = xmr_chart([float(n) for n, _, _ in rows])
    else:
        chart = p_chart([n for _, n, _ in rows], [n for _, _, n in rows])
    if chart.centre is None:
        return 0, 0
    return sum(point.rule is not None for point in chart.points), chart.n_points
