"""Readers' scripts one after another, where they would only hold each other up.

Python runs one thread at a time. Of ten scripts that begin together each then takes as long as all
ten; one after another the first is done after a tenth of that, and none later than before. Who
waits for a script that takes unusually long goes ahead beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock
from typing import Final

AT_ONCE: Final = 2
"""Scripts that run at the same time: while one waits for the engine, another goes on."""
PATIENCE: Final = 0.5
"""Seconds that a script waits for its turn at most."""


class Queue:
    """Lets so many in at a time, in the order in which they came."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        """Nobody is in."""
        self._free, self._patience = at_once, patience
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for a turn, and give it back at the end; whether there was one in time."""
        mine = self._enter()
        try:
            yield mine
        finally:
            if mine:
                self._leave()

    def _enter(self) -> bool:
        called = Event()
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            self._waiting.append(called)
        if called.wait(self._patience):
            return True
        with self._lock:
            if called.is_set():  # just now
                return True
            self._waiting.remove(called)
        return False

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


SCRIPTS: Final = Queue()
"""The scripts of this server."""
