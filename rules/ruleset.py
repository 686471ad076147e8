"""Load and check the rule files; a content hash of rules and parameters is their version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rules.check import check_exercises, check_items, check_levels, check_rules, leaflet
from rules.errors import RulesError
from rules.files import RuleFile, read_text
from rules.parameters import Parameter, overridden, read_parameters
from rules.parts import Exercise, Item, Level, Rule

# The files of a rule set, and the tables that each may hold.
FILES = {
    "levels.toml": ("level",),
    "items.toml": ("item",),
    "leaflet.toml": ("leaflet", "rule"),
    "exercises.toml": ("exercise",),
    "parameters.toml": ("parameter", "fixed"),
}


@dataclass(frozen=True)
class Ruleset:
    """Rules, questions, levels, exercises and parameter values that belong together."""

    levels: tuple[Level, ...]
    items: dict[str, Item]
    rules: tuple[Rule, ...]
    exercises: tuple[Exercise, ...]
    parameters: dict[str, Parameter]
    fixed: dict[str, str]
    values: dict[str, Any]
    leaflet: dict[str, str]
    version: str
    # The files that it was read from, so that it can be kept beside what it classified.
    texts: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    folder: Path | None = field(default=None, compare=False)

    def level(self, code: str) -> Level:
        """The level with this code."""
        return next(level for level in self.levels if level.code == code)

    @property
    def screen_items(self) -> tuple[str, ...]:
        """The fifteen safety questions in the leaflet's order."""
        return tuple(code for code, item in self.items.items() if item.screen)

    def file(self, name: str) -> RuleFile:
        """One of its files again, to say where in it something stands."""
        return RuleFile(name, self.texts[name], str(self.folder / name) if self.folder else None)

    def with_values(self, overrides: Mapping[str, Any]) -> Ruleset:
        """The same rules under other parameter values."""
        values = overridden(self.parameters, self.fixed, overrides)
        return Ruleset(**{**self.__dict__, "values": values, "version": _version(self, values)})


def load(folder: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Ruleset:
    """Read the rule files of `folder` (default: the packaged ones) and apply overrides.

    Raises RulesError, which names the file, the line and the entry, for anything malformed.
    """
    return from_texts({name: read_text(name, folder) for name in FILES}, overrides, folder)


def from_texts(
    texts: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> Ruleset:
    """The rule set that these files hold (text by file name); `folder` is where they lay.

    Raises RulesError as `load` does, also where a file is missing.
    """
    for name in FILES:
        if name not in texts:
            raise RulesError(f"{name}: the file is missing")
    files = {
        name: RuleFile(name, texts[name], str(folder / name) if folder else None) for name in FILES
    }
    for name, tables in FILES.items():
        files[name].only(*tables)
    levels = tuple(files["levels.toml"].made(Level, "level"))
    check_levels(files["levels.toml"], levels)
    items = {item.code: item for item in files["items.toml"].made(Item, "item")}
    check_items(files["items.toml"], items)
    rules = tuple(files["leaflet.toml"].made(Rule, "rule"))
    check_rules(files["leaflet.toml"], rules, items, levels)
    exercises = tuple(files["exercises.toml"].made(Exercise, "exercise"))
    check_exercises(files["exercises.toml"], exercises)
    screen = tuple(code for code, item in items.items() if item.screen)
    draft = Ruleset(
        levels=levels,
        items=items,
        rules=rules,
        exercises=exercises,
        parameters=read_parameters(files["parameters.toml"], screen),
        fixed=dict(files["parameters.toml"].data.get("fixed", {})),
        values={},
        leaflet=leaflet(files["leaflet.toml"]),
        version="",
        texts={name: texts[name] for name in FILES},
        folder=folder,
    )
    return draft.with_values(overrides or {})


def _version(ruleset: Ruleset, values: Mapping[str, Any]) -> str:
    """First 12 hex digits of the SHA-256 over everything that can change a result."""
    content = {
        "levels": [level.__dict__ for level in ruleset.levels],
        "items": {code: str(item) for code, item in ruleset.items.items()},
        "rules": [
            {k: v for k, v in rule.__dict__.items() if k != "condition"} for rule in ruleset.rules
        ],
        "exercises": [exercise.__dict__ for exercise in ruleset.exercises],
        "parameters": dict(values),
    }
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
