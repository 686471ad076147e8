"""A cache of answers that all readers share: bounded in bytes, and each answer is worked out once.

Streamlit's own cache does the same and needs half a millisecond to look a thing up, since it takes
any argument apart; a page asks for sixty. Here an argument is a key by itself. Nobody can change
what another reader gets: an answer that cannot be changed at all (tuples and frozen dataclasses to
its last part) is handed out as it is, any other is kept pickled and is a new one for each reader.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache, wraps
from operator import attrgetter
from threading import Lock
from typing import Any, Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
Key = tuple[Hashable, ...]

MOST_BYTES: Final = 64 * 2**20
"""What all answers together may take; those that were used least lately go first. The answers of
fifty readers on all pages take 48 by `frozen_bytes`, and less in truth, since much is shared. With
too little room each answer is gone when it is asked for again."""
ATOMS: Final = {float: 24, int: 36, bool: 0, type(None): 0, date: 32, datetime: 48}
"""What cannot be changed -> bytes that one takes; whole numbers are far below 2^90 here."""
TEXTS: Final = frozenset({str, bytes})


@cache
def _parts(kind: Hashable) -> tuple[Callable[[Any], tuple[Any, ...]], int] | None:
    """Reads the fields of a frozen dataclass, and what an instance takes without them.

    None for any other type.
    """
    parameters: Any = getattr(kind, "__dataclass_params__", None)
    if not (isinstance(kind, type) and is_dataclass(kind) and parameters.frozen):
        return None
    names = [each.name for each in fields(kind)]
    slots = "__slots__" in vars(kind)
    size = (32 if slots else 128) + (8 if slots else 32) * len(names)
    if len(names) < 2:  # attrgetter gives a tuple of several only
        return lambda each: tuple(getattr(each, name) for name in names), size
    return attrgetter(*names), size


def frozen_bytes(value: Any) -> int | None:
    """Bytes that an answer takes at most in memory; None where any part of it could be changed.

    What two parts of it share is counted twice.
    """
    total, left = 0, [value]
    for each in left:  # grows while it is read
        kind: Any = type(each)
        size = ATOMS.get(kind)
        if size is not None:
            total += size
        elif kind in TEXTS:
            total += sys.getsizeof(each)
        elif kind is tuple or kind is frozenset:
            total += sys.getsizeof(each)
            left += each
        else:
            parts = _parts(kind)
            if parts is None:
                return None
            total += parts[1]
            left += parts[0](each)
    return total


@dataclass(frozen=True, slots=True)
class _Held:
    """An answer: itself, or pickled where it could be changed. `bytes`: its key's included."""

    answer: Any
    bytes: int
    pickled: bool

    def read(self) -> Any:
        # our own bytes, from this process's memory
        return pickle.loads(self.answer) if self.pickled else self.answer


def _hold(key: Key, found: Any) -> _Held:
    size, of_key = frozen_bytes(found), frozen_bytes(key)
    if of_key is None:
        of_key = len(pickle.dumps(key, pickle.HIGHEST_PROTOCOL))
    if size is not None:
        return _Held(found, of_key + size, False)
    pickled = pickle.dumps(found, pickle.HIGHEST_PROTOCOL)
    return _Held(pickled, of_key + len(pickled), True)


class _Long:
    """An argument of which a key holds the digest."""

    __slots__ = ("digest", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        pickled = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        self.digest = hashlib.sha256(pickled).digest()


def by_digest(value: T) -> T:
    """A long argument for a function that is `kept`: its key has a digest in place of the value.

    Otherwise all reviews of a service would stay in memory once for each time that one was saved.
    """
    return cast(T, _Long(value))


class Kept:
    """Answers by key."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """An empty cache of at most so many bytes."""
        self.most = most
        self.bytes = 0
        self._found: OrderedDict[Key, _Held] = OrderedDict()
        self._asked: dict[Key, Future[_Held]] = {}
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
        return kept.read()

    def _find(self, key: Key, find: Callable[[], Any], mine: Future[_Held]) -> _Held:
        try:
            kept = _hold(key, find())
        except BaseException as error:
            with self._lock:
                self._asked.pop(key, None)
            mine.set_exception(error)
            raise
        with self._lock:
            self._asked.pop(key, None)
            self._found[key] = kept
            self.bytes += kept.bytes
            while self.bytes > self.most:
                self.bytes -= self._found.popitem(last=False)[1].bytes
        mine.set_result(kept)
        return kept

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()
            self.bytes = 0


ALL: Final = Kept()
"""The cache of this process."""


def _whole(given: Any) -> Any:
    return given.value if type(given) is _Long else given


def kept(function: Callable[P, T]) -> Callable[P, T]:
    """Keep what a function of hashable positional arguments returns, for all readers.

    An argument may be given `by_digest`.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def answered(*args: P.args, **kwargs: P.kwargs) -> T:
        given = tuple(each.digest if type(each) is _Long else each for each in args)
        key: Key = (name, given, tuple(sorted(kwargs.items())))
        found: T = ALL.get(key, lambda: function(*map(_whole, args), **kwargs))
        return found

    return answered
