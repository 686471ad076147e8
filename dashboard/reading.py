"""Read-only access to the files of snapshots, without anything of a page: also for other processes.

Each answer is keyed by the snapshot's path, and a path is never used twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import duckdb

from pipelines.measures import case_pairs, case_query
from pipelines.measures.held_counts import HeldCounts, holding
from pipelines.snapshot import DamagedSnapshot, open_readonly
from pipelines.totals.files import is_totals

T = TypeVar("T")

DAMAGED: Final = (
    *(DamagedSnapshot, duckdb.IOException, duckdb.FatalException),
    *(duckdb.InternalException, duckdb.SerializationException),
)
"""What reading a file that was cut or overwritten raises."""
MOST: Final = 4
"""Snapshots that are open, and whose counts are held, at once; those used least lately go first."""


class NoSnapshot(LookupError):
    """There is nothing to show; the message says why and what to do."""


class Connections:
    """The open snapshots of this process, shared by all readers."""

    def __init__(self, most: int = MOST) -> None:
        """None is open yet."""
        self.most = most
        self._open: OrderedDict[str, duckdb.DuckDBPyConnection] = OrderedDict()
        self._lock = Lock()

    def get(self, path: str) -> duckdb.DuckDBPyConnection:
        """The connection to a snapshot, opened where it is not. DamagedSnapshot where it cannot."""
        with self._lock:
            found = self._open.get(path)
            if found is None:
                found = self._open[path] = open_readonly(Path(path))
            self._open.move_to_end(path)
            while len(self._open) > self.most:
                self._open.popitem(last=False)[1].close()
            return found

    def clear(self, path: str) -> None:
        """Close the connection to a snapshot, if it is open: with it go the pages that it holds."""
        with self._lock:
            found = self._open.pop(path, None)
        if found is not None:
            found.close()

    def close(self) -> None:
        """Close them all; what is asked for afterwards is opened anew."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()


OPEN: Final = Connections()
"""Those of this process."""


@lru_cache(maxsize=MOST)
def _held(path: str) -> HeldCounts:
    """The counts of a snapshot, shared by all readers as the connection is."""
    return HeldCounts(totals=is_totals(path))


def asked(path: str, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """The answer from a cursor of its own: a shared connection gives wrong rows between threads.

    The connection may have been closed in favour of newer snapshots since it was fetched; then
    it is opened once more. NoSnapshot where the file lacks what this version asks for, is damaged
    or has gone.
    """
    try:
        return _asked(path, question)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise NoSnapshot(
            f"The data as published in {Path(path).name} come from another version of this "
            "program. Run `outcomes build` to publish them anew."
        ) from error
    except DAMAGED as error:
        raise NoSnapshot(
            f"The snapshot {Path(path).name} cannot be read ({type(error).__name__}). Run "
            "`outcomes build`, or choose an earlier one with `outcomes snapshots`."
        ) from error


def read_ahead(path: str) -> None:
    """Read what most questions are answered from into memory, before anybody asks.

    The connection is closed again: it holds the pages that were read, ten times what came of them.
    """
    asked(path, lambda cur: case_query.read_ahead(cur, _held(path)))
    asked(path, lambda cur: case_pairs.read_ahead(cur, _held(path)))
    OPEN.clear(path)


class _Cursor:
    """A cursor that is made when something is asked of it: most answers come from memory."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._made: duckdb.DuckDBPyConnection | None = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = OPEN.get(self._path).cursor()
        return getattr(self._made, name)

    def close(self) -> None:
        """Close it, if it was ever made."""
        if self._made is not None:
            self._made.close()


def _asked(path: str, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    for attempt in (1, 2):
        try:
            cursor: Any = _Cursor(path)
            try:
                with holding(_held(path)):
                    return question(cursor)
            finally:
                cursor.close()
        except duckdb.ConnectionException:
            if attempt == 2:
                raise
            OPEN.clear(path)
    raise AssertionError("unreachable")
