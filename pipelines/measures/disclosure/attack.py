"""What a reader can work out from all shown lines together, and the counter-examples to it.

A *witness* is another set of counts (whole, none below 0) that gives exactly the same shown
lines. The reader cannot tell it from the truth, so whatever values a hidden count takes in
witnesses are values that it may have. Witnesses come from linear programmes (HiGHS, through
scipy), and each is checked here in whole numbers: no tolerance of a solver is relied upon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from scipy.optimize import (  # type: ignore[import-untyped]
    Bounds,
    LinearConstraint,
    linprog,
    milp,
)

from pipelines.measures.disclosure.grid import Bools, Ints

ROOM: Final = 64
"""How far above everyone counted a witness may go where no total is shown at all."""
UNBOUNDED: Final = 3
"""What the solver answers where a sum can be as large as one likes."""
PATIENCE: Final = 10.0
"""Seconds that a programme of whole numbers may take."""
ROUNDS: Final = (6, 1)
"""Witnesses for many lines at once, before each line is tried alone: at first, and later on."""


class Equations:
    """The shown lines, over those cells that they do not give away one by one.

    `members` (lines, cells); `open` (cells,) True where no shown line, less cells known already,
    holds this cell alone; `rows` are the different shown lines on the open cells.
    """

    def __init__(self, members: Ints, hidden: Bools) -> None:
        """Leave out what is known: it makes the programmes small."""
        shown = members[~hidden]
        self.open: Bools = np.ones(members.shape[1], dtype=np.bool_)
        while True:
            alone = shown[shown[:, self.open].sum(axis=1) == 1]
            known = alone.any(axis=0) & self.open
            if not known.any():
                break
            self.open &= ~known
        rows = shown[:, self.open]
        self.rows: Ints = np.unique(rows[rows.any(axis=1)], axis=0)
        self.sparse = sparse.csr_matrix(self.rows)


@dataclass(slots=True)
class Reader:
    """The counts of one kind, and what the witnesses found so far let its lines be.

    `members` (lines, cells); `most` (cells,) how many a cell may hold; `low`, `high` (lines,) over
    the truth and all witnesses.
    """

    members: Ints
    cells: Ints
    most: Ints
    low: Ints = field(init=False)
    high: Ints = field(init=False)

    def __post_init__(self) -> None:
        """The truth is the first that a line may be."""
        self.low = self.members @ self.cells
        self.high = self.low.copy()

    def reach(self) -> Ints:
        """(2, lines): smallest and largest value of each line over the truth and the witnesses."""
        return np.stack([self.low, self.high])

    def pinned(self, hidden: Bools) -> Bools:
        """Lines that are nobody, as a shown line that holds them is nobody: a zero, not small."""
        shown_empty = ~hidden & (self.members @ self.cells == 0)
        nobody = self.members[shown_empty].sum(axis=0) > 0
        return np.asarray(~self.members[:, ~nobody].any(axis=1))

    def push(self, known: Equations, weights: NDArray[np.float64]) -> None:
        """Look for a witness with a large weighted sum of lines, and keep what it lets lines be."""
        free = known.open
        if not free.any():
            return
        truth = known.rows @ self.cells[free]
        answer = linprog(
            -(weights @ self.members)[free],
            A_eq=known.sparse if len(truth) else None,
            b_eq=truth if len(truth) else None,
            bounds=np.stack([np.zeros(int(free.sum())), self.most[free]], axis=1),
            method="highs",
        )
        if answer.x is None:
            return
        witness = self.cells.copy()
        witness[free] = np.rint(answer.x).astype(np.int64)
        if np.array_equal(known.rows @ witness[free], truth):
            self._take(witness)

    def _take(self, witness: Ints) -> None:
        if (witness >= 0).all() and (witness <= self.most).all():
            values = self.members @ witness
            self.low, self.high = np.minimum(self.low, values), np.maximum(self.high, values)

    def offer(self, hidden: Bools, found: NDArray[np.float64]) -> None:
        """Keep what a set of counts lets lines be, if it is a witness."""
        witness: Ints = np.rint(found).astype(np.int64)
        shown = self.members[~hidden]
        if np.array_equal(shown @ witness, shown @ self.cells):
            self._take(witness)


def nobody(shown: Ints, cells: Ints) -> Bools:
    """(cells,) True where the shown lines leave a cell nothing but 0.

    `shown` (lines, cells); `cells` (cells,) the truth. Every solution of the programme frees
    some cells of being 0; when none is freed any more, the others are known.
    """
    found: Bools = cells == 0
    rows = sparse.csr_matrix(shown)
    while found.any():
        answer = linprog(
            -found.astype(float), A_eq=rows, b_eq=shown @ cells, bounds=(0, None), method="highs"
        )
        if answer.status == UNBOUNDED:  # cells of no shown line
            found &= shown.any(axis=0)
            continue
        freed = found if answer.x is None else found & (answer.x > 1e-6)
        if not freed.any():
            break
        found &= ~freed
    return found


def spread(shown: Ints, cells: Ints, wanted: Ints) -> int:
    """The largest less the smallest `wanted` sum of cells that the shown lines allow.

    Of whole numbers and exact, or less than that where the solver runs out of time.
    """
    ends = [int(wanted @ cells)]
    rows = LinearConstraint(sparse.csr_matrix(shown), shown @ cells, shown @ cells)
    for sign in (1, -1):
        answer = milp(
            sign * wanted, constraints=rows, bounds=Bounds(0, int(cells.sum()) + ROOM),
            integrality=np.ones(len(cells)), options={"time_limit": PATIENCE},
        )  # fmt: skip
        if answer.x is not None:
            found = np.rint(answer.x).astype(np.int64)
            if np.array_equal(shown @ found, shown @ cells):
                ends.append(int(wanted @ found))
    return max(ends) - min(ends)


def weak(
    reader: Reader, hidden: Bools, settled: Bools, width: int, known: Equations, rounds: int
) -> int | None:
    """A hidden line, other than the `settled` ones, that is too narrow; None where there is none.

    Too narrow: no two witnesses are `width` apart, although the line was tried alone. `rounds`
    witnesses are sought for many lines at once before that.
    """
    wanted = hidden & ~settled & ~reader.pinned(hidden)
    random = np.random.default_rng(1)
    for turn in range(rounds):
        low, high = reader.reach()
        narrow = wanted & (high - low < width)
        if not narrow.any():
            return None
        signs = random.choice([-1.0, 1.0], len(narrow)) if turn > 1 else 1.0 - 2 * turn
        reader.push(known, narrow * signs)
    for line in np.flatnonzero(wanted):
        for sign in (1.0, -1.0, 0.0):
            low, high = reader.reach()[:, line]
            if high - low >= width:
                break
            if sign == 0.0:
                return int(line)
            alone = np.zeros(len(wanted))
            alone[line] = sign
            reader.push(known, alone)
    return None


def cheapest(
    reader: Reader, hidden: Bools, line: int, width: int, cost: NDArray[np.float64]
) -> Bools:
    """Which shown lines to hide so that `line` may take two values `width` apart.

    Two sets of counts are sought at once, `width` apart in this line; each shown line that they
    change is paid for by its cost and the size of the change. The changed lines are the answer;
    the reader is offered both sets, as they will be witnesses once those lines are hidden too.
    """
    shown = np.flatnonzero(~hidden)
    m, n = sparse.csr_matrix(reader.members[shown]), reader.members.shape[1]
    k, truth = len(shown), reader.members[shown] @ reader.cells
    eye, none = sparse.identity(k), sparse.csr_matrix((k, n))
    left = sparse.bmat([[m, none, -eye], [-m, none, -eye], [none, m, -eye], [none, -m, -eye]])
    apart = np.concatenate([-reader.members[line], reader.members[line], np.zeros(k)])
    highest = np.concatenate([reader.most, reader.most, np.full(k, np.inf)])
    answer = linprog(
        np.concatenate([np.zeros(2 * n), cost[shown]]),
        A_ub=sparse.vstack([left, sparse.csr_matrix(apart)]),
        b_ub=np.concatenate([truth, -truth, truth, -truth, [-width]]),
        bounds=np.stack([np.zeros(2 * n + k), highest], axis=1),
        method="highs",
    )
    more = np.zeros_like(hidden)
    if answer.x is not None:
        more[shown[answer.x[2 * n :] > 1e-6]] = True
        for found in (answer.x[:n], answer.x[n : 2 * n]):
            reader.offer(hidden | more, found)
    return more
