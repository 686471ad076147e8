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
    every, rounds, settling = readers(members, cells), ROUNDS[0], True
    while settling:  # a line that is hidden for one kind's sake has to be protected for each
        settling = False
        for reader in every:
            # Hiding more only widens: what one kind has proven stays proven.
            while (line := weak(reader, hidden, settled, rules.width, known, rounds)) is not None:
                more = cheapest(reader, hidden, line, rules.width, cost) & ~fixed & ~hidden
                more = more if more.any() else ~fixed & ~hidden
                if not more.any():
                    return hidden, False
                hidden, settling = hidden | more, True
                known = Equations(members, hidden)
        rounds = ROUNDS[1]
    return hidden, True


def readers(members: Ints, cells: Ints) -> list[Reader]:
    """One for each kind of people, who knows nothing but the shown lines."""
    from pipelines.measures.disclosure.attack import ROOM, Reader

    return [
        Reader(members, column, np.full(len(column), int(column.sum()) + ROOM))
        for column in cells.T
    ]


def beside(
    members: Ints, cells: Ints, hidden: Bools, fixed: Bools, settled: Bools, told: Bools,
    rules: Rules,
) -> Bools:  # fmt: skip
    """More lines to hide, so that kinds stay protected where others tell how many people there are.

    `told` lines: their number of people, all kinds together, is known. Each kind is exchanged with
    the most frequent other one, so that these numbers stay: the unknowns are both kinds at once. A
    line that nothing can protect so (its people are of too few kinds) is left as it is.
    """
    from pipelines.measures.disclosure.attack import ROOM, ROUNDS, Equations, Reader, cheapest, weak

    lines, wide = members.shape[0], cells.shape[1]
    none = np.zeros_like(members)
    both = np.block([[members, none], [none, members], [members[told], members[told]]])
    rest = np.ones(int(told.sum()), dtype=np.bool_)
    still = np.concatenate([fixed, fixed, rest])
    for kind in range(wide if wide > 1 else 0):
        sums = cells.sum(axis=0)
        other = max((k for k in range(wide) if k != kind), key=lambda k: int(sums[k]))
        pair = np.concatenate([cells[:, kind], cells[:, other]])
        reader = Reader(both, pair, np.full(len(pair), int(pair.sum()) + ROOM))
        cost = np.where(still, NEVER, 1.0 + both @ pair)
        excused = np.concatenate([settled | ~told, np.ones(lines, dtype=np.bool_), rest])
        rounds = ROUNDS[0]
        while True:
            now = np.concatenate([hidden, hidden, ~rest])
            line = weak(reader, now, excused, rules.width, Equations(both, now), rounds)
            if line is None:
                break
            rounds = ROUNDS[1]
            found = cheapest(reader, now, line, rules.width, cost)
            more = (found[:lines] | found[lines : 2 * lines]) & ~fixed & ~hidden
            excused[line] |= not more.any()
            hidden = hidden | more
    return hidden
