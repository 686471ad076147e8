"""Run the models on Spark: landing's Parquet in, a folder of Parquet per model out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from pipelines.engines.project import Model, models
from pipelines.engines.spark_session import UNCHANGED, reason, session
from pipelines.engines.spark_settings import SparkSettings, results_folder
from pipelines.engines.spark_sql import spark_sql
from pipelines.engines.stars import column_types
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.ingest.receipt import Receipt
from pipelines.landing_load import landing_files
from pipelines.results import made_model
from rules.ruleset import Ruleset

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Progress = Callable[[str, int, int], None]
SMALL: Final = ("landing_file", "param_set", "source_params")
"""Tables that this machine makes; the others are files that the workers read themselves."""
TYPES: Final = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ", "INTEGER": "INT"}


def run(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    receipts: list[Receipt],
    ruleset: Ruleset,
    settings: SparkSettings,
    scratch: Path,
    progress: Progress | None = None,
) -> Path:
    """Every model's rows as Parquet, in a folder of its name; the folder above them.

    `con` has the small tables. OutcomesError where Spark cannot be reached or fails; what was
    written by then lacks the table `made`.
    """
    there, here = results_folder(settings, scratch)
    shutil.rmtree(here, ignore_errors=True)
    tables = {
        name: [str(path) for path in paths] for name, paths in landing_files(home, receipts).items()
    }
    if settings.landing:
        seen = settings.landing.rstrip("/")
        tables = {
            name: [path.replace(str(home.landing), seen, 1) for path in paths]
            for name, paths in tables.items()
        }
    for name in (*SMALL, *(name for name, paths in tables.items() if not paths)):
        tables[name] = [_laid_down(con, name, there, here)]
    with session(settings, scratch) as spark:
        make(spark, tables, [*models(ruleset), made_model(ruleset)], there, progress)
    return here


def make(
    spark: SparkSession,
    tables: Mapping[str, list[str]],
    listed: list[Model],
    folder: str,
    progress: Progress | None = None,
) -> None:
    """Write each model into `folder`, in the given order; `tables` are the Parquet files read."""
    for name, paths in tables.items():
        frame = spark.read.schema(ddl(column_types(name))).parquet(*paths)
        frame.createOrReplaceTempView(name)
    for number, model in enumerate(listed, start=1):
        if progress:
            progress(model.name, number, len(listed))
        target = f"{folder}/{model.name}"
        try:
            frame = spark.sql(spark_sql(model.sql))
            frame.write.mode("overwrite").parquet(target)
            # What was written is read again: a later model starts from files, not from its history.
            spark.read.schema(frame.schema).parquet(target).createOrReplaceTempView(model.name)
        except Exception as error:
            raise OutcomesError(
                f"Spark stopped at the model {model.name} ({reason(error)})",
                hint=f"Its own log says more. {UNCHANGED}",
            ) from None


def ddl(types: Mapping[str, str]) -> str:
    """DuckDB's columns and types as a schema for Spark."""
    return ", ".join(f"`{name}` {kind_of(kind)}" for name, kind in types.items())


def kind_of(kind: str) -> str:
    """The name that Spark has for a type of DuckDB."""
    return TYPES.get(kind, kind)


def _laid_down(con: duckdb.DuckDBPyConnection, name: str, there: str, here: Path) -> str:
    """A small table as a Parquet file where the workers can read it."""
    folder = here / "sources"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = str(folder / f"{name}.parquet").replace("'", "''")
    con.execute(f"copy (select * from {name}) to '{path}' (format parquet)")
    return f"{there}/sources/{name}.parquet"
