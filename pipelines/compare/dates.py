"""Two data sets as published on two dates: which months of a measure were revised, and why."""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines import snapshot as snapshots
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import figure
from pipelines.measures.filter import Filter
from pipelines.measures.revision import Revision, revisions


def two_dates(home: Home, earlier: str, later: str, name: str, flt: Filter) -> dict[str, Any]:
    """The months of a measure in both data sets, as plain data; see `revision.revisions`.

    OutcomesError where a data set is gone, damaged or from another version of this program;
    MeasureError for an unknown measure.
    """
    found = [snapshots.info(home, each) for each in (earlier, later)]
    old = snapshots.open_readonly(found[0].path)
    try:
        new = snapshots.open_readonly(found[1].path)
        try:
            rows = revisions(old, new, name, flt)
        finally:
            new.close()
    except (duckdb.CatalogException, duckdb.BinderException):
        raise OutcomesError(
            "one of the two was published by another version of this program and lacks what is "
            "compared",
            hint="Run `outcomes build` to publish the data anew, and compare from then on.",
        ) from None
    finally:
        old.close()
    return {"measure": name, "months": [plain_revision(name, each) for each in rows]}


def plain_revision(name: str, found: Revision) -> dict[str, Any]:
    """One month of a measure in both data sets as plain data."""
    entry = measure(name)
    return {
        "measure": name,
        "month": found.month,
        "part": found.part,
        "before": figure(found.before, entry) if found.before else None,
        "after": figure(found.after, entry) if found.after else None,
        "added": found.added,
        "gone": found.gone,
        "changed": found.changed,
        "why": dict(found.why),
    }
