"""Result tables that another engine left as Parquet: taken whole and published, or refused.

DuckDB plays the other engine here, so that no Java is needed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import snapshot
from pipelines.build import build, service_rules
from pipelines.engines.duck import connect
from pipelines.engines.project import models
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.receipt import list_receipts
from pipelines.results import DONE, MADE, made_model
from pipelines.work import Work, done_elsewhere, on_duckdb
from tests.spark.published import same_snapshot


@pytest.fixture(scope="module")
def published(worked_home):
    """The worked cases' home, whose published snapshot DuckDB made."""
    return worked_home if isinstance(worked_home, Home) else Home.open(worked_home)


@pytest.fixture(scope="module")
def made(published, tmp_path_factory) -> Path:
    """Every model's rows as an engine writes them that has no order of rows: several files."""
    folder = tmp_path_factory.mktemp("results")
    rules = service_rules(published)
    con = connect()
    on_duckdb(con, Work(published, list_receipts(published), rules, folder), None)
    for model in [*models(rules), made_model(rules)]:
        (folder / model.name).mkdir()
        sql = model.sql if model.name == MADE else f"select * from {model.name} order by random()"
        con.execute(f"create or replace temp table shuffled as {sql}")
        for part in (0, 1):
            con.execute(
                f"copy (select * from shuffled where rowid % 2 = {part}) "
                f"to '{folder / model.name / f'part-{part}.parquet'}' (format parquet)"
            )
        (folder / model.name / DONE).touch()
    con.close()
    return folder


@pytest.fixture
def home(published, tmp_path) -> Home:
    return Home.open(shutil.copytree(published.root, tmp_path / "home"))


@pytest.fixture
def own(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "results"))


def test_tables_from_elsewhere_are_published_as_if_made_here(home, made):
    before = snapshot.current(home)
    after = build(home, engine=done_elsewhere(made))
    assert same_snapshot(before.path, after.path) == []
    assert after.meta()["models_engine"].startswith("Spark ")
    assert before.meta()["models_engine"].startswith("DuckDB ")
    con = snapshot.open_readonly(after.path)
    try:  # laid down in the order that pages rely on, whatever order the files have
        for table, order in (
            ("contact", "episode_key, contact_key"),
            ("episode", "site_id, month"),
        ):
            rows = con.execute(f"select {order} from {table}").fetchall()
            assert rows == sorted(rows, key=lambda row: (row[0], row[1] is None, row[1]))
    finally:
        con.close()


def refused(home: Home, folder: Path) -> str:
    """What is said, when nothing may be published."""
    before = snapshot.current(home)
    with pytest.raises(OutcomesError) as error:
        build(home, engine=done_elsewhere(folder))
    assert snapshot.current(home) == before
    assert len(snapshot.listed(home)) == 1 and not list(home.root.glob(".build-*"))
    assert "unchanged" in str(error.value)
    return str(error.value)


def test_a_half_written_table_is_refused(home, own):
    (own / "episode" / DONE).unlink()
    assert "episode is missing or was not finished" in refused(home, own)


def test_a_run_that_stopped_before_its_end_is_refused(home, own):
    shutil.rmtree(own / MADE)
    assert "made is missing" in refused(home, own)


def test_no_folder_is_refused(home, tmp_path):
    assert "not whole" in refused(home, tmp_path / "nowhere")


def test_other_parameters_are_refused(home, own):
    text = '[parameters]\nh4_bound = "lower"\n'
    home.config_file.write_text(text, encoding="utf-8")
    assert "under other rules or parameters" in refused(home, own)


def test_other_models_are_refused(home, own, monkeypatch):
    monkeypatch.setattr("pipelines.results.digest", lambda ruleset: "0" * 12)
    assert "by another version of the models" in refused(home, own)


def test_rows_that_were_forgotten_since_do_not_come_back(home, own):
    receipt = list_receipts(home)[0]
    receipt.forgotten += 1
    receipt.save(home.landing / receipt.stream / receipt.file_id)
    assert "other files than the data home holds now" in refused(home, own)


def test_a_table_with_another_type_is_refused(home, own):
    path = own / "breach" / "part-0.parquet"
    for each in (own / "breach").glob("*.parquet"):
        rows = pq.read_table(each)
        place = rows.schema.get_field_index("level")
        pq.write_table(rows.set_column(place, "level", rows["level"].cast("int64")), each)
    assert path.exists()
    assert "breach has level as BIGINT, not INTEGER" in refused(home, own)


@pytest.mark.parametrize("engine", ["duckdb", "elsewhere"])
@pytest.mark.parametrize("how", ["lacks", "type", "more", "damaged"])
def test_a_landing_of_another_version_is_refused(home, made, engine, how):
    receipt = next(each for each in list_receipts(home) if each.stream == "triage")
    path = home.landing / "triage" / receipt.file_id / "rows.parquet"
    rows = pq.read_table(path)
    words = "was written by another version"
    if how == "lacks":
        rows = rows.drop_columns(["nprs"])
    elif how == "type":
        place = rows.schema.get_field_index("nprs")
        rows = rows.set_column(place, "nprs", rows["nprs"].cast("float64"))
    elif how == "more":
        rows = rows.append_column("mood", rows["sex"])
    pq.write_table(rows, path)
    if how == "damaged":
        path.write_bytes(path.read_bytes()[:100])
        words = "cannot be read"
    before = snapshot.current(home)
    with pytest.raises(OutcomesError, match=words) as error:
        build(home, engine=on_duckdb if engine == "duckdb" else done_elsewhere(made))
    assert receipt.file_id in str(error.value) and "Nothing was published" in str(error.value)
    assert snapshot.current(home) == before
