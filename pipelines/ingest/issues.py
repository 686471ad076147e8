"""The cell ledger: which cells of a file could not be used, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipelines.ingest.cast import shown
from pipelines.ingest.coded import Coded, Places
from pipelines.ingest.contract import Column
from pipelines.ingest.rows import Rows

IDENTIFIER = "identifier_like"
SCHEMA = pa.schema(
    [
        *(("file_id", pa.string()), ("line", pa.int64()), ("column", pa.string())),
        *(("reason", pa.string()), ("value", pa.string())),
    ]
)


@dataclass
class Issues:
    """Cells that became unknown. `cells` counts them by (canonical column, reason)."""

    file_id: str
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)

    def begin(self, rows: Rows) -> None:
        """Take note of the rows that the places below are places in."""
        self._lines = rows.lines
        self._rows: list[Places] = []
        # Per column with issues: which of `_kinds` each of its rows has.
        self._which: list[Places] = []
        self._kinds: list[tuple[str, str, str | None]] = []

    def note(self, into: Column, column: Coded, problems: Sequence[str | None]) -> None:
        """Note every row whose text has a problem (one or None for each text)."""
        bad = [place for place, problem in enumerate(problems) if problem]
        if not bad:
            return
        kind = np.full(len(problems), -1, np.int64)
        for place in bad:
            kind[place] = len(self._kinds)
            self._kinds.append(self._kind(into, str(problems[place]), column.values[place]))
        which = kind[column.codes]
        (rows,) = np.nonzero(which >= 0)
        self._rows.append(rows)
        self._which.append(which[rows])
        for place, times in zip(bad, column.counts[bad].tolist(), strict=True):
            if times:
                self.cells[into.name, str(problems[place])] += times

    def note_one(self, into: Column, problem: str, raw: str, row: int) -> None:
        """Note one cell."""
        self.cells[into.name, problem] += 1
        self._rows.append(np.array([row]))
        self._which.append(np.array([len(self._kinds)]))
        self._kinds.append(self._kind(into, problem, raw))

    def _kind(self, into: Column, problem: str, raw: str) -> tuple[str, str, str | None]:
        value = None if problem == IDENTIFIER else shown(raw.strip(), into)
        return into.name, problem, value

    def spellings(self) -> dict[str, dict[str, list[str]]]:
        """The short codes that could not be used, by column and reason, in order of the text."""
        found: dict[str, dict[str, set[str]]] = {}
        for name, problem, value in self._kinds:
            if value is not None:
                found.setdefault(name, {}).setdefault(problem, set()).add(value)
        return {
            name: {problem: sorted(values) for problem, values in each.items()}
            for name, each in found.items()
        }

    def by_row(self) -> Coded:
        """Each row's issues as text, in the order of the file's columns; None without any."""
        texts: list[str | None] = [None]
        known: dict[tuple[int, str], int] = {}
        codes = np.zeros(len(self._lines), np.uint32)
        for rows, which in zip(self._rows, self._which, strict=True):
            width = len(self._kinds)
            pairs, places = np.unique(
                codes[rows].astype(np.int64) * width + which, return_inverse=True
            )
            moved = []
            for pair in pairs.tolist():
                name, problem, _ = self._kinds[pair % width]
                key = (pair // width, f"{name}:{problem}")
                if key not in known:
                    known[key] = len(texts)
                    before = texts[key[0]]
                    texts.append(f"{before};{key[1]}" if before else key[1])
                moved.append(known[key])
            codes[rows] = np.array(moved, np.uint32)[places]
        return Coded(texts, codes)

    def table(self) -> pa.Table:
        """The ledger's rows, by line."""
        rows = np.concatenate(self._rows) if self._rows else np.zeros(0, np.int64)
        which = np.concatenate(self._which) if self._which else np.zeros(0, np.int64)
        order = np.argsort(self._lines[rows], kind="stable")
        lines, which = self._lines[rows][order], pa.array(which[order])
        told = [
            pa.array([kind[place] for kind in self._kinds], pa.string()).take(which)
            for place in range(3)
        ]
        file = pa.array([self.file_id], pa.string()).take(pa.array(np.zeros(len(lines), np.int64)))
        return pa.table([file, pa.array(lines), *told], schema=SCHEMA)
