"""The rule files: complete, and refused with the place when malformed."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest

from rules.condition import atoms
from rules.parameters import RulesError
from rules.ruleset import CONSTANTS, load

SHARED = Path(__file__).parents[2] / ".." / "shared"


@pytest.fixture
def folder(tmp_path):
    """A copy of the rule files that a test may spoil."""
    for entry in resources.files("rules").iterdir():
        if entry.name.endswith(".toml"):
            (tmp_path / entry.name).write_text(entry.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def spoil(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


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
         r"rule ces-1-saddle.*needs one of the safety questions"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "help_1_unmanagable"',
         r"help-1.*unknown item.*did you mean 'help_1_unmanageable'"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "nprs >= 7"', r"character 6"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "not tried"',
         r"both plainly and under 'not'"),
        ("leaflet.toml", 'leads_to = "GP"', 'leads_to = "DOCTOR"', r"'DOCTOR' is no level"),
        ("leaflet.toml", 'reading = "ours"', 'reading = "mine"', r"reading must be"),
        ("leaflet.toml", 'id = "ces-2-wiping"', 'id = "ces-1-saddle"', r"stands twice"),
        ("leaflet.toml", "description =", "descripton =", r"unknown key 'descripton'.*description"),
        ("leaflet.toml", "\n[[rule]]\n", "\n[[rule]\n", r"leaflet.toml: .*line"),
        ("levels.toml", "rank = 2", "rank = 7", r"count up from 0"),
        ("levels.toml", "[[level]]", "[[levl]]", r"count up from 0"),
        ("leaflet.toml", 'when = "help_1_unmanageable"', 'when = "pain >"',
         r"line 1\d\d, rule help-1"),
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
    with pytest.raises(RulesError, match="no rule leads to URGENT"):
        load(folder)
    (folder / "levels.toml").write_text("", encoding="utf-8")
    with pytest.raises(RulesError, match=r"levels\.toml"):
        load(folder)


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
