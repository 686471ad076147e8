"""One pass over a text's bytes: NUL, line ends, and which encodings decode the whole of it.

It knows nothing of cells, quotes or rows, so what it counts is independent of every reader. Line
ends can be counted on the bytes because in the encodings that it takes (`ascii_based`) LF and CR
are always these two bytes and never part of another character.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field

ASCII = bytes(range(1, 128))


def ascii_based(encoding: str) -> bool:
    """Are the first 127 characters of the encoding the bytes of ASCII?"""
    try:
        return ASCII.decode(encoding) == ASCII.decode("ascii")
    except (UnicodeError, LookupError):
        return False


@dataclass
class ByteScan:
    """Counts and decodes, block by block; `finish` after the last one."""

    encodings: tuple[str, ...]
    size: int = 0
    # Where the first NUL byte is, from 0.
    nul: int | None = None
    lone_cr: bool = False
    # Encodings that failed, and where.
    failed: dict[str, str] = field(default_factory=dict)
    _ends: int = 0
    _last: int = -1

    def __post_init__(self) -> None:
        self._decoders = {name: codecs.getincrementaldecoder(name)() for name in self.encodings}

    def look(self, block: bytes) -> None:
        """Take the next bytes of the text; a block is not empty."""
        if self.nul is None and (at := block.find(b"\0")) >= 0:
            self.nul = self.size + at
        self._count(block)
        plain = block.isascii()
        for name, decoder in self._decoders.items():
            pending = decoder.getstate()[0] if name not in self.failed else b""
            if name in self.failed or (plain and not pending):
                continue
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                at = self.size - len(pending) + error.start
                self.failed[name] = f"byte {at + 1:,}, {error.reason}"
        self.size += len(block)

    def _count(self, block: bytes) -> None:
        self._ends += block.count(b"\n")
        if self._last == 13 and block[0] != 10:
            self._ends, self.lone_cr = self._ends + 1, True
        if block.find(b"\r") >= 0:
            lone = block.count(b"\r") - block.count(b"\r\n") - (block[-1] == 13)
            if lone:
                self._ends, self.lone_cr = self._ends + lone, True
        self._last = block[-1]

    def finish(self) -> None:
        """Raise nothing; a character that was begun and not ended fails its encoding."""
        for name, decoder in self._decoders.items():
            if name not in self.failed:
                try:
                    decoder.decode(b"", final=True)
                except UnicodeDecodeError as error:
                    self.failed[name] = f"byte {self.size:,}, {error.reason}"
        if self._last == 13:
            self._ends, self.lone_cr = self._ends + 1, True

    @property
    def lines(self) -> int:
        """Physical lines, the last one also without its line end."""
        return self._ends + int(self._last not in (-1, 10, 13))
