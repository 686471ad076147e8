"""A case file is refused with the line of what is wrong; a wrong expectation is told in words."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pipelines.assure import assure, evaluate
from pipelines.assure_file import place, places, read_cases
from pipelines.assure_schema import FIELDS, CaseError
from pipelines.cli_rules import app
from pipelines.errors import UsageError

GOOD = """{
 "cases": [
  {
   "id": "a",
   "params": {
    "w_hi_days": 56
   },
   "input": {
    "extract_date": "2024-12-31",
    "episode": {
     "episode_id": "e1",
     "onset_date": "2024-01-01"
    },
    "contacts": [
     {
      "contact_id": "c1",
      "contact_date": "2024-01-06",
      "nprs": 6,
      "answers": {
       "ces_1_saddle": {
        "value": "yes",
        "since": "2024-01-02"
       }
      }
     }
    ],
    "exercise_logs": [],
    "referrals": [
     {
      "referral_id": "r1",
      "referral_date": "2024-01-06",
      "destination": "A_AND_E"
     }
    ]
   },
   "expected": {
    "worst_lb": "A_AND_E"
   }
  }
 ]
}
"""


def refusal(tmp_path, text):
    """What is said of a case file, or None."""
    path = tmp_path / "cases.json"
    path.write_text(text, encoding="utf-8")
    try:
        document = read_cases(path)
        try:
            assure(document)
        except CaseError as error:
            return f"{place(path, document, error)}: {error.what}"
    except UsageError as error:
        return str(error)
    return None


def test_the_file_that_is_spoilt_below_is_good(tmp_path):
    assert refusal(tmp_path, GOOD) is None


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ('"id": "a",', '"id": "a"', 5, "not valid JSON"),
        ('"id": "a",', '"id": "a", "id": "b",', 4, "'id' stands twice"),
        ('"id": "a",', '"id": 7,', 4, "the id is a text"),
        ('"params"', '"parms"', 5, "unknown field 'parms'; did you mean 'params'"),
        ('"w_hi_days": 56', '"w_hi_day": 56', 5, "did you mean 'w_hi_days'"),
        ('"w_hi_days": 56', '"w_hi_days": "56"', 5, "type integer"),
        ('"extract_date"', '"extract_day"', 9, "unknown field 'extract_day'"),
        ('"extract_date": "2024-12-31",', "", 8, "needs 'extract_date'"),
        ("2024-12-31", "31/12/2024", 9, "is no date"),
        ('"onset_date": "2024-01-01"', '"onset_date": "1 Jan"', 12, "is no date"),
        ('"contact_id"', '"contact"', 16, "unknown field 'contact'"),
        ('"contact_date": "2024-01-06",', "", 15, "needs 'contact_date'"),
        ("2024-01-06", "2024-02-31", 17, "2024-02-31' is no date"),
        ('"nprs": 6', '"nprs": "six"', 18, "a number is needed"),
        ('"nprs": 6', '"nprs": NaN', 18, "a number is needed"),
        ('"nprs": 6', '"contact_type": "triaje"', 18, "did you mean 'triage'"),
        ('"nprs": 6', '"contact_time": "25:99"', 18, "is no time"),
        ('"ces_1_saddle"', '"ces_1_sadle"', 20, "no question 'ces_1_sadle'; did you mean"),
        ('"value"', '"valu"', 21, "unknown field 'valu'"),
        ('"since": "2024-01-02"', '"since": "last week"', 22, "is no date"),
        ('"exercise_logs": []', '"exercise_logs": {}', 27, "exercise_logs is a list"),
        ('"destination": "A_AND_E"', '"destination": "AE"', 32, "not one of A_AND_E"),
        ('"worst_lb"', '"worst_lbb"', 37, "no result is called 'worst_lbb'"),
        ('"worst_lb": "A_AND_E"', "", 3, "expects nothing"),
        ('{\n "cases": [', '[ [', 1, "not valid JSON"),
    ],
)  # fmt: skip
def test_a_spoilt_file_is_refused_with_its_line(tmp_path, old, new, line, why):
    assert old in GOOD
    told = refusal(tmp_path, GOOD.replace(old, new, 1))
    if "not valid JSON" in why and line == 1:
        assert why in told
        return
    assert told is not None and f"cases.json, line {line}" in told and why in told, told


@pytest.mark.parametrize("text", ["[]", "{}", '{"cases": {}}', '{"cases": [1]}', "7", "null"])
def test_what_is_no_list_of_cases_is_refused(tmp_path, text):
    assert refusal(tmp_path, text) is not None


def test_one_id_for_two_cases_is_refused_at_the_second(tmp_path):
    document = json.loads(GOOD)
    document["cases"] *= 2
    text = json.dumps(document, indent=1)
    second = [n for n, row in enumerate(text.splitlines(), 1) if row == "  {"][1]
    assert f"line {second}: case a: the id stands 2 times" in refusal(tmp_path, text)


def test_bytes_that_are_no_text_and_a_folder_are_refused(tmp_path):
    path = tmp_path / "cases.json"
    path.write_bytes(b'{\n"cases": "\xff"}')
    with pytest.raises(UsageError, match="not UTF-8"):
        read_cases(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_cases(tmp_path)


def test_lines_are_found_for_every_value():
    lines, twice = places('{"a": [1,\n {"b": "x,]{\\" y"},\n 3]\n}')
    assert twice is None
    assert lines == {(): 1, ("a",): 1, ("a", 0): 1, ("a", 1): 2, ("a", 1, "b"): 2, ("a", 2): 3}


def test_the_command_lists_passes_and_differences_and_exits_1(tmp_path):
    path = tmp_path / "cases.json"
    document = json.loads(GOOD)
    document["cases"].append(
        {**document["cases"][0], "id": "wrong", "title": "GP?", "expected": {"worst_lb": "GP"}}
    )
    path.write_text(json.dumps(document), encoding="utf-8")
    found = CliRunner().invoke(app, ["assure", str(path)])
    assert found.exit_code == 1
    told = [row.split() for row in found.output.splitlines()]
    reasons = [row for row in told if row[0] == "|"]
    assert [row for row in told if row not in reasons] == [
        ["pass", "a"],
        ["differs", "wrong", "GP?"],
        ["worst_lb:", "expected", "'GP',", "got", "'A_AND_E'"],
        ["1", "of", "2", "cases", "pass"],
    ]
    assert ["|", "YES", "Saddle", "numbness,", "leads", "to", "A&E"] in reasons
    path.write_text(GOOD, encoding="utf-8")
    assert CliRunner().invoke(app, ["assure", str(path)]).exit_code == 0


def test_the_names_that_a_case_may_expect_are_those_of_the_results():
    case = json.loads(GOOD)["cases"][0]["input"]
    case["exercise_logs"] = [{"log_id": "l1", "log_date": "2024-01-07", "exercise_code": "squat"}]
    found = evaluate([("a", case, {})])["a"]

    def same(result, fields, where=""):
        if fields is None:
            return
        if "*" in fields:
            for value in result.values():
                same(value, fields["*"], where)
            return
        for row in result if isinstance(result, list) else [result]:
            assert set(row) == set(fields), where
            for name, inner in fields.items():
                same(row[name], inner, f"{where}.{name}")

    same(found, FIELDS)
