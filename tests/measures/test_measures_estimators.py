"""The table of estimators: each promise of the page holds, and every check is on the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.measures.oracle_differences import ESTIMATORS

PAGE = Path(__file__).parents[2] / "docs" / "estimators.md"
ROW = re.compile(r"^\|.*\| `(\w+)` \| (\S+) \|$", re.MULTILINE)
PROMISED = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))


def test_the_page_names_every_check_and_no_other():
    assert set(PROMISED) == set(ESTIMATORS)
    # a promise that anything keeps is none
    assert all(0 < float(bound) <= 1e-6 for bound in PROMISED.values())


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_the_promise_holds(name):
    assert ESTIMATORS[name]() < float(PROMISED[name])
