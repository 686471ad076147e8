"""What a rule set must hold to be used at all; RulesError names the line that does not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from rules.condition import Atom, ConditionError, atoms
from rules.files import RuleFile
from rules.parts import (
    CALLS,
    CONSTANTS,
    DOSE_FIELDS,
    PREDICATES,
    Exercise,
    Item,
    Level,
    Rule,
)

# The models compare and name these five, so a rule file may word them but not change them.
LEVELS = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")
EXERCISES = (
    *("knees_to_chest", "crawl_stretch", "knees_side_to_side", "bridge"),
    *("seated_knee_extension", "squat", "march_in_place", "walk"),
)
# The questions that have a start date, or at least a timing to be judged.
SIGN_GROUPS = ("cauda_equina", "urgent")
READINGS = ("leaflet", "ours")


def check_levels(file: RuleFile, levels: tuple[Level, ...]) -> None:
    """Five levels, ranked from 0 without a gap, under the codes that the models know."""
    if [level.rank for level in levels] != list(range(len(levels))) or len(levels) < 2:
        raise file.fault("level", "ranks must count up from 0 without a gap")
    for index, level in enumerate(levels):
        if index >= len(LEVELS) or level.code != LEVELS[index]:
            wanted = LEVELS[index] if index < len(LEVELS) else "nothing more"
            raise file.error("level", index, f"rank {index} is {wanted}", "code")
    if len(levels) < len(LEVELS):
        raise file.fault("level", f"after this one the level {LEVELS[len(levels)]} is missing")


def check_items(file: RuleFile, items: Mapping[str, Item]) -> None:
    """Unique codes that can be columns; a safety question is one that rules may read."""
    file.once("item", "code")
    for index, item in enumerate(items.values()):
        if not re.fullmatch(r"[a-z][a-z0-9_]*", item.code):
            raise file.error("item", index, "use small letters, digits and underscores", "code")
        if item.screen and not item.rule:
            raise file.error("item", index, "a safety question needs rule = true")
        if item.op not in (None, "any", "all"):
            raise file.error("item", index, "parts are joined by 'any' or 'all'", "op")
        if bool(item.parts) != (item.op is not None):
            raise file.error("item", index, "parts and op go together")


def check_rules(
    file: RuleFile,
    rules: tuple[Rule, ...],
    items: Mapping[str, Item],
    levels: tuple[Level, ...],
) -> None:
    """Unique ids, a level each, a rule for every level, conditions inside the grammar."""
    codes = [level.code for level in levels]
    file.once("rule", "id")
    for index, rule in enumerate(rules):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", rule.id):
            raise file.error("rule", index, "use small letters, digits and hyphens", "id")
        if rule.leads_to not in codes:
            raise file.error(
                "rule", index, f"'{rule.leads_to}' is no level{_near(rule.leads_to, codes)}",
                "leads_to",
            )  # fmt: skip
        if rule.leads_to == codes[0]:
            raise file.error("rule", index, f"no rule leads to the lowest level, {codes[0]}")
        if rule.reading not in READINGS:
            raise file.error("rule", index, "reading must be 'leaflet' or 'ours'", "reading")
        if rule.entry < 1:
            raise file.error("rule", index, "entries are counted from 1", "entry")
    for code in codes[1:]:
        if not any(rule.leads_to == code for rule in rules):
            raise file.fault("rule", f"no rule, up to this last one, leads to {code}")
    _check_conditions(file, rules, items)


def _check_conditions(file: RuleFile, rules: tuple[Rule, ...], items: Mapping[str, Item]) -> None:
    polarity: dict[str, tuple[bool, str]] = {}
    for index, rule in enumerate(rules):
        try:
            found = list(atoms(rule.condition))
        except ConditionError as error:
            raise file.error("rule", index, str(error), "when") from None
        for atom, positive in found:
            why = _atom_fault(atom, items, rules)
            if why:
                raise file.error("rule", index, why, "when")
            if atom.column in CONSTANTS:
                continue
            before, other = polarity.setdefault(atom.column, (positive, rule.id))
            if before is not positive:
                both = "here" if other == rule.id else f"here and in rule {other}"
                raise file.error(
                    "rule",
                    index,
                    f"{atom} is used both plainly and under 'not' ({both}); "
                    "the confirmed and not-ruled-out levels would no longer be exact",
                    "when",
                )


def _atom_fault(atom: Atom, items: Mapping[str, Item], rules: tuple[Rule, ...]) -> str | None:
    """What is wrong with an atom, in words; None where it is known."""
    signs = [code for code, item in items.items() if item.group in SIGN_GROUPS]
    if atom.call is not None:
        if atom.call not in CALLS:
            return f"there is no predicate {atom.call}(){_near(atom.call, CALLS)}"
        if atom.name not in signs:
            return f"{atom} needs one of the signs that can develop{_near(atom.name, signs)}"
        return None
    readable = [code for code, item in items.items() if item.rule]
    if atom.name in PREDICATES or atom.name in readable:
        return None
    if atom.name in items:
        return f"the question '{atom.name}' is not marked rule = true in items.toml"
    if atom.name in {rule.id.replace("-", "_") for rule in rules}:
        return (
            f"'{atom.name}' is a rule; a rule reads questions and predicates, never another rule, "
            "so that nothing goes round in a circle"
        )
    return f"unknown item or predicate '{atom.name}'{_near(atom.name, [*readable, *PREDICATES])}"


def check_exercises(file: RuleFile, exercises: tuple[Exercise, ...]) -> None:
    """The eight exercises, each with an amount or with a field of which any amount counts."""
    file.once("exercise", "code")
    for index, exercise in enumerate(exercises):
        if exercise.code not in EXERCISES:
            near = _near(exercise.code, EXERCISES)
            raise file.error("exercise", index, f"no diary has this exercise{near}", "code")
        for name, (least, most) in exercise.amounts.items():
            if not 0 < least <= most:
                raise file.error("exercise", index, "write [least, most], above 0", name)
        if bool(exercise.amounts) == (exercise.any_of is not None):
            raise file.error("exercise", index, "it needs amounts, or else any_of")
        if exercise.any_of is not None and exercise.any_of not in DOSE_FIELDS:
            raise file.error("exercise", index, f"one of {', '.join(DOSE_FIELDS)}", "any_of")
        for name in exercise.around:
            if name not in exercise.amounts:
                raise file.error("exercise", index, f"there is no amount '{name}'", "around")
    missing = [code for code in EXERCISES if code not in {e.code for e in exercises}]
    if missing:
        raise file.fault("exercise", f"after this last one the exercise {missing[0]} is missing")


def leaflet(file: RuleFile) -> dict[str, str]:
    """What the leaflet is: title, publisher, status, review date and content hash."""
    found = file.data.get("leaflet", {})
    for name in ("title", "publisher", "status", "review_date", "sha256"):
        if not isinstance(found, dict) or not isinstance(found.get(name), str):
            raise file.fault("leaflet", f"[leaflet] needs '{name}'")
    return dict(found)


def _near(word: str, known: object) -> str:
    near = difflib.get_close_matches(word, list(known), 1)  # type: ignore[call-overload]
    return f"; did you mean '{near[0]}'?" if near else ""
