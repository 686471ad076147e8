"""Which kind of build runs, and that it says so; what is doubtful ends in a full one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from pipelines import made_by
from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.home import Home
from pipelines.increment import plan, touched
from pipelines.increment.build import carry
from pipelines.increment.doubt import NeedsFull
from pipelines.ingest.receipt import list_receipts
from rules.ruleset import load
from tests.command import outcomes
from tests.increment.service import Service
from tests.increment.test_same_rows import last_build


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Service:
    found = Service(tmp_path_factory.mktemp("kinds"), 3, episodes=25)
    found.begin()
    build(found.home)
    return found


@pytest.fixture
def home(made, tmp_path) -> Home:
    """A copy of a home that is published."""
    shutil.copytree(made.home.root, tmp_path / "home")
    return Home.open(tmp_path / "home")


def why(home: Home) -> str:
    """Why a full build would be made."""
    with pytest.raises(NeedsFull) as found:
        plan.plan(home, load(overrides=home.config().get("parameters", {})), list_receipts(home))
    return str(found.value)


def test_the_command_and_the_journal_say_which_kind_ran(home):
    again = outcomes("build", home=home.root)
    assert "0 episodes were worked out anew." in again.stdout
    event = last_build(home)
    assert event["kind"] == "incremental"
    assert event["touched"] == 0
    assert set(event["causes"]) == set(touched.CAUSES)
    forced = outcomes("build", "--full", home=home.root)
    assert "Everything was worked out anew, because it was asked for." in forced.stdout
    assert last_build(home)["kind"] == "full"
    assert last_build(home)["why"] == "it was asked for"
    told = json.loads(outcomes("build", "--json", home=home.root).stdout)
    assert told["how"] == "0 episodes were worked out anew."
    assert told["builds_since_full"] == "1"


def test_other_parameters_settings_or_sites_need_a_full_build(home):
    home.config_file.write_text("[parameters]\nw_hi_days = 60\n")
    assert why(home) == "rules or parameters changed"
    home.config_file.write_text('[sites]\nnorth-a = { name = "North" }\n')
    assert why(home) == "outcomes.toml changed"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("duckdb_version", "1.5.6", "DuckDB changed"),
        ("models_engine", "Spark 4.0.0", "another engine made what is published"),
        ("python_version", "3.9.1", "Python changed"),
        ("code_version", "0.0.1", "the program changed"),
        ("code_digest", "0", "the program changed"),
        ("builds_since_full", str(plan.MOST_BUILDS), "50 builds carried on"),
    ],
)
def test_what_was_made_otherwise_needs_a_full_build(home, monkeypatch, name, value, said):
    monkeypatch.setattr(plan, "whole", lambda base: True)
    base = snapshots.current(home).path
    base.chmod(0o600)
    with duckdb.connect(str(base)) as con:
        con.execute("update meta set value = ? where key = ?", [value, name])
    assert why(home).startswith(said)


def test_every_text_of_the_program_is_in_its_digest(monkeypatch, tmp_path):
    made_by.code_digest.cache_clear()
    before = made_by.code_digest()
    copied = tmp_path / "pipelines"
    shutil.copytree(Path(made_by.pipelines.__path__[0]), copied)
    monkeypatch.setattr(made_by.pipelines, "__path__", [str(copied)])
    made_by.code_digest.cache_clear()
    assert made_by.code_digest() == before
    model = copied / "models" / "dose.sql"
    model.write_text(model.read_text() + "-- another line\n")
    made_by.code_digest.cache_clear()
    assert made_by.code_digest() != before
    made_by.code_digest.cache_clear()


def test_a_damaged_or_missing_snapshot_needs_a_full_build(home):
    base = snapshots.current(home).path
    base.chmod(0o600)
    with base.open("r+b") as handle:
        handle.seek(base.stat().st_size // 2)
        byte = handle.read(1)
        handle.seek(-1, 1)
        handle.write(bytes([byte[0] ^ 1]))
    assert why(home) == "the published snapshot is not as it was written"
    assert build(home).published
    assert last_build(home)["kind"] == "full"
    snapshots.current(home).path.unlink()
    assert why(home) == "nothing is published that could be carried on"


def test_a_changed_landing_needs_a_full_build(home):
    receipt = list_receipts(home)[0]
    receipt.forgotten += 1
    receipt.save(home.landing / receipt.stream / receipt.file_id)
    assert why(home) == "the load report of a file is another one than it was"
    shutil.rmtree(home.landing / receipt.stream / receipt.file_id)
    assert why(home) == "a file that was taken in is gone from landing"


def test_whoever_is_forgotten_is_not_in_the_new_file(home):
    con = snapshots.open_readonly(snapshots.current(home).path)
    (patient,) = con.execute("select min(patient_id) from episode").fetchall()[0]
    con.close()
    assert patient.encode() in snapshots.current(home).path.read_bytes()
    done = outcomes("forget", "--patient", patient, "--yes", home=home.root)
    assert done.returncode == 0, done.stderr
    assert last_build(home)["why"].startswith("rows were forgotten")
    for path in home.root.rglob("*"):
        if path.is_file():
            assert patient.encode() not in path.read_bytes(), path


def test_a_snapshot_with_other_rows_than_its_files_is_not_carried_on(home, monkeypatch):
    monkeypatch.setattr(plan, "whole", lambda base: True)
    base = snapshots.current(home).path
    base.chmod(0o600)
    with duckdb.connect(str(base)) as con:
        con.execute("update episode set n_contacts = n_contacts + 1")
        files = con.execute("select count(*) from file").fetchall()[0][0]
    assert files
    monkeypatch.setattr(
        touched,
        "_episodes",
        lambda *_: "select source, base_episode_id as episode_id from snap.episode",
    )
    with pytest.raises(NeedsFull, match="the published table episode has other rows"):
        carry(home, load(), list_receipts(home))


def test_too_many_touched_episodes_need_a_full_build(made, home, monkeypatch):
    monkeypatch.setattr(touched, "FEW", -1)
    monkeypatch.setattr(touched, "MOST_SHARE", -1.0)
    build(home)
    assert last_build(home)["kind"] == "full"
    assert "episodes are touched, of" in last_build(home)["why"]


def test_nothing_is_left_of_a_build_that_could_not_be_carried_on(home, monkeypatch):
    monkeypatch.setattr(touched, "MOST_SHARE", -1.0)
    monkeypatch.setattr(touched, "FEW", -1)
    with pytest.raises(NeedsFull):
        carry(home, load(), list_receipts(home))
    assert not list(home.root.glob(".build-*"))
    assert not list(home.snapshots.glob(".build-*"))
    assert len(snapshots.listed(home)) == 1
