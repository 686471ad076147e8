"""Which engine runs the models (`outcomes build --engine`), and `outcomes sql`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.build import service_rules
from pipelines.cli_options import HomeOption, opened
from pipelines.console import say
from pipelines.engines.spark_settings import spark_settings
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.sql_files import write_sql
from pipelines.work import Engine, done_elsewhere, on_duckdb, on_spark

EngineOption = Annotated[
    str, typer.Option("--engine", help="What runs the models: duckdb, or spark (docs/at_size.md).")
]
MasterOption = Annotated[
    str | None,
    typer.Option("--master", help="Spark's master, as local[2] or spark://host:7077."),
]
ResultsOption = Annotated[
    Path | None,
    typer.Option(
        "--results", help="Publish the tables in this folder, made elsewhere by `outcomes sql`."
    ),
]
FullOption = Annotated[
    bool,
    typer.Option("--full", help="Work out every episode anew, not only those that files touch."),
]


def chosen(home: Home, engine: str, master: str | None, results: Path | None) -> Engine:
    """The engine that the options name. Raises UsageError where they do not go together."""
    if engine not in ("duckdb", "spark"):
        raise UsageError(f"there is no engine '{engine}'", "--engine", "Use duckdb or spark.")
    if master and engine != "spark":
        raise UsageError("only Spark has a master", "--master", "Add --engine spark.")
    if results is not None:
        if engine == "spark":
            raise UsageError(
                "the tables are either made by Spark now or were made elsewhere",
                "--results",
                "Leave out --engine.",
            )
        return done_elsewhere(results)
    return on_spark(spark_settings(home, master)) if engine == "spark" else on_duckdb


def sql(
    out: Annotated[Path, typer.Option("--out", help="A folder that is empty or does not exist.")],
    dialect: Annotated[str, typer.Option(help="spark (4.0 or later, or Databricks).")] = "spark",
    home: HomeOption = None,
) -> None:
    """Write the models as ordered SQL files, for platforms where nothing can be installed."""
    if dialect != "spark":
        raise UsageError(f"there is no dialect '{dialect}'", "--dialect", "Use spark.")
    target = opened(home)
    count = write_sql(out, target, service_rules(target))
    say(f"Wrote {count} files to {out}; begin with its README.md.")
