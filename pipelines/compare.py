"""What if: reclassify everything under other parameters or rules, beside the published snapshot.

Both sets of rules run over the same landing rows in scratch databases; nothing is published.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.build import worked_out
from pipelines.home import Home
from pipelines.measures.answers import Answers
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.snapshot import open_readonly
from pipelines.snapshot_tables import write_snapshot
from rules.ruleset import Ruleset

# What of an episode is compared, with the words for it.
FIELDS = {
    "first_lb": "confirmed at first contact",
    "first_ub": "not ruled out at first contact",
    "worst_lb": "confirmed over the episode",
    "worst_ub": "not ruled out over the episode",
    "persist_6w": "past 6 weeks",
    "persist_8w": "past 8 weeks",
    "tti_event": "improvement",
    "tti_days": "days to improvement",
    "audit_category": "referral audit",
    "tried_last": "exercises tried",
}
TRUTH = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True)
class Change:
    """One episode that comes out differently: fields as (what, before, after), rules that moved."""

    episode_id: str
    site_id: str
    fields: tuple[tuple[str, str, str], ...]
    rules: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True)
class Comparison:
    """Both versions, how the headline moves, and every episode that changed."""

    before_version: str
    after_version: str
    n_episodes: int
    before: Answers
    after: Answers
    changes: tuple[Change, ...]


def compare(home: Home, before: Ruleset, after: Ruleset) -> Comparison:
    """Run both rule sets over everything in landing and tell what differs.

    Raises OutcomesError when nothing was ingested.
    """
    with tempfile.TemporaryDirectory(prefix="outcomes-compare-") as folder:
        paths = []
        for name, ruleset in (("before", before), ("after", after)):
            path = Path(folder) / f"{name}.duckdb"
            with worked_out(home, ruleset, Path(folder)) as (con, checks):
                write_snapshot(con, path, home, ruleset, checks)
            paths.append(path)
        answers = [_answers(path) for path in paths]
        con = duckdb.connect(config={"autoinstall_known_extensions": "false"})
        try:
            for name, path in zip(("old", "new"), paths, strict=True):
                escaped = str(path).replace("'", "''")
                con.execute(f"attach '{escaped}' as {name} (read_only)")
            changes = _changes(con)
            (n,) = con.execute("select count(*) from old.episode").fetchall()[0]
        finally:
            con.close()
    return Comparison(before.version, after.version, n, answers[0], answers[1], tuple(changes))


def _answers(path: Path) -> Answers:
    con = open_readonly(path)
    try:
        return three_answers(con, Filter())
    finally:
        con.close()


def _changes(con: duckdb.DuckDBPyConnection) -> list[Change]:
    columns = ", ".join(f"o.{name}, n.{name}" for name in FIELDS)
    differs = " or ".join(f"o.{name} is distinct from n.{name}" for name in FIELDS)
    labels = dict(con.execute("select level, label from old.level").fetchall())
    rows = con.execute(
        f"select coalesce(o.episode_id, n.episode_id), coalesce(o.site_id, n.site_id), "
        f"coalesce(o.episode_key, n.episode_key), {columns} from old.episode as o "
        f"full join new.episode as n on n.episode_key = o.episode_key where {differs} order by 1"
    ).fetchall()
    moved = _moved_rules(con)
    found = []
    for episode_id, site_id, key, *values in rows:
        pairs = zip(FIELDS, values[::2], values[1::2], strict=True)
        fields = tuple(
            (FIELDS[name], _shown(name, old, labels), _shown(name, new, labels))
            for name, old, new in pairs
            if old is not new and old != new
        )
        found.append(Change(episode_id, site_id, fields, tuple(moved.get(key, ()))))
    return found


def _moved_rules(
    con: duckdb.DuckDBPyConnection,
) -> dict[int, list[tuple[str, str, str, str]]]:
    """By episode: (contact id, rule title, before, after) where a rule's value moved.

    The trace holds what is yes or unknown; a rule that is not in it is no.
    """
    rows = con.execute(
        """
        with before as (select * from old.rule_trace),
        after as (select * from new.rule_trace),
        joined as (
            select
                coalesce(b.episode_key, a.episode_key) as episode_key,
                coalesce(b.contact_key, a.contact_key) as contact_key,
                coalesce(b.rule_id, a.rule_id) as rule_id,
                case when b.contact_key is null then false else b.value end as old_value,
                case when a.contact_key is null then false else a.value end as new_value
            from before as b
            full join after as a on a.contact_key = b.contact_key and a.rule_id = b.rule_id
        )
        select j.episode_key, c.contact_id, r.title, j.old_value, j.new_value
        from joined as j
        join new.contact as c on c.contact_key = j.contact_key
        join new.rule as r on r.rule_id = j.rule_id
        where j.old_value is distinct from j.new_value
        order by j.episode_key, j.contact_key, r.ord
        """
    ).fetchall()
    found: dict[int, list[tuple[str, str, str, str]]] = {}
    for key, contact_id, title, old, new in rows:
        found.setdefault(key, []).append((contact_id, title, TRUTH[old], TRUTH[new]))
    return found


def _shown(name: str, value: Any, labels: dict[int, str]) -> str:
    if name.endswith(("_lb", "_ub")):
        return labels[value] if value is not None else "none"
    if isinstance(value, bool) or (value is None and name == "tried_last"):
        return TRUTH[value]
    return "none" if value is None else str(value).replace("_", " ").lower()
