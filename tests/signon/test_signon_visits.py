"""Visits end: by time, by idleness, by asking; and nobody keeps one by a trick with clocks."""

from __future__ import annotations

import pytest

from dashboard.sign_on.visits import MOST_FILES, MOST_OF_ONE, Known, Moment, Visits

WHO = Known("0123456789abcdef", "oidc", ("msk",), ())


class Clock:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.ticks, self.wall = 1000.0, 1_700_000_000.0

    def __call__(self) -> Moment:
        return Moment(self.ticks, self.wall)

    def forward(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def visits(clock: Clock) -> Visits:
    return Visits(hours=1, idle_minutes=10, clock=clock)


def test_a_visit_that_is_not_used_ends(visits: Visits, clock: Clock) -> None:
    key = visits.begin(WHO)
    clock.forward(599)
    assert visits.find(key) is not None and visits.left(key) == pytest.approx(1)
    clock.forward(1)
    assert visits.find(key) is None and visits.left(key) <= 0
    assert visits.use(key) is None
    assert visits.why(key) == "idle"


def test_a_visit_that_is_used_all_the_time_ends_too(visits: Visits, clock: Clock) -> None:
    key = visits.begin(WHO)
    for _ in range(11):
        clock.forward(300)
        assert visits.use(key) is not None
    clock.forward(300)
    assert visits.use(key) is None
    assert visits.why(key) == "over"


def test_to_look_at_a_visit_is_no_use_of_it(visits: Visits, clock: Clock) -> None:
    key = visits.begin(WHO)
    clock.forward(300)
    assert visits.find(key) is not None
    clock.forward(301)
    assert visits.find(key) is None


def test_a_clock_that_is_set_back_or_asleep_gives_no_more_time(
    visits: Visits, clock: Clock
) -> None:
    back, asleep = visits.begin(WHO), visits.begin(WHO)
    clock.ticks += 599
    clock.wall -= 7200
    assert visits.find(back) is not None
    clock.ticks += 1
    assert visits.find(back) is None
    clock.ticks, clock.wall = 1000.0, 1_700_000_000.0 + 3600  # ticks stand still in sleep
    assert visits.find(asleep) is None


def test_to_sign_out_ends_one_visit_for_all_who_have_its_key(visits: Visits) -> None:
    key, other = visits.begin(WHO), visits.begin(WHO)
    visits.end(key)
    assert visits.find(key) is None and visits.why(key) == "out"
    assert visits.find(other) is not None
    visits.end("no such key")
    assert visits.why("no such key") == "unknown"


def test_keys_are_long_and_never_the_same(visits: Visits) -> None:
    keys = {visits.begin(WHO) for _ in range(MOST_OF_ONE * 2)}
    assert len(keys) == MOST_OF_ONE * 2 and min(map(len, keys)) >= 43


def test_one_person_has_so_many_visits_and_crowds_out_nobody_else(visits: Visits) -> None:
    other = visits.begin(Known("fedcba9876543210", "oidc", (), ()))
    keys = [visits.begin(WHO) for _ in range(MOST_OF_ONE + 5)]
    assert [key for key in keys if visits.find(key)] == keys[5:]
    assert visits.find(other) is not None


def test_files_are_bounded_and_the_latest_stay(visits: Visits) -> None:
    key = visits.begin(WHO)
    visits.offer(key, [f"{n}.csv" for n in range(MOST_FILES + 10)])
    found = visits.find(key)
    assert found is not None and len(found.files) == MOST_FILES
    assert "9.csv" not in found.files and f"{MOST_FILES + 9}.csv" in found.files
    visits.offer("no such key", ["a.csv"])
