"""How the tests are shared out between the workers of pytest-xdist.

A file stays together, so that what its tests make once is made once; so does a folder whose
tests share a running server or a browser. Those come first: a worker that begins them last
would leave the other idle. (The marks of xdist itself are not seen with pytest 9.2.)
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/browser/", "tests/signon/")
"""Folders that go to one worker as a whole, in the order in which they are begun."""
FIRST: tuple[str, ...] = ("tests/spark/test_spark_equality.py",)
"""Files that take longest, begun after those folders."""


def unit(test: str) -> str:
    """What a test is handed out with: its file, or its folder."""
    return next((folder for folder in TOGETHER if test.startswith(folder)), test.split("::")[0])


def place(test: str) -> int:
    """Where a test stands in the order in which the units are begun."""
    order = (*TOGETHER, *FIRST)
    return order.index(unit(test)) if unit(test) in order else len(order)


class Units(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out units in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def scheduler(config: pytest.Config, log: Any) -> Units:
    """The scheduler for the hook of pytest-xdist."""
    config.option.loadscopereorder = False
    return Units(config, log)
