"""Worked and random cases, modelled by DuckDB, with their landing tables as Parquet for Spark."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.assure import modelled
from pipelines.engines.project import SOURCES, models
from pipelines.engines.spark import make
from rules.ruleset import load
from tests.spark.equality import count, differences

CASES = Path(__file__).parents[2] / "docs" / "cases"


def worked_cases() -> list[tuple[str, Any, Any]]:
    """Every worked case of the project: id, input, parameters."""
    return [
        (case["id"], case["input"], case.get("params", {}))
        for path in sorted(CASES.glob("*.json"))
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
    ]


@contextlib.contextmanager
def staged(
    cases: Iterable[tuple[str, Any, Any]], folder: Path
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, list[str]]]]:
    """What DuckDB makes of the cases, and the Parquet file of each table that the models read."""
    with modelled(cases) as con:
        paths = {}
        for name in sorted(SOURCES):
            path = folder / f"{name}.parquet"
            con.execute(f"copy (select * from {name}) to '{path}' (format parquet)")
            paths[name] = [str(path)]
        yield con, paths


def compared(
    spark: Any, cases: Iterable[tuple[str, Any, Any]], folder: Path
) -> tuple[list[str], dict[str, int]]:
    """Differences between the engines over all models in a chain, and rows by model."""
    listed = models(load())
    with staged(cases, folder) as (con, paths):
        make(spark, paths, listed, str(folder / "made"))
        told = [
            words for model in listed for words in differences(con, model.name, folder / "made")
        ]
        return told, {model.name: count(con, model.name) for model in listed}
