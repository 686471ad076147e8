"""Explain an episode from a snapshot: for each contact what decided it, and what was not asked."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from pipelines.errors import OutcomesError
from pipelines.explain_words import (
    ANSWER_WORDS,
    STATE_WORDS,
    STATUS_WORDS,
    TRUTH_WORDS,
    facts_in_words,
)
from rules.condition import Atom, Truth
from rules.explain import needed, outcomes
from rules.parts import CONSTANTS, PREDICATES
from rules.ruleset import Ruleset, load

Row = dict[str, Any]


def explain(cur: duckdb.DuckDBPyConnection, episode_id: str) -> dict[str, Any]:
    """Everything about one episode: its parts, contacts, rules, triggers, actions, source rows.

    `episode_id` is the id as shown ('#2' for a second part shows that part alone); all of it
    is plain data (dates as ISO text) ready for JSON. Raises OutcomesError when there is none.
    """
    base, _, part = episode_id.partition("#")
    episodes = _rows(
        cur,
        "select * from episode where base_episode_id = ? and (? = '' or cast(part as varchar) = ?) "
        "order by source, part",
        [base, part, part],
    )
    if not episodes:
        raise OutcomesError(
            f"there is no episode '{episode_id}' in the published snapshot",
            hint="Ids are written as in the export; list them on the Episode page.",
        )
    ruleset = load()
    levels = {row["level"]: row for row in _rows(cur, "select * from level order by level")}
    constants = _constants(cur)
    files = {r["file_id"]: r["name"] for r in _rows(cur, "select file_id, name from file")}
    return {
        "episode_id": episode_id,
        "parts": [_part(cur, episode, ruleset, levels, constants, files) for episode in episodes],
    }


def _constants(cur: duckdb.DuckDBPyConnection) -> dict[str, Truth]:
    row = _rows(cur, "select * from param_set")[0]
    return {
        "gp_not_recent": False if row["gp_not_recent_means"] == "no" else None,
        "h3_require_advice": row["h3_require_advice"],
        "h4_at_lower_bound": row["h4_bound"] == "lower",
    }


def _part(
    cur: duckdb.DuckDBPyConnection,
    episode: Row,
    ruleset: Ruleset,
    levels: dict[int, Row],
    constants: dict[str, Truth],
    files: dict[str, str],
) -> Row:
    key = [episode["episode_key"]]
    scores = _rows(cur, "select * from score where episode_key = ? order by score_date", key)
    contacts = _rows(cur, "select * from contact where episode_key = ? order by contact_key", key)
    breaches = _rows(cur, "select * from breach where episode_key = ? order by breach_date", key)
    actions = _rows(cur, "select * from referral where episode_key = ? order by referral_date", key)
    for row in [*breaches]:
        row["level"] = levels[row["level"]]["label"]
    for row in actions:
        row["file"] = files.get(row["file_id"])
    return {
        **episode,
        "confirmed": _label(levels, episode["worst_lb"]),
        "not_ruled_out": _label(levels, episode["worst_ub"]),
        "contacts": [
            _contact(contact, episode, ruleset, levels, constants, scores, files)
            for contact in contacts
        ],
        "scores": scores,
        "triggers": breaches,
        "actions": actions,
    }


def _contact(
    contact: Row,
    episode: Row,
    ruleset: Ruleset,
    levels: dict[int, Row],
    constants: dict[str, Truth],
    scores: list[Row],
    files: dict[str, str],
) -> Row:
    values: dict[str, Truth] = {
        column: constants[column] if column in CONSTANTS else contact[column]
        for column in needed(ruleset)
    }
    found = outcomes(ruleset, values) if contact["evaluated"] else []
    not_asked = [
        {"item": code, "wording": ruleset.items[code].wording, "answer": contact[f"{code}_code"]}
        for code in ruleset.screen_items
        if contact[f"{code}_code"] not in ("yes", "no", "conflict")
        and not (contact[f"{code}_code"] == "na" and contact[code] is not None)
    ]
    return {
        "contact_id": contact["contact_id"],
        "date": contact["contact_date"],
        "type": contact["contact_type"],
        "evaluated": contact["evaluated"],
        "confirmed": _label(levels, contact["lb"]),
        "not_ruled_out": _label(levels, contact["ub"]),
        "status": contact["status"],
        "screen_answered": contact["screen_answered"],
        "rules": [
            {
                "rule": each.rule.id,
                "title": each.rule.title,
                "description": each.rule.description,
                "leads_to": each.rule.leads_to,
                "place": each.rule.place,
                "value": TRUTH_WORDS[each.value],
                "because": [
                    _reason(a, values, contact, ruleset)
                    for a in each.decided_by
                    if a.column not in CONSTANTS
                ],
                "would_settle": [_name(a, ruleset) for a in each.open],
            }
            for each in found
        ],
        "not_asked": not_asked,
        "advisory": _advisory(contact, ruleset),
        "facts": facts_in_words(contact, episode, scores),
        "flags": [flag for flag in (contact["flags"] or "").split(",") if flag],
        "source": {"file": files.get(contact["file_id"]), "line": contact["line"]},
    }


def _advisory(contact: Row, ruleset: Ruleset) -> list[str]:
    """What lies outside the leaflet and never sets a level, but that a reader should know."""
    found = [
        item.wording
        for code, item in ruleset.items.items()
        if item.group == "advisory" and contact[code]
    ]
    if contact["significant_weakness"] and not contact["urg_1_weak_trip"]:
        found.append(ruleset.items["significant_weakness"].wording)
    return found


def _label(levels: dict[int, Row], rank: int | None) -> str | None:
    return None if rank is None else str(levels[rank]["label"])


def _name(atom: Atom, ruleset: Ruleset) -> str:
    if atom.name in ruleset.items:
        return ruleset.items[atom.name].wording
    return PREDICATES[atom.name]


def _reason(atom: Atom, values: dict[str, Truth], contact: Row, ruleset: Ruleset) -> str:
    """'Floppy foot (foot drop): yes; began after the pain' for an item, else the predicate."""
    name = _name(atom, ruleset)
    if atom.name not in ruleset.items:
        return f"{name}: {TRUTH_WORDS[values[atom.column]]}"
    code = contact.get(f"{atom.name}_code")
    answer = ANSWER_WORDS.get(str(code), TRUTH_WORDS[contact[atom.name]])
    if code not in ("yes", "no") and contact[atom.name] is not None:
        answer = f"{answer}, counted as {TRUTH_WORDS[contact[atom.name]]}"
    state = STATE_WORDS.get(contact.get(f"{atom.name}_state") or "")
    return f"{name}: {answer}" + (f"; {state}" if atom.call and state else "")


def _rows(cur: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> list[Row]:
    cursor = cur.cursor().execute(sql, values or [])
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return float(value)


def render(explained: dict[str, Any]) -> str:
    """The explanation as text for a terminal."""
    lines: list[str] = []
    for part in explained["parts"]:
        lines += [
            f"Episode {part['episode_id']} · site {part['site_id']} · "
            f"data to {_uk(part['extract_date'])}",
            f"  Triage outcome over the episode: {part['confirmed']}"
            + (
                f" confirmed, {part['not_ruled_out']} not ruled out"
                if part["confirmed"] != part["not_ruled_out"]
                else ""
            ),
            f"  Onset: {_onset(part)} · past 8 weeks: {STATUS_WORDS[part['persist_8w']]}",
        ]
        for contact in part["contacts"]:
            lines += _contact_lines(contact)
        for trigger in part["triggers"]:
            done = {"COVERED": "action recorded", "MISSED": "no action recorded"}.get(
                trigger["result"], trigger["result"].lower().replace("_", " ")
            )
            days = trigger["days_to_referral"]
            after = f" after {days} day{'s' if days != 1 else ''}" if days is not None else ""
            lines.append(
                f"  Trigger {_uk(trigger['breach_date'])}: {trigger['level']}; {done}{after}"
            )
        for action in part["actions"]:
            lines.append(
                f"  On record {_uk(action['referral_date'])}: {action['destination']} "
                f"({action['kind'].replace('_', ' ')}; {action['file']}, line {action['line']})"
            )
    return "\n".join(lines)


def _contact_lines(contact: Row) -> list[str]:
    lines = ["", f"  {_uk(contact['date'])} {contact['type']} ({contact['contact_id']})"]
    if not contact["evaluated"]:
        lines.append("    not evaluated (administrative, or not attended)")
    else:
        text = f"    {contact['confirmed']} confirmed"
        if contact["confirmed"] != contact["not_ruled_out"]:
            text += f", {contact['not_ruled_out']} not ruled out"
        lines.append(f"{text}; {contact['screen_answered']} of 15 safety questions answered")
    if contact["advisory"]:
        lines.append(f"    Advisory, outside the leaflet: {', '.join(contact['advisory'])}")
    for rule in contact["rules"]:
        if rule["value"] == "no":
            continue
        lines.append(f"    {rule['value']:<9} {rule['title']} ({rule['place']})")
        lines += [f"              {reason}" for reason in rule["because"]]
        if rule["would_settle"]:
            lines.append(f"              To settle it: {'; '.join(rule['would_settle'])}")
    if contact["not_asked"]:
        listed = ", ".join(
            f"{q['wording']} ({ANSWER_WORDS.get(q['answer'], q['answer'])})"
            for q in contact["not_asked"]
        )
        lines.append(f"    Without a yes or no: {listed}")
    lines += [f"    {fact}" for fact in contact["facts"]]
    lines.append(f"    Source: {contact['source']['file']}, line {contact['source']['line']}")
    return lines


def _onset(part: Row) -> str:
    if not part["onset_known"]:
        return "not known"
    if part["onset_earliest"] == part["onset_latest"]:
        return _uk(part["onset_earliest"])
    return f"between {_uk(part['onset_earliest'])} and {_uk(part['onset_latest'])}"


def _uk(day: str | None) -> str:
    return dt.date.fromisoformat(day).strftime("%d/%m/%Y") if day else "not known"
