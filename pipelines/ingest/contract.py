"""What each stream's columns are: names, types, codes and ranges."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from pipelines import landing_tables as landing


@dataclass(frozen=True)
class Column:
    """One canonical column.

    `kind` is answer, id, open, closed, date, time, count, number (exact), float or text.
    """

    name: str
    kind: str
    codes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@cache
def dictionary() -> dict[str, Any]:
    """The packaged code lists."""
    source = resources.files("pipelines.ingest").joinpath("codes.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def columns(stream: str) -> dict[str, Column]:
    """The canonical columns of a stream by name, in landing order, without provenance."""
    table = landing.TABLES[landing.STREAMS[stream]]
    names = [name for name in table if name not in landing.PROVENANCE]
    return {name: _column(name, table[name]) for name in names}


def required(stream: str) -> tuple[str, ...]:
    """The columns without which a row cannot be placed."""
    return tuple(dictionary()["required"][stream])


def _column(name: str, kind: str) -> Column:
    known = dictionary()
    low, high = known["ranges"].get(name, (None, None))
    if name in landing.ANSWERS or name in ("performed", "sleep_disturbed"):
        return Column(name, "answer")
    if name.endswith("_changed"):
        return Column(name, "answer")
    if name in known["ids"]["columns"]:
        return Column(name, "id")
    if name in known["open"]["columns"]:
        return Column(name, "open")
    if name in known["closed"]:
        return Column(name, "closed", tuple(known["closed"][name]))
    if kind == "date":
        return Column(name, "date")
    if name == "contact_time":
        return Column(name, "time")
    if kind == "integer":
        return Column(name, "count", low=low, high=high)
    if kind in ("double", landing.SCORE):
        return Column(name, "float" if kind == "double" else "number", low=low, high=high)
    return Column(name, "text")
