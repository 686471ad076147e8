"""What if: another parameter or another rule, beside the published snapshot."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from importlib import resources

import pytest

from pipelines import snapshot
from pipelines.compare import compare
from pipelines.compare.run import HEADLINE
from pipelines.compare.text import as_plain, lines
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.snapshot_tables import write_snapshot
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
    plain = json.loads(json.dumps(as_plain(lower)))
    told = {row["measure"]: (row["before"], row["after"]) for row in plain["headline"]}
    assert told["escalation_confirmed"][0] == told["escalation_confirmed"][1]
    assert told["agreement"][0] != told["agreement"][1]
    assert plain["differences"] == ["parameter h4_bound: upper -> lower"]


def test_the_headline_is_what_the_measures_give_of_each_side(lower, demo_home):
    con = snapshot.open_readonly(snapshot.current(demo_home).path)
    assert {each.measure for each in lower.headline} == set(HEADLINE)
    for each in lower.headline:
        (wanted,) = [
            row.result
            for row in evaluate(con, each.measure, Filter()).rows
            if row.part == each.part
        ]
        assert each.before == wanted, each.measure
    con.close()


def test_the_text_tells_how_many_and_why(lower):
    text = "\n".join(lines(lower))
    assert f"{len(lower.changes):,} of {lower.n_episodes:,} episodes change" in text
    assert "Self-manage -> MSK appointment" in text
    assert "No improvement in 6 to 8 weeks: no -> yes" in text


def test_scratch_lies_in_the_home_and_what_a_killed_run_left_goes(worked_home, monkeypatch):
    old, young = (worked_home.root / f".compare-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir()
        (folder / "before.duckdb").write_bytes(b"x")
    os.utime(old, (0, 0))
    seen = []
    monkeypatch.setattr(
        "pipelines.compare.run.write_snapshot",
        lambda con, path, *rest: (seen.append(path), write_snapshot(con, path, *rest)),
    )
    found = compare(worked_home, load(), load())
    assert (found.changes, found.differences) == ((), ()), "the same rules change nothing"
    assert len(seen) == 2
    assert all(path.is_relative_to(worked_home.root) and not path.exists() for path in seen)
    assert not old.exists() and young.exists()
    shutil.rmtree(young)
    assert not list(worked_home.root.glob(".compare-*"))


@pytest.mark.deep  # each time in tests/cli/test_cli_rules.py, with fewer rules changed
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
    assert found.differences == (
        "rule help-1-unmanageable, condition: help_1_unmanageable -> help_2_sleep_impact",
    )


def test_a_fact_and_a_trigger_that_move_are_given_as_the_reason(worked_home):
    """A diary of 13 days suffices, and an A&E attendance the day after is in time."""
    days = {"A_AND_E": 1, "URGENT": 1, "GP": 7, "TIMS": 14}
    overrides = {"tried_min_span_days": 13, "referral_window_days": days}
    found = compare(worked_home, load(), load(overrides=overrides))
    told = by_id(found)["help-23"]
    assert ("help-23-c2", "exercises tried", "not known", "yes") in told.facts
    assert all(contact == "help-23-c2" and old == "not known" for contact, _, old, _ in told.rules)
    late = [change for change in found.changes if ("an action late", "yes", "no") in change.fields]
    assert late
    for change in late:
        assert any(
            (level, old, new) == ("A&E", "action recorded, late", "action recorded")
            for _, level, old, new in change.triggers
        ), change.episode_id


def test_a_status_at_8_weeks_that_moves_is_told_with_the_days_behind_both(demo_home):
    found = compare(demo_home, load(), load(overrides={"landmark_grace_days": 0}))
    moved = [
        (old, new)
        for change in found.changes
        for what, old, new in change.reasons
        if what == "past 8 weeks" and old.startswith("awaiting information")
    ]
    assert len(moved) > 50
    for old, new in moved:
        assert "12 weeks are waited for" in old
        assert "are waited for" not in new
        assert re.search(r"after onset$", new), new
    assert all(change.reasons for change in found.changes)
    text = "\n".join(lines(found))
    assert "past 8 weeks, before: awaiting information: " in text


def test_a_rule_that_only_one_set_has_is_told_so(worked_home):
    ruleset = load()
    fewer = dataclasses.replace(
        ruleset, rules=tuple(r for r in ruleset.rules if r.id != "gp-1-cancer")
    ).with_values({})
    found = compare(worked_home, ruleset, fewer)
    assert "rule gp-1-cancer: there before, not after" in found.differences
    moved = {rule[1:] for change in found.changes for rule in change.rules}
    assert ("History of cancer", "yes", "no such rule") in moved
    assert {what for what, _, _ in moved} == {"History of cancer"}


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
