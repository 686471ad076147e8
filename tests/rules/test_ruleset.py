"""The rule files: complete, and refused with the place when malformed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pipelines import params
from pipelines.engines.project import models
from rules.condition import atoms
from rules.errors import RulesError
from rules.parts import CONSTANTS
from rules.ruleset import load
from tests.rule_files import copied, spoil

SHARED = Path(__file__).parents[2] / ".." / "shared"


@pytest.fixture
def folder(tmp_path):
    """A copy of the rule files that a test may spoil."""
    return copied(tmp_path)


def test_the_leaflet_has_nineteen_criteria_in_four_lists():
    ruleset = load()
    counts = {}
    for rule in ruleset.rules:
        counts[rule.leads_to] = counts.get(rule.leads_to, 0) + 1
    assert counts == {"A_AND_E": 9, "URGENT": 3, "GP": 3, "TIMS": 4}
    assert len(ruleset.screen_items) == 15


def test_every_safety_question_is_read_by_a_rule():
    ruleset = load()
    read = {atom.name for rule in ruleset.rules for atom, _ in atoms(rule.condition)}
    assert set(ruleset.screen_items) <= read


def test_every_item_that_rules_may_read_is_read():
    ruleset = load()
    read = {atom.name for rule in ruleset.rules for atom, _ in atoms(rule.condition)}
    # These reach the rules through a predicate: pain, tried and worsening.
    through = {"has_back_pain", "has_leg_pain", "help_tried", "help_3_worsening"}
    unread = {code for code, item in ruleset.items.items() if item.rule} - read
    assert unread == through


def test_no_atom_stands_in_both_polarities():
    signs = {}
    for rule in load().rules:
        for atom, positive in atoms(rule.condition):
            if atom.column not in CONSTANTS:
                signs.setdefault(atom.column, set()).add(positive)
    assert {name for name, found in signs.items() if found == {True, False}} == set()
    assert {name for name, found in signs.items() if found == {False}} == {
        "help_2_med_helps",
        "improved",
    }


def test_every_place_exists_in_the_leaflet():
    if not (SHARED / "leaflet.md").exists():
        pytest.skip("the leaflet's text is not part of the repository; it is read beside it")
    text = (SHARED / "leaflet.md").read_text(encoding="utf-8")
    headings = {re.sub(r"[#*\s]+", " ", line).strip() for line in text.splitlines() if "#" in line}
    for rule in load().rules:
        assert rule.section in headings, rule.id


def test_descriptions_are_in_our_own_words():
    if not (SHARED / "leaflet.md").exists():
        pytest.skip("the leaflet's text is not part of the repository; it is read beside it")
    text = " ".join((SHARED / "leaflet.md").read_text(encoding="utf-8").lower().split())
    for rule in load().rules:
        words = rule.description.lower().strip(".").split()
        for start in range(len(words) - 6):
            run = " ".join(words[start : start + 7])
            assert run not in text, f"{rule.id}: '{run}' stands in the leaflet"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("leaflet.toml", 'when = "developed(ces_1_saddle)"', 'when = "developed(ces_1_sadle)"',
         r"line 21, rule ces-1-saddle, when.*signs that can develop.*'ces_1_saddle'"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "help_1_unmanagable"',
         r"help-1.*unknown item.*did you mean 'help_1_unmanageable'"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "nprs >= 7"', r"character 6"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "not tried"',
         r"both plainly and under 'not'"),
        ("leaflet.toml", 'leads_to = "GP"', 'leads_to = "DOCTOR"', r"'DOCTOR' is no level"),
        ("leaflet.toml", 'reading = "ours"', 'reading = "mine"', r"reading must be"),
        ("leaflet.toml", 'id = "ces-2-wiping"', 'id = "ces-1-saddle"', r"stands twice"),
        ("leaflet.toml", "description =", "descripton =", r"unknown key 'descripton'.*description"),
        ("leaflet.toml", "\n[[rule]]\n", "\n[[rule]\n", r"leaflet.toml, line \d+, column"),
        ("levels.toml", "rank = 2", "rank = 7", r"count up from 0"),
        ("levels.toml", "[[level]]", "[[levl]]", r"unknown table 'levl'"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "pain >"',
         r"line 1\d\d, rule help-1"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "help_2_sleep"',
         r"line 190, .*'help_2_sleep' is a rule.*in a circle"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "tried(tried)"',
         r"no predicate tried\(\)"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "adv_trauma"',
         r"'adv_trauma' is not marked rule = true"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "developed(gp_1_cancer)"',
         r"signs that can develop"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = 5', r"line 190.*text is needed"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', f'when = "{"(" * 99}tried{")" * 99}"',
         r"more than 50 brackets"),
        ("leaflet.toml", 'id = "ces-1-saddle"', 'id = "ces 1; drop table x"', r"small letters"),
        ("leaflet.toml", 'id = "ces-1-saddle"', 'id = 1', r"line 14, rule 1, id: text is needed"),
        ("leaflet.toml", "entry = 3", 'entry = "three"', r"line \d+, .*a whole number is needed"),
        ("leaflet.toml", 'leads_to = "GP"\n', "", r"line 147.*'leads_to' is missing"),
        ("leaflet.toml", 'leads_to = "GP"', 'leads_to = "SELF_MANAGE"', r"the lowest level"),
        ("leaflet.toml", "\n[[rule]]\n", "\n[[rul]]\n", r"unknown table .rul.; did"),
        ("leaflet.toml", 'sha256 = "', 'sha = "', r"\[leaflet\] needs 'sha256'"),
        ("levels.toml", 'code = "GP"', 'code = "DOCTOR"', r"line 19, level DOCTOR, code: .*GP"),
        ("levels.toml", 'code = "GP"', 'code = "TIMS"', r"line 19, level TIMS, code"),
        ("items.toml", 'code = "ces_2_wiping"', 'code = "ces_1_saddle"',
         r"items.toml, line 14, item ces_1_saddle: the code stands twice"),
        ("items.toml", 'op = "any"', 'op = "some"', r"line 11.*'any' or 'all'"),
        ("exercises.toml", 'code = "squat"', 'code = "squats"', r"line 43.*did you mean 'squat'"),
        ("exercises.toml", "reps = [10, 15]", "reps = [15, 10]", r"line 24.*\[least, most\]"),
        ("exercises.toml", "hold_s = [20, 30]", 'hold_s = "20"', r"line 17.*list \[least, most"),
        ("exercises.toml", 'around = ["duration_s"]', 'around = ["reps"]', r"no amount 'reps'"),
        ("parameters.toml", 'type = "integer"', 'type = "int"', r"line 6.*the type is one of"),
        ("parameters.toml", 'name = "w_hi_days"', 'name = "w_lo_days"', r"line 15.*stands twice"),
        ("parameters.toml", 'type = "integer"', 'typ = "integer"', r"unknown key 'typ'"),
        ("parameters.toml", "default = 42", 'default = "six weeks"', r"w_lo_days.*integer"),
    ],
)  # fmt: skip
def test_a_malformed_file_is_refused_with_its_place(folder, name, old, new, message):
    with pytest.raises(RulesError, match=message):
        load(spoil(folder, name, old, new))


def test_a_ruleset_without_levels_or_without_a_levels_rules_is_refused(folder):
    text = (folder / "leaflet.toml").read_text(encoding="utf-8")
    (folder / "leaflet.toml").write_text(text.replace('"URGENT"', '"A_AND_E"'), encoding="utf-8")
    with pytest.raises(
        RulesError,
        match=r"leaflet\.toml, line 2\d\d: no rule, up to this last one, leads to URGENT",
    ):
        load(folder)
    (folder / "levels.toml").write_text("", encoding="utf-8")
    with pytest.raises(RulesError, match=r"levels\.toml, line 1: "):
        load(folder)


def test_a_file_that_is_no_text_is_refused_with_its_line(folder):
    path = folder / "leaflet.toml"
    path.write_bytes(path.read_bytes().replace(b"thighs", b"th\xecghs", 1))
    with pytest.raises(RulesError, match=r"leaflet\.toml, line 20: .*not UTF-8"):
        load(folder)


def test_a_missing_exercise_is_named(folder):
    text = (folder / "exercises.toml").read_text(encoding="utf-8")
    (folder / "exercises.toml").write_text(text.split("[[exercise]]")[0], encoding="utf-8")
    with pytest.raises(
        RulesError, match=r"exercises\.toml, line 1: .*the exercise knees_to_chest is missing"
    ):
        load(folder)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("parameters.toml", 'name = "severe_nprs"', 'name = "grave_nprs"', "need .* severe_nprs"),
        ("items.toml", 'code = "adv_trauma"', 'code = "adv_trauma_recent"', "adv_trauma"),
    ],
)
def test_what_the_models_do_not_know_is_refused_before_they_run(folder, name, old, new, message):
    other = load(spoil(folder, name, old, new))
    with pytest.raises(RulesError, match=message):
        params.row(1, other.values)
        models(other)


def test_a_missing_file_is_named(folder):
    (folder / "items.toml").unlink()
    with pytest.raises(RulesError, match=r"items\.toml: the file is missing"):
        load(folder)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"w_hi_day": 60}, "did you mean 'w_hi_days'"),
        ({"w_hi_days": "60"}, "type integer"),
        ({"w_hi_days": True}, "type integer"),
        ({"w_hi_days": -1}, "between 1 and 365"),
        ({"w_lo_days": 60}, "must not exceed w_hi_days"),
        ({"h4_bound": "middle"}, "allowed: lower, upper"),
        ({"chronic_days": 90}, "is fixed"),
        ({"w_hi_days": None}, "cannot be switched off"),
        ({"na_as_no": ["ces_10"]}, "allowed: ces_1_saddle"),
        ({"placeholder_dates": ["1900-13-01"]}, "dates are written"),
        ({"referral_window_days": {"AE": 1}}, "unknown level AE"),
        ({"entry_implies_pain": "yes"}, "type boolean"),
        ({"severe_nprs": float("nan")}, "finite"),
        ({"any_sign_points": float("inf")}, "finite"),
        ({"tims_label": " "}, "1 to 60 characters"),
        ({"tims_label": "MSK\nclinic"}, "1 to 60 characters"),
        ({"screen_contact_types": []}, "nobody would be screened"),
        ({"screen_contact_types": ["triaje"]}, "did you mean 'triage'"),
    ],
)
def test_an_impossible_override_is_refused_with_the_reason(overrides, message):
    with pytest.raises(RulesError, match=message):
        load(overrides=overrides)


def test_the_version_changes_with_rules_and_parameters_and_with_nothing_else(folder, tmp_path):
    plain = load().version
    assert load(folder).version == plain
    assert load(overrides={"w_hi_days": 57}).version != plain
    assert load(overrides={"w_hi_days": 56}).version == plain
    other = shutil.copytree(folder, tmp_path / "other")
    spoil(other, "leaflet.toml", 'when = "help_1_unmanageable"', 'when = "help_2_sleep_impact"')
    assert load(other).version != plain
