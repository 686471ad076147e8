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


class RuleFile:
    """One parsed rule file. RulesError names the file, and the line where TOML is broken."""

    def __init__(self, name: str, folder: Path | None) -> None:
        self.name = name
        source = (folder / name) if folder else resources.files("rules").joinpath(name)
        try:
            self.text = source.read_text(encoding="utf-8")
            self.data = tomllib.loads(self.text)
        except FileNotFoundError:
            raise RulesError(f"{name}: the file is missing in {folder}") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise RulesError(f"{name}, line {line}: the file is not UTF-8 text") from None
        except RecursionError:
            raise RulesError(f"{name}: brackets are nested too deeply") from None
        except tomllib.TOMLDecodeError as error:
            why, _, place = str(error).partition(" (at ")
            place = f", {place.rstrip(')')}" if place else ""
            raise RulesError(f"{name}{place}: {why}") from None
        except OSError as error:
            raise RulesError(f"{name}: the file cannot be read: {error.strerror}") from None

    def entries(self, table: str) -> list[dict[str, Any]]:
        """The entries of `[[table]]`; none where the file has no such table."""
        found = self.data.get(table, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise RulesError(f"{self.name}: write every entry under a line [[{table}]]")
        return found

    def only(self, *tables: str) -> None:
        """Refuse a table that nobody reads: `[[rul]]` would pass unnoticed."""
        for table in self.data:
            if table not in tables:
                raise RulesError(
                    f"{self.name}: unknown table '{table}'{_near(table, tables)}"
                    f"; it may hold {', '.join(tables)}"
                )

    def error(self, table: str, index: int, why: str, key: str | None = None) -> RulesError:
        """A refusal of the index-th entry of a table, or of one key of it, with its line."""
        entry = self.entries(table)[index]
        name = entry.get(NAMES[table], f"number {index + 1}")
        place = f"{self.name}, line {self._line(table, index, key)}, {table} {name}"
        return RulesError(f"{place}, {key}: {why}" if key else f"{place}: {why}")

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
