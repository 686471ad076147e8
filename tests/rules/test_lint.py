"""The lint finds what reading does not."""

from __future__ import annotations

import dataclasses

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
        ("ces-4-urine-stop", {"entry": 3}, "warning signs, item 4 of the leaflet has no rule"),
    ],
)  # fmt: skip
def test_a_slip_is_found(rule_id, fields, finding):
    assert any(finding in each for each in lint(changed(rule_id, **fields)))
