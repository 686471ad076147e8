"""Lets other processes work out figures, so that readers do not wait for one another's.

Only one thread of a Python process runs at a time. What a page draws has to go through the
server's; what it shows is estimated in workers. Each opens snapshots by itself, as hardened and
bounded as the server's, and is asked over a pipe that nobody else has. Where no worker was started
(commands, tests of pages), where one died, and where a question raises, the server's own process
does the work, so that answers and errors are the same either way.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import LifoQueue
from typing import Any, Final, TypeVar, TypeVarTuple, cast

T = TypeVar("T")
Given = TypeVarTuple("Given")

MOST_STARTS: Final = 5
"""Workers that are started in place of dead ones before the server does without."""
PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from dashboard.apart import work; work()"
)
GONE: Final = (EOFError, OSError, ValueError, pickle.UnpicklingError)
"""What comes of asking a worker that has died, or whose pipe is closed."""
_LOG = logging.getLogger(__name__)


def work() -> None:
    """What a worker does: answer questions until the other end of its pipe is gone."""
    # Ctrl+C reaches every process of the terminal; the server closes the pipe when it has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not get among the answers
    from dashboard import estimates

    gc.collect()
    gc.freeze()
    with suppress(*GONE):
        while True:
            name, args = pickle.load(questions)
            try:
                told = (True, getattr(estimates, name)(*args))
            except Exception:
                # The server asks once more by itself, and has the error where it belongs.
                told = (False, None)
            pickle.dump(told, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


class _Worker:
    def __init__(self) -> None:
        # Streamlit puts the folder of its script in front of the path, where our modules hide some
        # of Python's own (`queue`) from a process that has just begun.
        path = [each for each in sys.path if each != str(Path(__file__).parent)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, json.dumps(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, name: str, args: tuple[Any, ...]) -> tuple[bool, Any]:
        questions, answers = self.process.stdin, self.process.stdout
        assert questions is not None and answers is not None
        pickle.dump((name, args), questions, pickle.HIGHEST_PROTOCOL)
        questions.flush()
        found: tuple[bool, Any] = pickle.load(answers)  # from a process of our own
        return found

    def end(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self.process.wait()


class Workers:
    """Some workers, of which each answers one question at a time."""

    def __init__(self, number: int) -> None:
        """Start so many."""
        self._left = MOST_STARTS
        self._all = [_Worker() for _ in range(number)]
        # The one that was used last has the most in its caches.
        self._idle: LifoQueue[_Worker | None] = LifoQueue()
        for each in self._all:
            self._idle.put(each)

    def ask(self, name: str, args: tuple[Any, ...]) -> tuple[bool, Any]:
        """Whether a worker could tell, and what it told. Waits until one is idle."""
        worker = self._idle.get()
        if worker is None:  # there is none any more
            self._idle.put(None)
            return False, None
        try:
            return worker.ask(name, args)
        except GONE:
            worker = self._instead(worker)
            return False, None
        except BaseException:
            # Half a question or answer may be in the pipe: the next one must not be taken for it.
            worker = self._instead(worker)
            raise
        finally:
            if worker is not None or not self._all:
                self._idle.put(worker)

    def _instead(self, dead: _Worker) -> _Worker | None:
        """A new worker, unless too many have died: then something is wrong that a new one has."""
        self._all.remove(dead)
        dead.end()
        if self._left <= 0:
            _LOG.warning("A worker ended unasked once more, and none is started in its place.")
            return None
        self._left -= 1
        self._all.append(_Worker())
        return self._all[-1]

    def tell_each(self, name: str, *args: Any) -> None:
        """Ask every worker the same, whatever it answers."""
        taken = [self._idle.get() for _ in self._all]
        for each in taken:
            if each is not None:
                with suppress(*GONE):
                    each.ask(name, args)
        for each in taken:
            self._idle.put(each)

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [each.process.pid for each in self._all]

    def end(self) -> None:
        """End them all."""
        for each in self._all:
            each.end()


_RUNNING: Final[list[Workers]] = []


def start(number: int) -> None:
    """Start so many workers for this process; should it never `stop` them, they end with it."""
    if number and not _RUNNING:
        _RUNNING.append(Workers(number))


def stop() -> None:
    """End the workers, if there are any."""
    while _RUNNING:
        _RUNNING.pop().end()


def running() -> Workers | None:
    """The workers of this process."""
    return _RUNNING[0] if _RUNNING else None


def found(function: Callable[[*Given], T], *args: *Given) -> T:
    """What a function of `dashboard.estimates` answers: from a worker, or worked out here."""
    workers = running()
    if workers is not None:
        told, answer = workers.ask(function.__name__, args)
        if told:
            return cast(T, answer)
    return function(*args)
