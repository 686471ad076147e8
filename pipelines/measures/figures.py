"""How a figure of a measure is written: the same words in terminal, page and file."""

from __future__ import annotations

from pipelines.measures.catalogue import Measure
from pipelines.measures.table import Shown, Suppressed
from pipelines.measures.types import Estimate, Median, NotEstimable

NOT_REACHED = "not reached"


def number(value: float, entry: Measure) -> str:
    """A value of a measure in its own format: `12.3%`, `42 days`, `1,204`, `0.87`."""
    form = entry.format
    if form.startswith("percent"):
        return f"{value * 100:.{form[-1]}f}%"
    if form.startswith("points"):
        return f"{value * 100:+.{form[-1]}f} percentage points"
    if form == "days_0":
        rounded = round(value, 1)
        return f"{rounded:g} day{'' if rounded == 1 else 's'}"
    if form == "score_0":
        return f"{value:+g} point{'' if abs(value) == 1 else 's'}"
    return f"{value:,.0f}" if form == "integer" else f"{value:.2f}"


def interval(result: Shown, entry: Measure) -> str:
    """`95% CI 11.0% to 13.7%`; empty where the figure has none."""
    if not isinstance(result, Estimate | Median):
        return ""
    low, high = result.lower, result.upper
    if isinstance(result, Estimate) and low is None and high is None:
        return ""
    ends = [NOT_REACHED if end is None else number(end, entry) for end in (low, high)]
    return f"{result.confidence:.0%} CI {ends[0]} to {ends[1]}"


def figure(result: Shown, entry: Measure) -> str:
    """The figure with its interval; for no figure the reason."""
    if isinstance(result, NotEstimable | Suppressed):
        return result.reason
    value = NOT_REACHED if result.value is None else number(result.value, entry)
    limits = interval(result, entry)
    return f"{value} ({limits})" if limits else value
