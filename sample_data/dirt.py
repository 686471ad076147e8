"""Faults as real exports have them, each counted in the truth file."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import numpy as np

from sample_data import world
from sample_data.people import Contact, Episode

RATES = {
    "unknown_code": 0.002,
    "onset_after_contact": 0.005,
    "after_extract": 0.0012,
    "score_out_of_range": 0.003,
    "impossible_date": 0.0008,
    "missing_episode_id": 0.0005,
    "exact_duplicate": 0.003,
}
LOG_RATES = {"orphan_log": 0.003, "unknown_exercise": 0.004, "log_before_onset": 0.001}


def soil(episode: Episode, rng: np.random.Generator, counts: Counter[str]) -> None:
    """Spoil some of an episode's contacts and diary entries in place."""
    if episode.story:
        return
    for contact in list(episode.contacts):
        for fault, rate in RATES.items():
            if rng.random() < rate:
                _spoil(fault, contact, episode, rng)
                counts[fault] += 1
    for log in episode.logs:
        for fault, rate in LOG_RATES.items():
            if rng.random() < rate:
                _spoil_log(fault, log, episode)
                counts[fault] += 1
    counts["late_synced"] += sum(
        1 for log in episode.logs if (log["synced_date"] - log["log_date"]).days > 2
    )


def _spoil(fault: str, contact: Contact, episode: Episode, rng: np.random.Generator) -> None:
    if fault == "unknown_code":
        contact[world.SCREEN[int(rng.integers(0, 15))]] = "see letter"
    elif fault == "onset_after_contact":
        contact["onset_date"] = contact["contact_date"] + dt.timedelta(
            days=int(rng.integers(3, 40))
        )
        contact["onset_precision"] = "day"
    elif fault == "after_extract":
        contact["contact_date"] = world.EXTRACT + dt.timedelta(days=int(rng.integers(5, 200)))
    elif fault == "score_out_of_range":
        contact["nprs"] = int(rng.choice([11, 12, 55, 99]))
    elif fault == "impossible_date":
        contact["raw_date"] = "31/02/2025" if episode.site.service == "riverside" else "2025-02-31"
    elif fault == "missing_episode_id":
        contact["episode_id"] = ""
    elif fault == "exact_duplicate":
        episode.contacts.append(contact)


def _spoil_log(fault: str, log: dict[str, Any], episode: Episode) -> None:
    if fault == "orphan_log":
        log["episode_id"] = f"X-{episode.id}"
    elif fault == "unknown_exercise":
        log["exercise_code"] = "plank"
    elif fault == "log_before_onset":
        log["log_date"] = episode.onset - dt.timedelta(days=9)
