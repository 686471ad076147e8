"""One writer of the access log at a time, among threads and processes, at little cost.

FileLock takes half a millisecond, and a page view should not take more for being put on record.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PAUSE: Final = 0.002

_thread = threading.Lock()


@contextlib.contextmanager
def alone(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock `path`, made where it is missing. TimeoutError when it does not become free."""
    until = time.monotonic() + seconds
    if not _thread.acquire(timeout=seconds):
        raise TimeoutError
    try:
        if fcntl is None:
            try:
                with FileLock(path, timeout=seconds, mode=0o600):
                    yield
            except Timeout:
                raise TimeoutError from None
            return
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise TimeoutError from None
                    time.sleep(PAUSE)
            yield
        finally:
            os.close(handle)  # which lets go of it
    finally:
        _thread.release()
