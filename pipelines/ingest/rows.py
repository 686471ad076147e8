"""A whole export as coded columns, gathered piece by piece; nothing of it is written anywhere.

Held are the distinct texts of each column and small numbers, about twenty bytes a row of a diary.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.errors import Refusal
from pipelines.ingest.coded import Coded, Mask, Places, narrow
from pipelines.ingest.profile import Profile
from pipelines.ingest.source import Source

# Where a file needs more than this to be held, it is refused. Bytes.
MOST_HELD = 3 << 30
# An odd number that spreads the bits of a row's codes.
SPREAD = np.uint64(0x9E3779B97F4A7C15)
SLICE = 1 << 17
NO_TEXTS = pa.array([], pa.string())


@dataclass
class Rows:
    """The data rows of a file: one coded column per header name, and each row's line.

    Of a column that the profile drops unread the texts are replaced by their hashes. `parts` and
    `several` tell by line which records were put together and which questions have more than one
    answer. `aside` are records set aside before any cell was read: (line, reason, hash).
    """

    header: list[str]
    columns: list[Coded]
    lines: Places
    parts: dict[int, tuple[int, ...]]
    several: dict[int, Mapping[str, tuple[str, ...]]]
    aside: list[tuple[int, str, bytes]]

    def __len__(self) -> int:
        return len(self.lines)

    def digest(self, row: int) -> bytes:
        """A hash of the row's cells."""
        return digest([column.at(row) for column in self.columns])

    def without(self, gone: Mask) -> None:
        """Leave out some rows."""
        kept = ~gone
        self.columns = [column.take(kept) for column in self.columns]
        self.lines = self.lines[kept]

    def repeats(self) -> Mask:
        """The rows that are equal to an earlier one, cell by cell."""
        found = np.zeros(len(self), np.bool_)
        suspects = self._suspects()
        seen: set[tuple[object, ...]] = set()
        for row in suspects.tolist():
            more = self.several.get(int(self.lines[row]), {})
            key = (*(int(c.codes[row]) for c in self.columns), *sorted(more.items()))
            found[row] = key in seen
            seen.add(key)
        return found

    def _suspects(self) -> Places:
        """Rows whose number, made of their codes, another row has too."""
        numbers = np.zeros(len(self), np.uint64)
        for start in range(0, len(self), SLICE):
            part = slice(start, start + SLICE)
            number = numbers[part]
            for column in self.columns:
                number *= SPREAD
                number += column.codes[part]
        ordered = np.sort(numbers)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(twice):
            return np.zeros(0, np.int64)
        # A coarse table first: most rows are told apart by it, without a search.
        table = np.zeros(1 << 22, np.bool_)
        table[twice >> np.uint64(42)] = True
        (near,) = np.nonzero(table[numbers >> np.uint64(42)])
        place = np.searchsorted(twice, numbers[near])
        found: Places = near[twice[np.minimum(place, len(twice) - 1)] == numbers[near]]
        return found


def digest(cells: Iterable[str]) -> bytes:
    """A hash of a record's cells, kept in place of the text of what is set aside."""
    return hashlib.blake2b("\x1f".join(cells).encode(), digest_size=16).digest()


def coded(cells: Sequence[str]) -> pa.DictionaryArray:
    """A column of texts as codes."""
    return pa.array(cells, pa.string()).dictionary_encode()


@dataclass
class Gathering:
    """Takes the pieces of a file and makes one table of coded columns of them."""

    source: Source
    profile: Profile
    header: list[str]
    parts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    several: dict[int, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    aside: list[tuple[int, str, bytes]] = field(default_factory=list)
    _held: int = 0

    def __post_init__(self) -> None:
        self._texts: list[list[pa.Array]] = [[] for _ in self.header]
        self._codes: list[list[npt.NDArray[np.unsignedinteger]]] = [[] for _ in self.header]
        self._lines: list[Places] = []
        mapped = [self.profile.columns.get(name) for name in self.header]
        self._unread = [bool(each and each.drop) for each in mapped]

    def add(self, lines: Places, columns: Sequence[pa.DictionaryArray]) -> None:
        """Take a piece: one dictionary array per column, and the line of each row.

        Raises Refusal where the file does not fit in the memory that is set aside for it.
        """
        if not len(lines):
            return
        self._lines.append(lines)
        held = lines.nbytes
        for place, column in enumerate(columns):
            texts = column.dictionary
            if self._unread[place]:
                texts = pa.array([_hashed(text) for text in texts.to_pylist()], pa.string())
            codes = column.indices.to_numpy().astype(narrow(len(texts)))
            self._texts[place].append(texts)
            self._codes[place].append(codes)
            held += codes.nbytes + texts.nbytes
        self._held += held
        if self._held > MOST_HELD:
            raise Refusal(
                self.source.path.name,
                None,
                f"its distinct values need more than {MOST_HELD / 1e9:.0f} GB of memory",
                "Export it as several files, one after the other in time.",
            )

    def rows(self) -> Rows:
        """Everything taken, in the order in which it came; what was gathered is let go."""
        lines = np.concatenate(self._lines) if self._lines else np.zeros(0, np.int64)
        columns = []
        for texts, codes in zip(self._texts, self._codes, strict=True):
            columns.append(_joined(texts, codes))
            texts.clear()
            codes.clear()
        return Rows(self.header, columns, lines, self.parts, self.several, self.aside)


def _hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _joined(texts: list[pa.Array], codes: list[npt.NDArray[np.unsignedinteger]]) -> Coded:
    """Pieces with texts of their own as one column with common texts."""
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array(np.arange(len(each), dtype=np.int32)), each)
        for each in texts
    ]
    if not chunks:
        return Coded([], np.zeros(0, np.uint8))
    common = pa.chunked_array(chunks).unify_dictionaries()
    known = common.chunk(0).dictionary.to_pylist()
    kind = narrow(len(known))
    joined = np.empty(sum(map(len, codes)), kind)
    start = 0
    for chunk, each in zip(common.chunks, codes, strict=True):
        part = joined[start : start + len(each)]
        # Every code is a place of its chunk; `clip` only spares numpy a copy to be safe.
        np.take(chunk.indices.to_numpy().astype(kind), each, out=part, mode="clip")
        start += len(each)
    return Coded(known, joined)
