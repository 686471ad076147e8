"""What a figure is compared with: chosen by the reader, kept in the address.

No screen library but for the widget at the end; whether two figures differ is said by the
interval of their difference, never by two intervals that overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Final

import streamlit as st

from dashboard import own_sites, store, text
from dashboard.charts import shown
from dashboard.filters import last_day
from pipelines.measures.catalogue import Measure, measure
from pipelines.measures.comparison import UNKNOWN
from pipelines.measures.comparison import difference as between
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import months_between
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
YEAR: Final = 12
ALREADY: Final = "all sites are already in this figure"


@dataclass(frozen=True)
class Span:
    """The first and last month that the data hold, as days; `young` may still change.

    `young` are the first days of the months of one measure that are not over, or of which later
    data can still change the figure.
    """

    first: date
    last: date
    young: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Pair:
    """Two selections to compare, and the periods in words where they are periods.

    `trimmed`: the first is not the page's whole period, but the complete months of it.
    """

    now: Filter
    then: Filter
    now_words: str = ""
    then_words: str = ""
    trimmed: bool = False


def choose() -> tuple[str, ...]:
    """The widget: up to two comparisons."""
    offered = [code for code in CHOICES if code != ALL_SITES or own_sites.sees_every_site()]
    found = st.multiselect(
        "Compare with",
        offered,
        format_func=lambda code: CHOICES.get(code, code),
        key="compare",
        max_selections=MOST,
        placeholder="Nothing",
        bind="query-params",
        persist_state="session",
    )
    return tuple(code for code in CHOICES if code in found)


def span(snapshot: store.Snapshot, measure_id: str, part: str | None, flt: Filter) -> Span | None:
    """The months that the data cover, and which of a measure's are still open; None without any."""
    months = [row["month"] for row in store.rows(snapshot, "months")]
    if not months:
        return None
    open_ended = replace(flt, period_from=None, period_to=None)
    young = {
        date.fromisoformat(f"{row.by[0]}-01")
        for row in store.table(snapshot, measure_id, open_ended, ("month",)).rows
        if not row.mature and row.part == part and row.by[0] != UNKNOWN
    }
    known = Span(min(months), last_day(max(months)))
    if snapshot.data_to and snapshot.data_to < known.last:
        young.add(max(months))
    return replace(known, young=frozenset(young))


def _shift(month: date, by: int) -> date:
    place = month.year * 12 + month.month - 1 + by
    return date(place // 12, place % 12 + 1, 1)


def pair(flt: Filter, which: str, known: Span) -> Pair | str:
    """The two selections to compare, or the reason why there is no comparison.

    Periods are compared over complete months only: months at the end of the page's period that
    are still open take no part, in either of the two.
    """
    if which == ALL_SITES:
        return Pair(flt, replace(flt, sites=())) if flt.sites else ALREADY
    if flt.period_from is None:
        return "choose a first month to compare periods"
    begins = flt.period_from.replace(day=1)
    chosen = months_between(begins, flt.period_to or known.last)
    done = list(takewhile(lambda month: month not in known.young, chosen))
    if not done:
        return f"{text.month(begins)} is not complete yet, so there is nothing to compare"
    if which == LAST_YEAR and len(done) > YEAR:
        return "the period is longer than a year, so the two would share months"
    earlier = [_shift(month, -(len(done) if which == PREVIOUS else YEAR)) for month in done]
    if earlier[0] < known.first:
        return f"the data begin in {text.month(known.first)}"
    still = [month for month in earlier if month in known.young]
    if still:
        return f"{text.month(still[0])} can still change, so there is nothing firm to compare with"
    return Pair(
        _over(flt, done), _over(flt, earlier), text.months(done), text.months(earlier),
        len(done) < len(chosen),
    )  # fmt: skip


def _over(flt: Filter, months: Sequence[date]) -> Filter:
    return replace(flt, period_from=months[0], period_to=last_day(months[-1]))


def lines(
    snapshot: store.Snapshot,
    measure_id: str,
    part: str | None,
    flt: Filter,
    chosen: tuple[str, ...],
    target: float | None = None,
) -> list[str]:
    """One line per comparison, each with its figure and the difference, or why there is none."""
    found = []
    for which in chosen:
        if which == TARGET:
            now = store.one(snapshot, measure_id, flt, part)
            found.append(f"◎ {_against_target(measure(measure_id), now, target)}")
        else:
            found.append(f"⇄ {CHOICES[which]}{_line(snapshot, measure_id, part, flt, which)}")
    return found


def _line(
    snapshot: store.Snapshot, measure_id: str, part: str | None, flt: Filter, which: str
) -> str:
    entry = measure(measure_id)
    if entry.stock and which != ALL_SITES:
        return f": not compared, as this is a state on {text.day(snapshot.data_to)}"
    known = span(snapshot, measure_id, part, flt)
    two = pair(flt, which, known) if known else "there are no data"
    if isinstance(two, str):
        return f": not compared, {two}"
    now = store.one(snapshot, measure_id, two.now, part)
    then = store.one(snapshot, measure_id, two.then, part)
    head = f", {two.then_words}: " if two.then_words else ": "
    said = head + difference(entry, now, then, which != ALL_SITES)
    if two.trimmed:
        n = shown.of(now, entry)
        said += f". Complete months only: now is {two.now_words}, {shown.said(now, entry)}"
        said += f" ({n})" if n else ""
    return said


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
    gap = between(entry.id, now, then) if apart else None
    if not isinstance(gap, Estimate) or gap.lower is None or gap.upper is None:
        return said
    clear = "a clear difference" if gap.lower > 0 or gap.upper < 0 else "no clear difference"
    scale = 100 if entry.unit == "share" else 1
    return f"{said} (95% CI {gap.lower * scale:+.1f} to {gap.upper * scale:+.1f}): {clear}"


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
        return "Target: none is set (page Targets and changes)"
    value = shown.value(now)
    words = shown.said(_as(target, entry), entry)
    return (
        f"Target: {words}"
        if value is None
        else f"Target: {words}; now {_moved(entry, value - target)}"
    )


def _as(target: float, entry: Measure) -> Estimate:
    return Estimate(entry.id, target, None, None, None, 1, (), "target", entry.unit)
