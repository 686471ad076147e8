"""The register of people and episodes that are left out, as marks that name nobody.

A mark is an HMAC-SHA-256 under a key that lies in the data home alone. Whoever has the home can
test a pseudonym against it; whoever has only the register, a backup of it or a report cannot.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.errors import OutcomesError
from pipelines.home import Home, fsync_file, fsync_folder, replace

FILE: Final = "left_out.jsonl"
KEY_FILE: Final = "left_out.key"
KEY_BYTES: Final = 32
PERSON: Final = "person"
EPISODE: Final = "episode"
OPTED_OUT: Final = "opted_out"
FORGOTTEN: Final = "forgotten"
ANY_SOURCE: Final = ""


@dataclass(frozen=True)
class Entry:
    """One mark: of a person or an episode, why, since when (ISO date)."""

    mark: str
    kind: str
    why: str
    since: str


class Register:
    """Who is left out in one data home. Reading needs no lock; adding needs the home's."""

    def __init__(
        self, home: Home, key: bytes | None, entries: Iterable[Entry], rehearsed: bool = False
    ) -> None:
        self._home = home
        self._key = key
        self._rehearsed = rehearsed
        self._why = {(each.kind, each.mark): each.why for each in entries}

    @classmethod
    def open(cls, home: Home) -> Register:
        """The register of a home; an empty one where nobody was ever left out.

        OutcomesError where it is damaged or its key is gone: then nobody can tell whom it means,
        and nothing may be taken in.
        """
        path, at = home.root / FILE, home.root / KEY_FILE
        if not path.exists():
            return cls(home, at.read_bytes() if at.exists() else None, ())
        if not at.exists() or len(at.read_bytes()) != KEY_BYTES:
            raise OutcomesError(
                "the key of the register of people left out is gone or damaged",
                where=str(at),
                hint="Put the file back from your backup. Without it nobody can tell whom the "
                "register means, and nothing is taken in.",
            )
        return cls(home, at.read_bytes(), _read(path))

    def rehearsal(self) -> Register:
        """The same register, of which nothing that is added is written: to see what would go."""
        copy = Register(self._home, self._key or secrets.token_bytes(KEY_BYTES), (), True)
        copy._why = dict(self._why)
        return copy

    @property
    def size(self) -> int:
        """How many marks it has."""
        return len(self._why)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many marks by (kind, why)."""
        found: dict[tuple[str, str], int] = {}
        for (kind, _), why in self._why.items():
            found[kind, why] = found.get((kind, why), 0) + 1
        return found

    def why(self, kind: str, source: str, ident: str | None) -> str | None:
        """Why this person or episode of a source is left out; None for everybody else."""
        if ident is None or self._key is None or not self._why:
            return None
        for of in (ANY_SOURCE, source):
            found = self._why.get((kind, self._mark(kind, of, ident)))
            if found:
                return found
        return None

    def add(self, kind: str, source: str, idents: Iterable[str], why: str) -> int:
        """Put people or episodes of a source (ANY_SOURCE: of all) on the register; how many new.

        The register is on disk when this returns. OutcomesError where it cannot be written.
        """
        try:
            self._key = self._key or _new_key(self._home)
            today = dt.date.today().isoformat()
            marks = dict.fromkeys(self._mark(kind, source, each) for each in idents)
            new = [Entry(mark, kind, why, today) for mark in marks if (kind, mark) not in self._why]
            if new and not self._rehearsed:
                _append(self._home, new)
        except OSError as error:
            raise OutcomesError(
                f"the register of people left out cannot be written: {error.strerror or error}",
                where=str(self._home.root / FILE),
                hint="Free some room or allow writing there, then run it again.",
            ) from None
        self._why |= {(each.kind, each.mark): each.why for each in new}
        return len(new)

    def _mark(self, kind: str, source: str, ident: str) -> str:
        assert self._key is not None, "a register with entries has its key"
        told = "\x1f".join((kind, source, ident)).encode()
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()


def _read(path: Path) -> list[Entry]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            told: dict[str, Any] = json.loads(line)
            found.append(Entry(*(str(told[name]) for name in ("mark", "kind", "why", "since"))))
        except (ValueError, KeyError, TypeError):
            raise OutcomesError(
                "the register of people left out cannot be read",
                where=f"{path}, line {number}",
                hint="Put the file back from your backup; nothing is taken in without it.",
            ) from None
    return found


def _new_key(home: Home) -> bytes:
    key, at = secrets.token_bytes(KEY_BYTES), home.root / KEY_FILE
    handle = os.open(at, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(key)
    fsync_file(at)
    fsync_folder(home.root)
    return key


def _append(home: Home, new: Iterable[Entry]) -> None:
    """The whole file anew under a name of its own, then in its place: never half a line."""
    path = home.root / FILE
    draft = path.with_name(f".{FILE}.new")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    draft.write_text(
        before + "".join(json.dumps(vars(each), sort_keys=True) + "\n" for each in new), "utf-8"
    )
    draft.chmod(0o600)
    fsync_file(draft)
    replace(draft, path)
    fsync_folder(home.root)
