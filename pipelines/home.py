"""The data home: where things lie, and who may write there."""

from __future__ import annotations

import contextlib
import datetime as dt
import difflib
import json
import os
import shutil
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import platformdirs
from filelock import FileLock, Timeout

from pipelines.errors import HomeLocked, OutcomesError
from pipelines.private import refuse_others
from pipelines.settings_lines import line_of

SECTIONS = (
    *("service", "sites", "parameters", "sources", "targets"),
    *("disclosure", "spc", "access", "retention", "reviews", "server", "spark"),
)
SYNCHRONISED = (
    "onedrive",
    "dropbox",
    "google drive",
    "googledrive",
    "icloud",
    "nextcloud",
    "box sync",
)

# What only a process that holds the lock makes, and removes again unless it is killed.
LEFTOVERS = (
    *(".build-*", "landing/.tmp-*", "refused/.*.json"),
    *("snapshots/.build-*", "snapshots/.CURRENT.*"),
)


def default_root() -> Path:
    """OUTCOMES_HOME, else a per-user data folder."""
    chosen = os.environ.get("OUTCOMES_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("sciatica-outcomes", appauthor=False))


@dataclass(frozen=True)
class Home:
    """A folder that holds landing, snapshots and the service's own settings."""

    root: Path
    warnings: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path | str | None = None, create: bool = True) -> Home:
        """The home at `path`, else the default one (`default_root`).

        Made with mode 0700; one that was there and lets others in is refused, not put right.
        Raises OutcomesError for that, inside a version-control work tree, or when it is missing
        and `create` is false.
        """
        root = (Path(path).expanduser() if path else default_root()).absolute()
        _refuse_work_tree(root)
        home = cls(root, _sync_warning(root))
        if create:
            home._make()
        elif not root.is_dir():
            raise OutcomesError(
                "there is no data home here", where=str(root), hint="Check --home or OUTCOMES_HOME."
            )
        refuse_others(root)
        return home

    def _make(self) -> None:
        if self.root.is_dir():  # before anything is put into it
            refuse_others(self.root)
        own = (self.root, self.landing, self.refused, self.snapshots, self.profiles)
        try:
            # What has to be made above it as well: one of these may become a home itself, as the
            # folder does in which the demo's lies.
            above = [folder for folder in self.root.parents if not folder.exists()]
            for folder in (*reversed(above), *own):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise OutcomesError(
                f"the data home cannot be made: {error.strerror or error}",
                where=str(self.root),
                hint="Choose a folder that you may write to, with --home or OUTCOMES_HOME.",
            ) from None

    @property
    def landing(self) -> Path:
        """Typed rows by stream and file, never changed."""
        return self.root / "landing"

    @property
    def refused(self) -> Path:
        """Why files were refused; nothing of their content."""
        return self.root / "refused"

    @property
    def snapshots(self) -> Path:
        """Published snapshots and the pointer CURRENT."""
        return self.root / "snapshots"

    @property
    def log(self) -> Path:
        """What was done when, for machines; nothing of any file's content."""
        return self.root / "log"

    @property
    def profiles(self) -> Path:
        """The service's own profiles."""
        return self.root / "profiles"

    @property
    def config_file(self) -> Path:
        """The service's settings."""
        return self.root / "outcomes.toml"

    def config(self) -> dict[str, Any]:
        """The settings of outcomes.toml; OutcomesError for a malformed or unknown section."""
        if not self.config_file.exists():
            return {}
        try:
            found = tomllib.loads(self.config_file.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            where = f"{self.config_file}, line {line}"
            raise OutcomesError("the file is not UTF-8 text", where=where) from None
        except tomllib.TOMLDecodeError as error:
            why, _, at = str(error).partition(" (at ")
            where = f"{self.config_file}{f', {at.rstrip(chr(41))}' if at else ''}"
            raise OutcomesError(why, where=where) from None
        for section in found:
            if section not in SECTIONS:
                near = difflib.get_close_matches(section, SECTIONS, 1)
                hint = f"Did you mean [{near[0]}]?" if near else f"Known: {', '.join(SECTIONS)}."
                found_at = line_of(self.config_file.read_text(encoding="utf-8"), section)
                where = f"{self.config_file}{f', line {found_at}' if found_at else ''}"
                raise OutcomesError(f"unknown section [{section}]", where=where, hint=hint)
        return found

    @contextlib.contextmanager
    def lock(self, purpose: str, wait: float = 0.0) -> Iterator[None]:
        """Hold the home for writing, and remove what a killed process left behind.

        Waits up to `wait` seconds for another process; HomeLocked then says who holds it.
        """
        lock = FileLock(self.root / ".lock")
        try:
            with telling_of_the_disk(self.root):
                lock.acquire(timeout=max(wait, 0.0))  # a negative one would wait for ever
        except Timeout:
            raise HomeLocked(
                f"another outcomes process ({self._holder()}) is writing",
                where=str(self.root),
                hint="Try again when it has finished, or wait for it: --wait SECONDS.",
            ) from None
        note = self.root / ".lock-holder"
        try:
            self._sweep()
            now = dt.datetime.now().strftime("%d/%m/%Y %H:%M")
            # Only for the message to others: on a full disk, pruning must still be possible.
            with contextlib.suppress(OSError):
                note.write_text(json.dumps({"pid": os.getpid(), "verb": purpose, "since": now}))
            yield
        finally:
            with contextlib.suppress(OSError):
                note.unlink()
            lock.release()

    def _sweep(self) -> None:
        for pattern in LEFTOVERS:
            for left in self.root.glob(pattern):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    with contextlib.suppress(OSError):
                        left.unlink()

    def _holder(self) -> str:
        for _ in range(10):  # the holder may be writing its note just now
            try:
                held = json.loads((self.root / ".lock-holder").read_text(encoding="utf-8"))
                return f"pid {held['pid']}, `{held['verb']}`, since {held['since']}"
            except (OSError, ValueError, KeyError):
                time.sleep(0.05)
        return "its name is not known"


@contextlib.contextmanager
def telling_of_the_disk(root: Path) -> Iterator[None]:
    """A full disk, or a folder or file that cannot be used, becomes an error that says so."""
    try:
        yield
    except Timeout:  # an OSError too, but of the lock
        raise
    except (OSError, duckdb.Error) as error:
        if isinstance(error, duckdb.Error) and not _of_the_disk(error):
            raise
        what = getattr(error, "strerror", None) or str(error).splitlines()[0]
        outside = _outside(root, error)
        if outside:
            raise OutcomesError(
                f"it cannot be read or written: {what}",
                where=outside,
                hint="Check the path, who may use it and the room there, then run it again.",
            ) from None
        raise OutcomesError(
            f"the data home cannot be written: {what}",
            where=str(root),
            hint="Free some room or allow writing there, then run it again; what was published "
            "before is unchanged.",
        ) from None


def _of_the_disk(error: BaseException | None) -> bool:
    """Whether DuckDB could not write, whatever class it says so in and what came of it later."""
    while error is not None:
        if isinstance(error, OSError | duckdb.IOException) or "Could not write" in str(error):
            return True
        error = error.__context__
    return False


def _outside(root: Path, error: Exception) -> str | None:
    """The file that an error is about, where it is not one of the data home's."""
    named = getattr(error, "filename", None)
    if not isinstance(named, str | os.PathLike):
        return None
    path = Path(named).absolute()
    return None if path.is_relative_to(root) else str(path)


def replace(source: Path, target: Path, tries: int = 5) -> None:
    """Rename over `target`, again after a short wait where another program has it open."""
    for attempt in range(tries):
        try:
            source.replace(target)
            return
        except PermissionError:
            if attempt == tries - 1:
                raise
            time.sleep(0.1 * (attempt + 1))


def fsync_folder(folder: Path) -> None:
    """Make a rename inside `folder` durable, where the system allows it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def fsync_file(path: Path) -> None:
    """Make a file's content durable."""
    with path.open("rb") as handle, contextlib.suppress(OSError):
        os.fsync(handle.fileno())


def _refuse_work_tree(root: Path) -> None:
    for folder in (root, *root.parents):
        if any((folder / mark).exists() for mark in (".git", ".hg", ".svn")):
            raise OutcomesError(
                "the data home would lie inside a version-control work tree",
                where=str(folder),
                hint="Patient-level data must not get into a repository; choose another folder.",
            )


def _sync_warning(root: Path) -> tuple[str, ...]:
    for part in root.parts:
        if any(name in part.casefold() for name in SYNCHRONISED):
            return (
                f"The data home lies in a synchronised folder ({part}): copies leave this machine.",
            )
    return ()
