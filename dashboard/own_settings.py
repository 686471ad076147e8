"""The service's own settings of its charts, read again when one of their files has changed.

A page asks for them a few dozen times; reading them takes longer than drawing a chart.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from pipelines.chart_settings import ChartSettings, chart_settings
from pipelines.home import Home
from pipelines.measures.annotations import FILE
from pipelines.recorded.file import FILE as RECORDED

State = tuple[int, ...]
_SEEN: ContextVar[dict[Path, ChartSettings] | None] = ContextVar("settings_seen", default=None)


@contextmanager
def looked_at_once() -> Iterator[None]:
    """Within it the files are looked at once: all of a page is drawn under the same settings."""
    token = _SEEN.set({})
    try:
        yield
    finally:
        _SEEN.reset(token)


def charts(root: Path) -> ChartSettings:
    """The chart settings of the data home at `root` as its files are now.

    OutcomesError for a target, profile or annotation that cannot be, and for no data home.
    """
    seen = _SEEN.get()
    if seen is not None and root in seen:
        return seen[root]
    files = (Home(root).config_file, root / FILE, root / RECORDED)
    found = _read(root, _state(root), *map(_state, files))
    if seen is not None:
        seen[root] = found
    return found


def _state(path: Path) -> State:
    """What changes when a file is written, replaced or removed."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@lru_cache(maxsize=4)
def _read(root: Path, *_states: State) -> ChartSettings:
    return chart_settings(Home.open(root, create=False))
