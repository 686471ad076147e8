"""A log for machines: one JSON line per file taken in or refused and per build.

It holds times, counts, hashes and reasons, no file's name and nothing of any file's content.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from collections.abc import Iterator
from typing import Any

from pipelines.errors import OutcomesError, Refusal
from pipelines.home import Home

NAME = "events.jsonl"


@contextlib.contextmanager
def logged(home: Home, verb: str) -> Iterator[dict[str, Any]]:
    """Log what the block does; it adds to the dictionary given what is worth keeping.

    An error is logged by its kind (a refusal with its reason) and passed on. Not being able to
    write the log stops nothing.
    """
    event: dict[str, Any] = {"at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
    event["verb"] = verb
    started = time.perf_counter()
    try:
        yield event
        event.setdefault("outcome", "done")
    except Refusal as refusal:
        event |= {"outcome": "refused", "reason": refusal.reason}
        raise
    except OutcomesError as error:
        event |= {"outcome": "stopped", "reason": type(error).__name__}
        raise
    except BaseException as error:
        event |= {"outcome": "failed", "reason": type(error).__name__}
        raise
    finally:
        event["seconds"] = round(time.perf_counter() - started, 3)
        with contextlib.suppress(OSError):
            home.log.mkdir(mode=0o700, exist_ok=True)
            with (home.log / NAME).open("a", encoding="utf-8") as out:
                out.write(json.dumps(event, sort_keys=True) + "\n")
