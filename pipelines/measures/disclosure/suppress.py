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
) -> tuple[Bools, bool]:  # fmt: skip
    """Lines to hide so that kinds stay protected where others tell how many people there are.

    (lines hidden in the end, whether every one of them is protected so). `told` lines: their number
    of people, all kinds together, is known. Each kind is exchanged with another one at a time, so
    that these numbers stay: the unknowns are both kinds at once.
    """
    pairs = _Exchanges(members, cells, fixed, told)
    for kind in range(cells.shape[1] if cells.shape[1] > 1 else 0):
        while (line := pairs.narrow(kind, hidden, settled, rules.width)) is not None:
            more = pairs.cheapest(kind, line, hidden, rules.width) & ~fixed & ~hidden
            more = more if more.any() else ~fixed & ~hidden
            if not more.any():
                return hidden, False
            hidden = hidden | more
    return hidden, True


class _Exchanges:
    """Two kinds of people at once: the unknowns are the one's cells, then the other's.

    The lines are those of the one, those of the other, and their sums on the `told` lines, which
    are always shown.
    """

    def __init__(self, members: Ints, cells: Ints, fixed: Bools, told: Bools) -> None:
        self.members, self.cells, self.told = members, cells, told
        none = np.zeros_like(members)
        self.both: Ints = np.block([[members, none], [none, members], [members[told]] * 2])
        self.rest: Bools = np.ones(int(told.sum()), dtype=np.bool_)
        self.still: Bools = np.concatenate([fixed, fixed, self.rest])
        self.readers: dict[tuple[int, int], Reader] = {}

    def narrow(self, kind: int, hidden: Bools, settled: Bools, width: int) -> int | None:
        """A hidden line whose `kind` is too narrow whichever other kind it is exchanged with."""
        from pipelines.measures.disclosure.attack import ROUNDS, Equations, weak

        now = np.concatenate([hidden, hidden, ~self.rest])
        known = Equations(self.both, now)
        excused = np.ones(len(now), dtype=np.bool_)
        wanted = np.flatnonzero(hidden & ~settled & self.told)
        for other in self._others(kind, self.cells.sum(axis=0)):
            excused[wanted] = False
            left = []
            reader, rounds = self._reader(kind, other), ROUNDS[0]
            while (line := weak(reader, now, excused, width, known, rounds)) is not None:
                excused[line], rounds = True, ROUNDS[1]
                left.append(line)
            excused[wanted] = True
            wanted = np.array(left, dtype=np.int64)
            if not left:
                return None
        # Seldom come to: the programmes above are not of whole numbers, and exchange two kinds.
        return next((i for i in wanted.tolist() if self._range(kind, i, hidden) < width), None)

    def _range(self, kind: int, line: int, hidden: Bools) -> int:
        """How far apart two values of a line's `kind` are, all kinds exchanged at once."""
        from pipelines.measures.disclosure.attack import spread

        cells, wide = self.cells.shape
        shown = self.members[~hidden]
        rows = [np.kron(np.eye(wide, dtype=np.int64)[k], shown) for k in range(wide)]
        rows.append(np.kron(np.ones(wide, dtype=np.int64), self.members[self.told]))
        wanted = np.zeros(wide * cells, dtype=np.int64)
        wanted[kind * cells : (kind + 1) * cells] = self.members[line]
        return spread(np.concatenate(rows), self.cells.T.reshape(-1), wanted)

    def cheapest(self, kind: int, line: int, hidden: Bools, width: int) -> Bools:
        """Which lines to hide so that this one is wide: exchanged with whom there are most of."""
        from pipelines.measures.disclosure.attack import cheapest

        other = self._others(kind, self.members[line] @ self.cells)[0]
        reader, n = self._reader(kind, other), len(hidden)
        now = np.concatenate([hidden, hidden, ~self.rest])
        cost = np.where(self.still, NEVER, 1.0 + self.both @ reader.cells)
        found = cheapest(reader, now, line, width, cost)
        return np.asarray(found[:n] | found[n : 2 * n])

    def _others(self, kind: int, sums: Ints) -> list[int]:
        """The other kinds, the most frequent first."""
        return sorted((k for k in range(len(sums)) if k != kind), key=lambda k: -int(sums[k]))

    def _reader(self, kind: int, other: int) -> Reader:
        from pipelines.measures.disclosure.attack import ROOM, Reader

        if (kind, other) not in self.readers:
            pair = np.concatenate([self.cells[:, kind], self.cells[:, other]])
            most = np.full(len(pair), int(pair.sum()) + ROOM)
            self.readers[kind, other] = Reader(self.both, pair, most)
        return self.readers[kind, other]
