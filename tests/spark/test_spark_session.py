"""What is said when there is no Spark to be had, and how a session is chosen; without Java."""

from __future__ import annotations

import importlib.util
import socket
import sys
import types

import pytest
from typer.testing import CliRunner

from pipelines import snapshot
from pipelines.build import build
from pipelines.cli import app
from pipelines.engines import spark_session
from pipelines.engines.spark_session import session
from pipelines.engines.spark_settings import SparkSettings, results_folder, spark_settings
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home
from pipelines.work import on_spark

needs_pyspark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None,
    reason="pyspark is not installed (pip install '.[spark]')",
)


def said(settings: SparkSettings, folder) -> str:
    with pytest.raises(OutcomesError) as error, session(settings, folder):
        pass
    assert "Nothing was published" in str(error.value)
    return str(error.value)


def test_without_pyspark(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    assert "pip install 'sciatica-outcomes[spark]'" in said(SparkSettings(), tmp_path)


@needs_pyspark
def test_without_java(monkeypatch, tmp_path):
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    words = said(SparkSettings(), tmp_path)
    assert "no Java on this machine" in words and "default-jre-headless" in words


@needs_pyspark
@pytest.mark.parametrize("kind", ["master", "remote"])
def test_nobody_answers(monkeypatch, tmp_path, kind):
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # nobody listens there afterwards
    scheme = {"master": "spark", "remote": "sc"}[kind]
    address = f"{scheme}://127.0.0.1:{port}" + ("/;token=secret" if kind == "remote" else "")
    monkeypatch.setattr(spark_session, "_java", lambda: None)
    words = said(SparkSettings(**{kind: address}), tmp_path)
    assert f"{scheme}://127.0.0.1:{port}: no Spark answers there" in words
    assert "secret" not in words


@needs_pyspark
def test_an_unreachable_master_leaves_what_was_published(monkeypatch, worked_home, tmp_path):
    home = worked_home if isinstance(worked_home, Home) else Home.open(worked_home)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    monkeypatch.setattr(spark_session, "_java", lambda: None)
    before = snapshot.current(home)
    with pytest.raises(OutcomesError, match="no Spark answers"):
        build(home, engine=on_spark(SparkSettings(master="spark://127.0.0.1:9")))
    assert snapshot.current(home) == before
    assert not list(home.root.glob(".build-*"))


@needs_pyspark
def test_databricks_connect_gives_its_own_session(monkeypatch, tmp_path):
    """Its part is played: a real cluster is not to be had here."""
    settings, stopped = {"spark.sql.ansi.enabled": "false"}, []
    conf = types.SimpleNamespace(
        set=settings.__setitem__, get=settings.get, unset=settings.__delitem__
    )
    given = types.SimpleNamespace(conf=conf, stop=lambda: stopped.append(True))
    builder = types.SimpleNamespace(getOrCreate=lambda: given)
    connect = types.ModuleType("databricks.connect")
    connect.DatabricksSession = types.SimpleNamespace(builder=builder)
    monkeypatch.setitem(sys.modules, "databricks", types.ModuleType("databricks"))
    monkeypatch.setitem(sys.modules, "databricks.connect", connect)
    with session(SparkSettings(remote="databricks"), tmp_path) as found:
        assert found is given
        assert settings["spark.sql.ansi.enabled"] == "true"
        assert settings["spark.sql.session.timeZone"] == "UTC"
    assert settings == {"spark.sql.ansi.enabled": "false"}, "put back as it was"
    assert not stopped, "a session that was not started here is not stopped here"


@needs_pyspark
def test_without_databricks_connect(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "databricks.connect", None)
    assert "databricks-connect is not installed" in said(
        SparkSettings(remote="databricks"), tmp_path
    )


def test_on_one_machine_nobody_else_gets_in(tmp_path):
    found = spark_session._defaults(SparkSettings(master="local[3]"), tmp_path)
    assert found["spark.driver.bindAddress"] == found["spark.driver.host"] == "127.0.0.1"
    assert found["spark.ui.enabled"] == "false"
    assert found["spark.local.dir"].startswith(str(tmp_path)), "rows must not lie in /tmp"
    assert found["spark.sql.shuffle.partitions"] == "3"


def test_what_spark_says_of_an_error_is_not_told_with_values():
    class Told(Exception):
        def getCondition(self):
            return "CAST_INVALID_INPUT"

    assert spark_session.reason(Told("The value 'Smith' cannot be cast")) == "CAST_INVALID_INPUT"
    assert spark_session.reason(ValueError("Smith")) == "ValueError"


def home_with(tmp_path, text: str) -> Home:
    home = Home.open(tmp_path / "home")
    home.config_file.write_text(text, encoding="utf-8")
    return home


def test_the_settings_are_read_from_the_home(tmp_path):
    home = home_with(
        tmp_path,
        '[spark]\nmaster = "spark://a:7077"\nresults = "/mnt/spark"\n'
        '[spark.options]\n"spark.executor.memory" = "8g"\n"spark.speculation" = true\n',
    )
    found = spark_settings(home)
    assert found.master == "spark://a:7077" and not found.is_local
    assert found.options == {"spark.executor.memory": "8g", "spark.speculation": "true"}
    there, here = results_folder(found, tmp_path)
    assert there == str(here) == "/mnt/spark/outcomes-results"
    assert spark_settings(home, "local[2]").is_local
    assert results_folder(SparkSettings(), tmp_path) == (
        str(tmp_path / "results"),
        tmp_path / "results",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[spark]\nmastre = "local"\n', "line 2"),
        ("[spark]\nmaster = 3\n", "quotation marks"),
        ('[spark]\nresults = "abfss://x@y/z"\n', "results_here"),
        ("[spark]\noptions = 3\n", "options are a table"),
        ("spark = 3\n", "name = value"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(tmp_path, text, words):
    with pytest.raises(OutcomesError) as error:
        spark_settings(home_with(tmp_path, text))
    assert words in str(error.value) and "outcomes.toml" in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--engine", "sail"], "there is no engine 'sail'"),
        (["--master", "local[2]"], "only Spark has a master"),
        (["--engine", "spark", "--results", "x"], "made elsewhere"),
    ],
)
def test_options_that_do_not_go_together(tmp_path, options, words):
    told = CliRunner().invoke(app, ["build", "--home", str(tmp_path / "home"), *options])
    assert isinstance(told.exception, UsageError)
    assert words in str(told.exception)
