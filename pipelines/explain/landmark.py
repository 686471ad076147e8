"""Why an episode counts as past six or eight weeks, or not: the days that decided it, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pipelines.explain.dates import between, span, uk
from pipelines.explain.reading import Row


def evidence(episode: Row, status: str, landmark: int, values: Mapping[str, Any]) -> str:
    """The dates behind the status at `landmark` days after onset; empty where there are none.

    `episode` is a row of the published table `episode` with ISO dates; `status` its value of
    `persist_6w` or `persist_8w`; `values` the parameters that made it.
    """
    seen, resolved, end = (
        episode[name] for name in ("last_symptomatic_date", "resolved_date", "extract_date")
    )
    match status:
        case "PERSISTENT" if resolved and _past(episode, resolved, landmark):
            return f"free of symptoms only from {_after_onset(episode, resolved)}"
        case "PERSISTENT":
            return f"symptoms seen on {_after_onset(episode, seen)}"
        case "NOT_PERSISTENT":
            return f"free of symptoms from {_after_onset(episode, resolved)}"
        case "LOST":
            return f"{_last_seen(episode)}, and nothing later by {_after_onset(episode, end)}"
        case "PENDING":
            allowed = landmark + values["landmark_grace_days"]
            return (
                f"{_last_seen(episode)}; the data end on {_after_onset(episode, end)}, "
                f"and {span(allowed)} are waited for"
            )
        case "NOT_YET_DUE":
            return f"the data end on {_after_onset(episode, end)}"
        case "ONSET_UNKNOWN" if episode["onset_earliest"]:
            return (
                f"onset between {uk(episode['onset_earliest'])} and {uk(episode['onset_latest'])}: "
                "the two come out differently"
            )
        case "ONSET_UNKNOWN":
            return "when the pain began is not on record"
    return ""


def _past(episode: Row, day: str, landmark: int) -> bool:
    return _days(episode["onset_latest"] or episode["first_contact_date"], day) > landmark


def _last_seen(episode: Row) -> str:
    seen = episode["last_symptomatic_date"]
    if seen is None:
        return "no day with symptoms on record"
    return f"symptoms last seen on {_after_onset(episode, seen)}"


def _after_onset(episode: Row, day: str) -> str:
    """`03/03/2026, 57 days after onset`; a span where the onset is one."""
    if episode["onset_latest"] is None:
        days = _days(episode["first_contact_date"], day)
        return f"{uk(day)}, {between(days, days)} after the first contact"
    low, high = (_days(episode[name], day) for name in ("onset_latest", "onset_earliest"))
    return f"{uk(day)}, {between(low, high)} after onset"


def _days(first: str, last: str) -> int:
    return (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days
