"""Where the models are run: on DuckDB here, on Spark, or not at all where it was done elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines import params, results
from pipelines.engines import duck
from pipelines.engines.project import models
from pipelines.engines.spark_settings import SparkSettings
from pipelines.home import Home
from pipelines.ingest.receipt import Receipt
from pipelines.landing_load import show_landing
from rules.ruleset import Ruleset

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Work:
    """What a build has to do: whose landing, which files, under which rules, and room for it."""

    home: Home
    receipts: list[Receipt]
    ruleset: Ruleset
    scratch: Path


Engine = Callable[[duckdb.DuckDBPyConnection, Work, Progress | None], str]
"""Makes every landing table and model known to the connection; its name and version."""


def on_duckdb(con: duckdb.DuckDBPyConnection, work: Work, progress: Progress | None) -> str:
    """Run the models in the connection itself."""
    show_landing(con, work.home, work.receipts)
    parameters(con, work.ruleset)
    duck.run_models(con, models(work.ruleset), progress)
    return f"DuckDB {duckdb.__version__}"


def on_spark(settings: SparkSettings) -> Engine:
    """Run the models on Spark; their rows come back as Parquet."""

    def run(con: duckdb.DuckDBPyConnection, work: Work, progress: Progress | None) -> str:
        from pipelines.engines import spark

        show_landing(con, work.home, work.receipts)
        parameters(con, work.ruleset)
        made = spark.run(
            con, work.home, work.receipts, work.ruleset, settings, work.scratch, progress
        )
        return results.adopt(con, made, work.ruleset)

    return run


def done_elsewhere(folder: Path) -> Engine:
    """Take the tables that `outcomes sql`'s statements made, as Parquet in one folder each."""

    def run(con: duckdb.DuckDBPyConnection, work: Work, progress: Progress | None) -> str:
        show_landing(con, work.home, work.receipts)
        parameters(con, work.ruleset)
        return results.adopt(con, folder, work.ruleset)

    return run


def parameters(con: duckdb.DuckDBPyConnection, ruleset: Ruleset) -> None:
    """The service's one set of parameters, for every source."""
    params.create(con, [params.row(1, ruleset.values)])
    con.execute(
        "create or replace table source_params as select distinct source, 1 as ps from landing_file"
    )
