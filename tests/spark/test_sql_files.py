"""`outcomes sql`: files to be read and run elsewhere; no engine is asked."""

from __future__ import annotations

import re

import pytest
import sqlglot
from typer.testing import CliRunner

from pipelines.build import service_rules
from pipelines.cli import app
from pipelines.engines.project import SOURCES, models
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.sql_files import write_sql
from rules.ruleset import load


@pytest.fixture(scope="module")
def written(worked_home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sql") / "out"
    home = worked_home if isinstance(worked_home, Home) else Home.open(worked_home)
    assert write_sql(folder, home, service_rules(home)) == len(models(load())) + 6
    return folder


def test_each_table_is_written_before_it_is_read(written):
    there = set(SOURCES)
    for path in sorted(written.glob("*.sql")):
        name = path.stem.partition("_")[2]
        text = path.read_text(encoding="utf-8")
        read = set(re.findall(r"^  FROM (\w+)$", text, re.MULTILINE)) & {
            model.name for model in models(load())
        }
        assert read <= there, (path.name, read - there)
        there.add(name)
    assert {model.name for model in models(load())} <= there


def test_the_files_are_spark_sql_and_keep_the_sentences(written):
    for model in models(load()):
        (path,) = written.glob(f"[0-9][0-9][0-9]_{model.name}.sql")
        text = path.read_text(encoding="utf-8")
        about = re.match(r"-- (.*)", model.sql).group(1)
        assert about in text, model.name
        for comment in re.findall(r"^\s*-- (.*)", model.sql, re.MULTILINE):
            assert comment in text, (model.name, comment)
        first, rest = text.split("\n", 1)  # the parser does not know a directory as a target
        assert first == f"INSERT OVERWRITE DIRECTORY '${{results}}/{model.name}' USING PARQUET"
        assert len([each for each in sqlglot.parse(rest, read="spark") if each is not None]) == 2
        # Nothing of DuckDB's own is left over.
        assert not re.search(r"\bQUALIFY\b|\bREPLACE \(|BY NAME|\bARG_M|\bUNNEST\b|//", text), text
        assert "_W " not in text.upper()
        assert max(map(len, text.splitlines())) < 400, model.name


def test_a_page_says_how_and_nothing_names_this_machine(written):
    page = (written / "README.md").read_text(encoding="utf-8")
    assert "outcomes build --results" in page and service_rules_version() in page
    for path in written.iterdir():
        assert str(written.parent) not in path.read_text(encoding="utf-8")


def service_rules_version() -> str:
    return load().version


def test_what_was_never_taken_in_is_an_empty_table(tmp_path):
    home = Home.open(tmp_path / "home")
    write_sql(tmp_path / "sql", home, load())
    text = (tmp_path / "sql" / "003_landing.sql").read_text(encoding="utf-8")
    assert text.count("WHERE FALSE") == 4 and "PARQUET" not in text


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        write_sql(tmp_path, Home.open(tmp_path / "home"), load())
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_the_command_writes_them(tmp_path):
    told = CliRunner().invoke(
        app, ["sql", "--out", str(tmp_path / "sql"), "--home", str(tmp_path / "home")]
    )
    assert told.exit_code == 0, told.output
    assert (tmp_path / "sql" / "000_settings.sql").exists()
    told = CliRunner().invoke(app, ["sql", "--dialect", "oracle", "--out", str(tmp_path / "x")])
    assert isinstance(told.exception, UsageError)
