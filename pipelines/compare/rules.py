"""What differs between two rule sets, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from rules.ruleset import Ruleset

# Of an entry, what can change a result; the rest is wording.
DECIDES = {
    "when": "condition",
    "leads_to": "leads to",
    "rank": "rank",
    "parts": "parts",
    "op": "op",
}


def differences(before: Ruleset, after: Ruleset) -> Iterator[str]:
    """One line for every parameter, rule, question, level or exercise that is not the same."""
    for name in sorted({*before.values, *after.values}):
        old, new = before.values.get(name), after.values.get(name)
        if old != new:
            yield f"parameter {name}: {_shown(old)} -> {_shown(new)}"
    yield from _entries("rule", {r.id: r for r in before.rules}, {r.id: r for r in after.rules})
    yield from _entries("question", before.items, after.items)
    yield from _entries(
        "level", {v.code: v for v in before.levels}, {v.code: v for v in after.levels}
    )
    yield from _entries(
        "exercise", {e.code: e for e in before.exercises}, {e.code: e for e in after.exercises}
    )


def _entries(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield f"{kind} {name}: there before, not after"
        elif name not in old:
            yield f"{kind} {name}: not there before"
        else:
            yield from _entry(f"{kind} {name}", old[name], new[name])


def _entry(name: str, old: Any, new: Any) -> Iterator[str]:
    changed = [f.name for f in fields(old) if getattr(old, f.name) != getattr(new, f.name)]
    for field in changed:
        words = DECIDES.get(field)
        if words:
            a, b = _shown(getattr(old, field)), _shown(getattr(new, field))
            yield f"{name}, {words}: {a} -> {b}"
    others = [field for field in changed if field not in DECIDES]
    if others:
        yield f"{name}: other {', '.join(others)}"


def _shown(value: Any) -> str:
    if value is None:
        return "off"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)
