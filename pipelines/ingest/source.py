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
from pipelines.ingest.bytescan import ByteScan, ascii_based

BLOCK = 1 << 20
GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
LONGEST_LINE = 1 << 20
MOST_TEXT = 64 * (1 << 30)


@dataclass(frozen=True)
class Source:
    """What was found out about the bytes before anything was read from them.

    `container` is plain, gzip or zip. `lines` is the independent count of physical records.
    `line_ends` are the text's lines as counted on its bytes, `lone_cr` says whether a CR alone
    ends any of them; both are unknown (None, true) for binary files and UTF-16.
    """

    path: Path
    sha256: str
    size: int
    container: str
    encoding: str
    lines: int = 0
    line_ends: int | None = None
    lone_cr: bool = True


def examine(path: Path, encodings: tuple[str, ...], binary: bool = False) -> Source:
    """Hash the file; unless it is `binary`, unpack and decode the whole of it once, strictly.

    Raises Refusal for a file that is missing, empty, truncated, or in none of the encodings.
    """
    if not path.exists():
        raise Refusal(path.name, None, "the file does not exist", "Check the path.")
    if not path.is_file():
        raise Refusal(path.name, None, "this is not a file", "Name the files one by one.")
    head = _head(path)
    container = "gzip" if head.startswith(GZIP) else "zip" if head.startswith(ZIP) else "plain"
    narrow = tuple(name for name in encodings if ascii_based(name))
    if binary or container != "plain" or len(narrow) < len(encodings):
        size, digest = _hashed(path)
        if binary:
            return Source(path, digest, size, "plain", "binary")
        if container == "zip":
            archive.check(path)
        if len(narrow) < len(encodings):
            _check_bytes(path, container, encodings)
            return _decoded(path, container, encodings, digest, size)
        return _scanned(path, container, encodings, digest, size)
    return _scanned(path, container, encodings)


def _scanned(
    path: Path, container: str, encodings: tuple[str, ...], digest: str = "", size: int = 0
) -> Source:
    """One pass: hash (of a plain file), NUL bytes, line ends, and the first encoding that fits."""
    scan, hashed = ByteScan(encodings), hashlib.sha256()
    for block in _unpacked(path, container):
        if scan.size == 0 and block.startswith(WIDE_MARKS):
            raise _refused_wide(path)
        if container == "plain":
            hashed.update(block)
        scan.look(block)
        if scan.nul is not None:
            raise Refusal(
                path.name,
                f"byte {scan.nul + 1}",
                "there is a NUL byte, so this is not plain text",
                "Export it again as CSV text.",
            )
    scan.finish()
    for encoding in encodings:
        if encoding not in scan.failed:
            if container == "plain":
                digest, size = hashed.hexdigest(), scan.size
            return Source(
                *(path, digest, size, container, encoding),
                line_ends=scan.lines,
                lone_cr=scan.lone_cr,
            )
    raise _undecodable(path, [f"{name}: {where}" for name, where in scan.failed.items()])


def _decoded(
    path: Path, container: str, encodings: tuple[str, ...], digest: str, size: int
) -> Source:
    """Encodings of more than one byte a character are tried one after the other."""
    reasons = []
    for encoding in encodings:
        try:
            _decode(path, container, encoding)
        except UnicodeError as error:
            reasons.append(f"{encoding}: {_where(error)}")
            continue
        return Source(path, digest, size, container, encoding)
    raise _undecodable(path, reasons)


def _undecodable(path: Path, reasons: list[str]) -> Refusal:
    return Refusal(
        path.name,
        None,
        f"the text is in none of the profile's encodings ({'; '.join(reasons)})",
        "Export it in one of these, or name its encoding in the profile under [file].",
    )


def _refused_wide(path: Path) -> Refusal:
    return Refusal(
        path.name,
        "byte 1",
        "the file is UTF-16, the profile says otherwise",
        'Add "utf-16" to encodings in the profile.',
    )


@contextmanager
def opened(source: Source) -> Iterator[io.TextIOBase]:
    """The decoded text, with line ends as they are."""
    with binary(source.path, source.container) as raw:
        yield io.TextIOWrapper(raw, encoding=source.encoding, errors="strict", newline="")


@contextmanager
def binary(path: Path, container: str) -> Iterator[BinaryIO]:
    """The text's bytes, unpacked as they are read."""
    if container == "gzip":
        with gzip.open(path, "rb") as handle:
            yield cast(BinaryIO, handle)
    elif container == "zip":
        with archive.opened(path) as member:
            yield member
    else:
        with path.open("rb") as plain:
            yield plain


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            head = handle.read(8)
    except OSError as error:
        raise _unreadable(path, error) from None
    if not head:
        raise Refusal(path.name, None, "the file is empty", "Export it again.")
    return head


def _unreadable(path: Path, error: OSError) -> Refusal:
    return Refusal(path.name, None, f"the file cannot be read ({error.strerror or error})")


def _hashed(path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as handle:
            while block := handle.read(BLOCK):
                size += len(block)
                digest.update(block)
    except OSError as error:
        raise _unreadable(path, error) from None
    return size, digest.hexdigest()


def _unpacked(path: Path, container: str) -> Iterator[bytes]:
    """The text's bytes in blocks. Raises Refusal for a damaged archive, and for no text at all."""
    read = 0
    try:
        with binary(path, container) as raw:
            while block := raw.read(BLOCK):
                yield block
                read += len(block)
                if read > MOST_TEXT:
                    raise Refusal(path.name, None, "the unpacked text is larger than 64 GiB")
    except OSError as error:
        if container == "plain":
            raise _unreadable(path, error) from None
        raise _damaged(path, container, read, error) from None
    except (*archive.DAMAGED, gzip.BadGzipFile) as error:
        raise _damaged(path, container, read, error) from None
    if read == 0:
        raise Refusal(path.name, None, "the unpacked file is empty", "Export it again.")


def _damaged(path: Path, container: str, read: int, error: Exception) -> Refusal:
    return Refusal(
        path.name,
        f"unpacked byte {read + 1}",
        f"the {container} file is truncated or damaged ({error})",
        "Fetch or export it again; nothing of it was kept.",
    )


def _check_bytes(path: Path, container: str, encodings: tuple[str, ...]) -> None:
    """Refuse a truncated or damaged archive, and NUL bytes where no encoding has any."""
    wide = any(name.lower().startswith("utf-16") for name in encodings)
    read = 0
    for block in _unpacked(path, container):
        if read == 0 and not wide and block.startswith(WIDE_MARKS):
            raise _refused_wide(path)
        if not wide and (at := block.find(b"\0")) >= 0:
            raise Refusal(
                path.name,
                f"byte {read + at + 1}",
                "there is a NUL byte, so this is not plain text",
                "Export it again as CSV text.",
            )
        read += len(block)


def _decode(path: Path, container: str, encoding: str) -> None:
    """Decode the whole text strictly; raises UnicodeError where it cannot be."""
    with binary(path, container) as raw:
        text = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
        while text.read(BLOCK):
            pass


def _where(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} of a block, {error.reason}"
    return str(error)
