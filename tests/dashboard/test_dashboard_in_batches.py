"""What scripts tell is handed to the loop together, in order, and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from dashboard import in_batches

T = TypeVar("T")
MESSAGE = ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
STOPPED = ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS


class Session:
    """Stands for Streamlit's: what it was told, how often its loop and its sender were woken."""

    def __init__(self, fails: object = None) -> None:
        self.told: list[object] = []
        self.calls = self.woken = 0
        self.fails = fails
        self._message_enqueued_callback: Callable[[], None] | None = self._wake

    def _wake(self) -> None:
        self.woken += 1

    def _call_soon_on_event_loop(self, callback: Callable[[], None]) -> None:
        self.calls += 1
        asyncio.get_running_loop().call_soon_threadsafe(callback)

    def _handle_scriptrunner_event_on_event_loop(self, *told: Any, **more: Any) -> None:
        self.told.append(more.get("forward_msg", more["event"]))
        if self._message_enqueued_callback:
            self._message_enqueued_callback()
        if self.told[-1] == self.fails:
            raise RuntimeError("this one cannot be handled")


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it; in a thread, as the browser of other tests has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def tell(waiting: in_batches.Waiting, session: Session, *told: object) -> None:
    for each in told:
        more = {"event": each} if each is STOPPED else {"event": MESSAGE, "forward_msg": each}
        waiting.tell(session, (None,), more)


def test_messages_go_out_together_with_the_end_of_the_run() -> None:
    async def run() -> Session:
        waiting, session = in_batches.Waiting(), Session()
        tell(waiting, session, *range(50), STOPPED, 50)
        await asyncio.sleep(0.01)
        return session

    session = in_a_loop(run())
    assert session.told[:51] == [*range(50), STOPPED]
    assert session.calls <= 3 and session.woken == 1


def test_a_message_goes_out_in_time_though_the_script_goes_on() -> None:
    async def run() -> tuple[list[object], Session]:
        waiting, session = in_batches.Waiting(), Session()
        tell(waiting, session, 1)
        await asyncio.sleep(in_batches.DELAY * 10)
        first = list(session.told)
        tell(waiting, session, 2, 3)
        await asyncio.sleep(in_batches.DELAY * 10)
        return first, session

    first, session = in_a_loop(run())
    assert first == [1] and session.told == [1, 2, 3]


def test_one_that_cannot_be_handled_does_not_hold_up_the_next() -> None:
    async def run() -> Session:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        waiting, session = in_batches.Waiting(), Session(fails=1)
        tell(waiting, session, 0, 1, 2, STOPPED)
        await asyncio.sleep(0.2)
        assert session._message_enqueued_callback == session._wake
        return session

    assert in_a_loop(run()).told == [0, 1, 2, STOPPED]


def test_this_streamlit_has_what_is_used_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppSession, "_on_scriptrunner_event", AppSession._on_scriptrunner_event)
    before = AppSession._on_scriptrunner_event
    assert in_batches.send_in_batches()
    assert AppSession._on_scriptrunner_event is not before
    monkeypatch.setattr(in_batches, "NEEDED", ("no_such_thing",))
    assert not in_batches.send_in_batches()
