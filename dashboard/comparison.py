"""What a figure is compared with: chosen by the reader, kept in the address.

No screen library but for the widget at the end; whether two figures differ is said by the
interval of their difference, never by two intervals that overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import streamlit as st

from dashboard import store, text
from dashboard.charts import shown
from dashboard.filters import last_day
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.comparison import difference as between
from pipelines.measures.filter import Filter
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate

PREVIOUS, LAST_YEAR, ALL_SITES, TARGET = "previous", "last_year", "all_sites", "target"
CHOICES: Final = {
    PREVIOUS: "Previous period",
    LAST_YEAR: "Same period last year",
    ALL_SITES: "All sites",
    TARGET: "Target",
}
MOST: Final = 2


@dataclass(frozen=True)
class Span:
    """The first and last month that the data hold, as days."""

    first: date
    last: date


def choose() -> tuple[str, ...]:
    """The widget: up to two comparisons."""
    found = st.multiselect(
        "Compare with",
        list(CHOICES),
        format_func=lambda code: CHOICES.get(code, code),
        key="compare",
        max_selections=MOST,
        placeholder="Nothing",
        bind="query-params",
        persist_state="session",
    )
    return tuple(code for code in CHOICES if code in found)


def span(snapshot: store.Snapshot) -> Span | None:
    """The months that the data cover; None without any."""
    months = [row["month"] for row in store.rows(snapshot, "months")]
    return Span(min(months), last_day(max(months))) if months else None


def _shift(month: date, by: int) -> date:
    place = month.year * 12 + month.month - 1 + by
    return date(place // 12, place % 12 + 1, 1)


def other(flt: Filter, which: str, known: Span) -> Filter | str:
    """The selection to compare with, or the reason why there is none."""
    if which == ALL_SITES:
        if not flt.sites:
            return "all sites are already in this figure"
        return replace(flt, sites=())
    if flt.period_from is None:
        return "choose a first month to compare periods"
    begins = flt.period_from.replace(day=1)
    ends = flt.period_to or known.last
    months = (ends.year - begins.year) * 12 + ends.month - begins.month + 1
    back = months if which == PREVIOUS else 12
    earlier = _shift(begins, -back)
    if earlier < known.first:
        return f"the data begin in {text.month(known.first)}"
    return replace(flt, period_from=earlier, period_to=last_day(_shift(ends.replace(day=1), -back)))


def lines(
    snapshot: store.Snapshot,
    measure_id: str,
    part: str | None,
    flt: Filter,
    chosen: tuple[str, ...],
    target: float | None = None,
) -> list[str]:
    """One line per comparison, each with its figure and the difference, or why there is none."""
    entry, known = measure(measure_id), span(snapshot)
    now = store.one(snapshot, measure_id, flt, part)
    found = []
    for which in chosen:
        if which == TARGET:
            found.append(f"◎ {_against_target(entry, now, target)}")
            continue
        chosen_flt = other(flt, which, known) if known else "there are no data"
        if isinstance(chosen_flt, str):
            found.append(f"⇄ {CHOICES[which]}: {chosen_flt}")
            continue
        then = store.one(snapshot, measure_id, chosen_flt, part)
        found.append(f"⇄ {CHOICES[which]}: {difference(entry, now, then, which != ALL_SITES)}")
    return found


def difference(entry: Measure, now: Shown, then: Shown, apart: bool) -> str:
    """`18.2% (108 of 594); now 2.1 points higher (95% CI -0.9 to 5.1): no clear difference`.

    `apart`: the two groups share nobody, which the interval of the difference needs.
    """
    said = shown.said(then, entry)
    detail = shown.of(then, entry)
    if detail:
        said += f" ({detail})"
    a, b = shown.value(now), shown.value(then)
    if a is None or b is None:
        return said
    said += f"; now {_moved(entry, a - b)}"
    gap = between(entry.id, now, then) if apart and entry.unit == "share" else None
    if not isinstance(gap, Estimate) or gap.lower is None or gap.upper is None:
        return said
    clear = "a clear difference" if gap.lower > 0 or gap.upper < 0 else "no clear difference"
    return f"{said} (95% CI {gap.lower * 100:+.1f} to {gap.upper * 100:+.1f}): {clear}"


def _moved(entry: Measure, by: float) -> str:
    word = "higher" if by > 0 else "lower"
    if entry.unit == "share":
        size = f"{abs(by) * 100:.1f}"
        return "the same" if float(size) == 0 else f"{size} percentage points {word}"
    size = f"{abs(by):,.1f}".removesuffix(".0")
    unit = " days" if entry.unit == "days" else ""
    return "the same" if float(size.replace(",", "")) == 0 else f"{size}{unit} {word}"


def _against_target(entry: Measure, now: Shown, target: float | None) -> str:
    if target is None:
        return "Target: none is set (section [targets] of outcomes.toml)"
    value = shown.value(now)
    words = shown.said(_as(target, entry), entry)
    return (
        f"Target: {words}"
        if value is None
        else f"Target: {words}; now {_moved(entry, value - target)}"
    )


def _as(target: float, entry: Measure) -> Estimate:
    return Estimate(entry.id, target, None, None, None, 1, (), "target", entry.unit)
