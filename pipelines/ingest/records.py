"""What a reader of any format gives: one physical record as text cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The cell of a question that this record does not have; no text can hold a NUL byte.
ABSENT = "\0"


@dataclass(frozen=True)
class Record:
    """One physical record: the line (row, resource) that it begins on, and its cells.

    `problem` says why it could not be parsed; it is then set aside. `drop` says why it is no
    data (a `sep=` line). A `synthetic` record is the header of a format that has no header line:
    it is not counted. `parts` are the lines of the physical records that were put together to
    this one (none: it is one itself), `several` the questions that they answer more than once.
    """

    line: int
    cells: list[str]
    problem: str | None = None
    synthetic: bool = False
    drop: str | None = None
    parts: tuple[int, ...] = ()
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[int, ...]:
        """The line of every physical record in it."""
        return self.parts or (self.line,)
