"""Who is looking: one reader with what they may see, decided on the server at every run.

Nothing that a browser sends decides here: not the address, no widget, no header that came from
outside.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal, cast

from dashboard.launch import MODE_VARIABLE
from pipelines.measures.disclosure.rules import MODES, Mode, check_mode

How = Literal["local", "oidc", "proxy"]
LOCAL: Final = "local"
STARTED: Final = datetime.now(UTC)


class NotOpen(PermissionError):
    """Nothing is shown to whoever this is; the message says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A person as far as the dashboard knows one.

    `subject` is an id without a name, the same at every visit; `sites` are the ids of the sites
    whose episodes they may see, None for all; `how` tells by what they signed in.
    """

    subject: str
    mode: Mode
    sites: tuple[str, ...] | None
    signed_in_at: datetime
    how: How


def most() -> Mode:
    """What this server shows at most; auditor where nothing was named (one's own machine).

    MeasureError for a mode that does not exist: a typing error must not open the data.
    """
    named = os.environ.get(MODE_VARIABLE) or MODES[0]
    check_mode(named)
    return cast(Mode, named)


def reader() -> Reader:
    """Whoever this run is for: without sign-on, the one person at this machine."""
    return _local(most())


@lru_cache(maxsize=len(MODES))
def _local(seen: Mode) -> Reader:
    return Reader(LOCAL, seen, None, STARTED, "local")
