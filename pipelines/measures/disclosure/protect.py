"""The one way out: a table as a given reader may see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from pipelines.measures.disclosure.grid import ALL, Node
from pipelines.measures.disclosure.lattice import LEFT, LEFT_OUT, TIME, Lattice, View, lattice
from pipelines.measures.disclosure.rules import Mode, Rules, check_mode
from pipelines.measures.table import MeasureRow, MeasureTable, Shown, Suppressed
from pipelines.measures.types import Estimate, Exclusions, MeasureError, Median, NotEstimable

NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?![\w]|[.,]\d)")
Place = Callable[[tuple[str, ...]], Node]
"""Values of a line -> its place in the lattice."""
LEFT_OUT_WITHHELD: Final = "; number left out: suppressed (small numbers)"
TOO_FEW: Final = "Not estimable from the people counted."


def protect(
    table: MeasureTable,
    mode: Mode,
    lattice: Lattice | None = None,
    view: View | None = None,
    rules: Rules | None = None,
) -> MeasureTable:
    """`table` as `mode` may see it: unchanged for `auditor` and `service`.

    For `shared`, every line that `lattice` hides or that has a small number of its own is
    withheld, empty lines that it hides are added, and what is no count is rounded. `view` says
    which part of the lattice the table is. Without a lattice the table alone is protected, as if
    nothing else of its measure were ever shown. MeasureError for an unknown mode and for a table
    that the lattice does not hold.
    """
    check_mode(mode)
    if mode != "shared":
        return table
    rules, view = rules or Rules(), view or View()
    others = [name for name in table.by if name != TIME]
    first = TIME
    if lattice is None:
        lattice, place = _alone(table, rules)
        first = min(table.by, key=lambda name: name != TIME, default=TIME)
    else:
        if others and others != [lattice.dimension]:
            raise MeasureError(
                f"a shared table is cut by month and one more dimension at most: "
                f"{', '.join(table.by)}"
            )
        place = _places(table, view)
    rows = [
        replace(row, result=_shown(row.result, place(row.by), lattice, rules)) for row in table.rows
    ]
    missing = _missing(table, lattice, view, first, place)
    if missing:
        rows = sorted([*rows, *missing], key=lambda row: row.by)
    return replace(table, rows=tuple(rows))


def _places(table: MeasureTable, view: View) -> Place:
    def place(by: tuple[str, ...]) -> Node:
        found = dict(zip(table.by, by, strict=True))
        span = found.pop(TIME, view.span)
        return span, next(iter(found.values()), view.value)

    return place


def _missing(
    table: MeasureTable, found: Lattice, view: View, first: str, place: Place
) -> list[MeasureRow]:
    """Lines of nobody that are hidden for the sake of others, one per part of the table."""
    there = {place(row.by) for row in table.rows}
    parts = list(dict.fromkeys(row.part for row in table.rows)) or [None]
    rows = []
    for span, value in sorted(found.hidden - there, key=str):
        if first in table.by:
            month = span != ALL and "-Q" not in span
            inside = month and view.months[0] <= span <= view.months[1]
        else:
            inside = span == view.span
        cut = found.dimension is not None and found.dimension in table.by
        if inside and (value is not None if cut else value == view.value):
            names = {first: span, **({found.dimension: value} if found.dimension else {})}
            by = tuple(names[name] or "" for name in table.by)
            rows += [MeasureRow(by, part, Suppressed(table.measure)) for part in parts]
    return rows


def _shown(result: Shown, node: Node, found: Lattice, rules: Rules) -> Shown:
    if node in found.hidden or isinstance(result, Suppressed):
        return Suppressed(result.measure)
    if any(map(rules.small, _counts(result))):
        return Suppressed(result.measure)
    out = result.exclusions
    total = sum(n for _, n in out)
    withheld = node in found.left_out or rules.small(total)
    left: Exclusions = ((LEFT, total),) if out and not withheld else ()
    if isinstance(result, NotEstimable):
        if withheld:
            return Suppressed(result.measure)
        few = any(rules.small(int(n)) for n in NUMBER.findall(result.reason))
        return replace(result, exclusions=left, reason=TOO_FEW if few else result.reason)
    said = result.method.endswith(LEFT_OUT_WITHHELD)
    method = result.method + (LEFT_OUT_WITHHELD if withheld and not said else "")
    result = replace(result, exclusions=left, method=method)
    if isinstance(result, Estimate) and result.numerator is None:
        digits = 1 if result.unit == "days" else 3
        low, high = (None if x is None else round(x, digits) for x in (result.lower, result.upper))
        return replace(result, value=round(result.value, digits), lower=low, upper=high)
    return result


def _counts(result: Estimate | Median | NotEstimable) -> Iterable[float]:
    """Every number of people counted that a figure tells, by itself or by subtraction."""
    if isinstance(result, Median):
        yield from (result.n, result.events, result.n - result.events)
        return
    yield result.denominator
    if isinstance(result, NotEstimable):
        return
    if result.numerator is not None:
        yield from (result.numerator, result.denominator - result.numerator)
    elif result.unit == "share":  # a share tells a count once it is multiplied by n
        hits = round(result.value * result.denominator, 6)
        yield from (hits, result.denominator - hits)


def _alone(table: MeasureTable, rules: Rules) -> tuple[Lattice, Place]:
    """A lattice of the table's own lines, for a table of which nothing else is shown."""
    if len(table.by) > 2:
        raise MeasureError(f"a shared table has two dimensions at most: {', '.join(table.by)}")
    order = sorted(table.by, key=lambda name: name != TIME)
    timed = not order or order[0] == TIME

    def place(by: tuple[str, ...]) -> Node:
        found = dict(zip(table.by, by, strict=True))
        values = [found[name] for name in order]
        return (values or [ALL])[0], values[1] if len(values) > 1 else None

    if any(isinstance(row.result, Suppressed) for row in table.rows):
        return Lattice(None, (), frozenset(), frozenset()), place  # protected before
    counts: dict[Node, dict[str, int]] = {}
    for row in table.rows:
        own = counts.setdefault(place(row.by), {})
        for kind, n in _kinds(row.result):
            own[f"{row.part}, {kind}"] = n
    cut = order[1] if len(order) > 1 else None
    return lattice(counts, cut, rules, quarters=timed), place


def _kinds(result: Shown) -> Exclusions:
    if isinstance(result, Suppressed):
        return ()
    if isinstance(result, Estimate) and result.numerator is not None:
        rest = result.denominator - result.numerator
        own: Exclusions = (("hit", result.numerator), ("not", rest))
    elif isinstance(result, Median):
        own = (("hit", result.events), ("not", result.n - result.events))
    else:
        own = (("counted", result.denominator),)
    return (*own, *((f"{LEFT_OUT}{code}", n) for code, n in result.exclusions))
