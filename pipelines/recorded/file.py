"""The file of what was recorded: read whole, written whole beside itself and put in its place.

`recorded.jsonl` in the data home, one entry a line. A lock of its own: the home's is held for
minutes while exports are taken in.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_file, fsync_folder, replace
from pipelines.measures.annotations import FILE as ANNOTATIONS
from pipelines.measures.types import MeasureError
from pipelines.recorded.entries import MOST, Entry, Record, as_line, checked, dated, from_line

FILE: Final = "recorded.jsonl"
LOCK: Final = ".recorded.lock"
LARGEST: Final = 4_000_000
WAIT_SECONDS: Final = 3.0
UNCHANGED: Final = "Nothing was changed."


def record(home: Home) -> Record:
    """What the home holds; empty without the file. OutcomesError names the line at fault."""
    return _parsed(home.root / FILE, _bytes(home.root / FILE))


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise OutcomesError("the file is too large to be what was recorded", where=str(path))
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise OutcomesError(
            f"the file cannot be read: {error.strerror or error}", where=str(path)
        ) from None


def _parsed(path: Path, content: bytes) -> Record:
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        at = error.object[: error.start].count(b"\n") + 1
        raise OutcomesError("the file is not UTF-8 text", where=f"{path}, line {at}") from None
    found: list[Entry] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(from_line(line))
        except MeasureError as error:
            raise OutcomesError(
                str(error),
                where=f"{path}, line {number}",
                hint="Mend the line, or put the file back from a copy.",
            ) from None
    return Record(tuple(found))


def mark(home: Home) -> str:
    """A mark of all that decides how charts are drawn; another one after any change to it."""
    files = (FILE, ANNOTATIONS, home.config_file.name)
    told = hashlib.sha256()
    for name in files:
        told.update(hashlib.sha256(_bytes(home.root / name)).digest())
    return told.hexdigest()


def add(home: Home, entry: Entry, seen: str | None = None) -> Entry:
    """Record an entry behind all others and return it with its id and moment.

    `seen` is the `mark` of what its writer had before their eyes. OutcomesError, with nothing
    changed, for an entry that cannot be, a file that is broken, protected or held by another
    writer, and where anything was changed since `seen`.
    """
    path = home.root / FILE
    with _locked(home):
        if seen is not None and seen != mark(home):
            raise OutcomesError(
                "targets or recorded changes were changed since you opened the page",
                where=path.name,
                hint=f"{UNCHANGED} Look at what stands there now, then save again.",
            )
        found = record(home)
        try:
            entry = dated(checked(entry), datetime.now(UTC))
            if entry.kind == "withdrawn":
                found.need_standing(entry.of)
        except MeasureError as error:
            raise OutcomesError(str(error), hint=UNCHANGED) from None
        if len(found.entries) >= MOST:
            raise OutcomesError(f"there are {MOST:,} entries already", where=path.name)
        _write(path, (*found.entries, entry))
    return entry


@contextlib.contextmanager
def _locked(home: Home) -> Iterator[None]:
    lock = FileLock(home.root / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=WAIT_SECONDS)
    except Timeout:
        raise OutcomesError(
            "someone else is recording something just now",
            where=FILE,
            hint=f"{UNCHANGED} Try again.",
        ) from None
    except OSError as error:
        raise OutcomesError(
            f"the data home cannot be written: {error.strerror or error}", hint=UNCHANGED
        ) from None
    try:
        yield
    finally:
        lock.release()


def _write(path: Path, entries: tuple[Entry, ...]) -> None:
    """A file without the right to write is one that somebody protects: it is not replaced."""
    beside = path.with_name(f".{path.name}.new")
    try:
        if path.exists() and not path.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(13, "the file is read-only")
        beside.touch(mode=0o600)
        beside.write_text("".join(f"{as_line(each)}\n" for each in entries), encoding="utf-8")
        fsync_file(beside)
        replace(beside, path)
        if os.name == "posix":
            fsync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise OutcomesError(
            f"it cannot be kept: {error.strerror or error}", where=path.name, hint=UNCHANGED
        ) from None
