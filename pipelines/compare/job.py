"""A comparison in a process of its own, so that whoever asks for it stays responsive.

`python -m pipelines.compare.job HOME` reads one request as JSON from its standard input and
writes its answer into the data home. It ends when its standard input is closed: whoever started it
is gone then. One runs at a time in a home; the latest answers are kept, older ones removed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from pipelines.compare import compare
from pipelines.compare.dates import two_dates
from pipelines.compare.run import Comparison, Headline, leftovers
from pipelines.compare.text import as_plain_change, figure_text
from pipelines.erasure.published import COMPARISONS as FOLDER
from pipelines.errors import OutcomesError
from pipelines.home import Home, telling_of_the_disk
from pipelines.ingest.receipt import list_receipts
from pipelines.measures.filter import Filter
from pipelines.measures.types import Estimate, MeasureError, Median
from rules.errors import RulesError
from rules.ruleset import Ruleset, load

LOCK: Final = ".running.lock"
KEPT: Final = 8
"""Answers that are kept; each is at most a megabyte or so."""
MOST_CASES: Final = 500
"""Changed episodes that are told one by one."""
Request = dict[str, Any]


def answer_file(home: Home, key: str) -> Path:
    """Where the answer to a request is."""
    return home.root / FOLDER / f"{key}.json"


def progress_file(home: Home, pid: int) -> Path:
    """Where a process says how far it is, or why it could not go on."""
    return home.root / FOLDER / f".progress-{pid}.json"


def taken_in(home: Home) -> str:
    """What stands for all that was taken in; another one after any file came, changed or went."""
    told = hashlib.sha256()
    for each in list_receipts(home):
        told.update(repr(each).encode("utf-8"))
    return told.hexdigest()


def main() -> int:
    """Read a request, answer it. 0 done, 2 refused: the progress file says why."""
    home = Home.open(sys.argv[1], create=False)
    request: Request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_whoever_asked, args=(home,), daemon=True).start()
    at = progress_file(home, os.getpid())
    try:
        with telling_of_the_disk(home.root):
            at.parent.mkdir(mode=0o700, exist_ok=True)
            _alone(home, request)
    except (OutcomesError, RulesError, MeasureError) as error:
        hint = getattr(error, "hint", None)
        what = getattr(error, "what", None) or str(error)
        with contextlib.suppress(OSError):
            _write(at, {"failed": " ".join(filter(None, (f"{what}.", hint)))})
        return 2
    return 0


def _alone(home: Home, request: Request) -> None:
    lock = FileLock(home.root / FOLDER / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutcomesError(
            "another comparison is running in this data home", hint="Wait until it is done."
        ) from None
    try:
        _sweep(home)
        began = time.perf_counter()
        before = taken_in(home)
        found = _answered(home, request)
        if taken_in(home) != before:
            raise OutcomesError(
                "what was taken in changed meanwhile", hint="Nothing of it is kept; ask again."
            )
        found["seconds"] = round(time.perf_counter() - began, 1)
        found["made"] = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        _write(answer_file(home, request["key"]), found)
    finally:
        lock.release()


def _answered(home: Home, request: Request) -> dict[str, Any]:
    at, last = progress_file(home, os.getpid()), [0.0]

    def tell(words: str, share: float) -> None:
        now = time.monotonic()
        if now - last[0] > 0.3:  # a model may take a millisecond
            last[0] = now
            with contextlib.suppress(OSError):
                _write(at, {"words": words, "share": share})

    if request["kind"] == "dates":
        tell("cases of both dates", 0.2)
        flt = Filter(**{name: _value(name, each) for name, each in request["filter"].items()})
        return two_dates(home, request["earlier"], request["later"], request["measure"], flt)
    before = load(overrides=request["own"])
    after = before.with_values({**request["own"], **request["tried"]})
    found = compare(home, before, after, tell, MOST_CASES if request["cases"] else 0)
    return _plain(found, before, after)


def _value(name: str, value: Any) -> Any:
    if name in ("period_from", "period_to"):
        return dt.date.fromisoformat(value) if value else None
    return tuple(value)


def _plain(found: Comparison, before: Ruleset, after: Ruleset) -> dict[str, Any]:
    return {
        "before": before.version,
        "after": after.version,
        "episodes": found.n_episodes,
        "changed": found.n_changed,
        "transitions": [[*what, n] for what, n in found.transitions.counts],
        "headline": [_headline(each) for each in found.headline],
        "cases": [as_plain_change(each) for each in found.changes],
    }


def _headline(each: Headline) -> dict[str, Any]:
    values = [
        side.value if isinstance(side, Estimate | Median) else None
        for side in (each.before, each.after)
    ]
    return {
        "measure": each.measure,
        "name": each.name,
        "part": each.part,
        "before": figure_text(each.before, each.measure),
        "after": figure_text(each.after, each.measure),
        "values": values,
    }


def _sweep(home: Home) -> None:
    """Remove older answers, and what processes left behind; the caller holds the lock."""
    folder = home.root / FOLDER
    answers = [path for path in folder.glob("*.json") if not path.name.startswith(".")]
    answers.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    mine = progress_file(home, os.getpid())
    left = [p for p in (*folder.glob(".progress-*"), *folder.glob(".*.new-*")) if p != mine]
    for path in [*answers[KEPT - 1 :], *left]:
        with contextlib.suppress(OSError):
            path.unlink()


def _write(path: Path, content: dict[str, Any]) -> None:
    new = path.with_name(f".{path.name.lstrip('.')}.new-{os.getpid()}")
    new.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    new.chmod(0o600)
    new.replace(path)


def _end_with_whoever_asked(home: Home) -> None:
    """Wait for the end of the standard input, then clear up and end, whatever is being done."""
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.read(1):
            pass
    for folder in leftovers(home, os.getpid()):
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(3)


if __name__ == "__main__":
    sys.exit(main())
