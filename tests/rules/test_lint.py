"""The lint finds what reading does not."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from importlib import resources

import pytest

from rules.lint import lint
from rules.ruleset import load

RULESET = load()


def changed(rule_id, **fields):
    rules = tuple(
        dataclasses.replace(rule, **fields) if rule.id == rule_id else rule
        for rule in RULESET.rules
    )
    return dataclasses.replace(RULESET, rules=rules)


def test_the_packaged_rules_are_clean():
    assert lint(RULESET) == []


@pytest.mark.parametrize(
    ("rule_id", "fields", "finding"),
    [
        ("gp-1-cancer", {"when": "pain and recent and gp_2_unwell"}, "gp_1_cancer decides nothing"),
        ("help-1-unmanageable", {"when": "help_1_unmanageable and not help_1_unmanageable"},
         "no answers can make it yes"),
        ("help-1-unmanageable", {"when": "help_1_unmanageable or not help_1_unmanageable"},
         "no answers can make it no"),
        ("urg-1-weak-trip", {"when": "developed(urg_2_gait)"}, "the same condition as urg-2-gait"),
        ("urg-1-weak-trip", {"when": "developed(urg_1_weak_trip) and developed(ces_2_wiping)"},
         "urg-1-weak-trip: yes only where ces-2-wiping is"),
        ("help-1-unmanageable", {"when": "help_1_unmanageable or help_1_unmanageable and tried"},
         "tried changes nothing"),
        ("ces-4-urine-stop", {"entry": 14}, "has 9 items, not 14"),
        ("ces-4-urine-stop", {"list": "warnings"}, "no list 'warnings'"),
        ("ces-4-urine-stop", {"section": "Elsewhere"}, "stands in section"),
        ("ces-4-urine-stop", {"entry": 3}, "warning signs, item 4 of the leaflet has no rule"),
    ],
)  # fmt: skip
def test_a_slip_is_found(rule_id, fields, finding):
    assert any(finding in each for each in lint(changed(rule_id, **fields)))


def test_the_lint_reads_a_folder_and_says_when_it_cannot(tmp_path):
    for entry in resources.files("rules").iterdir():
        if entry.name.endswith(".toml"):
            (tmp_path / entry.name).write_text(entry.read_text(encoding="utf-8"), encoding="utf-8")

    def run():
        command = [sys.executable, "-m", "rules", "--lint", str(tmp_path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return found.returncode, found.stdout + found.stderr

    assert run() == (0, "Nothing suspicious.\n")
    path = tmp_path / "leaflet.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("(urg_2_gait)", "(urg_3_floppy_foot)"))
    code, text = run()
    assert code == 1
    assert "no rule reads urg_2_gait" in text
    path.write_text("[[rule]")
    assert run()[0] == 2
