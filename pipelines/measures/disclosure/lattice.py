"""The fixed lattice of shared views: which of its lines are hidden.

Views: all data, a month or a quarter, each in all or cut by one other dimension. Time is decided
first and alone, then each cut with the shown totals of time as they are. That order is what lets
cuts be protected one by one (docs/disclosure.md has the proof).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipelines.measures.disclosure.grid import ALL, Bools, Counts, Node, grid
from pipelines.measures.disclosure.rules import Rules
from pipelines.measures.disclosure.suppress import primary, suppress

TIME: Final = "month"
LEFT: Final = "left out"
"""How the people left out are named in shared figures, whatever the reasons."""
LEFT_OUT: Final = "out: "
"""Marks the kinds of people left out."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """All `lines` by time and one `dimension` (None: time alone); `hidden` are withheld, `small`
    are those with a small number of their own (the rest is hidden for their sake). `left_out` are
    those where the number left out is withheld; the figure itself may still be shown."""

    dimension: str | None
    lines: tuple[Node, ...]
    hidden: frozenset[Node]
    small: frozenset[Node]
    left_out: frozenset[Node] = frozenset()


@dataclass(frozen=True, slots=True)
class View:
    """The part of a lattice that a table shows: a span and a value where the table is not cut by
    them; `months` are the first and last one (YYYY-MM) of a table cut by month."""

    span: str = ALL
    value: str | None = None
    months: tuple[str, str] = ("", "~")


def lattice(
    counts: Counts, dimension: str | None, rules: Rules | None = None, quarters: bool = True
) -> Lattice:
    """The protected lattice of one measure from its finest counts: by month, or month and value."""
    rules = rules or Rules()
    figures = _of(counts, False)
    hidden, nodes, small = _decide(figures, dimension, rules, quarters)
    left_out, _, _ = _decide(_of(counts, True), dimension, rules, quarters)
    return Lattice(dimension, nodes, hidden, small, left_out)


def _of(counts: Counts, out: bool) -> Counts:
    """The people counted, or those left out (in one number, whatever the reasons)."""
    found: dict[Node, dict[str, int]] = {}
    for key, kinds in counts.items():
        own = found.setdefault(key, {})
        for kind, n in kinds.items():
            if (LEFT_OUT in kind) == out:
                name = kind.partition(LEFT_OUT)[0] + LEFT_OUT if out else kind
                own[name] = own.get(name, 0) + n
    return found


def _decide(
    counts: Counts, dimension: str | None, rules: Rules, quarters: bool
) -> tuple[frozenset[Node], tuple[Node, ...], frozenset[Node]]:
    """(hidden lines, all lines, lines with a small number of their own)"""
    alone: dict[tuple[str, str | None], dict[str, int]] = {}
    for (month, _), found in counts.items():
        own = alone.setdefault((month, None), {})
        for kind, n in found.items():
            own[kind] = own.get(kind, 0) + n
    time = grid(alone, quarters)
    gone = suppress(time, rules)
    if dimension is None:
        return _chosen(time.nodes, gone), time.nodes, _chosen(time.nodes, primary(time, rules))
    spans = {span: bool(h) for (span, _), h in zip(time.nodes, gone, strict=True)}
    cut = grid(counts, quarters)
    hidden = suppress(cut, rules, spans)
    return _chosen(cut.nodes, hidden), cut.nodes, _chosen(cut.nodes, primary(cut, rules))


def _chosen(nodes: tuple[Node, ...], flags: Bools) -> frozenset[Node]:
    return frozenset(n for n, flag in zip(nodes, flags, strict=True) if flag)
