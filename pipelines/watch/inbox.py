"""Which files of an inbox are to be offered: whole ones that were not offered as they are now."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from pipelines.errors import HomeLocked, OutcomesError
from pipelines.home import Home, replace

STATE: Final = "inbox.json"
UNFINISHED: Final = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download")


@dataclass(frozen=True)
class Offer:
    """A file with what tells whether it is still the same: size in bytes and time of change."""

    path: Path
    size: int
    changed: int


@dataclass(frozen=True)
class Memory:
    """What looks before this one offered (size and time of change by path) and told."""

    offered: dict[str, list[int]]
    told: str | None = None
    failure: str = ""


class Inbox:
    """A folder outside the home where exports are dropped. Nothing in it is moved or removed."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()
        self._home = home
        self._state = home.root / STATE
        if not self.folder.is_dir():
            raise OutcomesError(
                "there is no such folder", where=str(self.folder), hint="Name the inbox."
            )
        if self.folder == home.root or home.root in self.folder.parents:
            raise OutcomesError(
                "the inbox must lie outside the data home",
                where=str(self.folder),
                hint="What lies in the home belongs to the program.",
            )

    @contextlib.contextmanager
    def alone(self, wait: float) -> Iterator[None]:
        """Hold the inbox, so that two who look never offer, or tell, the same thing twice.

        HomeLocked where another does not end within `wait` seconds. A killed process holds nothing.
        """
        lock = FileLock(self._home.root / f".{STATE}.lock")
        try:
            lock.acquire(timeout=max(wait, 0.0))
        except Timeout:
            raise HomeLocked(
                "another `outcomes watch` is looking into its inbox",
                where=str(self._home.root),
                hint="Try again when it has finished, or wait for it: --wait SECONDS.",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def pending(self, settle: float) -> list[Offer]:
        """Files to offer now, by name: unchanged for `settle` seconds, so that none is half there.

        Hidden files and those that a transfer has not finished are passed over. OutcomesError where
        the folder is gone or may not be read.
        """
        seen, now, found = self._remembered().offered, time.time(), []
        try:
            paths = sorted(self.folder.iterdir())
        except OSError as error:
            raise OutcomesError(
                f"the inbox cannot be read: {error.strerror or error}",
                where=str(self.folder),
                hint="Is its drive there, and may this account read it?",
            ) from None
        for path in paths:
            if path.name.startswith((".", "~$")) or path.suffix.lower() in UNFINISHED:
                continue
            with contextlib.suppress(OSError):  # removed while we look
                if not path.is_file():
                    continue
                stat = path.stat()
                offer = Offer(path, stat.st_size, stat.st_mtime_ns)
                known = seen.get(str(path)) == [offer.size, offer.changed]
                if not known and now - stat.st_mtime >= settle:
                    found.append(offer)
        return found

    @property
    def told(self) -> str | None:
        """The snapshot whose news the last digest told, empty for none; None before any look."""
        return self._remembered().told

    @property
    def failure(self) -> str:
        """Why the last look could not publish; empty where it could."""
        return self._remembered().failure

    def remember(self, offers: list[Offer], told: str, failure: str) -> None:
        """That these were offered, and what was told; a file that changes is offered again.

        Offers are remembered when the digest is written and not before: what a look that is killed
        had found is told by the next.
        """
        seen = {
            path: mark for path, mark in self._remembered().offered.items() if Path(path).exists()
        } | {str(offer.path): [offer.size, offer.changed] for offer in offers}
        new = self._state.with_name(f".{STATE}.new")
        found = {"offered": seen, "told": told, "failure": failure}
        new.write_text(json.dumps(found, indent=1), encoding="utf-8")
        replace(new, self._state)

    def _remembered(self) -> Memory:
        """Nothing where the file is damaged or of an earlier form: the door takes none twice."""
        try:
            found = json.loads(self._state.read_text(encoding="utf-8"))
            return Memory(dict(found["offered"]), found["told"], str(found["failure"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Memory({})
