"""The page about the rules is what the rule files say."""

from __future__ import annotations

import re
from pathlib import Path

from rules.condition import atoms
from rules.document import markdown
from rules.parts import CALLS, PREDICATES, READ_FROM, WORKED_OUT
from rules.ruleset import load

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == markdown(load(), PAGE.parent / "cases"), (
        "rewrite it with: python -m rules docs/cases > docs/rules.md"
    )


def test_every_rule_question_and_parameter_is_on_the_page():
    ruleset = load()
    text = markdown(ruleset)
    for name in [*(r.id for r in ruleset.rules), *ruleset.parameters, *ruleset.fixed]:
        assert f"`{name}`" in text, name
    for code in ruleset.screen_items:
        assert ruleset.items[code].wording in text, code


def test_what_a_condition_may_name_is_explained_by_parameters_that_exist():
    ruleset = load()
    assert set(WORKED_OUT) == {*CALLS, *PREDICATES}
    choices = {choice for p in ruleset.parameters.values() for choice in p.choices}
    named = {name for text in WORKED_OUT.values() for name in re.findall(r"`([^`]+)`", text)}
    assert named <= {*ruleset.parameters, *choices}
    assert {code for codes, _ in READ_FROM.values() for code in codes} <= set(ruleset.items)
    assert set(READ_FROM) <= set(WORKED_OUT)


def test_every_condition_is_told_in_words_without_its_codes():
    ruleset = load()
    for line in markdown(ruleset).splitlines():
        (rule,) = [r for r in ruleset.rules if f"(`{r.id}`)" in line] or [None]
        if rule:
            cell = line.split(" | ")[1]
            words, code = cell.split("<br>")
            assert code == f"`{rule.condition}`"
            assert "_" not in words
            assert words.count("not: ") == str(rule.condition).count("not ")
            assert len(list(atoms(rule.condition))) == 1 + words.count("**and**") + words.count(
                "**or**"
            )
