"""One line of the access log, and the head that names how many there are."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

What = Literal["page", "case", "export", "report", "begun"]
WORDS: Final[dict[str, str]] = {
    "page": "page seen",
    "case": "case opened",
    "export": "rows taken away",
    "report": "report or table made",
    "begun": "log begun",
}
LONGEST: Final = 300
"""Characters of a purpose that are kept."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be put on record. `case` is a case number, `detail` holds no value of any case."""

    who: str
    mode: str
    what: What
    page: str = ""
    case: str = ""
    purpose: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it stands in the log: its line's number and moment (UTC)."""

    n: int
    at: dt.datetime
    event: Event

    def plain(self) -> dict[str, Any]:
        """For JSON and CSV; what is not set is empty."""
        of = self.event
        return {
            **{"n": self.n, "at": self.at.isoformat(timespec="seconds"), "who": of.who},
            **{"mode": of.mode, "what": of.what, "page": of.page, "case": of.case},
            **{"purpose": of.purpose, "detail": dict(of.detail)},
        }


@dataclass(frozen=True, slots=True)
class Head:
    """How many lines there are, the digest of the last, its file and how long that is."""

    count: int = 0
    last: str = ""
    file: str = ""
    size: int = 0

    def sealed(self, key: bytes) -> bytes:
        """As it is written: with a seal that only the key can make."""
        told = {"count": self.count, "last": self.last, "file": self.file, "size": self.size}
        return json.dumps({**told, "seal": self._seal(key)}).encode()

    @classmethod
    def opened(cls, content: bytes, key: bytes) -> Head:
        """The head from its bytes; ValueError where it is not as it was sealed."""
        told = json.loads(content)
        if not isinstance(told, dict):
            raise ValueError("no head")
        seal = told.pop("seal", "")
        try:
            found = cls(**told)
        except TypeError:
            raise ValueError("no head") from None
        if not hmac.compare_digest(str(seal), found._seal(key)):
            raise ValueError("the seal is broken")
        return found

    def _seal(self, key: bytes) -> str:
        told = f"{self.count}\x1f{self.last}\x1f{self.file}\x1f{self.size}".encode()
        return hmac.new(key, told, hashlib.sha256).hexdigest()


def digest(line: bytes) -> str:
    """What the next line says of this one (without its end of line)."""
    return hashlib.sha256(line).hexdigest()


def written(event: Event, n: int, at: dt.datetime, before: str) -> bytes:
    """An event as a line, without its end."""
    told: dict[str, Any] = {"n": n, "at": at.isoformat(timespec="milliseconds"), "who": event.who}
    told |= {"mode": event.mode, "what": event.what}
    for name in ("page", "case"):
        if getattr(event, name):
            told[name] = getattr(event, name)
    if event.purpose:
        told["purpose"] = event.purpose[:LONGEST]
    if event.detail:
        told["detail"] = dict(event.detail)
    told["before"] = before
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def parsed(line: bytes) -> tuple[Entry, str]:
    """A line as its entry and what it says of the line before; ValueError for no such line."""
    try:
        told = json.loads(line)
        event = Event(
            str(told["who"]),
            str(told["mode"]),
            told["what"],
            str(told.get("page", "")),
            str(told.get("case", "")),
            str(told.get("purpose", "")),
            dict(told.get("detail", {})),
        )
        return Entry(int(told["n"]), dt.datetime.fromisoformat(told["at"]), event), told["before"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no line of the access log") from error
