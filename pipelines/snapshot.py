"""Snapshots: built beside, checked, published by a pointer, listed, rolled back, pruned.

A snapshot is an immutable DuckDB file whose name is never used twice; `CURRENT` holds the
name of the published one. Readers open the named file, so nobody sees a half one. Beside it may be
a file of totals (`pipelines.totals`): it is there before its snapshot is, and goes with it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.engines.duck import DISK_VARIABLE
from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_file, fsync_folder, replace, telling_of_the_disk
from pipelines.totals.files import totals_of, without_cases

CURRENT = "CURRENT"
NAME = re.compile(r"outcomes-\d{8}T\d{6}Z-[0-9a-f]+\.duckdb")
HARDENED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    "threads": "2",
}
MEMORY = "2GB"
MEMORY_VARIABLE = "OUTCOMES_ENGINE_MEMORY"
DISK = "8GB"
SPILL = ".spill-"
OLD_SPILL = 86_400.0
"""Seconds after which a folder of an engine that was killed is taken for left behind."""


class DamagedSnapshot(OutcomesError):
    """A snapshot's file cannot be opened or read."""


@dataclass(frozen=True)
class SnapshotInfo:
    """A published file: `name` is the file's name, `published` whether CURRENT points at it."""

    name: str
    path: Path
    created_at: dt.datetime
    size: int
    published: bool

    def meta(self) -> dict[str, str]:
        """What made it: ruleset, code, engine, files' last day."""
        con = open_readonly(self.path)
        try:
            return dict(con.execute("select key, value from meta").fetchall())
        finally:
            con.close()


def open_readonly(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that can neither write, nor read other files, nor change its settings.

    It takes at most the memory that MEMORY_VARIABLE of the environment names, and the room on the
    disk that DISK_VARIABLE does, one amount for all connections of a process; a question that
    needs more memory uses a folder beside the snapshot, of this process alone, since two with one
    such folder would read each other's parts.
    DamagedSnapshot for a file that is no whole database: its name and what to do.
    """
    spill = path.with_name(f"{SPILL}{os.getpid()}-{path.stem}")
    memory = os.environ.get(MEMORY_VARIABLE, MEMORY)
    config: dict[str, Any] = {
        **HARDENED,
        "memory_limit": memory,
        "temp_directory": str(spill),
        "max_temp_directory_size": os.environ.get(DISK_VARIABLE, DISK),
    }
    try:
        return duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error as error:
        raise DamagedSnapshot(
            f"the snapshot cannot be read ({type(error).__name__}): its file is damaged or gone",
            where=path.name,
            hint="Publish anew (outcomes build) or an earlier one (outcomes snapshots rollback).",
        ) from None


def publish(home: Home, write: Callable[[Path], None]) -> SnapshotInfo:
    """Let `write` fill a new file (and one of totals beside it), then publish the snapshot.

    The caller holds the home's lock. `write` gets a path that does not exist yet; whatever it
    raises leaves the published snapshot as it was.
    """
    sweep(home)
    now = _moment(home)
    building = home.snapshots / f".build-{os.getpid()}-{now:%Y%m%dT%H%M%S%f}.duckdb"
    try:
        write(building)
        beside = totals_of(building)
        made = [each for each in (beside, building) if each.exists()]
        for each in made:
            if Path(f"{each}.wal").exists():
                raise OutcomesError("the snapshot was not closed cleanly", where=each.name)
            fsync_file(each)
            each.chmod(0o444)
        digest = _digest(building)
        final = home.snapshots / f"outcomes-{now:%Y%m%dT%H%M%SZ}-{digest[:8]}.duckdb"
        if final.exists():
            raise OutcomesError("a snapshot of this name exists already", where=final.name)
        for each in made:  # the totals first: nobody finds a snapshot without its own
            replace(each, final if each == building else totals_of(final))
        fsync_folder(home.snapshots)
    finally:
        beside = totals_of(building)
        for left in (building, Path(f"{building}.wal"), beside, Path(f"{beside}.wal")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
    try:
        point(home, final.name)
    except OSError:
        with contextlib.suppress(OSError):  # what nobody can see takes no room
            remove(final)
        raise
    return info(home, final.name)


def _moment(home: Home) -> dt.datetime:
    """Now, but later than every snapshot: names sort in the order of publication."""
    now = dt.datetime.now(dt.UTC)
    newest = [each.created_at + dt.timedelta(seconds=1) for each in listed(home)[:1]]
    return max([now, *newest])


def point(home: Home, name: str) -> None:
    """Make `name` the published snapshot, at once for every reader."""
    pointer = home.snapshots / f".{CURRENT}.{os.getpid()}"
    try:
        with pointer.open("w", encoding="utf-8") as handle:
            handle.write(name + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        replace(pointer, home.snapshots / CURRENT)
    finally:
        with contextlib.suppress(OSError):
            pointer.unlink(missing_ok=True)
    fsync_folder(home.snapshots)


def current(home: Home) -> SnapshotInfo | None:
    """The published snapshot, or None when nothing was published or its file is gone."""
    name = _pointed(home)
    if name is None:
        return None
    try:
        return _info(home, name)
    except FileNotFoundError:
        return None


def _pointed(home: Home) -> str | None:
    try:
        name = (home.snapshots / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if NAME.fullmatch(name) else None


def listed(home: Home) -> list[SnapshotInfo]:
    """Every snapshot, newest first."""
    found = []
    for name in sorted(_names(home), reverse=True):
        with contextlib.suppress(FileNotFoundError):  # pruned meanwhile
            found.append(_info(home, name))
    return found


def _names(home: Home) -> list[str]:
    return [p.name for p in home.snapshots.glob("outcomes-*.duckdb") if NAME.fullmatch(p.name)]


def info(home: Home, name: str) -> SnapshotInfo:
    """The snapshot with this file name (or the start of one). Raises OutcomesError."""
    known = _names(home)
    matches = [name] if name in known else [each for each in known if each.startswith(name)]
    if len(matches) != 1:
        found = "several snapshots begin" if matches else "there is no snapshot"
        raise OutcomesError(
            f"{found} with '{name}'",
            where=str(home.snapshots),
            hint="List them: outcomes snapshots list",
        )
    return _info(home, matches[0])


def _info(home: Home, name: str) -> SnapshotInfo:
    path = home.snapshots / name
    stamp = path.stem.split("-")[1]
    created = dt.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    return SnapshotInfo(name, path, created, path.stat().st_size, _pointed(home) == name)


def rollback(home: Home, name: str | None = None, wait: float = 0.0) -> SnapshotInfo:
    """Publish an earlier snapshot again: the named one, or the one before the published.

    Raises OutcomesError when there is none, HomeLocked when the home is busy after `wait` seconds.
    """
    with home.lock("snapshots rollback", wait), telling_of_the_disk(home.root):
        target = info(home, name) if name is not None else _before(home)
        point(home, target.name)
        return info(home, target.name)


def _before(home: Home) -> SnapshotInfo:
    """The snapshot that was published when the published one was made, else the next older.

    The order of the names alone would also lead to one that a killed run built but never
    published.
    """
    now = current(home)
    older = [each for each in listed(home) if now and each.name < now.name]
    if now is None or not older:
        raise OutcomesError("there is no earlier snapshot", where=str(home.snapshots))
    previous = None
    with contextlib.suppress(DamagedSnapshot, duckdb.Error):  # a broken one can be rolled back too
        previous = now.meta().get("previous_snapshot")
    return next((each for each in older if each.name == previous), older[0])


def prune(
    home: Home,
    keep: int,
    left: Callable[[SnapshotInfo, str], None] | None = None,
    wait: float = 0.0,
) -> list[str]:
    """Delete all but the newest `keep` snapshots and the published one; names of the deleted.

    A file that cannot be deleted, as where another program has it open, stays for the next
    time; `left` is called with it and the reason.
    """
    if keep < 1:
        raise OutcomesError("at least one snapshot is kept", hint="Use --keep 1 or more.")
    deleted = []
    with home.lock("snapshots prune", wait):
        for snapshot in listed(home)[keep:]:
            if snapshot.published:
                continue
            try:
                remove(snapshot.path)
                deleted.append(snapshot.name)
            except OSError as error:
                if left:
                    left(snapshot, error.strerror or str(error))
    return deleted


def remove(path: Path) -> None:
    """Delete a snapshot, then its totals; OSError where one cannot be."""
    with contextlib.suppress(FileNotFoundError):
        delete(path)
    with contextlib.suppress(FileNotFoundError):
        delete(totals_of(path))


def delete(path: Path) -> None:
    """Remove a read-only file; OSError when it cannot be, and it is read-only as before."""
    try:
        path.unlink()
        return
    except PermissionError:  # Windows wants it writable first
        path.chmod(0o600)
    try:
        path.unlink()
    except OSError:
        path.chmod(0o444)
        raise


def sweep(home: Home) -> None:
    """Remove what an interrupted run left behind. The caller holds the lock."""
    for left in [*home.snapshots.glob(".build-*"), *home.snapshots.glob(f".{CURRENT}.*")]:
        with contextlib.suppress(OSError):
            left.unlink()
    for left in without_cases(home.snapshots):
        with contextlib.suppress(OSError):
            delete(left)
    for folder in home.snapshots.glob(f"{SPILL}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > OLD_SPILL:
                shutil.rmtree(folder)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
