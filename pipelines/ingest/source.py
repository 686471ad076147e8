"""A source file as bytes and as text: hashed, unpacked, decoded strictly, lines counted."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pipelines.errors import Refusal
from pipelines.ingest import archive

BLOCK = 1 << 20
GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
LONGEST_LINE = 1 << 20
MOST_TEXT = 64 * (1 << 30)


@dataclass(frozen=True)
class Source:
    """What was found out about the bytes before anything was read from them.

    `container` is plain, gzip or zip. `lines` is the independent count of physical records.
    """

    path: Path
    sha256: str
    size: int
    container: str
    encoding: str
    lines: int = 0

    @property
    def packed(self) -> bool:
        """Is it a gzip file?"""
        return self.container == "gzip"


def examine(path: Path, encodings: tuple[str, ...], binary: bool = False) -> Source:
    """Hash the file; unless it is `binary`, unpack and decode the whole of it once, strictly.

    Raises Refusal for a file that is missing, empty, truncated, or in none of the encodings.
    """
    if not path.exists():
        raise Refusal(path.name, None, "the file does not exist", "Check the path.")
    if not path.is_file():
        raise Refusal(path.name, None, "this is not a file", "Name the files one by one.")
    size, digest, head = _hashed(path)
    if size == 0:
        raise Refusal(path.name, None, "the file is empty", "Export it again.")
    if binary:
        return Source(path, digest, size, "plain", "binary")
    container = "gzip" if head.startswith(GZIP) else "zip" if head.startswith(ZIP) else "plain"
    if container == "zip":
        archive.check(path)
    _check_bytes(path, container, encodings)
    reasons = []
    for encoding in encodings:
        try:
            _decode(path, container, encoding)
        except (UnicodeDecodeError, UnicodeError) as error:
            reasons.append(f"{encoding}: {_where(error)}")
            continue
        return Source(path, digest, size, container, encoding)
    raise Refusal(
        path.name,
        None,
        f"the text is in none of the profile's encodings ({'; '.join(reasons)})",
        "Export it in one of these, or name its encoding in the profile under [file].",
    )


@contextmanager
def opened(source: Source) -> Iterator[io.TextIOBase]:
    """The decoded text, with line ends as they are."""
    with _binary(source.path, source.container) as raw:
        yield io.TextIOWrapper(raw, encoding=source.encoding, errors="strict", newline="")


@contextmanager
def _binary(path: Path, container: str) -> Iterator[BinaryIO]:
    if container == "gzip":
        with gzip.open(path, "rb") as handle:
            yield cast(BinaryIO, handle)
    elif container == "zip":
        with archive.opened(path) as member:
            yield member
    else:
        with path.open("rb") as plain:
            yield plain


def _hashed(path: Path) -> tuple[int, str, bytes]:
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with path.open("rb") as handle:
            while block := handle.read(BLOCK):
                head = head or block[:8]
                size += len(block)
                digest.update(block)
    except OSError as error:
        raise Refusal(
            path.name, None, f"the file cannot be read ({error.strerror or error})"
        ) from None
    return size, digest.hexdigest(), head


def _check_bytes(path: Path, container: str, encodings: tuple[str, ...]) -> None:
    """Refuse a truncated or damaged archive, NUL bytes and UTF-16 read as something else."""
    wide = any(name.lower().startswith("utf-16") for name in encodings)
    read = 0
    try:
        with _binary(path, container) as raw:
            while block := raw.read(BLOCK):
                if read == 0 and not wide and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise Refusal(
                        path.name,
                        "byte 1",
                        "the file is UTF-16, the profile says otherwise",
                        'Add "utf-16" to encodings in the profile.',
                    )
                if not wide and (at := block.find(b"\0")) >= 0:
                    raise Refusal(
                        path.name,
                        f"byte {read + at + 1}",
                        "there is a NUL byte, so this is not plain text",
                        "Export it again as CSV text.",
                    )
                read += len(block)
                if read > MOST_TEXT:
                    raise Refusal(path.name, None, "the unpacked text is larger than 64 GiB")
    except (*archive.DAMAGED, gzip.BadGzipFile) as error:
        raise Refusal(
            path.name,
            f"unpacked byte {read + 1}",
            f"the {container} file is truncated or damaged ({error})",
            "Fetch or export it again; nothing of it was kept.",
        ) from None
    if read == 0:
        raise Refusal(path.name, None, "the unpacked file is empty", "Export it again.")


def _decode(path: Path, container: str, encoding: str) -> None:
    """Decode the whole text strictly; raises UnicodeError where it cannot be."""
    with _binary(path, container) as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
        while text.read(BLOCK):
            pass


def _where(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} of a block, {error.reason}"
    return str(error)
