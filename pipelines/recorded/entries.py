"""Targets, notes and new limits as they were recorded, each with who, when and why.

Pure: no file. Entries only ever follow one another. What is taken back stays, followed by an entry
that says who took it back and why.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final, Literal, cast, get_args

from pipelines.ingest.identifiers import holds_nhs_number
from pipelines.measures.annotations import EVERY, need_chart
from pipelines.measures.spc_phases import Rebase
from pipelines.measures.targets import targets
from pipelines.measures.types import MeasureError

Kind = Literal["rebase", "note", "target", "withdrawn"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LONGEST_WHY: Final = 300
LONGEST_NAME: Final = 60
MOST: Final = 5_000
KEYS: Final = ("id", "at", "kind", "by", "why", "measures", "sites", "on", "target", "of")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing recorded; `why` are the words shown at the chart, `at` is UTC.

    `measures` empty: every measure (a note only); `sites` empty: all. `on` is the day of a note or
    of new limits, `target` a value in the measure's unit, `of` the id of what is withdrawn.
    """

    kind: Kind
    by: str
    why: str
    measures: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    on: date | None = None
    target: float | None = None
    of: str = ""
    id: str = ""
    at: datetime | None = None


def checked(entry: Entry) -> Entry:
    """The entry with its texts in one line; MeasureError says what is wrong with it."""
    if entry.kind not in KINDS:
        raise MeasureError(f"there is no kind of entry {entry.kind!r}; known: {', '.join(KINDS)}")
    by = _text(entry.by, "who records it", LONGEST_NAME)
    why = _text(entry.why, "what changed, or why", LONGEST_WHY)
    if entry.kind in ("rebase", "note"):
        if type(entry.on) is not date:
            raise MeasureError("say on which day it was")
        if entry.kind == "rebase" and not entry.measures:
            raise MeasureError("name the measures whose limits begin anew; a note may be for all")
        for name in entry.measures:
            need_chart(name)
    elif entry.kind == "target":
        if len(entry.measures) != 1 or entry.target is None:
            raise MeasureError("a target is a value of one measure")
        targets({entry.measures[0]: entry.target}, "target")
    elif not entry.of:
        raise MeasureError("say which entry is withdrawn")
    return replace(entry, by=by, why=why)


def _text(given: str, what: str, most: int) -> str:
    found = " ".join(given.split())
    if not found:
        raise MeasureError(f"say {what}")
    if len(found) > most or not found.isprintable():
        raise MeasureError(f"say {what} in at most {most} characters")
    if holds_nhs_number(found):
        raise MeasureError(f"{what}: this holds what looks like an NHS number; leave it out")
    return found


def dated(entry: Entry, now: datetime) -> Entry:
    """The entry with an id of its own and the moment at which it was recorded."""
    return replace(entry, id=secrets.token_hex(4), at=now.astimezone(UTC).replace(microsecond=0))


def as_line(entry: Entry) -> str:
    """The entry as one line of JSON, without what it does not say."""
    said = {
        "id": entry.id,
        "at": entry.at.isoformat() if entry.at else "",
        "kind": entry.kind,
        "by": entry.by,
        "why": entry.why,
        "measures": list(entry.measures),
        "sites": list(entry.sites),
        "on": entry.on.isoformat() if entry.on else None,
        "target": entry.target,
        "of": entry.of,
    }
    told = {key: value for key, value in said.items() if value not in (None, "", [])}
    return json.dumps(told, ensure_ascii=False)


def from_line(line: str) -> Entry:
    """An entry of the file; MeasureError for a line that is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MeasureError(f"this is no JSON ({error})") from None
    if not isinstance(found, dict):
        raise MeasureError("this is no entry")
    strange = [key for key in found if key not in KEYS]
    if strange:
        raise MeasureError(f"unknown key {strange[0]!r}; did a later version write it?")
    try:
        entry = _parsed(found)
    except (TypeError, ValueError, AttributeError) as error:
        raise MeasureError(f"this is no entry ({error})") from None
    if not entry.id or entry.at is None:
        raise MeasureError("an entry needs its `id` and `at`")
    return checked(entry)


def _parsed(found: Mapping[str, Any]) -> Entry:
    for key in ("id", "at", "kind", "by", "why", "on", "of"):
        if not isinstance(found.get(key, ""), str):
            raise TypeError(f"`{key}` is no text")
    lists = {}
    for key in ("measures", "sites"):
        values = found.get(key, [])
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise TypeError(f"`{key}` is no list of texts")
        lists[key] = tuple(values)
    target = found.get("target")
    if target is not None and (isinstance(target, bool) or not isinstance(target, int | float)):
        raise TypeError("`target` is no number")
    return Entry(
        cast(Kind, found.get("kind", "")),
        found.get("by", ""),
        found.get("why", ""),
        **lists,
        on=date.fromisoformat(found["on"]) if found.get("on") else None,
        target=None if target is None or not math.isfinite(target) else float(target),
        of=found.get("of", ""),
        id=found.get("id", ""),
        at=datetime.fromisoformat(found["at"]) if found.get("at") else None,
    )


@dataclass(frozen=True)
class Record:
    """All that was recorded, oldest first."""

    entries: tuple[Entry, ...] = ()

    @cached_property
    def withdrawn(self) -> Mapping[str, Entry]:
        """Id of an entry -> the entry that took it back."""
        return {each.of: each for each in self.entries if each.kind == "withdrawn"}

    def standing(self, kind: Kind) -> tuple[Entry, ...]:
        """Entries of a kind that nobody took back."""
        gone = self.withdrawn
        return tuple(each for each in self.entries if each.kind == kind and each.id not in gone)

    @cached_property
    def target_entries(self) -> Mapping[str, Entry]:
        """Measure -> the entry that sets its target: the latest that stands."""
        return {each.measures[0]: each for each in self.standing("target")}

    def targets(self) -> dict[str, float]:
        """Measure -> its target, in the measure's unit."""
        return {name: each.target or 0.0 for name, each in self.target_entries.items()}

    def by_measure(self, kind: Kind) -> dict[str, tuple[Rebase, ...]]:
        """Measure, or EVERY -> what is drawn at its chart, by date."""
        found: dict[str, list[Rebase]] = {}
        for each in self.standing(kind):
            if each.on is not None:
                when = each.at.date() if each.at else None
                for name in each.measures or (EVERY,):
                    drawn = Rebase(each.on, each.why, each.by, when, each.sites)
                    found.setdefault(name, []).append(drawn)
        return {name: in_order(own) for name, own in found.items()}

    def need_standing(self, entry_id: str) -> Entry:
        """The entry of this id; MeasureError where there is none or it was taken back already."""
        found = next(
            (e for e in self.entries if e.id == entry_id and e.kind != "withdrawn"), None
        )  # fmt: skip
        if found is None:
            raise MeasureError(f"there is no entry {entry_id!r}; see outcomes annotate list")
        gone = self.withdrawn.get(entry_id)
        if gone is not None:
            when = f" on {gone.at:%d/%m/%Y}" if gone.at else ""
            raise MeasureError(f"{gone.by} has withdrawn this entry already{when}")
        return found


def in_order(found: Iterable[Rebase]) -> tuple[Rebase, ...]:
    """By date, then by their words."""
    return tuple(sorted(found, key=lambda each: (each.on, each.reason)))
