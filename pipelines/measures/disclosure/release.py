"""Releases: what has been shared stays as it was shared, and new lines are decided with it.

A month's counts are frozen when it is first released. Later releases add months, the quarters that
these complete, and all data up to the last complete quarter; no number of a released month changes
again, so that two releases differ by whole months and by nothing else. Every line of every release
is therefore a line of one table, and is decided as such (docs/disclosure.md has the proof).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipelines.measures.disclosure.grid import Bools, Counts, Ints, Node, quarter
from pipelines.measures.disclosure.rules import Rules
from pipelines.measures.disclosure.suppress import beside, protected

UP_TO: Final = ".."
"""Marks the span of everything up to a month."""
TIME_ALONE: Final = ""
"""The cut that has no dimension besides time."""

Spans = Mapping[str, tuple[str, ...]]
Flags = dict[Node, bool]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A family as it has been released.

    `months` in their order; `counts` by cut (TIME_ALONE, or a dimension) as they were when each
    month was released, with a cell, if an empty one, for every value known then; `hidden` by cut:
    every line that there is and whether it is withheld.
    """

    months: tuple[str, ...] = ()
    counts: Mapping[str, Counts] = field(default_factory=dict)
    hidden: Mapping[str, Mapping[Node, bool]] = field(default_factory=dict)

    @property
    def latest(self) -> str | None:
        """The span of all data up to the last complete quarter; None before there is one."""
        found = [span for span, _ in self.hidden.get(TIME_ALONE, ()) if span.startswith(UP_TO)]
        return max(found, default=None)


def extend(
    before: Frozen,
    months: tuple[str, ...],
    counts: Mapping[str, Counts],
    rules: Rules,
    people: Frozen | None = None,
) -> Frozen:
    """`before` with `months`, which follow upon its own and whose `counts` are given by cut.

    What is withheld of the `people` of its group is withheld here too. Lines of `before` stay shown
    or hidden as they are. Where what was shown leaves no room for any new line, every new one is
    withheld, but for those that can be worked out from it.
    """
    merged = {cut: {**before.counts.get(cut, {}), **new} for cut, new in counts.items()}
    every = (*before.months, *months)
    spans = _spans(every, before.hidden.get(TIME_ALONE, {}))
    hidden: dict[str, Flags] = {}
    for silent in (False, True):
        hidden, whole = {}, True
        for cut in sorted(merged):  # time alone comes first: ""
            time = None if cut == TIME_ALONE else hidden[TIME_ALONE]
            known = people.hidden[cut] if people else {}
            table = _table(spans, merged[cut], known)
            old = before.hidden.get(cut, {})
            hidden[cut], kept = _decide(table, old, time, known, rules, silent)
            whole &= kept
        if whole:
            break
    return Frozen(every, merged, hidden)


def _spans(months: tuple[str, ...], known: Iterable[Node]) -> Spans:
    """Every span of time that is or was a line -> its months. One lies in another or beside it."""
    found: dict[str, list[str]] = {}
    for month in months:
        found.setdefault(month, []).append(month)
        found.setdefault(quarter(month), []).append(month)
    last = quarter(months[-1]) if months and not _ends_quarter(months[-1]) else None
    if last is not None:
        del found[last]
    complete = [month for month in months if _ends_quarter(month)]
    ends = {span.removeprefix(UP_TO) for span, _ in known if span.startswith(UP_TO)}
    for end in sorted({*ends, *complete[-1:]}):
        found[f"{UP_TO}{end}"] = [month for month in months if month <= end]
    return {span: tuple(inside) for span, inside in found.items()}


def _worked_out(members: Ints, shown: Bools) -> Bools:
    """(lines,) True where a line is a sum and difference of the shown ones: it tells nothing."""
    rows = members[shown].astype(np.float64)
    answer, *_ = np.linalg.lstsq(rows.T, members.T.astype(np.float64))
    return np.asarray(np.abs(rows.T @ answer - members.T).max(axis=0) < 1e-9)


def _ends_quarter(month: str) -> bool:
    return month[-2:] in ("03", "06", "09", "12")


@dataclass(frozen=True, slots=True)
class _Table:
    nodes: tuple[Node, ...]
    members: Ints
    cells: Ints


def _table(spans: Spans, counts: Counts, people: Mapping[Node, bool]) -> _Table:
    """Every line over the finest cells; a value is a line of a span where it was known there.

    A cell that is known to be nobody from what `people` show is part of no line: two lines that
    differ by nobody are one.
    """
    places = sorted(counts, key=str)
    kinds = sorted({kind for found in counts.values() for kind in found})
    cells = np.array([[counts[at].get(kind, 0) for kind in kinds] for at in places], dtype=np.int64)
    of_month: dict[str, list[int]] = {}
    for i, (month, _) in enumerate(places):
        of_month.setdefault(month, []).append(i)
    nodes: list[Node] = []
    rows: list[Ints] = []
    for span, months in spans.items():
        inside = [i for month in months for i in of_month.get(month, ())]
        lines: dict[str | None, list[int]] = {None: inside}
        for i in inside:
            if places[i][1] is not None:
                lines.setdefault(places[i][1], []).append(i)
        for value, held in lines.items():
            row = np.zeros(len(places), dtype=np.int64)
            row[held] = 1
            nodes.append((span, value))
            rows.append(row)
    members = np.array(rows, dtype=np.int64).reshape(len(rows), len(places))
    told = [people.get(node) is False for node in nodes]
    if any(told):
        # The solver takes half a second to load, and only a release needs it.
        from pipelines.measures.disclosure.attack import nobody

        members[:, nobody(members[told], cells.sum(axis=1))] = 0
    return _Table(tuple(nodes), members, cells)


def _decide(
    table: _Table,
    old: Mapping[Node, bool],
    time: Mapping[Node, bool] | None,
    people: Mapping[Node, bool],
    rules: Rules,
    silent: bool,
) -> tuple[Flags, bool]:
    """(which lines are hidden, whether all of these are protected).

    `old` lines stay as they are, and so do those of `time` where a cut is decided. Lines of the
    same cells are one line. What `people` withhold is hidden, and with `silent` every line that is
    new; of their other lines it is known how many people there are.
    """
    one, same = np.unique(table.members, axis=0, return_inverse=True)
    same = same.reshape(-1)
    hidden: Bools = np.zeros(len(one), dtype=np.bool_)
    fixed, settled, shown, told = (hidden.copy() for _ in range(4))
    counts = one @ table.cells
    small: Bools = np.asarray(((counts > 0) & (counts < rules.threshold)).any(axis=1))
    for node, line in zip(table.nodes, same, strict=True):
        span, value = node
        was = old.get(node)
        if time is not None and value is None:
            was = time[node]
            settled[line] = True
        if was is not None:
            fixed[line] = True
            shown[line] |= not was
        told[line] |= people.get(node) is False
        hidden[line] |= silent or people.get(node, False) or bool(small[line])
        hidden[line] |= bool(time and time[span, None])
    hidden[fixed] = ~shown[fixed]
    if silent:
        hidden &= ~_worked_out(one, ~hidden) | small
    kept = True
    if rules.secondary and not silent:
        hidden, kept = protected(one, table.cells, hidden, fixed, settled, rules)
        before = None
        # After the first, since little is left to hide then; and what is hidden for either reason
        # has to be protected in both ways.
        while people and kept and before != (before := int(hidden.sum())):
            hidden, kept = beside(one, table.cells, hidden, fixed, settled, told, rules)
            if kept:
                hidden, kept = protected(one, table.cells, hidden, fixed, settled, rules)
    found = {node: bool(hidden[line]) for node, line in zip(table.nodes, same, strict=True)}
    return {**found, **{node: old[node] for node in found.keys() & old.keys()}}, kept
