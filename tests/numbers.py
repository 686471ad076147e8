"""Addresses of episodes as they have to be: by case number, never by the service's own id."""

from __future__ import annotations

from pathlib import Path

from pipelines import keys, surrogates
from pipelines.home import Home


def of_episode(home: Home | Path, episode_id: str) -> str:
    """The case number of an episode in a home."""
    return surrogates.number(keys.key(_home(home), keys.CASES), episode_id)


def of_review(home: Home | Path, case_key: object) -> str:
    """The number of an audit case in a home."""
    key = keys.key(_home(home), keys.CASES)
    return surrogates.number(key, str(case_key), surrogates.REVIEW)


def episode_page(home: Home | Path, episode_id: str) -> str:
    """The address of an episode's page."""
    return f"/episodes?episode={of_episode(home, episode_id)}"


def _home(home: Home | Path) -> Home:
    return home if isinstance(home, Home) else Home(Path(home))
