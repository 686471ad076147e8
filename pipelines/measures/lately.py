"""What was worked out lately from the same counts: a page asks for one curve under several names.

The key is what an estimator was given, to the last byte, so that an answer never stands for other
counts; the arrays of an answer cannot be written to.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields
from functools import cache
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Lately(Generic[T]):
    """The latest `most` answers, each a dataclass of arrays and numbers."""

    def __init__(self, most: int) -> None:
        """Nothing is remembered yet."""
        self._most = most
        self._found: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(
        self, given: Sequence[NDArray[Any]], asked: tuple[Hashable, ...], find: Callable[[], T]
    ) -> T:
        """The answer for these arrays and settings, from `find` where it is not remembered."""
        key = (_digest(given), asked)
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = find()
        _freeze(found)
        with self._lock:
            self._found[key] = found
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return found


def _digest(given: Sequence[NDArray[Any]]) -> Hashable:
    told = hashlib.blake2b(digest_size=20)
    for values in given:
        told.update(np.ascontiguousarray(values).data)
    return tuple((each.dtype.char, each.shape) for each in given), told.digest()


@cache
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))  # type: ignore[arg-type]


def _freeze(found: Any) -> None:
    """No reader of an answer may change what the next one gets."""
    kind: Any = type(found)
    for name in _names(kind):
        value = getattr(found, name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
