"""The page about the rules is what the rule files say."""

from __future__ import annotations

from pathlib import Path

from rules.document import markdown
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
