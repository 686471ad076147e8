"""A rule file: its entries, and where each of them stands, so that a refusal can name the line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from rules.errors import RulesError

T = TypeVar("T")

# What an entry calls itself, by table.
NAMES = {"rule": "id", "level": "code", "item": "code", "exercise": "code", "parameter": "name"}
# The types that a field may be declared with: what TOML gives for them, and the words for it.
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "text"),
    "str | None": ((str,), "text"),
    "int": ((int,), "a whole number"),
    "bool": ((bool,), "true or false"),
    "float | None": ((int, float), "a number"),
    "tuple[str, ...]": ((list,), "a list of texts"),
    "tuple[int, int] | None": ((list,), "a list [least, most] of two whole numbers"),
}


def read_text(name: str, folder: Path | None) -> str:
    """The text of a rule file in `folder`, or of the packaged one; RulesError where there is none.

    Line ends come as they would from any text file, so that a copy counts the same lines.
    """
    source = (folder / name) if folder else resources.files("rules").joinpath(name)
    place = str(source) if folder else name
    try:
        return source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RulesError(f"{place}: the file is missing") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RulesError(f"{place}, line {line}: the file is not UTF-8 text") from None
    except OSError as error:
        raise RulesError(f"{place}: the file cannot be read: {error.strerror}") from None


class RuleFile:
    """One parsed rule file. RulesError names its place, and the line where TOML is broken.

    `place` is what a refusal calls the file: its path, or its plain name for a packaged one.
    """

    def __init__(self, name: str, text: str, place: str | None = None) -> None:
        self.name, self.text = place or name, text
        try:
            self.data = tomllib.loads(text)
        except RecursionError:
            raise RulesError(f"{self.name}: brackets are nested too deeply") from None
        except tomllib.TOMLDecodeError as error:
            why, _, at = str(error).partition(" (at ")
            at = f", {at.rstrip(')')}" if at else ""
            raise RulesError(f"{self.name}{at}: {why}") from None

    def entries(self, table: str) -> list[dict[str, Any]]:
        """The entries of `[[table]]`; none where the file has no such table."""
        found = self.data.get(table, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.fault(table, f"write every entry under a line [[{table}]]")
        return found

    def only(self, *tables: str) -> None:
        """Refuse a table that nobody reads: `[[rul]]` would pass unnoticed."""
        for table in self.data:
            if table not in tables:
                near = _near(table, tables)
                why = f"unknown table '{table}'{near}; it may hold {', '.join(tables)}"
                raise self.fault(table, why)

    def fault(self, table: str, why: str) -> RulesError:
        """A refusal of a table as a whole: at its last entry, or at line 1 where it has none."""
        found = 1
        for number, line in enumerate(self.text.splitlines(), start=1):
            if re.match(rf'\s*(\[\[?\s*["\']?{re.escape(table)}\b|{re.escape(table)}\s*=)', line):
                found = number
        return RulesError(f"{self.name}, line {found}: {why}")

    def error(self, table: str, index: int, why: str, key: str | None = None) -> RulesError:
        """A refusal of the index-th entry of a table, or of one key of it, with its line."""
        entry = self.entries(table)[index]
        name = entry.get(NAMES[table], f"number {index + 1}")
        place = f"{self.name}, line {self._line(table, index, key)}, {table} {name}"
        return RulesError(f"{place}, {key}: {why}" if key else f"{place}: {why}")

    def named(self, table: str, name: str, why: str) -> RulesError:
        """A refusal of the entry of this name, or of the table where it has none."""
        for index, entry in enumerate(self.entries(table)):
            if entry.get(NAMES[table]) == name:
                return self.error(table, index, why)
        return self.fault(table, why)

    def _line(self, table: str, index: int, key: str | None) -> int:
        """Line of the entry's own name, or of the key where it has one; else of its header."""
        lines = self.text.splitlines()
        header = re.compile(rf"\s*\[\[\s*{table}\s*\]\]")
        starts = [n for n, line in enumerate(lines, start=1) if header.match(line)]
        if index >= len(starts):
            return 1
        start = starts[index]
        for wanted in (key, NAMES[table]):
            for number, line in enumerate(lines[start:], start=start + 1):
                if re.match(r"\s*\[", line):
                    break
                if wanted and re.match(rf'\s*["\']?{re.escape(wanted)}["\']?\s*=', line):
                    return number
        return start

    def made(self, kind: type[T], table: str) -> list[T]:
        """Every entry of a table as `kind`, a dataclass: no unknown, missing or mistyped key."""
        return [self._made(kind, table, n, e) for n, e in enumerate(self.entries(table))]

    def _made(self, kind: type[T], table: str, index: int, entry: dict[str, Any]) -> T:
        fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
        for key in entry:
            if key not in fields:
                raise self.error(table, index, f"unknown key '{key}'{_near(key, fields)}", key)
        values = {}
        for name, field in fields.items():
            if name in entry:
                values[name] = self._typed(table, index, name, field.type, entry[name])
        try:
            return kind(**values)
        except TypeError:
            missing = [name for name in _needed(fields) if name not in entry]
            raise self.error(table, index, f"'{missing[0]}' is missing") from None

    def _typed(self, table: str, index: int, key: str, declared: str, value: Any) -> Any:
        if declared not in KINDS:
            return value
        types, words = KINDS[declared]
        fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
        inner = int if "int, int" in declared else str
        if fits and isinstance(value, list):
            fits = all(isinstance(each, inner) for each in value)
            fits = fits and (inner is str or len(value) == 2)
        if not fits:
            raise self.error(table, index, f"{words} is needed, not {value!r}", key)
        return tuple(value) if isinstance(value, list) else value

    def once(self, table: str, key: str) -> None:
        """Refuse a second entry of the same name, at its own line."""
        seen: set[Any] = set()
        for index, entry in enumerate(self.entries(table)):
            if entry.get(key) in seen:
                raise self.error(table, index, f"the {key} stands twice")
            seen.add(entry.get(key))


def _needed(fields: Any) -> Iterator[str]:
    for name, field in fields.items():
        if field.default is MISSING and field.default_factory is MISSING:
            yield name


def _near(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean '{near[0]}'?" if near else ""
