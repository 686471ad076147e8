"""Would anyone notice? Each parameter and each rule changed by one step must fail some case."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from pipelines.assure import assure
from rules.ruleset import load

FOLDER = Path(__file__).parents[2] / "docs" / "cases"
RULESET = load()

# Parameters that no episode's result depends on: they belong to measures and to words.
NOT_IN_EPISODES = {
    "suppress_below": "disclosure of shared views",
    "maturity_grace_days": "which months are plotted as rates",
    "tims_label": "a word on the screen",
    "excessive_pain_nprs": "a mark on diary days, which no case result holds",
    "no_referral_means": "one choice only",
}
STEPS = {
    "h4_bound": "lower",
    "sign_timing_policy": "strict_kleene",
    "urg_timing_items": [],
    "ces_recent_days": 14,
    "contradiction_policy": "unknown",
    "na_as_no": [],
    "composite_no_means": "no",
    "gp_recency_mode": "at_contact",
    "gp_unknown_recency": "unknown",
    "gp_not_recent_means": "no",
    "worsening_source": "self_report",
    "tried_def": "any_log",
    "no_logs_means": "not_tried",
    "h4_improvement_window": "ever",
    "diary_scores": "off",
    "kpi_combine": "or",
    "competing_level": "GP",
    "competing_referrals": ["A_AND_E", "URGENT"],
    "screen_contact_types": ["triage", "phone", "self_report"],
    "placeholder_dates": [],
    "conservative_required": ["exercises"],
}


def cases():
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        found += json.loads(path.read_text(encoding="utf-8"))["cases"]
    return {"cases": found}


def stepped(name):
    """Every single step away from the default: a list of mutated values."""
    parameter = RULESET.parameters[name]
    default = parameter.default
    if name in STEPS:
        return [STEPS[name]]
    if parameter.type == "boolean":
        return [not default]
    if parameter.type == "by_level":
        return [{**default, level: days + 1} for level, days in default.items()]
    if parameter.type == "integer":
        return [default + 1]
    return [default + 0.5 if default >= 1 else default + 0.01]


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted(set(RULESET.parameters) - set(NOT_IN_EPISODES)))
def test_a_changed_default_fails_a_case(name):
    for value in stepped(name):
        parameter = dataclasses.replace(RULESET.parameters[name], default=value)
        changed = dataclasses.replace(
            RULESET, parameters={**RULESET.parameters, name: parameter}
        ).with_values({})
        failed = [case.id for case in assure(cases(), changed) if not case.passed]
        assert failed, f"{name} = {value!r} is not noticed"


@pytest.mark.deep
@pytest.mark.parametrize("rule", RULESET.rules, ids=lambda rule: rule.id)
def test_a_rule_that_never_fires_fails_a_case(rule):
    # Its place is taken by its neighbour's condition, so its own sign goes unheard.
    other = next(r for r in RULESET.rules if r.leads_to == rule.leads_to and r.id != rule.id)
    silent = dataclasses.replace(rule, when=other.when)
    rules = tuple(silent if r.id == rule.id else r for r in RULESET.rules)
    changed = dataclasses.replace(RULESET, rules=rules).with_values({})
    failed = [case.id for case in assure(cases(), changed) if not case.passed]
    assert failed, f"nobody notices that {rule.id} is silent"
