"""Which lines of a grid are hidden: the small ones, and as few others as keep them hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from pipelines.measures.disclosure.grid import Bools, Grid
from pipelines.measures.disclosure.rules import Rules

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
    # The solver takes half a second to load, and only shared figures need it.
    from pipelines.measures.disclosure.attack import Reader, cheapest, weak

    hidden, fixed = primary(found, rules), np.zeros(len(found.nodes), dtype=np.bool_)
    if spans is not None:
        fixed[list(found.whole_time())] = True
        hidden &= ~fixed
        hidden |= np.asarray([spans[span] for span, _ in found.nodes])
    if not rules.secondary or len(found.cells) == 0:
        return hidden
    cost = np.where(fixed, NEVER, 1.0 + found.counts.sum(axis=1))
    readers = [Reader(found.members, column) for column in found.cells.T]
    for reader in readers:  # hiding more only widens: what one kind has proven stays proven
        while (line := weak(reader, hidden, fixed, rules.width)) is not None:
            more = cheapest(reader, hidden, line, rules.width, cost) & ~fixed
            hidden = hidden | (more if more.any() else ~fixed)
            if (hidden | fixed).all():
                return hidden
    return hidden
