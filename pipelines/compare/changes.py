"""Every episode that two rule sets make something else of: from what to what, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import duckdb

from pipelines.explain.course import at_landmark, improvement
from pipelines.explain.reading import Row, fetched
from pipelines.landing_tables import SCREEN
from pipelines.words import ACTIONS, CATEGORIES, IMPROVEMENT, PERSISTENCE, TRUTH, said

Moved = tuple[str, str, str, str]

# What of an episode is compared, with the words for it.
FIELDS = {
    "first_lb": "confirmed at first contact",
    "first_ub": "not ruled out at first contact",
    "worst_lb": "confirmed over the episode",
    "worst_ub": "not ruled out over the episode",
    "persist_6w": "past 6 weeks",
    "persist_8w": "past 8 weeks",
    "resolved_date": "resolved on",
    "recurrence_date": "came back on",
    "tti_event": "improvement",
    "tti_days": "days to improvement",
    "improved_date": "important fall seen on",
    "audit_category": "referral audit",
    "audit_late": "an action late",
    "tried_last": "exercises tried",
}
# Fields with as many values as days, so that single transitions say little.
MANY = frozenset({"days to improvement", "important fall seen on", "resolved on", "came back on"})
CODES = {
    "audit_category": CATEGORIES,
    "tti_event": IMPROVEMENT,
    "persist_6w": {
        code: words.replace("8 weeks", "6 weeks") for code, words in PERSISTENCE.items()
    },
    "persist_8w": PERSISTENCE,
}
# Fields whose days and scores are told in a sentence for each side.
LANDMARKS = ("persist_6w", "persist_8w")
COURSE = ("tti_event", "tti_days", "improved_date")
# Facts that a parameter can move, with the words for them.
FACTS = {
    "evaluated": "judged at all",
    "pain": "back or leg pain",
    "recent": "pain began recently",
    "persisted_lo": "past the lower bound",
    "persisted_hi": "past the upper bound",
    "symptomatic": "still symptomatic",
    "improved": "some improvement",
    "tried": "exercises tried",
    "worsening": "getting worse",
    **{f"developed_{item}": f"sign {item}" for item in SCREEN[:12]},
}


@dataclass(frozen=True)
class Change:
    """One episode that comes out differently: fields as (what, before, after), and what moved.

    Rules and facts are (contact, what, before, after); triggers (day, level, before, after);
    reasons (what, sentence before, sentence after), for symptoms at 8 weeks and improvement.
    """

    episode_id: str
    site_id: str
    fields: tuple[tuple[str, str, str], ...]
    rules: tuple[Moved, ...]
    facts: tuple[Moved, ...]
    triggers: tuple[Moved, ...]
    reasons: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Transitions:
    """How many episodes change, and how often a field goes from what to what: (what, old, new)."""

    n_episodes: int
    counts: tuple[tuple[tuple[str, str, str], int], ...]


Fields = tuple[tuple[str, str, str], ...]


def transitions(con: duckdb.DuckDBPyConnection) -> Transitions:
    """Every change of a field between the attached databases, most frequent first, counted.

    Of days and dates only the field is told, since each has a value of its own.
    """
    labels = dict(con.execute("select level, label from new.level").fetchall())
    con.execute(_changed_episodes())
    found: Counter[tuple[str, str, str]] = Counter()
    n = 0
    while rows := con.fetchmany(10_000):
        n += len(rows)
        for _, _, _, *values in rows:
            for what, old, new in _fields(values, labels):
                found[(what, "", "") if what in MANY else (what, old, new)] += 1
    return Transitions(n, tuple(sorted(found.items(), key=lambda each: (-each[1], each[0]))))


def _changed_episodes() -> str:
    pairs = ", ".join(f"o.{name}, n.{name}" for name in FIELDS)
    differs = " or ".join(f"o.{name} is distinct from n.{name}" for name in FIELDS)
    return _statement("episodes").replace("@pairs", pairs).replace("@differs", differs)


def _fields(values: Sequence[Any], labels: dict[int, str]) -> Fields:
    return tuple(
        (FIELDS[name], _shown(name, old, labels), _shown(name, new, labels))
        for name, old, new in zip(FIELDS, values[::2], values[1::2], strict=True)
        if old is not new and old != new
    )


def changes(
    con: duckdb.DuckDBPyConnection,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    most: int | None = None,
) -> list[Change]:
    """Every episode that differs between the attached databases `old` and `new`, by id.

    `before` and `after` are the parameters of the two sides; `most` the number told at most.
    """
    labels = dict(con.execute("select level, label from new.level").fetchall())
    limit = "" if most is None else f"\nlimit {int(most)}"
    changed = con.execute(_changed_episodes() + limit).fetchall()
    keys = [row[0] for row in changed]
    rules = _by_episode(_of(con, _statement("moved_rules"), keys))
    facts = _by_episode(_of(con, _facts(), keys))
    triggers = _triggers(_of(con, _statement("moved_triggers"), keys))
    found = []
    courses = [_courses(con, side, keys) for side in ("old", "new")]
    for key, episode_id, site_id, *values in changed:
        fields = _fields(values, labels)
        because, derived, acted = (tuple(each.get(key, ())) for each in (rules, facts, triggers))
        reasons = _reasons(
            {what for what, _, _ in fields},
            (courses[0].get(key), before),
            (courses[1].get(key), after),
        )
        found.append(Change(episode_id, site_id, fields, because, derived, acted, tuple(reasons)))
    return found


def _of(con: duckdb.DuckDBPyConnection, text: str, keys: list[int]) -> list[tuple[Any, ...]]:
    return con.execute(text, {"keys": keys}).fetchall()


def _courses(con: duckdb.DuckDBPyConnection, side: str, keys: list[int]) -> dict[int, Row]:
    text = _statement("course").replace("@side", side)
    return {row["episode_key"]: row for row in fetched(con.execute(text, {"keys": keys}))}


def _reasons(
    whats: set[str],
    before: tuple[Row | None, Mapping[str, Any]],
    after: tuple[Row | None, Mapping[str, Any]],
) -> Iterator[tuple[str, str, str]]:
    """The days and scores behind what changed; a side without the episode has no sentence."""
    (old, old_values), (new, new_values) = before, after
    for field in LANDMARKS:
        if FIELDS[field] in whats:
            was = at_landmark(old, field, old_values) if old else "none"
            is_now = at_landmark(new, field, new_values) if new else "none"
            yield FIELDS[field], was, is_now
    if whats & {FIELDS[name] for name in COURSE}:
        yield (
            "improvement",
            improvement(old) if old else "none",
            improvement(new) if new else "none",
        )


@cache
def _statement(name: str) -> str:
    return resources.files("pipelines.compare").joinpath(f"{name}.sql").read_text("utf-8")


def _facts() -> str:
    return (
        _statement("moved_facts")
        .replace("@names", ", ".join(f"'{words}'" for words in FACTS.values()))
        .replace("@before", ", ".join(f"o.{name}" for name in FACTS))
        .replace("@after", ", ".join(f"n.{name}" for name in FACTS))
    )


def _by_episode(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Moved]]:
    """(contact, what, before, after) by episode; a value that is missing is a rule that is."""
    words = {
        "true": TRUTH[True],
        "false": TRUTH[False],
        "unknown": TRUTH[None],
        None: "no such rule",
    }
    found: dict[int, list[Moved]] = {}
    for key, contact_id, what, old, new in rows:
        found.setdefault(key, []).append((contact_id, what, words[old], words[new]))
    return found


def _triggers(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Moved]]:
    found: dict[int, list[Moved]] = {}
    for key, day, label, *results in rows:
        old, new = _result(*results[:2]), _result(*results[2:])
        found.setdefault(key, []).append((f"{day:%d/%m/%Y}", label, old, new))
    return found


def _result(result: str | None, timely: bool | None) -> str:
    if result is None:
        return "no trigger"
    return said(ACTIONS, result).lower() + (", late" if timely is False else "")


def _shown(name: str, value: Any, labels: dict[int, str]) -> str:
    if name.endswith(("_lb", "_ub")):
        return labels[value] if value is not None else "none"
    if name.endswith("_date"):
        return f"{value:%d/%m/%Y}" if value else "none"
    if isinstance(value, bool) or (value is None and name == "tried_last"):
        return TRUTH[value]
    if name in CODES and value is not None:
        return said(CODES[name], value).lower()
    return "none" if value is None else str(value).replace("_", " ").lower()
