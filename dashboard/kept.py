"""A cache of answers that all readers share: bounded in bytes, and each answer is worked out once.

Streamlit's own cache does the same and needs half a millisecond to look a thing up, since it takes
any argument apart; a page asks for sixty. Here an argument is a key by itself. An answer is kept
pickled, so that nobody can change what another reader gets, and so that its size is known.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import wraps
from threading import Lock
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Key = tuple[Hashable, ...]

MOST_BYTES: Final = 24 * 2**20
"""What all answers together may take; those that were used least lately go first."""


class Kept:
    """Pickled answers by key."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """An empty cache of at most so many bytes."""
        self.most = most
        self.bytes = 0
        self._found: OrderedDict[Key, bytes] = OrderedDict()
        self._asked: dict[Key, Future[bytes]] = {}
        self._lock = Lock()

    def get(self, key: Key, find: Callable[[], Any]) -> Any:
        """The answer for `key`: kept, or being found by somebody else just now, or from `find`.

        What `find` raises reaches all who wait for it and is not kept.
        """
        with self._lock:
            kept = self._found.get(key)
            if kept is not None:
                self._found.move_to_end(key)
            else:
                waiting = self._asked.get(key)
                if waiting is None:
                    mine = self._asked[key] = Future()
        if kept is None:
            kept = waiting.result() if waiting is not None else self._find(key, find, mine)
        return pickle.loads(kept)  # our own bytes, from this process's memory

    def _find(self, key: Key, find: Callable[[], Any], mine: Future[bytes]) -> bytes:
        try:
            kept = pickle.dumps(find(), pickle.HIGHEST_PROTOCOL)
        except BaseException as error:
            with self._lock:
                self._asked.pop(key, None)
            mine.set_exception(error)
            raise
        with self._lock:
            self._asked.pop(key, None)
            self._found[key] = kept
            self.bytes += len(kept)
            while self.bytes > self.most:
                self.bytes -= len(self._found.popitem(last=False)[1])
        mine.set_result(kept)
        return kept

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()
            self.bytes = 0


ALL: Final = Kept()
"""The cache of this process."""


def kept(function: Callable[P, T]) -> Callable[P, T]:
    """Keep what a function of hashable positional arguments returns, for all readers."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        key: Key = (name, args, tuple(sorted(kwargs.items())))
        found: T = ALL.get(key, lambda: function(*args, **kwargs))
        return found

    return answered
