"""Who is looking: one reader with what they may see, decided on the server at every run.

Nothing that a browser sends decides here: not the address, no widget, no header that came from
outside. A browser has a key to a visit (`sign_on.visits`); who that is, and what their roles open,
is looked up anew each time, so that a role that is taken away is gone at the next click.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, cast

import streamlit as st

from dashboard.launch import HOME_VARIABLE, KEY, MODE_VARIABLE, SIGN_ON_VARIABLE
from dashboard.sign_on import visits
from dashboard.sign_on.visits import Known, Visit
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.disclosure.rules import MODES, Mode, check_mode
from pipelines.sign_on import How, SignOn, sign_on

LOCAL: Final = "local"
_by_itself: ContextVar[bool] = ContextVar("by_itself", default=False)
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
    """Whoever this run is for. NotOpen for a person who is not signed in, or has no role.

    Without sign-on that is the one person at this machine.
    """
    if _by_itself.get():
        return _local(most())
    if os.environ.get(SIGN_ON_VARIABLE, LOCAL) == LOCAL:
        return _local(most())
    known = visits.of_this_server()
    found = known.find(_key()) if known else None
    if found is None:
        raise NotOpen("Your session has ended, so nothing is shown here. Sign in again.")
    return of_visit(found)


@contextmanager
def by_itself() -> Iterator[None]:
    """What the server does for nobody in particular, before the first person comes."""
    before = _by_itself.set(True)
    try:
        yield
    finally:
        _by_itself.reset(before)


def of_visit(visit: Visit) -> Reader:
    """The reader of a visit, by the roles and sites as the data home says now; NotOpen for none."""
    try:
        found = _granted(*_settings_file(), visit.who, visit.signed_in_at, most())
    except OutcomesError:
        raise NotOpen(
            "The settings of this server cannot be read just now, so it shows nothing to anybody."
        ) from None
    if found is None:
        raise NotOpen("You are signed in, but your account has no role here, or none for any site.")
    return found


@lru_cache(maxsize=len(MODES))
def _local(seen: Mode) -> Reader:
    return Reader(LOCAL, seen, None, STARTED, "local")


def _key() -> str:
    """The key of this session's visit; a session that came without one has none."""
    return str(st.user.to_dict().get(KEY) or "")


def _settings_file() -> tuple[str, tuple[int, ...]]:
    """The data home, and what changes whenever its settings are written."""
    root = os.environ.get(HOME_VARIABLE, "")
    try:
        found = os.stat(os.path.join(root, "outcomes.toml"))
    except OSError:
        raise OutcomesError("the settings are gone", where=root) from None
    return root, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=512)
def _granted(
    root: str, state: tuple[int, ...], who: Known, signed_in_at: datetime, seen: Mode
) -> Reader | None:
    """The reader; a page asks for them hundreds of times. Errors are not kept."""
    granted = _read(root, state).grants(who.roles, who.sites, seen)
    if granted is None:
        return None
    return Reader(who.subject, granted.mode, granted.sites, signed_in_at, who.how)


@lru_cache(maxsize=2)
def _read(root: str, _state: tuple[int, ...]) -> SignOn:
    return sign_on(Home.open(root, create=False))
