"""The models as Spark SQL files, in the order in which they run, after what they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipelines import landing_tables as landing
from pipelines import params, results
from pipelines.engines.duck import connect
from pipelines.engines.project import Model, models
from pipelines.engines.spark import ddl, kind_of
from pipelines.engines.spark_session import MEANING
from pipelines.engines.spark_sql import spark_sql
from pipelines.engines.stars import column_types
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.ingest.receipt import Receipt, list_receipts
from pipelines.landing_load import landing_files, load_files
from rules.ruleset import Ruleset

PARTS: Final = {
    **{table: f"{stream}/*/rows.parquet" for stream, table in landing.STREAMS.items()},
    "landing_answer": "triage/*/answers.parquet",
}
README: Final = """# The models as Spark SQL

{n} files, to be run in the order of their numbers by Spark 4.0 or later, or by Databricks. Each is
one table: a sentence on what a row is, then one `select`. They were written by `outcomes sql` under
the rules `{version}`; run it again when rules or parameters change, and when files were taken in.

1. Put the data home's `landing` folder, as it is, where the platform can read it.
2. Write two folders into `000_settings.sql`: `landing`, and `results`, where the tables are to go.
   A platform without `SET` takes them by find and replace of `${{landing}}` and `${{results}}`.
3. Run every file, in order: `cat [0-9]*.sql > all.sql; spark-sql -f all.sql`.
4. Bring the `results` folder back and publish it: `outcomes build --results FOLDER`. Tables that
   are not whole, or were made under other rules or out of other files, are refused.

The tables are pseudonymised data of single people: treat both folders so.
"""


def write_sql(folder: Path, home: Home, ruleset: Ruleset) -> int:
    """Write the numbered files and a README.md into `folder`; how many files of SQL.

    Raises UsageError where the folder holds something already, OutcomesError where landing was
    written by another version.
    """
    receipts = [each for each in list_receipts(home) if each.stream in landing.STREAMS]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("the folder is not empty", where=str(folder), hint="Choose a new one.")
    listed = [*models(ruleset), results.made_model(ruleset)]
    files = {
        "settings": _settings(),
        "param_set": _parameters(ruleset),
        "landing_file": _files(receipts),
        "landing": "\n\n".join(_landing(landing_files(home, receipts))),
        "source_params": _view(
            "source_params", "SELECT DISTINCT source, 1 AS ps\nFROM landing_file"
        ),
        **{model.name: _model(model) for model in listed},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, text) in enumerate(files.items()):
        (folder / f"{number:03}_{name}.sql").write_text(text + "\n", encoding="utf-8")
    page = README.format(n=len(files), version=ruleset.version)
    (folder / "README.md").write_text(page, encoding="utf-8")
    return len(files)


def _settings() -> str:
    own = ["-- Two folders of yours: what was taken in, and where the tables are to go."]
    own += ["SET landing=/path/to/landing;", "SET results=/path/to/results;", ""]
    own += ["-- What the answers rest on, whatever the platform's own defaults are."]
    return "\n".join([*own, *(f"SET {name}={value};" for name, value in MEANING.items())])


def _parameters(ruleset: Ruleset) -> str:
    row = params.row(1, ruleset.values)
    columns = [
        f"  CAST({_literal(row[name])} AS {kind_of(kind)}) AS {name}"
        for name, kind in column_types("param_set").items()
    ]
    return (
        "-- One row: the decisions that the leaflet leaves open, as this service took them.\n"
        + (_view("param_set", "SELECT\n" + ",\n".join(columns)))
    )


def _files(receipts: list[Receipt]) -> str:
    """The files that were taken in, as rows."""
    types = column_types("landing_file")
    con = connect()
    try:
        load_files(con, receipts)
        rows = con.execute("select * from landing_file order by sequence").fetchall()
    finally:
        con.close()
    listed = ",\n".join("  (" + ", ".join(map(_literal, row)) + ")" for row in rows)
    values = (
        f"VALUES\n{listed}\nAS t({', '.join(types)})" if rows else f"(SELECT {_nulls(types)}) AS t"
    )
    columns = ",\n".join(
        f"  CAST({name} AS {kind_of(kind)}) AS {name}" for name, kind in types.items()
    )
    query = f"SELECT\n{columns}\nFROM {values}" + ("" if rows else "\nWHERE FALSE")
    return "-- One row per file taken in; `current` says whether it holds now.\n" + _view(
        "landing_file", query
    )


def _landing(tables: Mapping[str, list[Path]]) -> Iterator[str]:
    for table, part in PARTS.items():
        types = column_types(table)
        if tables[table]:
            yield (
                f"-- Rows as they were taken in.\nCREATE OR REPLACE TEMPORARY VIEW {table} (\n  "
                + ddl(types).replace(", `", ",\n  `")
                + f"\n)\nUSING PARQUET OPTIONS (path '${{landing}}/{part}');"
            )
        else:
            empty = f"SELECT {_nulls(types)}\nWHERE FALSE"
            yield f"-- Nothing of this kind was taken in.\n{_view(table, empty)}"


def _nulls(types: Mapping[str, str]) -> str:
    return ", ".join(f"CAST(NULL AS {kind_of(kind)}) AS {name}" for name, kind in types.items())


def _model(model: Model) -> str:
    """The statement that writes a model's rows, and the view that the next ones read."""
    place = f"${{results}}/{model.name}"
    return (
        f"INSERT OVERWRITE DIRECTORY '{place}' USING PARQUET\n{spark_sql(model.sql)};\n\n"
        + _view(model.name, f"SELECT * FROM PARQUET.`{place}`")
    )


def _view(name: str, query: str) -> str:
    return f"CREATE OR REPLACE TEMPORARY VIEW {name} AS\n{query};"


def _literal(value: Any) -> str:
    """A value as Spark SQL; it is cast to its type where it is used."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
