"""Lets a few scripts run at a time, so that many readers at once do not slow each other down.

Only one thread of a process runs at a time. Where fifty want to, each wakes again and again to ask
for its turn, and the asking takes more than the work; those who wait here wait in line.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

AT_ONCE: Final = 3
"""Scripts at once: one that computes, and others that wait for an engine or a worker."""
_TURNS: Final = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Wait for a turn, and give it back however the script ends."""
    with _TURNS:
        yield
