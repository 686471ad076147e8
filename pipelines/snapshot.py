"""Snapshots: built beside, checked, published by a pointer, listed, rolled back, pruned.

A snapshot is an immutable DuckDB file whose name is never used twice; `CURRENT` holds the
name of the published one. Readers open the named file, so nobody sees a half one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_file, fsync_folder, replace

CURRENT = "CURRENT"
HARDENED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
    "memory_limit": "2GB",
    "threads": "2",
}


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
    """A connection that can neither write, nor read other files, nor change its settings."""
    return duckdb.connect(str(path), read_only=True, config=dict(HARDENED))


def publish(home: Home, write: Callable[[Path], None], stem: str = "outcomes") -> SnapshotInfo:
    """Let `write` fill a new file, then make it the published snapshot.

    The caller holds the home's lock. `write` gets a path that does not exist yet; whatever it
    raises leaves the published snapshot as it was.
    """
    sweep(home)
    now = dt.datetime.now(dt.UTC)
    building = home.snapshots / f".build-{os.getpid()}-{now:%Y%m%dT%H%M%S%f}.duckdb"
    try:
        write(building)
        if Path(f"{building}.wal").exists():
            raise OutcomesError("the snapshot was not closed cleanly", where=building.name)
        fsync_file(building)
        digest = _digest(building)
        final = home.snapshots / f"{stem}-{now:%Y%m%dT%H%M%SZ}-{digest[:8]}.duckdb"
        if final.exists():
            raise OutcomesError("a snapshot of this name exists already", where=final.name)
        building.chmod(0o444)
        replace(building, final)
        fsync_folder(home.snapshots)
    finally:
        for left in (building, Path(f"{building}.wal")):
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)
    point(home, final.name)
    return info(home, final.name)


def point(home: Home, name: str) -> None:
    """Make `name` the published snapshot, at once for every reader."""
    pointer = home.snapshots / f".{CURRENT}.{os.getpid()}"
    with pointer.open("w", encoding="utf-8") as handle:
        handle.write(name + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    replace(pointer, home.snapshots / CURRENT)
    fsync_folder(home.snapshots)


def current(home: Home) -> SnapshotInfo | None:
    """The published snapshot, or None when nothing was published or its file is gone."""
    try:
        name = (home.snapshots / CURRENT).read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return info(home, name) if (home.snapshots / name).is_file() else None


def listed(home: Home) -> list[SnapshotInfo]:
    """Every snapshot, newest first."""
    names = sorted((p.name for p in home.snapshots.glob("outcomes-*.duckdb")), reverse=True)
    return [info(home, name) for name in names]


def info(home: Home, name: str) -> SnapshotInfo:
    """The snapshot with this file name (or the start of one). Raises OutcomesError."""
    path = home.snapshots / name
    if not path.is_file():
        matches = sorted(home.snapshots.glob(f"{name}*.duckdb"))
        if len(matches) != 1:
            found = "several snapshots begin" if matches else "there is no snapshot"
            raise OutcomesError(
                f"{found} with '{name}'",
                where=str(home.snapshots),
                hint="List them: outcomes snapshots list",
            )
        path = matches[0]
    stamp = path.stem.split("-")[1]
    created = dt.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    pointed = home.snapshots / CURRENT
    published = pointed.exists() and pointed.read_text(encoding="utf-8").strip() == path.name
    return SnapshotInfo(path.name, path, created, path.stat().st_size, published)


def rollback(home: Home, name: str | None = None) -> SnapshotInfo:
    """Publish an earlier snapshot again: the named one, or the one before the published."""
    with home.lock("snapshots rollback"):
        if name is None:
            found = listed(home)
            place = next((i for i, s in enumerate(found) if s.published), None)
            if place is None or place + 1 >= len(found):
                raise OutcomesError("there is no earlier snapshot", where=str(home.snapshots))
            name = found[place + 1].name
        target = info(home, name)
        point(home, target.name)
        return info(home, target.name)


def prune(home: Home, keep: int) -> list[str]:
    """Delete all but the newest `keep` snapshots and the published one; names of the deleted.

    A file that another program has open is left for the next time.
    """
    if keep < 1:
        raise OutcomesError("at least one snapshot is kept", hint="Use --keep 1 or more.")
    deleted = []
    with home.lock("snapshots prune"):
        for snapshot in listed(home)[keep:]:
            if snapshot.published:
                continue
            try:
                snapshot.path.chmod(0o600)
                snapshot.path.unlink()
                deleted.append(snapshot.name)
            except OSError:
                with contextlib.suppress(OSError):
                    snapshot.path.chmod(0o444)
    return deleted


def sweep(home: Home) -> None:
    """Remove what an interrupted run left behind. The caller holds the lock."""
    for left in [*home.snapshots.glob(".build-*"), *home.snapshots.glob(f".{CURRENT}.*")]:
        with contextlib.suppress(OSError):
            left.unlink()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
