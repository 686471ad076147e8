"""The visits of this server: who signed in, when, and whether that still holds.

They are held here and nowhere else. A browser has a random key and nothing beside it; a visit that
was ended is ended for every copy of its key, and a restart of the server ends all of them.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Final, Literal

from starlette.types import Scope

from dashboard.launch import INNER
from pipelines.sign_on import How

Why = Literal["idle", "over", "out", "unknown"]
MOST_FILES: Final = 4_000
MOST_OF_ONE: Final = 50
"""Visits of one person at a time; the oldest make room."""
MOST_ENDED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Known:
    """A person as the provider or the proxy named them: an id without a name, and their values."""

    subject: str
    how: How
    roles: tuple[str, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A time by two clocks: one that nobody sets, and one that goes on while a machine sleeps."""

    ticks: float
    wall: float

    def since(self, earlier: Moment) -> float:
        """Seconds from `earlier` to this; the longer of what the two clocks say."""
        return max(self.ticks - earlier.ticks, self.wall - earlier.wall)


def now() -> Moment:
    """This moment."""
    return Moment(time.monotonic(), time.time())


@dataclass(slots=True)
class Visit:
    """A person's stay, from sign-in to its end; `files` are those that were offered to them."""

    who: Known
    began: Moment
    used: Moment
    signed_in_at: datetime
    files: OrderedDict[str, None] = field(default_factory=OrderedDict)


class Visits:
    """All visits, by key."""

    def __init__(
        self, hours: float, idle_minutes: float, clock: Callable[[], Moment] = now
    ) -> None:
        """A visit ends after `hours`, and after `idle_minutes` without use."""
        self._longest, self._idle = hours * 3600, idle_minutes * 60
        self._clock = clock
        self._visits: dict[str, Visit] = {}
        self._ended: OrderedDict[str, Why] = OrderedDict()
        self._lock = Lock()

    def begin(self, who: Known) -> str:
        """Begin a visit; its key, which nobody can guess."""
        key, at = secrets.token_urlsafe(32), self._clock()
        with self._lock:
            for old in [each for each in self._visits if self._left(each) <= 0]:
                self._end(old, self._why(old))
            own = [each for each, visit in self._visits.items() if visit.who.subject == who.subject]
            for old in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
                self._end(old, "over")
            self._visits[key] = Visit(who, at, at, datetime.fromtimestamp(at.wall, UTC))
        return key

    def find(self, key: str) -> Visit | None:
        """The visit of a key, None where there is none or it has ended."""
        with self._lock:
            if key not in self._visits:
                return None
            if self._left(key) <= 0:
                self._end(key, self._why(key))
                return None
            return self._visits[key]

    def use(self, key: str) -> Visit | None:
        """The same, and that it is in use just now."""
        found = self.find(key)
        if found is not None:
            found.used = self._clock()
        return found

    def person(self, scope: Scope) -> str | None:
        """The person of a request that the gate has let through, by its visit."""
        keys = [value.decode() for name, value in scope["headers"] if name == INNER.encode()]
        found = self.find(keys[0]) if keys else None
        return found.who.subject if found else None

    def left(self, key: str) -> float:
        """Seconds until the visit of a key ends if it is not used; 0 or less where it has ended."""
        with self._lock:
            return self._left(key)

    def end(self, key: str) -> None:
        """End a visit now, because the person signed out."""
        with self._lock:
            if key in self._visits:
                self._end(key, "out")

    def why(self, key: str) -> Why:
        """Why a visit has ended."""
        with self._lock:
            return self._ended.get(key, "unknown")

    def offer(self, key: str, files: list[str]) -> None:
        """Remember that files were offered to this visit, which may fetch them."""
        found = self.find(key)
        if found is None:
            return
        with self._lock:
            for name in files:
                found.files[name] = None
                found.files.move_to_end(name)
            while len(found.files) > MOST_FILES:
                found.files.popitem(last=False)

    def _left(self, key: str) -> float:
        visit = self._visits.get(key)
        if visit is None:
            return 0.0
        at = self._clock()
        return min(self._longest - at.since(visit.began), self._idle - at.since(visit.used))

    def _why(self, key: str) -> Why:
        at = self._clock()
        return "over" if at.since(self._visits[key].began) >= self._longest else "idle"

    def _end(self, key: str, why: Why) -> None:
        self._visits.pop(key, None)
        self._ended[key] = why
        while len(self._ended) > MOST_ENDED:
            self._ended.popitem(last=False)


_here: list[Visits] = []


def open_for(visits: Visits) -> None:
    """Make these the visits of this process."""
    _here[:] = [visits]


def of_this_server() -> Visits | None:
    """The visits of this process; None where nobody has to sign in."""
    return _here[0] if _here else None
