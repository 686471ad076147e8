"""What if: another parameter or another rule, beside the published snapshot."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from pipelines import snapshot
from pipelines.compare import compare
from pipelines.compare_text import as_plain, lines
from rules.errors import RulesError
from rules.parameters import parsed
from rules.ruleset import load


@pytest.fixture(scope="module")
def lower(demo_home):
    """The appointment due from six weeks on."""
    before = snapshot.listed(demo_home)
    found = compare(demo_home, load(), load(overrides={"h4_bound": "lower"}))
    assert snapshot.listed(demo_home) == before, "a comparison publishes nothing"
    assert not list(demo_home.root.glob(".build-*"))
    return found


def by_id(found):
    return {change.episode_id: change for change in found.changes}


def test_the_twins_between_six_and_eight_weeks_change_and_the_others_do_not(lower):
    changed = by_id(lower)
    assert "STORY-08-DAY-42" not in changed
    assert "STORY-08-DAY-57" not in changed
    for twin in ("STORY-08-DAY-43", "STORY-08-DAY-56"):
        fields = {what: (old, new) for what, old, new in changed[twin].fields}
        assert fields["confirmed over the episode"] == ("Self-manage", "MSK appointment")
        assert [rule[1:] for rule in changed[twin].rules] == [
            ("No improvement in 6 to 8 weeks", "no", "yes")
        ]


def test_only_what_the_parameter_touches_moves(lower):
    whats = {what for change in lower.changes for what, _, _ in change.fields}
    assert "past 8 weeks" not in whats
    assert "improvement" not in whats
    told = {what: (a, b) for what, a, b in as_plain_headline(lower)}
    assert (
        told["GP or above at first contact, confirmed"][0]
        == (told["GP or above at first contact, confirmed"][1])
    )


def as_plain_headline(found):
    plain = json.loads(json.dumps(as_plain(found)))
    return [(row["measure"], row["before"], row["after"]) for row in plain["headline"]]


def test_the_text_tells_how_many_and_why(lower):
    text = "\n".join(lines(lower))
    assert f"{len(lower.changes):,} of {lower.n_episodes:,} episodes change" in text
    assert "Self-manage -> MSK appointment" in text
    assert "No improvement in 6 to 8 weeks: no -> yes" in text


def test_the_same_rules_change_nothing(demo_home):
    assert compare(demo_home, load(), load()).changes == ()


def test_other_rule_files_can_be_tried(demo_home, tmp_path):
    for entry in resources.files("rules").iterdir():
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            if entry.name == "leaflet.toml":
                text = text.replace('when = "help_1_unmanageable"', 'when = "help_2_sleep_impact"')
            (tmp_path / entry.name).write_text(text, encoding="utf-8")
    found = compare(demo_home, load(), load(tmp_path))
    titles = {rule[1] for change in found.changes for rule in change.rules}
    assert titles == {"Pain not manageable"}


def test_settings_are_read_with_their_types():
    parameters = load().parameters
    assert parsed(
        ["h4_bound=lower", "w_hi_days=60", "any_sign_points=off", 'na_as_no=["ces_9_sexual"]'],
        parameters,
    ) == {
        "h4_bound": "lower",
        "w_hi_days": 60,
        "any_sign_points": "off",
        "na_as_no": ["ces_9_sexual"],
    }
    with pytest.raises(RulesError, match="not of the form"):
        parsed(["h4_bound"], parameters)
