"""What must hold whatever the rules say: levels never fall by knowing a sign, doubt only widens."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.assure import evaluate
from rules.condition import atoms
from rules.condition import evaluate as value_of
from rules.explain import needed, outcomes
from rules.parts import CONSTANTS
from rules.ruleset import load
from tests.generative.cases import random_cases

RULESET = load()
ATOMS = sorted(needed(RULESET) - CONSTANTS)
NEGATIVE = {
    atom.column
    for rule in RULESET.rules
    for atom, positive in atoms(rule.condition)
    if not positive and atom.column not in CONSTANTS
}
DEFAULTS = {"gp_not_recent": None, "h3_require_advice": False, "h4_at_lower_bound": False}
RANK = {level.code: level.rank for level in RULESET.levels}


def bounds(values):
    """(lb, ub) of atom values by the plain-Python evaluator."""
    filled = {**DEFAULTS, **values}
    results = [(RANK[rule.leads_to], value_of(rule.condition, filled)) for rule in RULESET.rules]
    lb = max([rank for rank, value in results if value is True], default=0)
    ub = max([rank for rank, value in results if value is not False], default=0)
    return lb, ub


fillings = st.fixed_dictionaries({name: st.sampled_from([True, None, False]) for name in ATOMS})
# Mostly settled, so that single unknowns matter.
settled = st.fixed_dictionaries(
    {name: st.sampled_from([True, False, False, False, False, None]) for name in ATOMS}
)


@settings(max_examples=300, deadline=None)
@given(settled, st.sampled_from(ATOMS))
def test_raising_an_atom_never_lowers_the_level(values, name):
    low, high = (True, False) if name in NEGATIVE else (False, True)
    before = bounds({**values, name: low})
    after = bounds({**values, name: high})
    assert after[0] >= before[0]
    assert after[1] >= before[1]


@settings(max_examples=300, deadline=None)
@given(settled, st.sampled_from(ATOMS))
def test_making_an_atom_unknown_only_widens_the_interval(values, name):
    lb, ub = bounds({**values, name: None})
    for known in (True, False):
        known_lb, known_ub = bounds({**values, name: known})
        assert lb <= known_lb and known_ub <= ub


@settings(max_examples=150, deadline=None)
@given(settled)
def test_the_interval_is_what_brute_force_over_all_fillings_gives(values):
    unknown = [name for name in ATOMS if values[name] is None]
    if len(unknown) > 9:
        unknown = unknown[:9]
        values = {n: v if v is not None or n in unknown else False for n, v in values.items()}
    # The constant that stays open is itself an unknown to be filled.
    levels = [
        bounds({**values, **dict(zip(unknown, filling, strict=True))})
        for filling in itertools.product((True, False), repeat=len(unknown))
    ]
    lb, ub = bounds(values)
    assert lb == min(low for low, _ in levels)
    assert ub == max(high for _, high in levels)


@settings(max_examples=200, deadline=None)
@given(fillings)
def test_every_unknown_rule_names_an_answer_that_is_missing(values):
    for found in outcomes(RULESET, {**DEFAULTS, **values}):
        if found.value is None:
            open_constant = any(
                atom.column == "gp_not_recent" for atom, _ in atoms(found.rule.condition)
            )
            assert found.open or open_constant, found.rule.id
            assert all(values[atom.column] is None for atom in found.open)
        else:
            assert found.open == ()


def random_case(rng):
    """A small episode with answers of every kind on days that straddle the boundaries."""
    onset = dt.date(2024, 1, 1)
    codes = [*RULESET.screen_items, "help_1_unmanageable", "help_2_sleep_impact", "help_tried"]
    contacts = []
    for number in range(rng.randint(1, 4)):
        day = rng.choice([0, 5, 5, 20, 42, 43, 56, 57, 84, 90])
        answers = {c: rng.choice(["yes"] + ["no"] * 9 + ["not_asked"] * 2) for c in codes}
        contacts.append(
            {
                "contact_id": f"c{number}",
                "contact_date": (onset + dt.timedelta(days=day)).isoformat(),
                "contact_type": rng.choice(["triage", "review", "phone"]),
                "nprs": rng.choice([None, 0, 3, 5, 7, 8]),
                "answers": answers,
            }
        )
    return {
        "extract_date": "2024-12-31",
        "episode": {"episode_id": "e1", "patient_id": "p1", "onset_date": onset.isoformat()},
        "contacts": contacts,
    }


@pytest.fixture(scope="module")
def cases():
    rng = random.Random(20260630)
    return [(f"case-{n}", random_case(rng), {}) for n in range(150)]


EPISODE = (
    *("worst_lb", "worst_ub", "worst_status", "first_contact_disposition_lb", "first_date"),
    *("persist_6w", "persist_8w", "resolved_date", "tti", "tried_last", "n_contacts"),
)


def of_episode(result):
    found = {name: result.get(name) for name in EPISODE}
    found["audit"] = {k: v for k, v in result["audit"].items() if k != "referrals"}
    return found


def test_the_order_within_a_day_and_repeated_rows_change_no_result(cases):
    changed = []
    for name, case, overrides in cases:
        turned = {**case, "contacts": []}
        for contact in reversed(case["contacts"]):
            renamed = {**contact, "contact_id": f"z{9 - int(contact['contact_id'][1:])}"}
            turned["contacts"] += [renamed, {**renamed, "contact_id": renamed["contact_id"] + "b"}]
        changed.append((name, turned, overrides))
    before, after = evaluate(cases), evaluate(changed)
    for name, _, _ in cases:
        assert of_episode(before[name]) == of_episode(after[name]), name


def mirrored(case):
    """The same episode with the order inside each day turned round: ids and times mirrored."""

    def turned(contact):
        found = {**contact, "contact_id": f"z{9 - int(contact['contact_id'][1:])}"}
        if "contact_time" in contact:
            hour, minute = map(int, contact["contact_time"].split(":"))
            found["contact_time"] = f"{23 - hour:02}:{59 - minute:02}"
        return found

    return {**case, "contacts": [turned(contact) for contact in reversed(case["contacts"])]}


def test_the_order_within_a_day_changes_no_result_of_any_random_episode():
    # Versions of one contact are left out: their first row speaks for the rest, by definition.
    cases = [
        (name, case, overrides)
        for name, case, overrides in random_cases(20260701, 1200)
        if len({contact["contact_id"] for contact in case["contacts"]}) == len(case["contacts"])
        and not any("onset_date" in contact for contact in case["contacts"])
    ]
    before = evaluate(cases)
    after = evaluate([(name, mirrored(case), overrides) for name, case, overrides in cases])
    for name, _, _ in cases:
        for part in (None, *before[name].get("parts", {})):
            old = before[name]["parts"][part] if part else before[name]
            new = after[name]["parts"][part] if part else after[name]
            for field in (*EPISODE, "phenotype", "entry_cohort"):
                assert old.get(field) == new.get(field), (name, field)
            assert old["audit"]["breaches"] == new["audit"]["breaches"], name
            kept = ("category", "reason", "recorded", "late", "permitted", "missed_red_flag")
            assert [old["audit"].get(k) for k in kept] == [new["audit"].get(k) for k in kept], name


def test_a_missing_safety_column_never_makes_anyone_surer_of_a_lower_level(cases):
    rank = {level.code: level.rank for level in RULESET.levels}
    before = evaluate(cases)
    for code in RULESET.screen_items:
        stripped = []
        for name, case, overrides in cases:
            contacts = [
                {**c, "answers": {k: v for k, v in c["answers"].items() if k != code}}
                for c in case["contacts"]
            ]
            stripped.append((name, {**case, "contacts": contacts}, overrides))
        after = evaluate(stripped)
        for name, _, _ in cases:
            for contact_id, old in before[name]["contacts"].items():
                new = after[name]["contacts"][contact_id]
                assert rank[new["disposition_ub"]] >= rank[old["disposition_ub"]], (name, code)


def test_no_export_makes_an_unanswered_screen_self_management(cases):
    emptied = [
        (name, {**case, "contacts": [
            {**c, "answers": {k: v for k, v in c["answers"].items() if k.startswith("help")}}
            for c in case["contacts"]
        ]}, overrides)
        for name, case, overrides in cases
    ]  # fmt: skip
    for name, result in evaluate(emptied).items():
        assert result["worst_ub"] == "A_AND_E", name
        for contact in result["contacts"].values():
            assert contact["disposition_status"] == "INCOMPLETE_SAFETY", name


ADVISORY = [code for code, item in RULESET.items.items() if item.group == "advisory"]


def advised(case, answer):
    """The same episode with every advisory question answered so at every contact, or left out."""
    told = {} if answer is None else dict.fromkeys(ADVISORY, answer)
    contacts = []
    for contact in case["contacts"]:
        kept = {k: v for k, v in contact["answers"].items() if k not in ADVISORY}
        contacts.append({**contact, "answers": {**kept, **told}})
    return {**case, "contacts": contacts}


def test_advisory_items_never_decide_a_level_and_only_support_a_referral_beyond_the_leaflet():
    assert len(ADVISORY) == 6
    cases = list(random_cases(20260702, 600))
    plain, warned = (
        evaluate([(name, advised(case, answer), overrides) for name, case, overrides in cases])
        for answer in (None, "yes")
    )
    supported = 0
    for name, _, _ in cases:
        old, new = plain[name], warned[name]
        assert old["contacts"] == new["contacts"], name
        for field in (*EPISODE, "phenotype", "entry_cohort", "escalated_later"):
            assert old.get(field) == new.get(field), (name, field)
        assert old["audit"]["breaches"] == new["audit"]["breaches"], name
        for before, after in zip(old["audit"]["referrals"], new["audit"]["referrals"], strict=True):
            if before != after:
                assert (before["result"], after["result"]) == ("OVER", "BEYOND_SUPPORTED"), name
                supported += 1
    assert supported > 20
