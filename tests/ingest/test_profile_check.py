"""A dry run says what an ingest would do, and does nothing."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

import sample_data
from pipelines.cli import app
from pipelines.errors import Refusal
from pipelines.ingest.door import ingest_file
from pipelines.ingest.dry_run import dry_run
from pipelines.ingest.profile_choice import choose
from tests.ingest.conftest import EXTRACT, HEADER, row, text, tree


@pytest.fixture
def check(home, tmp_path):
    def checked(content, profile="canonical-triage", name="export.csv"):
        path = tmp_path / name
        path.write_text(content)
        return dry_run(path, choose(home, path, profile), EXTRACT)

    return checked


def test_it_foretells_the_ingest_of_every_sample_file(home):
    for path in map(home.root.__class__, sample_data.demo_files()):
        profile = choose(home, path, None)
        told = dry_run(path, profile)
        with home.lock("test"):
            came = ingest_file(home, path)
        assert told.records == came.records
        assert told.cells == came.cells
        assert told.extract_date == came.extract_date
        assert told.singled_out == came.singled_out
        assert {reason: len(lines) for reason, lines in told.aside.items()} == {
            reason: min(n, 10) for reason, n in came.quarantine.items()
        }


def test_it_writes_nothing(check, home):
    before = tree(home.root)
    check(text(row(), row(episode_id="E-2")))
    assert tree(home.root) == before


def test_coverage_says_what_was_never_asked(check):
    header = [name for name in HEADER if name != "ces_9_sexual"]
    place = HEADER.index("ces_9_sexual")
    found = [row(ces_1_saddle="yes"), row(episode_id="E-2", ces_1_saddle="no")]
    rows = [[c for n, c in enumerate(each) if n != place] for each in found]
    with pytest.raises(Refusal, match="lacks 'ces_9_sexual'"):
        check(text(*rows, header=header))
    told = check(text(*found))
    assert told.answers["ces_1_saddle"] == {"yes": 1, "no": 1}
    assert told.answers["ces_9_sexual"] == {"not_recorded": 2}
    assert told.not_asked == []


def test_what_is_set_aside_and_unknown_is_a_finding(check):
    rows = [row(contact_id=f"C-{n}", episode_id=f"E-{n}") for n in range(100)]
    told = check(text(*rows, row(contact_date="x"), row(episode_id="E-y", nprs="11")))
    assert told.aside == {"no_valid_contact_date": [102]}
    assert told.cells["nprs"] == {"out_of_range": 1}
    assert told.findings == [
        "1 row(s) would be set aside",
        "2 cell(s) cannot be read and would be unknown",
    ]


def test_what_the_door_would_refuse_is_told_with_what_mends_it(check, home, tmp_path):
    wrong = [row(contact_id=f"C-{n}", ces_1_saddle="Ja") for n in range(10)]
    told = check(text(*wrong, row(contact_date="x")))
    assert "more than the 2% that profile canonical-triage tolerates" in told.refusal.reason
    assert told.aside == {"no_valid_contact_date": [12]}
    told = check(text(*wrong))
    assert told.refusal.place == "column for ces_1_saddle"
    assert told.spellings["ces_1_saddle"] == {"unmapped": ["Ja"]}
    words = ("canonical-triage", str(tmp_path / "export.csv"), "--extract-date", "2026-06-30")
    done = CliRunner().invoke(app, ["profile", "check", *words, "--home", str(home.root)])
    assert done.exit_code == 2
    assert "│ Ja" in done.stdout
    assert "it would be refused: 10 of 10 values are not in the profile's code table" in done.stdout
    done = CliRunner().invoke(app, ["profile", "check", *words, "--home", str(home.root), "--json"])
    assert json.loads(done.stdout)["refusal"]["place"] == "column for ces_1_saddle"


def test_what_cannot_be_read_at_all_is_refused(check):
    with pytest.raises(Refusal, match="the header lacks"):
        check("a,b\n1,2\n")


def test_the_command_and_its_exit_codes(home, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(text(row(contact_id="C-1"), row(contact_id="C-2", episode_id="E-2")))

    def run(*words):
        return CliRunner().invoke(app, [*words, "--home", str(home.root)])

    words = ("profile", "check", "canonical-triage", str(path), "--extract-date", "2026-06-30")
    clean = run(*words, "--json")
    assert clean.exit_code == 0
    assert json.loads(clean.stdout)["extract_date"] == dt.date(2026, 6, 30).isoformat()
    good = [row(contact_id=f"C-{n}", episode_id=f"E-{n}") for n in range(99)]
    path.write_text(text(*good, row(contact_id="C-x", nprs="11")))
    found = run(*words)
    assert found.exit_code == 1
    assert "1 cell(s) cannot be read" in found.stdout
    assert isinstance(run("profile", "check", "nobody", str(path)).exception, Exception)
    listed = run("profile", "list", "--json")
    assert {"canonical-triage", "fhir-questionnaire", "systmone-questionnaire", "ashar2022"} <= {
        each["id"] for each in json.loads(listed.stdout)
    }
