"""Ids that a profile re-keys: no id of the export is anywhere in the home, and all still join."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipelines import snapshot
from pipelines.build import build
from pipelines.cli import app
from pipelines.errors import OutcomesError
from pipelines.ingest.door import ingest_file
from pipelines.ingest.mapping import KEY_VARIABLE
from pipelines.ingest.receipt import list_refusals

KEY = "a secret of the service, kept elsewhere"
PROFILE = """
[profile]
id = "{stream}-rekeyed"
version = "1"
stream = "{stream}"
source = "s"
[privacy]
ids = "hmac"
[columns]
{columns}
"""
TRIAGE = {"visit": "contact_id", "case": "episode_id", "person": "patient_id",
          "day": "contact_date", "pain": "nprs"}  # fmt: skip
LOG = {"entry": "log_id", "case": "episode_id", "day": "log_date", "what": "exercise_code"}
ROWS = [
    f"V-77{n:03d},CASE-88{n:03d},PERSON-99{n:03d},2026-03-{n:02d},{n % 10}" for n in range(1, 29)
]
DAYS = [f"ENTRY-66{n:03d},CASE-88{n:03d},2026-04-{n:02d},walk" for n in range(1, 29)]


@pytest.fixture
def files(tmp_path):
    found = []
    for stream, columns, rows in (("triage", TRIAGE, ROWS), ("exercise_log", LOG, DAYS)):
        lines = "".join(f'"{name}" = {{ to = "{to}" }}\n' for name, to in columns.items())
        profile = tmp_path / f"{stream}.toml"
        profile.write_text(PROFILE.format(stream=stream, columns=lines))
        path = tmp_path / f"{stream}.csv"
        path.write_text("\n".join([",".join(columns), *rows]) + "\n")
        found.append((path, profile))
    return found


def everything(home) -> str:
    """All that a home holds, unpacked: its bytes, and the values of its tables."""
    found = []
    for path in home.root.rglob("*"):
        if path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            found.append(str(pq.read_table(path).to_pylist()))
        if path.suffix == ".duckdb":
            con = duckdb.connect(str(path), read_only=True)
            for (table,) in con.execute("select table_name from duckdb_tables()").fetchall():
                found.append(str(con.execute(f'select * from "{table}"').fetchall()))
            con.close()
    return "\n".join(found)


@pytest.mark.parametrize(("key", "told"), [(None, "there is no key"), ("short", "5 characters")])
def test_without_a_proper_key_the_file_is_refused_and_on_record(
    home, files, monkeypatch, key, told
):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    if key:
        monkeypatch.setenv(KEY_VARIABLE, key)
    path, profile = files[0]
    with home.lock("test"), pytest.raises(OutcomesError, match=told):
        ingest_file(home, path, profile=profile, extract_date=dt.date(2026, 6, 30))
    (refusal,) = list_refusals(home)
    assert (refusal["name"], refusal["place"]) == (
        "triage.csv",
        f"environment variable {KEY_VARIABLE}",
    )
    assert "CASE-88" not in everything(home)


def test_no_id_of_the_export_and_no_key_is_in_the_home(home, files, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    for path, profile in files:
        with home.lock("test"):
            ingest_file(home, path, profile=profile, extract_date=dt.date(2026, 6, 30))
    build(home)
    held = everything(home)
    for secret in ("V-77", "CASE-88", "PERSON-99", "ENTRY-66", KEY):
        assert secret not in held
    con = snapshot.open_readonly(snapshot.current(home).path)
    found = con.execute("select count(*), count(distinct episode_id) from episode").fetchall()
    joined = con.execute("select status from check_result where check_id = 'logs_join'").fetchall()
    con.close()
    # All are told apart as before, and every diary entry found its episode under the new id.
    assert found == [(28, 28)]
    assert joined == [("pass",)]


def test_machines_are_told_of_what_was_taken_and_what_was_refused(home, files, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    path, profile = files[0]
    words = ["ingest", str(path), "nowhere.csv", "--profile", str(profile), "--extract-date",
             "2026-06-30", "--home", str(home.root), "--json"]  # fmt: skip
    found = []
    for _ in range(2):
        told = CliRunner().invoke(app, words)
        assert told.exit_code == 2
        found.append([(each["outcome"], each["name"]) for each in json.loads(told.stdout)])
    assert found == [
        [("accepted", "triage.csv"), ("refused", "nowhere.csv")],
        [("unchanged", "triage.csv"), ("refused", "nowhere.csv")],
    ]
    assert json.loads(told.stdout)[1]["reason"] == "the file does not exist"


def test_every_stage_of_an_ingest_is_told_from_its_beginning_to_its_end(home, files, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    path, profile = files[0]
    told: dict[str, list[tuple[int, int]]] = {}
    with home.lock("test"):
        ingest_file(
            home, path, profile=profile, extract_date=dt.date(2026, 6, 30),
            progress=lambda what, done, total: told.setdefault(what, []).append((done, total)),
        )  # fmt: skip
    assert list(told) == ["reading triage.csv", "checking triage.csv", "writing"]
    assert [steps[-1] for steps in told.values()] == [(29, 29), (28, 28), (28, 28)]
