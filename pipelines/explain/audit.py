"""What was done, against what the rules say, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.explain.dates import uk
from pipelines.explain.reading import Row
from pipelines.words import (
    ACTIONS,
    CATEGORIES,
    DESTINATIONS,
    JUDGED,
    KINDS,
    OBSTACLES,
    REASONS,
    said,
)


def audit(episode: Row, labels: Mapping[int, str]) -> Row:
    """The audit's result of an episode part: expected, recorded, category and what to know."""
    category = episode["audit_category"]
    recorded = labels[episode["recorded"] or 0]
    if episode["recorded_implied"]:
        done = f"nothing on record, read as {recorded.lower()}"
    else:
        done = f"{recorded} on record"
    notes = [
        words
        for name, words in (
            ("audit_late", "an action came late"),
            ("missed_red_flag", "a red flag was not acted on in time"),
            ("missed_gp", "no action recorded for a GP trigger"),
            ("audit_permitted", "an appointment was permitted, though not due"),
        )
        if episode[name]
    ]
    reason = OBSTACLES.get(episode["audit_reason"]) if episode["audit_reason"] else None
    return {
        "category": category,
        "said": said(CATEGORIES, category),
        "reason": reason,
        "recorded": recorded,
        "recorded_implied": bool(episode["recorded_implied"]),
        "done": done,
        "notes": notes,
    }


def trigger(row: Row, actions: list[Row]) -> Row:
    """A trigger with its result in words, and the action that answered it."""
    answer = next((a for a in actions if a["referral_id"] == row["action_id"]), None)
    return {
        **row,
        "certainty": "possible, as a date is assumed" if row["possible"] else "confirmed",
        "said": _result(row),
        "answered_by": answer["said"] if answer else None,
    }


def _result(row: Row) -> str:
    """`action recorded after 39 days, late: 0 days allowed`."""
    told = said(ACTIONS, row["result"]).lower()
    allowed, after = _days(row["allowed_days"]), row["days_to_referral"]
    if row["result"] == "COVERED":
        when = "on the day or before" if after == 0 else f"after {_days(after)}"
        return f"{told} {when}, {'in time' if row['timely'] else 'late'}: {allowed} allowed"
    if row["result"] in ("MISSED", "PENDING"):
        return f"{told}: {allowed} allowed"
    return f"{told}: no source tells what was done"


def _days(n: int) -> str:
    return f"{n} day{'s' if n != 1 else ''}"


def action(row: Row, labels: Mapping[str, str]) -> Row:
    """An action on record: what and where to, how the rules judge it, and what else to know."""
    to = labels.get(row["destination"]) or said(DESTINATIONS, row["destination"])
    return {
        **row,
        "to": to,
        "said": f"{said(KINDS, row['kind'])}: {to}"
        if row["kind"] != "gp_source"
        else (said(KINDS, row["kind"])),
        "judged": said(JUDGED, row["result"]),
        "why": _words(row["reasons"]),
        "note": _words(row["soft"]),
    }


def _words(codes: Any) -> list[str]:
    return [said(REASONS, code) for code in (codes or "").split(",") if code]


def sentence(row: Row) -> str:
    """`Referral: GP; in line with the leaflet` for an action as `action` gives it."""
    told = f"{row['said']}; {row['judged'][0].lower()}{row['judged'][1:]}"
    why = [*row["why"], *row["note"]]
    return f"{told} ({'; '.join(why)})" if why else told


def when(row: Row) -> str:
    """The day of an action."""
    return uk(row["referral_date"])
