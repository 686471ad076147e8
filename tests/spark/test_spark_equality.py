"""The models' rows on Spark against those on DuckDB: every table, row, column and type."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines import snapshot
from pipelines.build import build, service_rules
from pipelines.engines.duck import connect
from pipelines.engines.project import SOURCES, Model, models
from pipelines.engines.spark import make, run
from pipelines.engines.spark_settings import SparkSettings
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.receipt import list_receipts
from pipelines.results import DONE, MADE, made_model
from pipelines.sql_files import write_sql
from pipelines.work import Work, done_elsewhere, on_duckdb, on_spark
from rules.ruleset import load
from tests import exports
from tests.generative.cases import random_cases, seeded_cases
from tests.spark.equality import differences
from tests.spark.published import same_snapshot
from tests.spark.staging import compared, worked_cases


def test_every_model_gives_the_same_rows_and_types(spark, tmp_path):
    """All worked cases and a hundred random episodes, in one run of every model."""
    told, rows = compared(spark, [*worked_cases(), *seeded_cases(range(100))], tmp_path)
    assert told == []
    assert set(rows) == {model.name for model in models(load())}
    assert min(rows.values()) > 0, "an empty table proves nothing"


def test_the_comparison_notices_a_row_a_type_and_the_order_of_columns(tmp_path):
    con = duckdb.connect()
    con.execute("create table t as select 1::bigint as a, 0.1 + 0.2 as b")
    for name, sql in {
        "same": "select 1::bigint as a, 0.1 + 0.2 as b",
        "type": "select 1::integer as a, 0.1 + 0.2 as b",
        "bit": "select 1::bigint as a, cast('0.30000000000000004' as double) as b",
        "order": "select 0.1 + 0.2 as b, 1::bigint as a",
        "twice": "select 1::bigint as a, 0.1 + 0.2 as b from range(2)",
    }.items():
        (tmp_path / name / "t").mkdir(parents=True)
        con.execute(f"copy ({sql}) to '{tmp_path / name / 't' / 'x.parquet'}'")
        assert bool(differences(con, "t", tmp_path / name)) == (name != "same"), name


def test_spark_reads_a_homes_landing_and_leaves_its_tables_behind(
    spark, worked_home, tmp_path, monkeypatch
):
    """The way of `outcomes build --engine spark` as far as the first models; deep runs go on."""
    home = worked_home if isinstance(worked_home, Home) else Home.open(worked_home)
    rules = service_rules(home)
    few = [model for model in models(rules) if model.reads & SOURCES][:4]
    monkeypatch.setattr("pipelines.engines.spark.models", lambda ruleset: few)
    receipts = list_receipts(home)
    con = connect()
    on_duckdb(con, Work(home, receipts, rules, tmp_path), None)
    seen = []
    folder = run(
        con, home, receipts, rules, SparkSettings(), tmp_path, lambda *step: seen.append(step)
    )
    assert [name for name, _, _ in seen] == [*(model.name for model in few), MADE]
    assert [told for model in few for told in differences(con, model.name, folder)] == []
    assert all((folder / model.name / DONE).exists() for model in few)


def test_an_error_of_spark_stops_before_the_last_table(spark, tmp_path):
    listed = [Model("wrong", "select cast('Smith' as date) as a", frozenset())]
    with pytest.raises(OutcomesError) as error:
        make(spark, {}, [*listed, made_model(load())], str(tmp_path))
    assert "Spark stopped at the model wrong (CAST_INVALID_INPUT)" in str(error.value)
    assert "Smith" not in str(error.value), "its text holds values of cells"
    assert not (tmp_path / MADE).exists()


@pytest.mark.deep
@pytest.mark.parametrize("seed", [11, 12])
def test_thousands_of_random_episodes_are_the_same(spark, tmp_path, seed):
    told, rows = compared(spark, random_cases(seed, 5000), tmp_path)
    assert told == []
    assert rows["episode"] >= 4000


@pytest.mark.deep
def test_the_demo_is_published_the_same_from_spark(spark, demo_home):
    by_duckdb = build(demo_home)
    by_spark = build(demo_home, engine=on_spark(SparkSettings(master="local[1]")))
    assert by_spark.meta()["models_engine"].startswith("Spark 4.")
    assert same_snapshot(by_duckdb.path, by_spark.path) == []
    assert snapshot.current(demo_home) == by_spark
    assert not list(demo_home.root.glob(".build-*"))


@pytest.mark.deep
def test_the_written_files_run_as_they_are_and_are_published_the_same(spark, tmp_path):
    """Generated exports through the door, by `outcomes sql` and back by `--results`."""
    home = exports.worked_home(tmp_path / "home")
    by_duckdb = build(home)
    write_sql(tmp_path / "sql", home, service_rules(home))
    run_files(spark, tmp_path / "sql", home, tmp_path / "results")
    by_files = build(home, engine=done_elsewhere(tmp_path / "results"))
    assert same_snapshot(by_duckdb.path, by_files.path) == []


def run_files(spark, folder: Path, home: Home, results: Path) -> None:
    """Every statement of the files in their order, the two folders put in as the page says."""
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        text = text.replace("${landing}", str(home.landing)).replace("${results}", str(results))
        for statement in text.split(";\n"):
            if statement.strip():
                spark.sql(statement)
