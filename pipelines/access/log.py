"""Append to the access log of a data home, and read it.

`access/2026-11.jsonl`, a file a month: each line holds the digest of the line before, through all
files. `access/.head.json` holds how many lines there are and the digest of the last, sealed with a
key of the home, so that lines taken away from the end are missed too. What cannot be put on record
must not be shown: whoever calls `record` shows nothing when it raises.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipelines import journal, keys
from pipelines.access.line import Entry, Event, Head, digest, parsed, written
from pipelines.access.locking import alone
from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_folder, replace
from pipelines.ingest.identifiers import holds_nhs_number

FOLDER: Final = "access"
HEAD: Final = ".head.json"
LOCK: Final = ".lock"
VERB: Final = "access log"
WAIT_SECONDS: Final = 5.0
HEAD_BYTES: Final = 512
FILES: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl"
LOOK: Final = "See what is wrong with `outcomes access --verify`."


class NotOnRecord(OutcomesError):
    """The access log cannot be written or is not whole, so nothing is shown."""


def record(home: Home, event: Event, durable: bool = False) -> int:
    """Put an event on record; the number of its line.

    `durable`: it is on the disk when this returns, as it has to be before a case is shown or
    taken away. NotOnRecord, with what to do, where the log cannot be written, is full, held by
    another or not whole, or where the purpose holds an identifier.
    """
    if event.purpose and holds_nhs_number(event.purpose):
        raise NotOnRecord(
            "the purpose holds what looks like an NHS number",
            hint="Write it without: the access log names nobody.",
        )
    try:
        with _locked(home):
            return _append(home, event, durable)
    except TimeoutError:
        raise NotOnRecord(
            "the access log is being written by another process and does not become free",
            where=str(home.root / FOLDER),
            hint="Nothing is shown without its line in the log. Try again.",
        ) from None
    except OSError as error:
        raise NotOnRecord(
            f"the access log cannot be written: {error.strerror or error}",
            where=str(home.root / FOLDER),
            hint="Nothing is shown without its line in the log. Free some room or allow writing "
            "there, then try again.",
        ) from None


@contextlib.contextmanager
def _locked(home: Home) -> Iterator[None]:
    folder = home.root / FOLDER
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
    with alone(folder / LOCK, WAIT_SECONDS):
        yield


def _append(home: Home, event: Event, durable: bool) -> int:
    sealed = keys.key(home, keys.ACCESS)
    head = _healed(home, _head(home, sealed))
    now = dt.datetime.now(dt.UTC)
    # A clock that is put back must not put a line before those that stand.
    name = max(f"{now:%Y-%m}.jsonl", head.file)
    path = home.root / FOLDER / name
    line = written(event, head.count + 1, now, head.last)
    size = head.size if name == head.file else 0
    try:
        _write(path, line + b"\n", durable)
        after = Head(head.count + 1, digest(line), name, size + len(line) + 1)
        _put(home, after.sealed(sealed), durable)
    except OSError:
        _cut(path, size)
        raise
    if not head.count:
        with journal.logged(home, VERB):
            pass
    return after.count


def _write(path: Path, content: bytes, durable: bool) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        done = 0
        while done < len(content):
            done += os.write(handle, content[done:])
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)


def _cut(path: Path, size: int) -> None:
    """Take back what of a line was written: it has not been, and nothing was shown."""
    with contextlib.suppress(OSError):
        if size:
            os.truncate(path, size)
        else:
            path.unlink()


def _put(home: Home, content: bytes, durable: bool) -> None:
    """The head over the one before, in one write of less than a disk's block, which is whole or not
    at all. To rename a new file over it would make the disk write at every page view.
    """
    path = home.root / FOLDER / HEAD
    new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(handle, content.ljust(HEAD_BYTES))
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    if new or durable:
        fsync_folder(path.parent)


def _head(home: Home, sealed: bytes) -> Head:
    """The head; an empty one where there never was a log. NotOnRecord in any doubt."""
    path = home.root / FOLDER / HEAD
    try:
        return Head.opened(path.read_bytes(), sealed)
    except FileNotFoundError:
        if any((home.root / FOLDER).glob(FILES)) or begun_before(home):
            raise _broken(home, "the head of the access log is gone") from None
        return Head()
    except ValueError:
        raise _broken(home, "the head of the access log was changed") from None


def begun_before(home: Home) -> bool:
    """Whether the log for machines tells that an access log was begun here."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return f'"verb": "{VERB}"' in (home.log / journal.NAME).read_text(encoding="utf-8")
    return False


def _healed(home: Home, head: Head) -> Head:
    """The head with the lines that a killed process wrote and could not count.

    Half a line is taken away: nothing was shown for it. NotOnRecord where lines are missing.
    """
    if not head.file:
        return head
    folder = home.root / FOLDER
    path = folder / head.file
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise _broken(home, f"the file {head.file} of the access log is gone") from None
    if size < head.size:
        raise _broken(home, f"lines were taken away from {head.file} of the access log")
    # A file that the head does not know yet: begun by a process that was killed at that moment.
    for later in [path, *sorted(each for each in folder.glob(FILES) if each.name > head.file)]:
        start = head.size if later.name == head.file else 0
        if later.stat().st_size > start:
            head = _caught_up(home, later, start, head)
    return head


def _caught_up(home: Home, path: Path, start: int, head: Head) -> Head:
    with path.open("rb") as handle:
        handle.seek(start)
        tail = handle.read()
    *whole, rest = tail.split(b"\n")
    count, last, size = head.count, head.last, start
    for line in whole:
        try:
            entry, before = parsed(line)
        except ValueError:
            raise _broken(home, f"{path.name} of the access log holds what is no line") from None
        if entry.n != count + 1 or before != last:
            raise _broken(home, f"a line of {path.name} does not follow upon the one before it")
        count, last, size = entry.n, digest(line), size + len(line) + 1
    if rest:
        os.truncate(path, size)
    return Head(count, last, path.name if size else head.file, size or head.size)


def _broken(home: Home, what: str) -> NotOnRecord:
    return NotOnRecord(
        what, where=str(home.root / FOLDER), hint=f"Nothing is shown until it is whole. {LOOK}"
    )


def files(home: Home) -> list[Path]:
    """The files of the log in the order of time."""
    return sorted((home.root / FOLDER).glob(FILES))


def lines(home: Home) -> Iterator[tuple[Path, int, bytes]]:
    """Every line: its file, its number there, and its bytes without the end."""
    for path in files(home):
        with path.open("rb") as handle:
            for number, line in enumerate(handle, start=1):
                yield path, number, line.rstrip(b"\n")


def entries(home: Home) -> Iterator[Entry]:
    """Every entry, the first first. OutcomesError at a line that cannot be read."""
    for path, number, line in lines(home):
        try:
            yield parsed(line)[0]
        except ValueError:
            raise OutcomesError(
                "this is no line of an access log", where=f"{path.name}, line {number}", hint=LOOK
            ) from None


def local_reader(home: Home) -> str:
    """What the log calls whoever uses this account of the machine: a code, not its name."""
    # Whose process it is; what the environment says can be anything.
    name = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    told = hmac.new(keys.key(home, keys.ACCESS), f"reader\x1f{name}".encode(), hashlib.sha256)
    return f"local-{told.hexdigest()[:10]}"


def begin_anew(home: Home, who: str, why: str) -> Path:
    """Put a log that is not whole aside and begin another; the folder where the old one is.

    The first line of the new one says why and what the head of the old one was. OutcomesError
    where there is nothing to put aside.
    """
    folder = home.root / FOLDER
    if not folder.is_dir():
        raise OutcomesError("there is no access log to put aside", where=str(home.root))
    with _locked(home):
        now = dt.datetime.now(dt.UTC)
        aside = home.root / f"{FOLDER}-until-{now:%Y%m%dT%H%M%SZ}"
        aside.mkdir(mode=0o700)
        told = ""
        with contextlib.suppress(OSError):
            told = (folder / HEAD).read_text(encoding="utf-8")
        for path in [*files(home), folder / HEAD]:
            with contextlib.suppress(FileNotFoundError):
                replace(path, aside / path.name)
        old: dict[str, object] = {}
        with contextlib.suppress(ValueError):
            old = {k: v for k, v in json.loads(told or "{}").items() if k in ("count", "last")}
        _put(home, Head().sealed(keys.key(home, keys.ACCESS)), durable=True)
        detail = {"aside": aside.name, "old_head": old}
        _append(home, Event(who, "auditor", "begun", purpose=why, detail=detail), durable=True)
        return aside
