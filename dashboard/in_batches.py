"""Hands what a script has to say over to the server's loop in batches.

A page is a hundred small messages. Streamlit wakes its loop twice for each, and each time the
script waits until it gets the interpreter back. Here they are put down and fetched together, in
their order, at the latest when DELAY is over or the script tells something else than a message.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

DELAY: Final = 0.02
"""Seconds after which a message goes out at the latest, whatever the script does meanwhile."""
NEEDED: Final = (
    *("_on_scriptrunner_event", "_handle_scriptrunner_event_on_event_loop"),
    "_call_soon_on_event_loop",
)
"""What is used of Streamlit's session, none of it promised to stay."""


class Session(Protocol):
    """What is used of a session."""

    _message_enqueued_callback: Callable[[], None] | None

    def _call_soon_on_event_loop(self, callback: Callable[[], None]) -> None: ...
    def _handle_scriptrunner_event_on_event_loop(self, *told: Any, **more: Any) -> None: ...


class Waiting:
    """What one session's scripts have told and the loop has not fetched yet."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._told: deque[tuple[tuple[Any, ...], dict[str, Any]]] = deque()
        self._called = False

    def tell(self, session: Session, told: tuple[Any, ...], more: dict[str, Any]) -> None:
        """Put down one thing from any thread, and have the loop fetch it in time."""
        self._told.append((told, more))
        event = more.get("event", told[1] if len(told) > 1 else None)
        if event is not ScriptRunnerEvent.ENQUEUE_FORWARD_MSG:
            session._call_soon_on_event_loop(lambda: self.fetch(session))
        elif not self._called:
            # Two threads may both find that nobody was called: the second finds nothing then.
            self._called = True
            session._call_soon_on_event_loop(lambda: self._later(session))

    def _later(self, session: Session) -> None:
        asyncio.get_running_loop().call_later(DELAY, self._fetch_late, session)

    def _fetch_late(self, session: Session) -> None:
        self._called = False  # first: what is put down from now on calls again
        self.fetch(session)

    def fetch(self, session: Session) -> None:
        """Hand over all that waits, on the loop; the sender of messages is woken once."""
        if not self._told:
            return
        wake = session._message_enqueued_callback
        session._message_enqueued_callback = None
        try:
            while self._told:
                told, more = self._told.popleft()
                session._handle_scriptrunner_event_on_event_loop(*told, **more)
        finally:
            session._message_enqueued_callback = wake
            if wake is not None:
                wake()
            if self._told:  # one thing could not be handled: the next ones must not wait for it
                session._call_soon_on_event_loop(lambda: self.fetch(session))


def send_in_batches() -> bool:
    """Let every session hand over in batches; False where this Streamlit is built otherwise."""
    if not all(hasattr(AppSession, name) for name in NEEDED):
        return False
    waiting: WeakKeyDictionary[AppSession, Waiting] = WeakKeyDictionary()

    def put_down(self: AppSession, *told: Any, **more: Any) -> None:
        waiting.setdefault(self, Waiting()).tell(self, told, more)

    AppSession._on_scriptrunner_event = put_down  # type: ignore[method-assign]
    return True
