"""The command as a user types it: help, answers, exit codes, messages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from pipelines import snapshot
from pipelines.cli import app
from tests.command import outcomes

ROOT = Path(__file__).parents[2]


def in_a_process(*words, home):
    """As `outcomes`, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import run; run()", *words, "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200"},
    )


def test_a_process_of_its_own_says_the_same(demo_home):
    for words, code in ((("answers",), 0), (("explain", "NOBODY"), 2)):
        alone, here = (
            in_a_process(*words, home=demo_home.root),
            outcomes(*words, home=demo_home.root),
        )
        assert (alone.returncode, alone.stdout, alone.stderr) == (code, here.stdout, here.stderr)


def test_no_dashboard_for_other_machines(tmp_path):
    refused = outcomes("dashboard", "--address", "0.0.0.0", home=tmp_path)
    assert refused.returncode == 2
    assert "patient-level data" in refused.stderr + refused.stdout


def verbs(command=None, path=()):
    command = command or get_command(app)
    for name, each in command.commands.items():
        if hasattr(each, "commands"):
            yield from verbs(each, (*path, name))
        else:
            yield (*path, name), each


def test_every_verb_and_option_has_help():
    for path, command in verbs():
        assert command.help, path
        for parameter in command.params:
            assert getattr(parameter, "help", None), (path, parameter.name)


def test_every_verb_is_in_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| command |") :]
    for path, _ in verbs():
        first, *rest = path
        assert f"outcomes {first}" in table, path
        for word in rest:
            assert word in table, path


def test_answers_snapshots_and_explain(demo_home):
    found = outcomes("answers", home=demo_home.root)
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    assert "GP or above at first contact, confirmed" in found.stdout
    assert re.search(r"95% CI \d+\.\d% to \d+\.\d%\), [\d,]+ of [\d,]+", found.stdout)
    listed = json.loads(outcomes("snapshots", "list", "--json", home=demo_home.root).stdout)
    assert len(listed) == 2 and [s["published"] for s in listed] == [True, False]
    told = outcomes("snapshots", "list", home=demo_home.root).stdout
    assert all(s["name"] in told for s in listed), "a name cut short cannot be rolled back to"
    shown = json.loads(outcomes("snapshots", "show", "--json", home=demo_home.root).stdout)
    assert shown["data_to"] == "2026-06-30"
    told = outcomes("explain", "STORY-01-LATE-AE", home=demo_home.root)
    assert told.returncode == 0
    flat = " ".join(told.stdout.split())
    assert "A&E, possible, as a date is assumed; action recorded after 39 days, late: 0 da" in flat
    as_json = json.loads(
        outcomes("explain", "STORY-01-LATE-AE", "--json", home=demo_home.root).stdout
    )
    assert as_json["parts"][0]["audit_category"] == "LATE"


def test_files_lists_everything_offered(demo_home):
    found = json.loads(outcomes("files", "--json", home=demo_home.root).stdout)
    assert len(found["accepted"]) == 12
    for each in found["accepted"]:
        n = each["records"]
        assert n["physical"] == n["accepted"] + n["quarantined"] + sum(n["dropped"].values())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("explain", "NOBODY"), "there is no episode 'NOBODY'"),
        (("ingest", "missing.csv", "--profile", "canonical-triage"), "the file does not exist"),
        (("ingest", "x.csv", "--extract-date", "30/06/2026"), "is no date"),
        (
            ("ingest", ROOT / "README.md", "--profile", "canonical-triag"),
            "Did you mean 'canonical-triage'",
        ),
        (("snapshots", "show", "outcomes-1999"), "there is no snapshot"),
        (("assure", "nowhere.json"), "the case file does not exist"),
    ],
)
def test_a_mistake_is_told_with_exit_code_2_and_no_traceback(demo_home, words, message):
    home = None if words[0] == "assure" else demo_home.root
    published = snapshot.current(demo_home).name
    found = outcomes(*words, home=home)
    assert found.returncode == 2
    assert message in found.stderr
    assert "Traceback" not in found.stderr + found.stdout
    assert snapshot.current(demo_home).name == published


def test_an_empty_home_says_what_to_do(tmp_path):
    for verb in ("answers", "build"):
        found = outcomes(verb, home=tmp_path / "new")
        assert found.returncode == 2
        assert "outcomes ingest" in found.stderr


def test_an_impossible_parameter_stops_the_build(tmp_path, demo_home):
    from pipelines.home import Home

    home = Home.open(tmp_path / "home")
    home.config_file.write_text("[parameters]\nw_hi_dys = 60\n")
    (home.landing / "triage").mkdir()
    source = next((demo_home.landing / "triage").iterdir())
    import shutil

    shutil.copytree(source, home.landing / "triage" / source.name)
    found = outcomes("build", home=home.root)
    assert found.returncode == 2
    assert "did you mean 'w_hi_days'" in found.stderr
    assert snapshot.current(home) is None


def test_assure_passes_and_fails_with_exit_codes(tmp_path):
    case = {
        "id": "ours-1",
        "title": "everything answered no",
        "input": {
            "extract_date": "2024-12-31",
            "episode": {"episode_id": "e1", "onset_date": "2024-01-01"},
            "contacts": [
                {"contact_id": "c1", "contact_date": "2024-01-06", "contact_type": "triage",
                 "answers": {"ces_1_saddle": "yes"}}
            ],
        },
        "expected": {"worst_lb": "A_AND_E"},
    }  # fmt: skip
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [case]}))
    assert outcomes("assure", path).returncode == 0
    case["expected"]["worst_lb"] = "GP"
    path.write_text(json.dumps({"cases": [case]}))
    found = outcomes("assure", path)
    assert found.returncode == 1
    assert "worst_lb: expected 'GP', got 'A_AND_E'" in found.stdout
    path.write_text("{")
    assert outcomes("assure", path).returncode == 2


def test_a_data_home_inside_a_repository_is_refused(tmp_path):
    (tmp_path / ".git").mkdir()
    found = outcomes("answers", home=tmp_path / "home")
    assert found.returncode == 2
    assert "version-control" in found.stderr
    assert not (tmp_path / "home").exists()


def test_a_malformed_case_is_told_with_file_and_line(tmp_path):
    content = {
        "extract_date": "2024-12-31",
        "episode": {"episode_id": "e1"},
        "contacts": [{"contact_id": "c1", "contact_date": "2024-01-06", "pain": 5}],
    }
    path = tmp_path / "cases.json"
    case = {"id": "ours-1", "input": content, "expected": {"worst_lb": "GP"}}
    path.write_text(json.dumps({"cases": [case]}, indent=1))
    found = outcomes("assure", path)
    assert found.returncode == 2
    assert "cases.json, line 14" in found.stderr
    assert "unknown field 'pain'" in found.stderr


def test_malformed_rules_are_told_with_file_and_line_and_nothing_is_published(demo_home, tmp_path):
    from importlib import resources

    for entry in resources.files("rules").iterdir():
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            (tmp_path / entry.name).write_text(
                text.replace('when = "help_1_unmanageable"', 'when = "help_1 >= 7"'),
                encoding="utf-8",
            )
    before = snapshot.listed(demo_home)
    found = outcomes("compare", "--rules", tmp_path, home=demo_home.root)
    assert found.returncode == 2
    assert re.search(r"leaflet\.toml, line \d+, rule help-1-unmanageable", found.stderr)
    assert snapshot.listed(demo_home) == before


def test_a_damaged_snapshot_is_told_by_every_verb_that_reads_it(demo_home, tmp_path):
    home = Path(shutil.copytree(demo_home.root, tmp_path / "home"))
    newest = sorted((home / "snapshots").glob("outcomes-*.duckdb"))[-1]
    newest.chmod(0o644)
    whole = newest.read_bytes()
    reading = (
        ("measures", "K1"),
        ("checks",),
        ("explain", "STORY-01-LATE-AE"),
        ("snapshots", "show"),
        ("snapshots", "compare", newest.name),
    )
    for content, asked in ((b"", ()), (whole[:5000], ()), (b"no database", reading)):
        newest.write_bytes(content)
        for words in (("answers",), *asked):
            found = outcomes(*words, home=home)
            assert found.returncode == 2, words
            assert "the snapshot cannot be read" in found.stderr, words
            assert newest.name in found.stderr and "rollback" in found.stderr, words
    listed = outcomes("snapshots", "list", home=home)
    assert listed.returncode == 0
    assert "damaged" in listed.stdout
    assert outcomes("snapshots", "rollback", home=home).returncode == 0
    assert outcomes("measures", "escalation_confirmed", home=home).returncode == 0


def test_measures_compare_periods_and_groups(demo_home):
    home = demo_home.root
    halves = ("--from", "2025-07", "--to", "2025-12", "--versus", "2025-01..2025-06")
    done = outcomes("measures", "escalation_confirmed", *halves, "--json", home=home)
    (row,) = json.loads(done.stdout)
    assert row["difference"]["lower"] > 0 and row["ratio"]["value"] > 1
    told = outcomes("measures", "K1", "--gaps", "imd_quintile", home=home).stdout
    assert "Slope index of inequality" in told and "unknown" in told
    assert "percentage points (95% CI" in " ".join(told.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--versus", "2025"), "write 2025-01..2025-06"),
        (("--versus", "2025-01..2025-06"), "can hold the same cases"),
        (("--versus", "2025-06..2025-01"), "ends (31 Jan 2025) before it begins"),
        (("--gaps", "site"), "'site' is none of them"),
        (("--gaps", "sex", "--by", "site"), "leave out --by"),
        (("--gaps", "sex", "--mode", "shared"), "not made in shared mode"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(demo_home, words, message):
    done = outcomes("measures", "agreement", *words, home=demo_home.root)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split()), done.stderr


def test_a_control_chart_reads_the_target_of_the_service(demo_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo_home.root, home)
    (home / "outcomes.toml").write_text(
        '[targets]\nscreen_completeness = 0.99\n[spc]\nprofile = "nhse_excel"\n'
    )
    done = outcomes("measures", "screen_completeness", "--spc", "--json", home=home)
    (chart,) = json.loads(done.stdout)
    assert (chart["profile"], chart["target"]) == ("nhse_excel", 0.99)
    assert chart["assurance"] == "consistently_fails"
    told = " ".join(outcomes("measures", "K9a", "--spc", home=home).stdout.split())
    assert "Consistently misses the target" in told and "January 2024" in told
    for text, message in (
        ("[targets]\nscreen_completenes = 0.9\n", "did you mean 'screen_completeness'"),
        ("[targets]\nscreen_completeness = 99\n", "99 is impossible; write a share from 0 to 1"),
        ('[spc]\nprofile = "excel"\n', "there is no SPC profile 'excel'"),
    ):
        (home / "outcomes.toml").write_text(text)
        done = outcomes("measures", "screen_completeness", "--spc", home=home)
        assert done.returncode == 2 and message in " ".join(done.stderr.split())


def test_a_control_chart_tells_the_recorded_change(demo_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo_home.root, home)
    (home / "annotations.toml").write_text(
        '[[annotation]]\nmeasure = "screen_completeness"\n'
        'on = 2025-06-10\nwhat = "form [B] in use"\n'
    )
    done = outcomes("measures", "screen_completeness", "--spc", "--json", home=home)
    (chart,) = json.loads(done.stdout)
    assert [(p["from"], p["reason"]) for p in chart["phases"]] == [
        ("January 2024", None),
        ("July 2025", "form [B] in use"),
    ]
    told = " ".join(outcomes("measures", "screen_completeness", "--spc", home=home).stdout.split())
    assert "Limits begin anew with July 2025: form [B] in use" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("waiting_now", "--spc"), "has no series by month"),
        (("agreement", "--spc", "--by", "site"), "choose a site with --where"),
        (("agreement", "--spc", "--gaps", "sex"), "choose one of --spc"),
        (("agreement", "--spc", "--mode", "shared"), "not made in shared mode"),
    ],
)
def test_a_control_chart_that_cannot_be_made_is_refused(demo_home, words, message):
    done = outcomes("measures", *words, home=demo_home.root)
    assert done.returncode == 2 and message in " ".join(done.stderr.split())
