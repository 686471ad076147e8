"""Two periods or groups compared by the interval of their difference, and gaps across groups.

Two intervals that overlap do not show that there is no difference; the interval of the difference
does. The groups must not share members: periods that overlap are refused. A ratio stands beside
the difference where the figure is a simple share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import duckdb

from pipelines.measures.catalogue import measure
from pipelines.measures.clustering import CLUSTERED, size_behind
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.inequality import relative_index, slope_index
from pipelines.measures.proportion import newcombe
from pipelines.measures.ratio import ratio_of_shares
from pipelines.measures.table import MeasureRow, MeasureTable, Shown
from pipelines.measures.types import (
    Estimate,
    MeasureError,
    Median,
    NotEstimable,
    Result,
    Unit,
)

MOVER: Final = "square-and-add of the two intervals (Zou and Donner 2008, Stat Med 27:1693)"
UNKNOWN: Final = "unknown"
GAP_DIMENSIONS: Final = ("imd_quintile", "ethnic_group", "age_band", "sex")
"""What England asks to be broken down by: deprivation, ethnicity, age and sex."""
LEAST_DEPRIVED: Final = "5"
DEPRIVATION: Final = ("1", "2", "3", "4", "5")
"""Fifths of deprivation from most to least deprived."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first` against `second`: their difference (first minus second) and, for shares, their ratio.

    `part` is the measure's own split, as in a table's row; `label` names the first group.
    """

    label: str
    part: str | None
    first: Shown
    second: Shown
    difference: Result
    ratio: Result


@dataclass(frozen=True, slots=True)
class Gaps:
    """Every group of one dimension against a reference group.

    `slope` and `relative` are the indices of inequality over fifths of deprivation (most minus
    least deprived, most divided by least), per part; empty for other dimensions. People of whom
    the group is not known are a row of their own and take no part in the indices.
    """

    measure: str
    dimension: str
    reference: str
    rows: tuple[Comparison, ...]
    slope: tuple[tuple[str | None, Result], ...] = ()
    relative: tuple[tuple[str | None, Result], ...] = ()


def _limits(result: Estimate | Median) -> tuple[float, float, float] | None:
    if result.value is None or result.lower is None or result.upper is None:
        return None
    return result.value, result.lower, result.upper


def _size(result: Shown) -> int:
    if isinstance(result, Median):
        return result.n
    return getattr(result, "denominator", 0)


def _is_share(result: Shown) -> bool:
    """A share of counted cases, not one estimated from partial follow-up."""
    return (
        isinstance(result, Estimate)
        and result.unit == "share"
        and result.numerator is not None
        and result.value == result.numerator / result.denominator
    )


def difference(name: str, first: Shown, second: Shown) -> Result:
    """First minus second, with limits: Newcombe's for shares, square-and-add for other figures.

    Newcombe's are square-and-add of Wilson's limits; where a share has those of the effective
    sample size (`clustering`), they are what is squared and added.
    """
    n = _size(first) + _size(second)
    for each in (first, second):
        if isinstance(each, NotEstimable):
            return NotEstimable(f"No comparison. {each.reason}", name, n)
    if _is_share(first) and _is_share(second) and not _clustered(first, second):
        assert isinstance(first, Estimate) and isinstance(second, Estimate)
        assert first.numerator is not None and second.numerator is not None
        return newcombe(
            name, first.numerator, first.denominator, second.numerator, second.denominator,
            confidence=first.confidence,
        )  # fmt: skip
    if not isinstance(first, Estimate | Median) or not isinstance(second, Estimate | Median):
        return NotEstimable("Not estimable because a figure is withheld.", name, n)
    one, other = _limits(first), _limits(second)
    if one is None or other is None:
        why = "one of the two figures or its limits are not reached, or it has none"
        return NotEstimable(f"Not estimable because {why}.", name, n)
    value = one[0] - other[0]
    low = value - math.hypot(one[0] - one[1], other[2] - other[0])
    high = value + math.hypot(one[2] - one[0], other[0] - other[1])
    return Estimate(
        name, value, low, high, None, n, (), MOVER, _unit_of_difference(first), first.confidence
    )


def _unit_of_difference(first: Estimate | Median) -> Unit:
    """Shares differ by a difference of shares; days, points and kappas keep their unit."""
    if isinstance(first, Median):
        return "days"
    return "difference" if first.unit == "share" else first.unit


def ratio(name: str, first: Shown, second: Shown) -> Result:
    """First divided by second with Koopman's limits; NotEstimable unless both are shares.

    Where rows of one person are taken together, limits are those of the effective sample sizes.
    """
    n = _size(first) + _size(second)
    for each in (first, second):
        if isinstance(each, NotEstimable):
            return NotEstimable(f"No comparison. {each.reason}", name, n)
    if not (_is_share(first) and _is_share(second)):
        return NotEstimable("A ratio is given for shares of counted cases only.", name, n)
    assert isinstance(first, Estimate) and isinstance(second, Estimate)
    assert first.numerator is not None and second.numerator is not None
    sizes = (size_behind(first), size_behind(second)) if _clustered(first, second) else None
    return ratio_of_shares(
        name, first.numerator, first.denominator, second.numerator, second.denominator,
        confidence=first.confidence, sizes=sizes,
    )  # fmt: skip


def _clustered(*results: Shown) -> bool:
    return any(isinstance(each, Estimate) and each.method == CLUSTERED for each in results)


def _pair(name: str, label: str, first: MeasureRow, second: MeasureRow) -> Comparison:
    one, other = first.result, second.result
    return Comparison(
        label, first.part, one, other, difference(name, one, other), ratio(name, one, other)
    )


def compare(
    cur: duckdb.DuckDBPyConnection, name: str, first: Filter, second: Filter, label: str = ""
) -> tuple[Comparison, ...]:
    """A measure in two selections without common cases, one comparison per part.

    MeasureError for a count (it has no interval), for an unknown measure, and for two selections
    that can hold the same case: they must differ by periods that do not overlap, or by values of
    one dimension that do not.
    """
    if measure(name).kind == "count":
        raise MeasureError(
            f"{name} is a count of everyone, which has no interval; compare a share instead"
        )
    if not _apart(first, second):
        raise MeasureError(
            "the two selections can hold the same cases, so their difference has no valid "
            "interval; choose periods that do not overlap, or different sites or groups"
        )
    one, other = evaluate(cur, name, first).rows, evaluate(cur, name, second).rows
    by_part = {row.part: row for row in other}
    return tuple(_pair(name, label, row, by_part[row.part]) for row in one if row.part in by_part)


def _apart(first: Filter, second: Filter) -> bool:
    """Can no case be in both? Periods that do not touch, or disjoint values of a dimension."""
    for one, other in ((first, second), (second, first)):
        ends, begins = one.period_to, other.period_from
        if ends is not None and begins is not None and ends < begins:
            return True
    chosen = [
        (set(a), set(b))
        for field, a in first.parameters().items()
        if isinstance(a, list) and isinstance(b := second.parameters()[field], list)
    ]
    return any(a and b and not a & b for a, b in chosen)


def gaps(
    cur: duckdb.DuckDBPyConnection,
    name: str,
    flt: Filter,
    dimension: str,
    reference: str | None = None,
) -> Gaps:
    """Each group of a dimension against a reference: the least deprived fifth, else the largest.

    MeasureError for a count, for a dimension that is not one of GAP_DIMENSIONS and for a reference
    that nobody is in.
    """
    _check_gaps(name, dimension)
    return gaps_of(evaluate(cur, name, flt, (dimension,)), reference)


def gaps_of(table: MeasureTable, reference: str | None = None) -> Gaps:
    """The gaps of a table that is cut by one dimension; see `gaps`."""
    (dimension,) = table.by
    name = table.measure
    _check_gaps(name, dimension)
    chosen = reference or _reference(table, dimension)
    at = {row.part: row for row in table.rows if row.by[0] == chosen}
    if not at:
        known = sorted({row.by[0] for row in table.rows})
        raise MeasureError(
            f"nobody is in the reference group {chosen!r}; groups: {', '.join(known) or 'none'}"
        )
    rows = tuple(
        _pair(name, row.by[0], row, at[row.part])
        for row in table.rows
        if row.by[0] != chosen and row.part in at
    )
    found = Gaps(name, dimension, chosen, rows)
    return _graded(found, table) if dimension == "imd_quintile" else found


def _check_gaps(name: str, dimension: str) -> None:
    if measure(name).kind == "count":
        raise MeasureError(f"{name} is a count of everyone; gaps need a share or another figure")
    if dimension not in GAP_DIMENSIONS:
        raise MeasureError(
            f"gaps are shown by {', '.join(GAP_DIMENSIONS)}; {dimension!r} is none of them"
        )


def _reference(table: MeasureTable, dimension: str) -> str:
    if dimension == "imd_quintile":
        return LEAST_DEPRIVED
    sizes: dict[str, int] = {}
    for row in table.rows:
        if row.by[0] != UNKNOWN:
            sizes[row.by[0]] = sizes.get(row.by[0], 0) + _size(row.result)
    return max(sorted(sizes), key=lambda group: sizes[group], default="")


def _graded(found: Gaps, table: MeasureTable) -> Gaps:
    """Add the indices of inequality, where the figures are shares of counted cases."""
    slopes: list[tuple[str | None, Result]] = []
    ratios: list[tuple[str | None, Result]] = []
    for part in dict.fromkeys(row.part for row in table.rows):
        own = {row.by[0]: row.result for row in table.rows if row.part == part}
        counts, effects = [], []
        for fifth in DEPRIVATION:
            result = own.get(fifth)
            if isinstance(result, Estimate) and _is_share(result):
                assert result.numerator is not None
                counts.append((result.numerator, result.denominator))
                effects.append(result.denominator / size_behind(result))
            elif isinstance(result, Estimate | Median):
                counts, effects = [], []
                break
        slopes.append((part, slope_index(found.measure, counts, effects=effects)))
        ratios.append((part, relative_index(found.measure, counts, effects=effects)))
    return replace(found, slope=tuple(slopes), relative=tuple(ratios))
