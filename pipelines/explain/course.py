"""How an episode went, in short: resolution, return, and time to improvement."""

from __future__ import annotations

from pipelines.explain.dates import between, uk
from pipelines.explain.reading import Row
from pipelines.measures.catalogue import reason_text
from pipelines.words import COHORTS, IMPROVEMENT, PERSISTENCE, said


def course(episode: Row) -> list[str]:
    """Sentences on symptoms at 8 weeks, resolution, return and improvement, where they apply."""
    told = [f"At 8 weeks: {_small(said(PERSISTENCE, episode['persist_8w']))}"]
    if episode["entry_cohort"]:
        told.append(f"Entry: {_small(COHORTS[episode['entry_cohort']])}")
    told += turns(episode)
    told.append(f"Improvement: {_improvement(episode)}")
    return told


def turns(episode: Row) -> list[str]:
    """When symptoms went and came back, where they did."""
    told = []
    if episode["resolved_date"]:
        told.append(f"Free of symptoms from {uk(episode['resolved_date'])} on")
    if episode["recurrence_date"]:
        told.append(f"Symptoms back on {uk(episode['recurrence_date'])}, which begins a new part")
    return told


def _improvement(episode: Row) -> str:
    event = _small(said(IMPROVEMENT, episode["tti_event"]))
    if episode["tti_event"] == "excluded":
        return f"{event}: {reason_text(episode['tti_reason'])}"
    days = between(episode["tti_days"], episode["tti_days"])
    began = f"{episode['baseline_score']:g} on {uk(episode['baseline_date'])}"
    return f"{event}, {days} after the first score, {began}"


def _small(words: str) -> str:
    return f"{words[0].lower()}{words[1:]}"
