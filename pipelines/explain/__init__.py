"""Explain an episode from a snapshot: for each contact what decided it, and what was not asked.

`explain` gives plain data for JSON and for the page, `render` the same as text for a terminal,
`brief` what the results rest on.
"""

from pipelines.explain.episode import NoEpisode, explain
from pipelines.explain.render import brief, render

__all__ = ["NoEpisode", "brief", "explain", "render"]
