"""Load and check the rule files; a content hash of rules and parameters is their version."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from rules.condition import Atom, Condition, ConditionError, atoms, parse
from rules.parameters import Parameter, RulesError, overridden, read_parameters

T = TypeVar("T")

FILES = ("levels.toml", "items.toml", "leaflet.toml", "exercises.toml", "parameters.toml")

# What a condition may name besides items: each is a column that the models compute once.
PREDICATES = {
    "pain": "back or leg pain",
    "recent": "the pain began recently",
    "gp_not_recent": "what a sign means when the pain is not recent",
    "persisted_lo": "more than six weeks since onset",
    "persisted_hi": "more than eight weeks since onset",
    "symptomatic": "still has symptoms",
    "improved": "some improvement",
    "tried": "the exercises were tried",
    "worsening": "symptoms are getting worse",
    "h3_require_advice": "the advice must have been tried too",
    "h4_at_lower_bound": "an appointment is due from six weeks",
}
# Predicates that are a parameter, the same for every contact.
CONSTANTS = frozenset({"gp_not_recent", "h3_require_advice", "h4_at_lower_bound"})
CALLS = {"developed": "the sign is present and developed after onset"}


@dataclass(frozen=True)
class Level:
    """A triage outcome; `rank` 0 is the least urgent."""

    rank: int
    code: str
    label: str
    role: str
    action: str


@dataclass(frozen=True)
class Item:
    """A question of the export; `screen` marks the fifteen safety questions."""

    code: str
    group: str
    wording: str
    rule: bool
    screen: bool = False
    parts: tuple[str, ...] = ()
    op: str | None = None


@dataclass(frozen=True)
class Rule:
    """One criterion of the leaflet with its place there and its condition."""

    id: str
    title: str
    leads_to: str
    section: str
    list: str
    entry: int
    description: str
    when: str
    reading: str
    note: str = ""

    @cached_property
    def condition(self) -> Condition:
        """The parsed condition."""
        return parse(self.when)

    @property
    def place(self) -> str:
        """Where the leaflet has it, for people."""
        return f"{self.section}, {self.list}, item {self.entry}"


@dataclass(frozen=True)
class Ruleset:
    """Rules, questions, levels, exercises and parameter values that belong together."""

    levels: tuple[Level, ...]
    items: dict[str, Item]
    rules: tuple[Rule, ...]
    exercises: tuple[dict[str, Any], ...]
    parameters: dict[str, Parameter]
    fixed: dict[str, str]
    values: dict[str, Any]
    leaflet: dict[str, str]
    version: str

    def level(self, code: str) -> Level:
        """The level with this code."""
        return next(level for level in self.levels if level.code == code)

    @property
    def screen_items(self) -> tuple[str, ...]:
        """The fifteen safety questions in the leaflet's order."""
        return tuple(code for code, item in self.items.items() if item.screen)

    def with_values(self, overrides: Mapping[str, Any]) -> Ruleset:
        """The same rules under other parameter values."""
        values = overridden(self.parameters, self.fixed, overrides)
        return Ruleset(**{**self.__dict__, "values": values, "version": _version(self, values)})


def load(folder: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Ruleset:
    """Read the rule files of `folder` (default: the packaged ones) and apply overrides.

    Raises RulesError, which names the file and the entry, for anything malformed.
    """
    documents = {name: _read(name, folder) for name in FILES}
    try:
        return _loaded(documents, overrides or {})
    except RulesError as error:
        raise RulesError(_with_line(str(error), folder)) from None


def _loaded(documents: dict[str, dict[str, Any]], overrides: Mapping[str, Any]) -> Ruleset:
    levels = tuple(
        _made(Level, "levels.toml", e) for e in documents["levels.toml"].get("level", [])
    )
    if [level.rank for level in levels] != list(range(len(levels))) or len(levels) < 2:
        raise RulesError("levels.toml: ranks must count up from 0 without a gap")
    items = {}
    for entry in documents["items.toml"].get("item", []):
        item = _made(Item, "items.toml", {**entry, "parts": tuple(entry.get("parts", ()))})
        items[item.code] = item
    rules = tuple(_made(Rule, "leaflet.toml", e) for e in documents["leaflet.toml"].get("rule", []))
    _check_rules(rules, items, levels)
    screen = tuple(code for code, item in items.items() if item.screen)
    parameters = read_parameters(documents["parameters.toml"], screen)
    fixed = dict(documents["parameters.toml"].get("fixed", {}))
    draft = Ruleset(
        levels=levels,
        items=items,
        rules=rules,
        exercises=tuple(documents["exercises.toml"].get("exercise", [])),
        parameters=parameters,
        fixed=fixed,
        values={},
        leaflet=dict(documents["leaflet.toml"].get("leaflet", {})),
        version="",
    )
    return draft.with_values(overrides)


def _with_line(message: str, folder: Path | None) -> str:
    """The message with the line of the entry that it names, where there is one."""
    match = re.match(r"(\w+\.toml), (?:rule|entry|parameter) ([\w-]+)", message)
    if not match:
        return message
    file, name = match.groups()
    source = (folder / file) if folder else resources.files("rules").joinpath(file)
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
        if re.fullmatch(rf'(id|code|name)\s*=\s*"{re.escape(name)}"\s*', line):
            return message.replace(f"{file}, ", f"{file}, line {number}, ", 1)
    return message


def _read(name: str, folder: Path | None) -> dict[str, Any]:
    source = (folder / name) if folder else resources.files("rules").joinpath(name)
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RulesError(f"{name}: the file is missing in {folder}") from None
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{name}: {error}") from None


def _made(kind: type[T], file: str, entry: dict[str, Any]) -> T:
    name = entry.get("id") or entry.get("code") or "?"
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    unknown = sorted(set(entry) - set(fields))
    if unknown:
        near = difflib.get_close_matches(unknown[0], fields, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise RulesError(f"{file}, entry {name}: unknown key '{unknown[0]}'{hint}")
    try:
        return kind(**entry)
    except TypeError as error:
        raise RulesError(f"{file}, entry {name}: {error}") from None


def _check_rules(
    rules: tuple[Rule, ...], items: Mapping[str, Item], levels: tuple[Level, ...]
) -> None:
    codes = {level.code for level in levels}
    for level in levels[1:]:
        if not any(rule.leads_to == level.code for rule in rules):
            raise RulesError(f"leaflet.toml: no rule leads to {level.code}")
    seen: set[str] = set()
    polarity: dict[str, bool] = {}
    for rule in rules:
        where = f"leaflet.toml, rule {rule.id}"
        if rule.id in seen:
            raise RulesError(f"{where}: the id stands twice")
        seen.add(rule.id)
        if rule.leads_to not in codes:
            raise RulesError(f"{where}: leads_to '{rule.leads_to}' is no level")
        if rule.reading not in ("leaflet", "ours"):
            raise RulesError(f"{where}: reading must be 'leaflet' or 'ours'")
        try:
            found = list(atoms(rule.condition))
        except ConditionError as error:
            raise RulesError(f"{where}, when: {error}") from None
        for atom, positive in found:
            _check_atom(where, atom, items)
            if atom.column in CONSTANTS:
                continue
            if polarity.setdefault(atom.column, positive) is not positive:
                raise RulesError(
                    f"{where}: {atom} is used both plainly and under 'not' in the rules; "
                    "the confirmed and not-ruled-out levels would no longer be exact"
                )


def _check_atom(where: str, atom: Atom, items: Mapping[str, Item]) -> None:
    if atom.call is not None and atom.call not in CALLS:
        raise RulesError(f"{where}: there is no predicate {atom.call}()")
    if atom.call is not None and not (atom.name in items and items[atom.name].screen):
        raise RulesError(f"{where}: {atom} needs one of the safety questions")
    known = atom.name in PREDICATES or (atom.name in items and items[atom.name].rule)
    if atom.call is None and not known:
        near = difflib.get_close_matches(atom.name, [*items, *PREDICATES], 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise RulesError(f"{where}: unknown item or predicate '{atom.name}'{hint}")


def _version(ruleset: Ruleset, values: Mapping[str, Any]) -> str:
    """First 12 hex digits of the SHA-256 over everything that can change a result."""
    content = {
        "levels": [level.__dict__ for level in ruleset.levels],
        "items": {code: str(item) for code, item in ruleset.items.items()},
        "rules": [
            {k: v for k, v in rule.__dict__.items() if k != "condition"} for rule in ruleset.rules
        ],
        "exercises": list(ruleset.exercises),
        "parameters": dict(values),
    }
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
