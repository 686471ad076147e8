"""What is suspicious in a rule set that loads: the kind of slip that nobody sees by reading."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from rules.condition import atoms, evaluate
from rules.ruleset import CONSTANTS, Rule, Ruleset

# Questions that reach the rules through a predicate.
THROUGH_PREDICATES = {
    "has_back_pain": "pain",
    "has_leg_pain": "pain",
    "help_tried": "tried",
    "help_3_worsening": "worsening",
}
# How many criteria each list of the leaflet has.
LISTS = {"warning signs": 9, "urgent list": 3, "GP list": 3, "appointment list": 4}


def lint(ruleset: Ruleset) -> list[str]:
    """Every finding in words; none means clean."""
    return [
        *_unused(ruleset),
        *_never_or_always(ruleset),
        *_twins(ruleset),
        *_missing_criteria(ruleset),
    ]


def _unused(ruleset: Ruleset) -> Iterator[str]:
    read = {atom.name for rule in ruleset.rules for atom, _ in atoms(rule.condition)}
    for code, item in ruleset.items.items():
        if item.rule and code not in read and THROUGH_PREDICATES.get(code) not in read:
            yield f"items.toml: no rule reads {code}"
        if item.screen and code not in read:
            yield f"items.toml: the safety question {code} decides nothing"


def _never_or_always(ruleset: Ruleset) -> Iterator[str]:
    """A condition that cannot be yes, or cannot be no, whatever the answers."""
    for rule in ruleset.rules:
        names = sorted({atom.column for atom, _ in atoms(rule.condition)})
        free = [name for name in names if name not in CONSTANTS]
        results = set()
        for filling in itertools.product((True, False), repeat=len(free)):
            for constants in itertools.product((True, False), repeat=len(names) - len(free)):
                fixed = dict(zip([n for n in names if n in CONSTANTS], constants, strict=True))
                results.add(evaluate(rule.condition, dict(zip(free, filling, strict=True)) | fixed))
        if True not in results:
            yield f"leaflet.toml, rule {rule.id}: no answers can make it yes"
        if False not in results:
            yield f"leaflet.toml, rule {rule.id}: no answers can make it no"


def _twins(ruleset: Ruleset) -> Iterator[str]:
    """A rule that fires only when another of a higher or equal level does is never seen."""
    rank = {level.code: level.rank for level in ruleset.levels}
    for one, other in itertools.permutations(ruleset.rules, 2):
        if one.condition == other.condition and (rank[one.leads_to], one.id) <= (
            rank[other.leads_to],
            other.id,
        ):
            yield f"leaflet.toml, rule {one.id}: the same condition as {other.id}, so never alone"


def _missing_criteria(ruleset: Ruleset) -> Iterator[str]:
    entries: dict[str, list[Rule]] = {}
    for rule in ruleset.rules:
        entries.setdefault(rule.list, []).append(rule)
    for name, n in LISTS.items():
        found = {rule.entry for rule in entries.get(name, [])}
        for entry in range(1, n + 1):
            if entry not in found:
                yield f"leaflet.toml: {name}, item {entry} of the leaflet has no rule"
