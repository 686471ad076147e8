"""The server's entry point: the Streamlit script with its middleware and a warm start."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Scope

from dashboard import apart
from dashboard.at_once import send_at_once
from dashboard.entrance.limits import Limits
from dashboard.entrance.requests import Requests
from dashboard.entrance.tabs import Tabs, nobody
from dashboard.launch import hosts
from dashboard.middleware import CompressedAssets, EarlyCharts, SecurityHeaders
from dashboard.sign_on import provider, visits
from dashboard.sign_on.gate import Gate
from pipelines.sign_on import SignOn

SWITCH: Final = 0.0005
"""Seconds for which a thread may go on while another waits; Python would give it ten times that."""

M_ARENA_MAX: Final = -8
"""The option's number in glibc's malloc.h."""
ARENAS: Final = 2


def give_back() -> None:
    """Return what the start no longer needs to the system, where its C library can (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def few_arenas() -> None:
    """Let threads share two heaps, where the C library is glibc; of its own accord it makes many.

    Each keeps what was let go in it, and every run of a script is a new thread.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def warm(workers: int) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """What goes on before the first visitor and after the last, with so many workers."""

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        apart.start(workers)
        try:
            _load()
            yield
        finally:
            apart.stop()

    return lifespan


def _load() -> None:
    """Load what every page needs, then take it out of the collector.

    With the big libraries loaded a full collection takes 0.1 s, unless they are frozen.
    """
    few_arenas()
    for name in ("duckdb", "pandas", "pyarrow", "dashboard.charts.timeline"):
        import_module(name)
    # Not imported above: it must come after the runtime that its caches belong to.
    from dashboard import reader, store, ui
    from dashboard.in_batches import send_in_batches

    ui.figure({"data": [{"type": "scatter"}, {"type": "bar"}]})
    with reader.by_itself():
        store.warm()
    gc.collect(2)
    gc.freeze()
    give_back()
    # Sending a message lets go of the interpreter twice. To get it back while another reader's
    # script is running takes up to this long, and a page is a hundred messages.
    sys.setswitchinterval(SWITCH)
    send_at_once()
    send_in_batches()


def app(sign_on: SignOn, secret: str = "", limits: Limits = Limits()) -> st.App:  # noqa: B008
    """The server's application. `secret` is what the identity provider or the proxy gave to it."""
    gate, held = [], {}
    whose: Callable[[Scope], str | None] = nobody
    if sign_on.how != "local":
        known = visits.Visits(sign_on.hours, sign_on.idle_minutes)
        visits.open_for(known)
        provider.listen()
        proxy = secret if sign_on.how == "proxy" else ""
        gate = [Middleware(Gate, sign_on=sign_on, visits=known, secret=proxy)]
        held = provider.streamlit_secrets(sign_on, secret)
        whose = known.person
    return st.App(
        Path(__file__).with_name("app.py"),
        lifespan=warm(limits.workers),
        middleware=[
            Middleware(SecurityHeaders, address=sign_on.address),
            # Streamlit checks the host of its websocket only; a page at a made-up name that
            # resolves to this machine must not get the rest either.
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts(sign_on)),
            Middleware(Requests, limits=limits, local=sign_on.how == "local"),
            *gate,
            Middleware(Tabs, limits=limits, whose=whose),
            Middleware(CompressedAssets),
            Middleware(EarlyCharts),
        ],
        secrets=held or None,
    )
