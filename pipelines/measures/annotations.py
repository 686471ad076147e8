"""What a service has recorded of its own changes, and which charts begin anew at them.

Annotations are a file of their own, so that an entry can be added without touching a setting. A
chart never re-bases itself: that file is the only way in which limits begin anew.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pipelines.measures.catalogue import catalogue
from pipelines.measures.spc_phases import Rebase
from pipelines.measures.types import MeasureError

FILE: Final = "annotations.toml"
KEYS: Final = ("measure", "site", "on", "what", "by", "recorded", "new_limits")
EVERY: Final = "*"
"""Stands for every measure, in what is only noted."""
EXAMPLE: Final = (
    '[[annotation]]\nmeasure = "screen_completeness"\non = 2026-03-17\nwhat = "new triage form"'
)


def recorded(text: str) -> Mapping[str, tuple[Rebase, ...]]:
    """Text of annotations.toml -> measure id -> its re-basings, by date.

    One table `[[annotation]]` per change: `measure` (an id, or a list of ids), `on` (a date without
    quotes), `what` (the words shown at the chart) and, if wanted, `site` (an id, or a list of ids),
    `by`, `recorded` (a date) and `new_limits` (see `noted`). MeasureError, with the number of the
    entry and what to write, for anything else.
    """
    return _by_measure(text, new_limits=True)


def noted(text: str) -> Mapping[str, tuple[Rebase, ...]]:
    """Text of annotations.toml -> measure id -> what is only noted at its chart, by date.

    Those are the entries with `new_limits = false`: the limits stay. Such an entry may leave out
    `measure`: it is a note at every chart then, under EVERY.
    """
    return _by_measure(text, new_limits=False)


def _by_measure(text: str, *, new_limits: bool) -> Mapping[str, tuple[Rebase, ...]]:
    by_measure: dict[str, list[Rebase]] = {}
    for where, entry in _entries(text):
        rebase, anew = _rebase(where, entry), entry.get("new_limits", True)
        if not isinstance(anew, bool):
            raise MeasureError(f"{where}: `new_limits` must be true or false")
        everywhere = not anew and "measure" not in entry
        names = [EVERY] if everywhere else _measures(where, entry.get("measure"))
        if anew == new_limits:
            for name in names:
                by_measure.setdefault(name, []).append(rebase)
    return {
        name: tuple(sorted(own, key=lambda each: (each.on, each.reason)))
        for name, own in by_measure.items()
    }


def _entries(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Each entry with its place for a message."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MeasureError(f"{FILE} cannot be read: {error}") from error
    entries = found.pop("annotation", [])
    if found or not isinstance(entries, list):
        raise MeasureError(f"{FILE}: write every change as\n{EXAMPLE}")
    placed = []
    for number, entry in enumerate(entries, start=1):
        where = f"{FILE}, annotation {number}"
        if not isinstance(entry, dict):
            raise MeasureError(f"{where}: must be a table; write\n{EXAMPLE}")
        placed.append((where, entry))
    return placed


def _rebase(where: str, entry: Mapping[str, Any]) -> Rebase:
    for key in entry:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(KEYS)}"
            raise MeasureError(f"{where}: unknown key {key!r}{hint}")
    what, by = entry.get("what", ""), entry.get("by", "")
    if not isinstance(what, str) or not what.strip():
        raise MeasureError(f"{where}: `what` must say in words what changed")
    if not isinstance(by, str):
        raise MeasureError(f"{where}: `by` must be a name in quotes")
    on, recorded = _day(where, "on", entry.get("on")), entry.get("recorded")
    if recorded is not None:
        recorded = _day(where, "recorded", recorded)
    return Rebase(on, what.strip(), by.strip(), recorded, _sites(where, entry.get("site", [])))


def _sites(where: str, value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) and name for name in names):
        raise MeasureError(f"{where}: `site` must be the id of a site, or a list of ids")
    return tuple(dict.fromkeys(names))


def _day(where: str, key: str, value: Any) -> date:
    # A date with a time is a date to Python as well, and would compare with none.
    if type(value) is not date:
        raise MeasureError(f"{where}: `{key}` must be a date without quotes, as {key} = 2026-03-17")
    return value


def _measures(where: str, value: Any) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) for name in names):
        raise MeasureError(f"{where}: `measure` must be the id of a measure, or a list of ids")
    for name in names:
        need_chart(name, f"{where}: ")
    return list(dict.fromkeys(names))


def need_chart(name: str, where: str = "") -> None:
    """MeasureError unless there is such a measure and it has a chart over time."""
    if name not in catalogue():
        near = difflib.get_close_matches(name, catalogue(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; see outcomes measures --list"
        raise MeasureError(f"{where}there is no measure {name!r}{hint}")
    if catalogue()[name].stock:
        raise MeasureError(
            f"{where}{name} is a state on the day the data end; it has no chart by month"
        )
