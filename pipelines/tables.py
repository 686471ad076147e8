"""What every published table and column holds, in a sentence; as comments, and as a page.

`python -m pipelines.tables > docs/tables.md` writes the page; a test keeps it so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Final

import duckdb

ABOUT: Final = "about"
EVERYWHERE: Final = "everywhere"
WORKED_OUT: Final = ("answer_", "case_", "counts_")
"""How tables begin that are worked out from the others so that questions are answered sooner; they
change with the program and are not described column by column."""


@cache
def described() -> Mapping[str, Mapping[str, str]]:
    """Table -> column (or pattern of columns) -> sentence, and `about` -> the table's own."""
    text = resources.files("pipelines").joinpath("tables.toml").read_text("utf-8")
    return {name: dict(entry) for name, entry in tomllib.loads(text).items()}


def column(table: str, name: str) -> str | None:
    """The sentence of a column: the table's own, else that of all tables, else of a pattern."""
    own, shared = described().get(table, {}), described()[EVERYWHERE]
    if name in own or name in shared:
        return own.get(name) or shared[name]
    return next(
        (said for like, said in own.items() if "*" in like and fnmatchcase(name, like)), None
    )


def worked_out(table: str) -> bool:
    """Whether a table is worked out from the others, and may change with the program."""
    return table.startswith(WORKED_OUT)


def comment(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """Write the sentences into the tables of an attached database: analysts' tools show them."""
    columns = con.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = ? and not internal",
        [database],
    ).fetchall()
    for table in dict.fromkeys(table for table, _ in columns):
        about = described().get(table, {}).get(ABOUT)
        if about:
            con.execute(f'comment on table {database}."{table}" is {_text(about)}')
    for table, name in columns:
        said = None if worked_out(table) else column(table, name)
        if said:
            con.execute(f'comment on column {database}."{table}"."{name}" is {_text(said)}')


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def page() -> str:
    """The page about the published tables."""
    return "\n".join([*_lines()]) + "\n"


def _lines() -> Iterator[str]:
    yield from (
        "# The published tables",
        "",
        "<!-- Written by `python -m pipelines.tables > docs/tables.md`; a test keeps it so. -->",
        "",
        "A snapshot is one DuckDB file, `snapshots/outcomes-….duckdb` of the data home; `CURRENT`",
        "beside it names the published one. Any tool that reads DuckDB can use it, read-only: its",
        "command line, Python, R, or Power BI through ODBC. Every table and column carries the",
        "sentence below as its comment (`select * from duckdb_columns()`).",
        "",
        "```sql",
        "attach 'snapshots/outcomes-….duckdb' as o (read_only);",
        "select site_id, count(*) from o.episode where persisting_now group by site_id;",
        "```",
        "",
        "It is case-level, pseudonymised data: treat it so. Figures belong to their definitions;",
        "what leaves the service comes from `outcomes report` in the mode `shared`.",
        "",
        f"Tables whose names begin with {', '.join(f'`{each}`' for each in WORKED_OUT[:-1])} or "
        f"`{WORKED_OUT[-1]}` are",
        "worked out from the others when a snapshot is published, so that questions are answered",
        "sooner; they change with the program and are not for use elsewhere.",
        "",
        "## Columns that mean the same everywhere",
        "",
    )
    yield from _columns(described()[EVERYWHERE])
    for table, entry in described().items():
        if table != EVERYWHERE:
            yield from ("", f"## {table}", "", entry[ABOUT], "")
            yield from _columns({name: said for name, said in entry.items() if name != ABOUT})


def _columns(entry: Mapping[str, str]) -> Iterator[str]:
    yield "| column | holds |"
    yield "|---|---|"
    for name, said in entry.items():
        yield f"| `{name}` | {said} |"


if __name__ == "__main__":
    print(page(), end="")
