"""The part of a report about the reviews of the audit: counts alone, in every mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from dashboard import mode, reviews
from dashboard.charts.base import Chart, Table
from dashboard.review_tables import before_and_after, found_by_case, moved, progress
from dashboard.ui import View
from pipelines.errors import OutcomesError
from pipelines.reviews.standing import STATES

TITLE: Final = "Reviews of the audit"


@dataclass(frozen=True)
class Found:
    """The blocks of the section, what the extract says of it, and what had to be left out."""

    blocks: tuple[Chart | Table | str, ...]
    about: str
    left_out: tuple[str, ...] = ()


def section(view: View) -> Found:
    """The section in this server's mode; where the store cannot be read it says so instead."""
    try:
        return _shared(view) if mode.mode() == "shared" else _exact(view)
    except reviews.ReviewsWithheld as error:
        said = f"Reviews are left out of this report: {error.what}. {error.hint}"
        return Found((said,), "left out: they are counted from single cases")
    except OutcomesError as error:
        why = " ".join(error.what.split())
    except duckdb.CatalogException:
        why = "these data were published by an earlier version, which kept no audit cases"
    return Found(
        (f"Reviews are left out of this report: {why}.",),
        "left out: they could not be read when this was made",
        (f"Reviews of the audit: {why}. Make the report again when that is mended.",),
    )


def _exact(view: View) -> Found:
    rows = reviews.counted(view.snapshot, view.filter)
    agreed = reviews.agreed(view.snapshot, view.filter)
    last = reviews.last()
    return Found(
        (
            f"{progress(rows)}. Cases are of the period by the day of their trigger or action; a "
            "case that changed since its review is to be looked at again.",
            *found_by_case(view, rows),
            before_and_after(agreed),
            moved(agreed),
        ),
        f"as they stood after the one saved {last.at:%d %b %Y, %H:%M} UTC" if last else "none yet",
    )


def _shared(view: View) -> Found:
    found = reviews.tens(view.snapshot)
    rows = tuple((STATES[state], n) for state, n in found.items())
    return Found(
        (
            "Of all data and sites, not of the period, and told in tens only, so that no small "
            "number can be worked out. What reviews found is left out for the same reason.",
            Table("Cases of the audit by review, in tens", ("State", "Cases"), rows),
        ),
        "in tens, of all data and sites",
    )
