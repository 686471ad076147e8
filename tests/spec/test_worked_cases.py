"""The project's own worked cases, which are documentation too."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pipelines.assure import assure
from pipelines.assure_schema import FIELDS
from rules.ruleset import load

FOLDER = Path(__file__).parents[2] / "docs" / "cases"
FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_worked_cases_pass(path):
    found = assure(json.loads(path.read_text(encoding="utf-8")))
    assert [(case.id, case.differences) for case in found if not case.passed] == []


def test_every_rule_has_a_worked_case_in_which_it_decides():
    fired = {}
    for path in FILES:
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
            for contact in case["input"]["contacts"]:
                for code in contact["answers"]:
                    fired.setdefault(code, []).append(case["id"])
    for code in load().screen_items:
        assert fired.get(code), f"no worked case is about {code}"


def test_ids_are_unique_and_titled():
    cases = [c for p in FILES for c in json.loads(p.read_text(encoding="utf-8"))["cases"]]
    assert len({case["id"] for case in cases}) == len(cases) >= 70
    assert all(case["title"] for case in cases)


def test_what_the_page_on_worked_cases_shows_can_be_run():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    example, answers = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    document = json.loads(example)
    assert [case.differences for case in assure(document)] == [[]]
    (case,) = document["cases"]
    case["input"]["contacts"][0]["answers"] |= json.loads("{" + answers + "}")
    case["expected"] = {"contacts": {"c1": {"disposition_lb": "A_AND_E", "urg": "T"}}}
    assert [case.differences for case in assure(document)] == [[]]
    for name in re.findall(r"`([a-z_0-9]+)\.", page):
        assert name in {*FIELDS, "contacts", "doses"}, name
