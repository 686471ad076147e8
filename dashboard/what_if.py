"""Comparisons as pages ask for them: what is known already, what is running, start and stop.

A comparison takes seconds to minutes, so it runs in a process of its own (`pipelines.compare.job`)
and its answer is a small file of the data home. One runs at a time. What the mode does not show is
refused here: outside the mode that shows cases the answer is made without them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata, resources
from typing import Any, Final

from dashboard import mode, own_sites
from dashboard.launch import MEMORY
from dashboard.snapshots import counts_alone, home
from pipelines.build import service_rules
from pipelines.compare.job import answer_file, progress_file, taken_in
from pipelines.compare.run import leftovers
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.journal import NAME as EVENTS
from pipelines.measures.filter import Filter
from pipelines.rules_kept import fitting
from pipelines.snapshot import MEMORY_VARIABLE
from rules.ruleset import Ruleset

Row = dict[str, Any]
LARGEST: Final = 20_000_000
SIDES: Final = 2.2
"""Two builds and a little more: how a comparison of rules compares with one build."""
STOPPED: Final = "It was stopped; nothing of it is kept."


class Busy(OutcomesError):
    """Another comparison is running."""


@dataclass
class Running:
    """The comparison that runs: its key, its process, since when."""

    key: str
    process: subprocess.Popen[str]
    began: float


_lock = threading.Lock()
_now: list[Running] = []
_failed: dict[str, str] = {}


class OnlyFromCases(OutcomesError):
    """A comparison is asked for by a reader who is answered from counts alone."""

    def __init__(self) -> None:
        super().__init__(
            "this is worked out from single episodes, which are not opened in this mode",
            hint="Ask an auditor, or whoever looks after the data: `outcomes compare`.",
        )


def _at() -> Home:
    mode.need_exact()
    own_sites.need_every_site()
    if counts_alone():
        raise OnlyFromCases
    return Home.open(home(), create=False)


def rules_in_use() -> Ruleset:
    """The rules under the service's own parameters; OutcomesError where those cannot be."""
    return service_rules(_at())


def tried(in_use: Ruleset, values: dict[str, Any]) -> Ruleset:
    """The rules in use with these parameters; RulesError for a name or value that cannot be."""
    own = _at().config().get("parameters", {})
    return fitting(in_use.with_values({**own, **values}))


def of_rules(after: Ruleset, values: dict[str, Any]) -> Row:
    """The request for a comparison of the rules in use with others."""
    at = _at()
    request = {
        "kind": "rules",
        "own": at.config().get("parameters", {}),
        "tried": values,
        "cases": mode.sees_cases(),
    }
    return {**request, "key": _key(request, rules_in_use().version, after.version, taken_in(at))}


def of_dates(earlier: str, later: str, measure: str, flt: Filter) -> Row:
    """The request for a measure in two data sets as published."""
    _at()
    plain = {name: _plain(value) for name, value in dataclasses.asdict(flt).items()}
    request = {
        "kind": "dates", "earlier": earlier, "later": later, "measure": measure, "filter": plain,
    }  # fmt: skip
    return {**request, "key": _key(request)}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _key(request: Row, *more: Any) -> str:
    """Equal only where the answer is: of the same data, rules, program and mode."""
    told = json.dumps([request, *more, _program()], sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8")).hexdigest()[:24]


@cache
def _program() -> str:
    told = hashlib.sha256(metadata.version("sciatica-outcomes").encode("utf-8"))
    for package in ("pipelines.models", "pipelines.measures", "pipelines.measures.cases"):
        for file in sorted(resources.files(package).iterdir(), key=lambda each: each.name):
            if file.name.endswith((".sql", ".toml", ".py")):
                told.update(file.read_bytes())
    return told.hexdigest()


def answer(request: Row) -> Row | None:
    """The answer to a request, if there is one; OutcomesError where it cannot be read.

    CasesWithheld for one with cases outside the mode that shows them.
    """
    at = _at()
    if request.get("cases"):
        mode.need_cases()
    path = answer_file(at, request["key"])
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        found: Row = json.loads(path.read_text(encoding="utf-8"))
        os.utime(path)  # those used last are kept
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise OutcomesError(f"the answer that was kept cannot be read ({error})") from None
    return found


def running() -> Running | None:
    """The comparison that runs in this server, if one does; notes how the last one ended."""
    with _lock:
        return _looked()


def _looked() -> Running | None:
    if not _now:
        return None
    (found,) = _now
    if found.process.poll() is None:
        return found
    _now.clear()
    code = found.process.returncode
    if code != 0:
        _failed[found.key] = _progress(found).get("failed") or (
            f"It ended without an answer (exit code {code}); perhaps there was too little memory. "
            "Nothing of it is kept."
        )
    _clear(found.process.pid)
    return None


def failed(key: str) -> str:
    """Why the last attempt at a request came to nothing; empty where it did not."""
    return _failed.get(key, "")


def progress(found: Running) -> Row:
    """`words` and `share` of what is done."""
    return _progress(found)


def _progress(found: Running) -> Row:
    try:
        path = progress_file(Home.open(home(), create=False), found.process.pid)
        told: Row = json.loads(path.read_text(encoding="utf-8"))
        return told
    except (OSError, ValueError):
        return {}


def start(request: Row) -> None:
    """Begin to answer a request. Busy while another one runs."""
    at = _at()
    with _lock:
        if _looked() is not None:
            raise Busy("another comparison is running", hint="Wait for it, or stop it.")
        _failed.pop(request["key"], None)
        environment = dict(os.environ)
        if environment.get(MEMORY_VARIABLE) == MEMORY:  # the server's own limit for its pages
            environment.pop(MEMORY_VARIABLE)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.compare.job", str(at.root)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                text=True, env=environment,
            )  # fmt: skip
            assert process.stdin is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()  # left open: its end would end the comparison
        except OSError as error:
            raise OutcomesError(f"it cannot be started: {error.strerror or error}") from None
        _now.append(Running(request["key"], process, time.monotonic()))


def stop() -> None:
    """End the comparison that runs, and remove what it has written so far."""
    _at()
    with _lock:
        found = _looked()
        if found is None:
            return
        found.process.kill()
        found.process.wait(timeout=30)
        _now.clear()
        _failed[found.key] = STOPPED
        _clear(found.process.pid)


def _clear(pid: int) -> None:
    """What a process that is gone has left behind."""
    at = Home.open(home(), create=False)
    for folder in leftovers(at, pid):
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        progress_file(at, pid).unlink()


def expected_seconds() -> float | None:
    """About how long a comparison of rules takes, by the last build of these data; None unknown."""
    path = _at().log / EVENTS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    for line in reversed(lines[-2_000:]):
        with contextlib.suppress(ValueError, TypeError, KeyError):
            event = json.loads(line)
            if event["verb"] == "build" and event.get("outcome") == "done":
                return float(event["seconds"]) * SIDES
    return None


def roughly(seconds: float) -> str:
    """`about 20 seconds`, `about 4 minutes`."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    minutes = round(seconds / 60)
    return f"about {minutes} minutes"
