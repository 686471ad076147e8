"""The worked cases of the specification through the plain reading."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.oracle.evaluate import evaluate
from tests.oracle.matching import partial

SHARED = Path(__file__).parents[2] / ".." / "shared" / "spec" / "edge_cases.json"
BOOK = json.loads(SHARED.read_text(encoding="utf-8")) if SHARED.exists() else {"cases": []}
needs_book = pytest.mark.skipif(
    not SHARED.exists(), reason="the specification's worked cases are read beside the repository"
)


@pytest.mark.parametrize("case", BOOK["cases"], ids=lambda case: case["id"])
def test_worked_case(case):
    found = evaluate(case["input"], case.get("params"))
    assert list(partial(case["expected"], found)) == []


TTI_PARAMETERS = {
    "AND (default)": {},
    "OR": {"kpi_combine": "or"},
    "30% only": {"kpi_points": None},
    "2 points only": {"kpi_pct": None},
    "50%": {"kpi_points": None, "kpi_pct": 50},
}


def cohort(overrides, value):
    members = BOOK["alternative_definitions"]["cohort"].items()
    return {name.split()[0]: value(evaluate(content, overrides)) for name, content in members}


def state_at_last_contact(result):
    if len(result["contacts"]) < 3:
        return "no_contact"
    return result["contacts"][max(result["contacts"])]["h4_state"]


@needs_book
def test_alternative_definitions_of_the_appointment_criterion():
    for entry in BOOK["alternative_definitions"]["h4"]:
        assert cohort(entry["params"], state_at_last_contact) == entry["detail"]


@needs_book
def test_alternative_definitions_of_improvement_and_persistence():
    given = BOOK["alternative_definitions"]
    assert cohort({}, lambda result: result["persist_8w"]) == given["persist_8w_default"]
    for name, wanted in given["tti"].items():
        assert cohort(TTI_PARAMETERS[name], lambda result: result["tti"]["event"]) == wanted
