"""Comparing results: a partial match for worked cases, a full one between two readings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any


def partial(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Differences of a worked case; only listed keys count (section 8)."""
    if not isinstance(expected, dict):
        if isinstance(expected, list) and isinstance(actual, list):
            yield from _lists(expected, actual, path)
        elif not same(expected, actual):
            yield f"{path}: expected {expected!r}, got {actual!r}"
        return
    for key, value in expected.items():
        place = f"{path}.{key}"
        if key.endswith("__contains"):
            found = actual.get(key.removesuffix("__contains"), [])
            if not set(value) <= set(found):
                yield f"{place}: {value!r} not all in {found!r}"
        elif key.endswith("__lacks"):
            found = actual.get(key.removesuffix("__lacks"), [])
            if set(value) & set(found):
                yield f"{place}: some of {value!r} in {found!r}"
        elif not isinstance(actual, dict) or key not in actual:
            yield f"{place}: missing"
        else:
            yield from partial(value, actual[key], place)


def _lists(expected: list[Any], actual: list[Any], path: str) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{path}: expected {expected!r}, got {actual!r}"
        return
    for at, (one, other) in enumerate(zip(expected, actual, strict=True)):
        yield from partial(one, other, f"{path}[{at}]")


def same(one: Any, other: Any) -> bool:
    """Equality, with the rounding of a double for fractions of a dose."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        if one is None or other is None:
            return one is other
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def differences(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf where two results differ: path, first value, second value."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(set(one) | set(other), key=str):
            place = f"{path}.{key}" if path else str(key)
            if key not in one or key not in other:
                yield place, one.get(key, "(absent)"), other.get(key, "(absent)")
            else:
                yield from differences(one[key], other[key], place)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}[{at}]")
    elif not same(one, other):
        yield path, one, other
