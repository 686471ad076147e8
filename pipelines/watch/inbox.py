"""Which files of an inbox are to be offered: whole ones that were not offered as they are now."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.errors import OutcomesError
from pipelines.home import Home, replace

STATE: Final = "inbox.json"
UNFINISHED: Final = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download")


@dataclass(frozen=True)
class Offer:
    """A file with what tells whether it is still the same: size in bytes and time of change."""

    path: Path
    size: int
    changed: int


class Inbox:
    """A folder outside the home where exports are dropped. Nothing in it is moved or removed."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()
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

    def pending(self, settle: float) -> list[Offer]:
        """Files to offer now, by name: unchanged for `settle` seconds, so that none is half there.

        Hidden files and those that a transfer has not finished are passed over.
        """
        seen, now, found = self._seen(), time.time(), []
        for path in sorted(self.folder.iterdir()):
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

    def offered(self, offers: list[Offer]) -> None:
        """Remember that these were offered; a file that changes is offered again."""
        seen = {path: mark for path, mark in self._seen().items() if Path(path).exists()} | {
            str(offer.path): [offer.size, offer.changed] for offer in offers
        }
        new = self._state.with_name(f".{STATE}.new")
        new.write_text(json.dumps(seen, indent=1), encoding="utf-8")
        replace(new, self._state)

    def _seen(self) -> dict[str, list[int]]:
        """What was offered before; nothing where the file is damaged: the door takes none twice."""
        try:
            found = json.loads(self._state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
