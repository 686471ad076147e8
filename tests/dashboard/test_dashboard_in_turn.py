"""Scripts take turns in the order in which they came, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.in_turn import Queue


def test_no_more_than_so_many_are_in_and_who_came_first_goes_first() -> None:
    queue, inside, most, order = Queue(at_once=2, patience=20.0), 0, 0, list[int]()
    lock = threading.Lock()

    def script(number: int) -> None:
        nonlocal inside, most
        with queue.turn() as mine:
            assert mine
            with lock:
                inside += 1
                most = max(most, inside)
                order.append(number)
            time.sleep(0.02)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        for number in range(8):
            pool.submit(script, number)
            while len(queue._waiting) < number - 1:
                time.sleep(0.001)
    assert most == 2 and sorted(order) == list(range(8))
    assert order[2:] == sorted(order[2:])


def test_who_has_waited_long_enough_goes_ahead_and_takes_no_turn() -> None:
    queue = Queue(at_once=1, patience=0.01)
    with queue.turn() as first:
        with queue.turn() as second:
            assert (first, second) == (True, False)
        with queue.turn() as third:
            assert not third
    with queue.turn() as later:
        assert later


def test_a_script_that_fails_gives_its_turn_back() -> None:
    queue = Queue(at_once=1, patience=0.01)
    for _ in range(3):
        with pytest.raises(LookupError), queue.turn() as mine:
            assert mine
            raise LookupError("gone")
