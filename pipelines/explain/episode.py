"""One episode explained: its parts, contacts, triggers, actions and source rows as plain data."""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.errors import OutcomesError
from pipelines.explain import diary
from pipelines.explain.audit import action, audit, trigger
from pipelines.explain.contact import Book, explained
from pipelines.explain.course import course, turns
from pipelines.explain.facts import History
from pipelines.explain.reading import Row, rows
from pipelines.rules_kept import kept_rules
from pipelines.words import FLAGS, said
from rules.ruleset import Ruleset


class NoEpisode(OutcomesError):
    """The snapshot has no episode of this id."""


def explain(
    cur: duckdb.DuckDBPyConnection,
    episode_id: str,
    source: str = "",
    ruleset: Ruleset | None = None,
) -> dict[str, Any]:
    """Everything about one episode: its parts, contacts, rules, triggers, actions, source rows.

    `episode_id` is the id as shown ('#2' for a second part shows that part alone); all of it
    is plain data (dates as ISO text) ready for JSON. `source` names one service where several have
    the id. The rules are the snapshot's own, under the parameters that classified it, unless
    `ruleset` gives them. Raises NoEpisode when there is none, RulesNotKept when the
    snapshot does not hold its rules.
    """
    base, _, part = episode_id.partition("#")
    episodes = rows(cur, "episodes", base=base, part=part, source=source)
    if not episodes:
        raise NoEpisode(
            f"there is no episode '{episode_id}' in the published snapshot",
            hint="Ids are written as in the export; list them on the Episode page.",
        )
    levels = rows(cur, "levels")
    book = Book(
        ruleset or kept_rules(cur),
        {row["level"]: row["label"] for row in levels},
        {row["code"]: row["label"] for row in levels},
    )
    return {
        "episode_id": episode_id,
        "rules_as_of": book.ruleset.version,
        "parts": [_part(cur, episode, book) for episode in episodes],
    }


def _part(cur: duckdb.DuckDBPyConnection, episode: Row, book: Book) -> Row:
    key = episode["episode_key"]
    everywhere = rows(cur, "contacts", base=episode["base_episode_id"], source=episode["source"])
    contacts = [each for each in everywhere if each["episode_key"] == key]
    scores = rows(cur, "scores", key=key)
    history = History(episode, contacts, scores, book.ruleset.values, everywhere)
    actions = [action(row, book.codes) for row in rows(cur, "actions", key=key)]
    flags = (episode["flags"] or "").split(",")
    days = rows(cur, "diary", key=key)
    return {
        **episode,
        "confirmed": book.label(episode["worst_lb"]),
        "not_ruled_out": book.label(episode["worst_ub"]),
        "outcome": book.outcome(episode["worst_lb"], episode["worst_ub"]),
        "course": course(episode, book.ruleset.values),
        "turns": turns(episode),
        "audit": audit(episode, book.ranks),
        "notes": [said(FLAGS, flag) for flag in flags if flag],
        "contacts": [explained(contact, history, book) for contact in contacts],
        "scores": scores,
        "diary": days,
        "diary_said": diary.sentence(days, book.ruleset.values),
        "triggers": [trigger(row, actions) for row in rows(cur, "triggers", key=key)],
        "actions": actions,
    }
