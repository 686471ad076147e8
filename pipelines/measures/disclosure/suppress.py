"""Which lines of a grid are hidden: the small ones, and as few others as keep them hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from pipelines.measures.disclosure.grid import Bools, Grid, Ints
from pipelines.measures.disclosure.rules import Rules

if TYPE_CHECKING:
    from pipelines.measures.disclosure.attack import Reader

NEVER: Final = 1e7
"""Cost of a line that may not be hidden any more."""


def primary(found: Grid, rules: Rules) -> Bools:
    """Lines with a small number of any kind."""
    counts = found.counts
    return np.asarray(((counts > 0) & (counts < rules.threshold)).any(axis=1))


def suppress(found: Grid, rules: Rules, spans: Mapping[str, bool] | None = None) -> Bools:
    """(nodes,) True where a line is hidden.

    `spans` says which spans of time were hidden before this cut was looked at: their totals are
    then settled (every cut shows the same ones) and a hidden span is hidden in every line.
    Every other hidden count of every kind keeps a range of `rules.width`, proven by two witnesses,
    or is a zero that a shown zero gives away.
    """
    hidden, fixed = primary(found, rules), np.zeros(len(found.nodes), dtype=np.bool_)
    if spans is not None:
        fixed[list(found.whole_time())] = True
        hidden &= ~fixed
        hidden |= np.asarray([spans[span] for span, _ in found.nodes])
    if not rules.secondary:
        return hidden
    hidden, _ = protected(found.members, found.cells, hidden, fixed, fixed, rules)
    return hidden


def protected(
    members: Ints, cells: Ints, hidden: Bools, fixed: Bools, settled: Bools, rules: Rules
) -> tuple[Bools, bool]:
    """(lines hidden in the end, whether every one of them is protected).

    `members` (lines, cells), `cells` (cells, kinds); `hidden` what is hidden at least; `fixed`
    lines stay as they are; of the `settled` ones protection is known from elsewhere. Not every
    line can be protected only where `fixed` ones give it away.
    """
    # The solver takes half a second to load, and only shared figures need it.
    from pipelines.measures.disclosure.attack import ROUNDS, Equations, cheapest, weak

    if len(cells) == 0:
        return hidden, True
    cost = np.where(fixed, NEVER, 1.0 + (members @ cells).sum(axis=1))
    known = Equations(members, hidden)
    for reader in readers(members, cells):
        # Hiding more only widens: what one kind has proven stays proven.
        rounds = ROUNDS[0]
        while (line := weak(reader, hidden, settled, rules.width, known, rounds)) is not None:
            rounds = ROUNDS[1]
            more = cheapest(reader, hidden, line, rules.width, cost) & ~fixed
            if not (more & ~hidden).any():
                more = ~fixed
            if not (more & ~hidden).any():
                return hidden, False
            hidden = hidden | more
            known = Equations(members, hidden)
    return hidden, True


def readers(members: Ints, cells: Ints) -> list[Reader]:
    """One for each kind of people, who knows nothing but the shown lines."""
    from pipelines.measures.disclosure.attack import ROOM, Reader

    return [
        Reader(members, column, np.full(len(column), int(column.sum()) + ROOM))
        for column in cells.T
    ]
