"""Why a rule came out as it did: the answers that decided it, and those that would settle it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.condition import Atom, Truth, atoms, decisive, evaluate
from rules.parts import CONSTANTS, Rule
from rules.ruleset import Ruleset


@dataclass(frozen=True)
class Outcome:
    """One rule at one contact: its value, what decided it, and what is still open."""

    rule: Rule
    value: Truth
    decided_by: tuple[Atom, ...]
    open: tuple[Atom, ...]


def outcome(rule: Rule, values: Mapping[str, Truth]) -> Outcome:
    """The rule's value over atom values, with the atoms that decide it or leave it open."""
    value = evaluate(rule.condition, values)
    deciding = _once(decisive(rule.condition, values))
    missing = tuple(a for a in deciding if values[a.column] is None and a.column not in CONSTANTS)
    return Outcome(rule, value, tuple(deciding), missing if value is None else ())


def outcomes(ruleset: Ruleset, values: Mapping[str, Truth]) -> list[Outcome]:
    """Every rule's outcome, in the leaflet's order."""
    return [outcome(rule, values) for rule in ruleset.rules]


def needed(ruleset: Ruleset) -> set[str]:
    """The columns that the rules read, constants included."""
    return {atom.column for rule in ruleset.rules for atom, _ in atoms(rule.condition)}


def _once(found: list[Atom]) -> list[Atom]:
    return list(dict.fromkeys(found))
