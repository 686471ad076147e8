"""Scripts take turns: never more at once than may be, and a turn comes back however one ends."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard import turns


def test_so_many_at_once_and_no_more() -> None:
    now, most, lock, full = 0, 0, threading.Lock(), threading.Barrier(turns.AT_ONCE)

    def script() -> None:
        nonlocal now, most
        with turns.turn():
            with lock:
                now += 1
                most = max(most, now)
            full.wait(20)  # as many as may be are here, or it breaks
            with lock:
                now -= 1

    with ThreadPoolExecutor(4 * turns.AT_ONCE) as pool:
        for done in [pool.submit(script) for _ in range(4 * turns.AT_ONCE)]:
            done.result(60)
    assert (now, most) == (0, turns.AT_ONCE)


class Stopped(BaseException):
    """As Streamlit ends a script that nobody waits for."""


def test_a_turn_comes_back_from_a_script_that_is_stopped() -> None:
    for _ in range(2 * turns.AT_ONCE):
        with pytest.raises(Stopped), turns.turn():
            raise Stopped
    with turns.turn():
        pass
