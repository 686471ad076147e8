"""Counting: how often something may happen, and of how many there may be at once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class Allowance:
    """So many at once, and from then on so many a second."""

    def __init__(
        self, at_once: float, a_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing has been used of it."""
        self._most, self._rate, self._clock = at_once, a_second, clock
        self._left, self._at = at_once, clock()

    def wait(self) -> float:
        """Seconds until one more is allowed; 0 for at once. Nothing is used up by asking."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return max(0.0, (1 - self._left) / self._rate)

    def take(self) -> bool:
        """Use one up, where there is one."""
        if self.wait() > 0:
            return False
        self._left -= 1
        return True

    async def in_turn(self, pause: Callable[[float], object]) -> None:
        """Wait until one is allowed, and use it up; `pause` is asyncio.sleep."""
        while not self.take():
            await pause(self.wait() + 0.001)  # type: ignore[misc]


class Allowances:
    """An allowance for each of many; whoever was not seen for longest is forgotten first."""

    def __init__(self, make: Callable[[], Allowance], most: int) -> None:
        """`most` are remembered."""
        self._make, self._most = make, most
        self._of: OrderedDict[str, Allowance] = OrderedDict()

    def take(self, who: str) -> bool:
        """Use up one of this one's."""
        own = self._of.pop(who, None) or self._make()
        self._of[who] = own
        while len(self._of) > self._most:
            self._of.popitem(last=False)
        return own.take()


class Places:
    """Places that are taken and given back, so many for each."""

    def __init__(self, most: int) -> None:
        """All are free."""
        self._most = most
        self._taken: dict[str, int] = {}

    @property
    def full(self) -> bool:
        """Whether the one that has no name has none left."""
        return self._taken.get("", 0) >= self._most

    def take(self, who: str = "") -> bool:
        """Take a place, where this one has one left."""
        taken = self._taken.get(who, 0)
        if taken >= self._most:
            return False
        self._taken[who] = taken + 1
        return True

    def give_back(self, who: str = "") -> None:
        """Give one back."""
        left = self._taken.get(who, 0) - 1
        if left > 0:
            self._taken[who] = left
        else:
            self._taken.pop(who, None)
