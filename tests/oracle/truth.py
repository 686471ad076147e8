"""Three truth values and their connectives (section 3.1).

A truth value is True, False or None; None means not asked or not known.
"""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def not_(value: Truth) -> Truth:
    """Negation; unknown stays unknown (section 3.1)."""
    return None if value is None else not value


def any_(values: Iterable[Truth]) -> Truth:
    """True if some value is, else unknown if some is, else False (section 3.1)."""
    seen = list(values)
    if any(value is True for value in seen):
        return True
    return None if any(value is None for value in seen) else False


def all_(values: Iterable[Truth]) -> Truth:
    """Dual of `any_` (section 3.1)."""
    return not_(any_(not_(value) for value in values))


def told(values: Iterable[Truth]) -> Truth:
    """Several statements about one fact: unknown ones say nothing, yes outweighs no (3.2)."""
    known = [value for value in values if value is not None]
    return any(known) if known else None


def letter(value: Truth) -> str:
    """T, F or U."""
    return "U" if value is None else "T" if value else "F"
