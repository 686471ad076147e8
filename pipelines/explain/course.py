"""How an episode went, in short: resolution, return, and time to improvement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.explain.dates import between, uk
from pipelines.explain.landmark import evidence
from pipelines.explain.reading import Row
from pipelines.measures.catalogue import reason_text
from pipelines.words import COHORTS, IMPROVEMENT, PERSISTENCE, said


def course(episode: Row, values: Mapping[str, Any]) -> list[str]:
    """Sentences on symptoms at 8 weeks, resolution, return and improvement, where they apply.

    `values` are the parameters that classified the episode.
    """
    told = [f"At 8 weeks: {at_landmark(episode, 'persist_8w', values)}"]
    if episode["entry_cohort"]:
        told.append(f"Entry: {_small(COHORTS[episode['entry_cohort']])}")
    told += turns(episode)
    told.append(f"Improvement: {improvement(episode)}")
    return told


def at_landmark(episode: Row, field: str, values: Mapping[str, Any]) -> str:
    """The status of `persist_6w` or `persist_8w`, and the days that decided it."""
    status = episode[field]
    landmark = values["w_lo_days" if field == "persist_6w" else "w_hi_days"]
    told = _small(said(PERSISTENCE, status))
    if field == "persist_6w":
        told = told.replace("8 weeks", "6 weeks")
    why = evidence(episode, status, landmark, values)
    return f"{told}: {why}" if why else told


def turns(episode: Row) -> list[str]:
    """When symptoms went and came back, where they did."""
    told = []
    if episode["resolved_date"]:
        told.append(f"Free of symptoms from {uk(episode['resolved_date'])} on")
    if episode["recurrence_date"]:
        told.append(f"Symptoms back on {uk(episode['recurrence_date'])}, which begins a new part")
    return told


def improvement(episode: Row) -> str:
    """What became of improvement, and the score that it is measured from."""
    event = _small(said(IMPROVEMENT, episode["tti_event"]))
    if episode["tti_event"] == "excluded":
        return f"{event}: {reason_text(episode['tti_reason'])}"
    days = between(episode["tti_days"], episode["tti_days"])
    began = f"{episode['baseline_score']:g} on {uk(episode['baseline_date'])}"
    return f"{event}, {days} after the first score, {began}"


def _small(words: str) -> str:
    return f"{words[0].lower()}{words[1:]}"
