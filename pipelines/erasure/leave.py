"""Who is to be left out goes on the register, and their rows go from landing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from typing import Final

from pipelines.erasure.landing import Purged, episodes_in, link_people, purge, quiet_since
from pipelines.erasure.published import is_pending, mark_pending
from pipelines.erasure.register import ANY_SOURCE, EPISODE, OPTED_OUT, PERSON, Register
from pipelines.erasure.settings import months_before, pseudonyms, retention
from pipelines.home import Home
from pipelines.ingest.cast import rekeyed
from pipelines.ingest.mapping import KEY_VARIABLE
from pipelines.ingest.reading import Progress

PAST_RETENTION: Final = "past_retention"


def register_people(
    register: Register, kind: str, idents: Iterable[str], why: str, source: str = ANY_SOURCE
) -> int:
    """Put pseudonyms on the register, as exports write them and as a profile re-keys them."""
    key = os.environ.get(KEY_VARIABLE, "").encode()
    told = list(idents)
    again = [rekeyed(each, key) for each in told] if key else []
    new = register.add(kind, source, told, why)
    register.add(kind, source, again, why)
    return new


def apply(home: Home, progress: Progress | None = None) -> Purged:
    """Take the rows of everybody on the register out of landing; the caller holds the lock.

    Where some went, what was published is marked as to be made anew.
    """
    register = Register.open(home)
    if not register.size:
        return Purged()
    link_people(home, register)
    if any(register.why(EPISODE, *each) for each in episodes_in(home)):
        # Before the first row goes: whoever is stopped half way leaves the mark.
        mark_pending(home)
    return purge(home, register, progress) if is_pending(home) else Purged()


def register_opted_out(home: Home, register: Register | None = None) -> None:
    """Put everybody on the opt-out list of `[retention]` on the register; the lock is held.

    OutcomesError for settings or a list that cannot be read: then nothing is to be taken in, as
    somebody on the list might be.
    """
    settings = retention(home)
    if settings.opt_out is not None:
        register = Register.open(home) if register is None else register
        register_people(register, PERSON, pseudonyms(settings.opt_out), OPTED_OUT)


def register_past_retention(
    home: Home, months: int | None = None, register: Register | None = None
) -> int:
    """Put every episode on the register whose last activity is older than the period.

    `months` stands before `[retention] months`; without either nothing happens. How many episodes
    are new on it. The caller holds the lock.
    """
    months = months if months is not None else retention(home).months
    if months is None:
        return 0
    register = Register.open(home) if register is None else register
    before = months_before(dt.date.today(), months)
    quiet = quiet_since(home, before).items()
    return sum(register.add(EPISODE, source, each, PAST_RETENTION) for source, each in quiet)
