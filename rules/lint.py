"""What is suspicious in a rule set that loads: the kind of slip that nobody sees by reading."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from rules.condition import Condition, Truth, atoms, evaluate
from rules.parts import READ_FROM, Rule
from rules.ruleset import Ruleset

# Questions that reach the rules through a predicate.
THROUGH_PREDICATES = {code: name for name, (codes, _) in READ_FROM.items() for code in codes}
WARNING_BOX = "Leg Pain linked to the Lower Back (Sciatica)"
# The leaflet's lists of criteria: the section that each stands in, and how many it has.
LISTS = {
    "warning signs": (WARNING_BOX, 9),
    "urgent list": (WARNING_BOX, 3),
    "GP list": (WARNING_BOX, 3),
    "appointment list": ("When to Seek Help?", 4),
}


def lint(ruleset: Ruleset) -> list[str]:
    """Every finding in words; none means clean."""
    return [
        *_unused(ruleset),
        *_never_or_always(ruleset),
        *_idle_atoms(ruleset),
        *_shadowed(ruleset),
        *_places(ruleset),
    ]


def _unused(ruleset: Ruleset) -> Iterator[str]:
    read = {atom.name for rule in ruleset.rules for atom, _ in atoms(rule.condition)}
    for code, item in ruleset.items.items():
        if item.rule and code not in read and THROUGH_PREDICATES.get(code) not in read:
            yield f"items.toml: no rule reads {code}"
        if item.screen and code not in read:
            yield f"items.toml: the safety question {code} decides nothing"


def _columns(*conditions: Condition) -> list[str]:
    return sorted({atom.column for each in conditions for atom, _ in atoms(each)})


def _fillings(names: list[str]) -> Iterator[Mapping[str, Truth]]:
    """Every way of answering, yes or no."""
    for values in itertools.product((True, False), repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def _never_or_always(ruleset: Ruleset) -> Iterator[str]:
    """A condition that cannot be yes, or cannot be no, whatever the answers."""
    for rule in ruleset.rules:
        results = {evaluate(rule.condition, f) for f in _fillings(_columns(rule.condition))}
        if True not in results:
            yield f"leaflet.toml, rule {rule.id}: no answers can make it yes"
        if False not in results:
            yield f"leaflet.toml, rule {rule.id}: no answers can make it no"


def _idle_atoms(ruleset: Ruleset) -> Iterator[str]:
    """An atom that changes nothing: the condition means the same without it."""
    for rule in ruleset.rules:
        names = _columns(rule.condition)
        for name in names:
            others = [other for other in names if other != name]
            matters = any(
                evaluate(rule.condition, {**filling, name: True})
                is not evaluate(rule.condition, {**filling, name: False})
                for filling in _fillings(others)
            )
            if not matters:
                yield f"leaflet.toml, rule {rule.id}: {name} changes nothing in it"


def _implies(one: Condition, other: Condition) -> bool:
    """Whether `other` is yes wherever `one` is, whatever the answers."""
    return all(
        evaluate(other, filling) is True
        for filling in _fillings(_columns(one, other))
        if evaluate(one, filling) is True
    )


def _shadowed(ruleset: Ruleset) -> Iterator[str]:
    """A rule that fires only where another of the same or a higher level does decides nothing."""
    rank = {level.code: level.rank for level in ruleset.levels}
    columns = {rule.id: set(_columns(rule.condition)) for rule in ruleset.rules}
    for one, other in itertools.permutations(ruleset.rules, 2):
        if not columns[one.id] & columns[other.id] or rank[one.leads_to] > rank[other.leads_to]:
            continue
        if one.condition == other.condition:
            # of two alike, the one that leads lower, or else stands first, is named once
            if (rank[one.leads_to], one.id) <= (rank[other.leads_to], other.id):
                yield (
                    f"leaflet.toml, rule {one.id}: the same condition as {other.id}, so never alone"
                )
        elif _implies(one.condition, other.condition):
            yield f"leaflet.toml, rule {one.id}: yes only where {other.id} is, so never alone"


def _places(ruleset: Ruleset) -> Iterator[str]:
    """A place that the leaflet does not have, and a criterion of the leaflet without a rule."""
    entries: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        entries.setdefault(rule.list, []).append(rule)
        section, n = LISTS.get(rule.list, ("", 0))
        where = f"leaflet.toml, rule {rule.id}"
        if not n:
            yield f"{where}: the leaflet has no list '{rule.list}'; it has {', '.join(LISTS)}"
        elif rule.entry > n:
            yield f"{where}: {rule.list} has {n} items, not {rule.entry}"
        elif rule.section != section:
            yield f"{where}: {rule.list} stands in section '{section}'"
    for name, (_, n) in LISTS.items():
        found = {rule.entry for rule in entries.get(name, [])}
        for entry in range(1, n + 1):
            if entry not in found:
                yield f"leaflet.toml: {name}, item {entry} of the leaflet has no rule"
