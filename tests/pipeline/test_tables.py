"""Every published table and column is described, and nothing is described that is not there."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from pipelines.tables import ABOUT, EVERYWHERE, column, described, page, worked_out

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"


def columns(con):
    return con.execute(
        "select table_name, column_name, comment from duckdb_columns() where not internal"
    ).fetchall()


def test_every_table_and_column_has_its_sentence_as_a_comment(demo_snapshot):
    found = [row for row in columns(demo_snapshot) if not worked_out(row[0])]
    assert len(found) > 300
    for table, name, comment in found:
        assert comment == column(table, name), f"{table}.{name}"
        assert comment, f"{table}.{name} is not described"
        assert comment.endswith("."), f"{table}.{name}"
    tables = dict(
        demo_snapshot.execute(
            "select table_name, comment from duckdb_tables() where not internal"
        ).fetchall()
    )
    for table, comment in tables.items():
        assert worked_out(table) or comment == described()[table][ABOUT], table


def test_nothing_is_described_that_is_not_there(demo_snapshot):
    there = {}
    for table, name, _ in columns(demo_snapshot):
        there.setdefault(table, set()).add(name)
    everywhere = set().union(*there.values())
    for table, entry in described().items():
        names = everywhere if table == EVERYWHERE else there[table]
        for name in entry.keys() - {ABOUT}:
            assert any(fnmatchcase(each, name) for each in names), f"{table}.{name}"


def test_the_page_is_current():
    assert PAGE.read_text("utf-8") == page(), "run python -m pipelines.tables > docs/tables.md"
