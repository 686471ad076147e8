"""Bad rules and bad cases as a user meets them: refused with file and line, nothing published."""

from __future__ import annotations

import hashlib
import json
import sys

import pytest

from pipelines.cli import run
from tests.rule_files import copied, spoil


@pytest.fixture
def outcomes(monkeypatch, capsys):
    """The command, in this process: (exit code, standard output, standard error)."""

    def called(*words):
        monkeypatch.setattr(sys, "argv", ["outcomes", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "400")
        with pytest.raises(SystemExit) as left:
            run()
            raise SystemExit(0)
        told = capsys.readouterr()
        return left.value.code or 0, told.out, told.err

    return called


def fingerprint(home):
    """Every file of the snapshots folder with its bytes, hashed."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.snapshots.iterdir())
    }


CONDITION = 'when = "help_1_unmanageable"'
BAD_RULES = {
    "not toml": ("leaflet.toml", "\n[[rule]]\n", "\n[[rule]\n", "line 13, column"),
    "outside the grammar": ("leaflet.toml", CONDITION, 'when = "nprs >= 7"', "line 190"),
    "in a circle": ("leaflet.toml", CONDITION, 'when = "help_2_sleep"', "line 190, rule"),
    "an unknown level": ("leaflet.toml", 'leads_to = "GP"', 'leads_to = "DOCTOR"', "line 149"),
    "a level without rules": ("leaflet.toml", None, None, "line 2"),
    "a level is missing": ("levels.toml", None, None, "line 2"),
    "no levels": ("levels.toml", None, "", "line 1"),
    "an unknown question": ("items.toml", '"adv_trauma"', '"adv_injury"', "line 200"),
    "an unknown parameter": ("parameters.toml", '"severe_nprs"', '"severe"', "line 3"),
    "a default that cannot be": ("parameters.toml", "default = 42", "default = 0", "line 7"),
}  # fmt: skip


def spoilt(folder, case):
    name, old, new, _ = BAD_RULES[case]
    copied(folder)
    path = folder / name
    text = path.read_text(encoding="utf-8")
    if case == "a level without rules":
        path.write_text(text.replace('"URGENT"', '"A_AND_E"'), encoding="utf-8")
    elif case == "a level is missing":
        path.write_text(text[: text.rindex("[[level]]")], encoding="utf-8")
    elif case == "no levels":
        path.write_text("", encoding="utf-8")
    else:
        spoil(folder, name, old, new)
    return folder


@pytest.mark.parametrize("case", BAD_RULES)
@pytest.mark.parametrize("option", ["--rules", "--against"])
def test_bad_rules_are_refused_with_file_and_line_and_nothing_is_touched(
    outcomes, worked_home, tmp_path, case, option
):
    before = fingerprint(worked_home)
    folder = spoilt(tmp_path / "rules", case)
    code, out, err = outcomes("compare", option, folder, "--home", worked_home.root)
    assert (code, out) == (2, "")
    name, _, _, message = BAD_RULES[case]
    assert f"{folder / name}, line " in err and message in err
    assert "Traceback" not in err
    assert fingerprint(worked_home) == before


def test_a_folder_without_rules_or_an_impossible_setting_is_refused(
    outcomes, worked_home, tmp_path
):
    before = fingerprint(worked_home)
    code, _, err = outcomes("compare", "--rules", tmp_path, "--home", worked_home.root)
    assert code == 2 and f"{tmp_path / 'levels.toml'}: the file is missing" in err
    code, _, err = outcomes("compare", "--set", "h4_bond=lower", "--home", worked_home.root)
    assert code == 2 and "did you mean 'h4_bound'?" in err
    assert fingerprint(worked_home) == before


def test_two_folders_are_compared_and_the_published_snapshot_stays_byte_for_byte(
    outcomes, worked_home, tmp_path
):
    before = fingerprint(worked_home)
    old, new = copied(tmp_path / "old"), copied(tmp_path / "new")
    spoil(old, "leaflet.toml", CONDITION, 'when = "help_1_unmanageable and tried"')
    spoil(new, "leaflet.toml", CONDITION, 'when = "help_1_unmanageable or help_2_sleep_impact"')
    words = ("compare", "--rules", new, "--against", old, "--home", worked_home.root)
    code, out, _ = outcomes(*words, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["differences"] == [
        "rule help-1-unmanageable, condition: help_1_unmanageable and tried -> "
        "help_1_unmanageable or help_2_sleep_impact"
    ]
    changed = {change["episode_id"]: change for change in found["changes"]}
    # Sleep affected, medication helps: neither the old condition nor any other rule holds.
    assert changed["help-3"]["rules"] == [
        {"contact_id": "help-3-c1", "rule": "Pain not manageable", "before": "no", "after": "yes"}
    ]
    assert {field["what"]: field["after"] for field in changed["help-3"]["fields"]}[
        "confirmed over the episode"
    ] == "MSK appointment"
    assert fingerprint(worked_home) == before


def bad_case(**changes):
    case = {
        "id": "ours-1",
        "title": "everything answered no",
        "input": {
            "extract_date": "2024-12-31",
            "episode": {"episode_id": "e1", "onset_date": "2024-01-01"},
            "contacts": [{"contact_id": "c1", "contact_date": "2024-01-06", "answers": {}}],
        },
        "expected": {"worst_lb": "SELF_MANAGE"},
    }
    return {**case, **changes}


@pytest.mark.parametrize(
    ("case", "line", "message"),
    [
        (bad_case(expectd={}), 23, "expectd"),
        (bad_case(expected={"worst_lbb": "GP"}), 21, "worst_lb"),
        (bad_case(params={"h4_bond": "lower"}), 23, "h4_bound"),
    ],
)
def test_a_case_file_with_an_unknown_field_is_refused_with_its_line(
    outcomes, tmp_path, case, line, message
):
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [case]}, indent=1), encoding="utf-8")
    code, out, err = outcomes("assure", path)
    assert (code, out) == (2, "")
    assert message in err
    assert f"{path}, line {line}" in err, err
