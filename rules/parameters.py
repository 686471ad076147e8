"""The decisions that the leaflet leaves open: read, check and override them."""

from __future__ import annotations

import builtins
import datetime as dt
import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.errors import RulesError
from rules.files import RuleFile

OFF = "off"
LEVEL_CODES = ("A_AND_E", "URGENT", "GP", "TIMS")
# boolean, integer, number, one of `choices`, text, whole days by level, and lists.
TYPES = (
    *("boolean", "integer", "number", "choice", "text", "by_level"),
    *("dates", "items", "types", "destinations", "list"),
)
TEXT_LENGTH = 60


@dataclass(frozen=True)
class Parameter:
    """One open decision: its default, what it may be, why, and on whose authority."""

    name: str
    type: str
    why: str
    source: str
    default: Any = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    off: bool = False

    def check(self, value: Any) -> Any:
        """The value in its own type; RulesError when it is of another type or impossible.

        None (or the word "off") switches an instrument off where the parameter allows it.
        """
        if value is None or (value == OFF and OFF not in self.choices):
            if self.off:
                return None
            raise self._error(value, "it cannot be switched off")
        if self.type == "boolean":
            return self._typed(value, bool)
        if self.type in ("integer", "number"):
            return self._number(value)
        if self.type == "choice":
            return self._chosen(self._typed(value, str))
        if self.type == "text":
            return self._words(self._typed(value, str))
        if self.type == "dates":
            return [self._date(each) for each in self._typed(value, list)]
        if self.type == "by_level":
            return self._by_level(self._typed(value, dict))
        return [self._chosen(self._typed(each, str)) for each in self._typed(value, list)]

    def _typed(self, value: Any, kind: builtins.type[Any]) -> Any:
        if not isinstance(value, kind):
            raise self._error(value, f"a value of type {self.type} is needed")
        return value

    def _number(self, value: Any) -> float | int:
        wanted = (int,) if self.type == "integer" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise self._error(value, f"a value of type {self.type} is needed")
        if not math.isfinite(value):
            raise self._error(value, "a finite number is needed")
        low, high = self.min, self.max
        if (low is not None and value < low) or (high is not None and value > high):
            raise self._error(value, f"it must lie between {low} and {high} {self.unit}".rstrip())
        return value

    def _words(self, value: str) -> str:
        if not value.strip() or len(value) > TEXT_LENGTH or not value.isprintable():
            raise self._error(value, f"one line of 1 to {TEXT_LENGTH} characters is needed")
        return value.strip()

    def _chosen(self, value: str) -> str:
        if self.choices and value not in self.choices:
            near = difflib.get_close_matches(value, self.choices, 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise self._error(value, f"allowed: {', '.join(self.choices)}{hint}")
        return value

    def _date(self, value: Any) -> str:
        if isinstance(value, dt.datetime):
            return value.date().isoformat()
        if isinstance(value, dt.date):
            return value.isoformat()
        try:
            return dt.date.fromisoformat(self._typed(value, str)).isoformat()
        except ValueError:
            raise self._error(value, "dates are written 2024-01-31") from None

    def _by_level(self, value: dict[str, Any]) -> dict[str, int]:
        unknown = sorted(set(value) - set(LEVEL_CODES))
        if unknown:
            raise self._error(value, f"unknown level {unknown[0]}; use {', '.join(LEVEL_CODES)}")
        merged = {**(self.default or {}), **value}
        return {code: int(self._number_of(merged[code])) for code in LEVEL_CODES}

    def _number_of(self, value: Any) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._error(value, "whole days are needed")
        return self._number_in(value)

    def _number_in(self, value: int) -> int:
        if (self.min is not None and value < self.min) or (
            self.max is not None and value > self.max
        ):
            raise self._error(value, f"it must lie between {self.min} and {self.max} days")
        return value

    def _error(self, value: Any, why: str) -> RulesError:
        return RulesError(f"parameter {self.name} = {value!r}: {why}", self.name)


def read_parameters(file: RuleFile, screen_items: tuple[str, ...]) -> dict[str, Parameter]:
    """Parameters of parameters.toml, by name, each default checked."""
    file.once("parameter", "name")
    for entry in file.entries("parameter"):
        if entry.get("choices") == "screen":
            entry["choices"] = list(screen_items)
    found = {}
    for index, parameter in enumerate(file.made(Parameter, "parameter")):
        if parameter.type not in TYPES:
            raise file.error("parameter", index, f"the type is one of {', '.join(TYPES)}", "type")
        try:
            parameter.check(parameter.default)
        except RulesError as error:
            raise file.error("parameter", index, str(error), "default") from None
        found[parameter.name] = parameter
    return found


def overridden(
    parameters: Mapping[str, Parameter],
    fixed: Mapping[str, str],
    overrides: Mapping[str, Any],
) -> dict[str, Any]:
    """Every parameter's value with the overrides applied; RulesError names what is wrong."""
    values = {name: p.check(p.default) for name, p in parameters.items()}
    for name, value in overrides.items():
        if name in fixed:
            raise RulesError(f"parameter {name} is fixed and cannot be set: {fixed[name]}", name)
        if name not in parameters:
            near = difflib.get_close_matches(name, [*parameters, *fixed], 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise RulesError(f"there is no parameter '{name}'{hint}", name)
        values[name] = parameters[name].check(value)
    if not values["screen_contact_types"]:
        why = "nobody would be screened; name one at least"
        raise RulesError(f"screen_contact_types = []: {why}", "screen_contact_types")
    low, high = values["w_lo_days"], values["w_hi_days"]
    if low > high:
        set_here = "w_lo_days" if "w_lo_days" in overrides else "w_hi_days"
        raise RulesError(f"w_lo_days = {low} must not exceed w_hi_days = {high}", set_here)
    return values


def parsed(settings: list[str], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Overrides from `name=value` words: the value is read as TOML, or else as plain text."""
    found: dict[str, Any] = {}
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator:
            raise RulesError(f"'{setting}' is not of the form name=value")
        parameter = parameters.get(name)
        plain = parameter is not None and parameter.type in ("choice", "text")
        try:
            found[name] = text if plain else tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = text
    return found
