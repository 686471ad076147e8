"""A Spark session: started here, on a cluster, or at the other end of Spark Connect.

pyspark is imported only here and when it is asked for: nobody else needs it or Java.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pipelines.engines.spark_settings import DATABRICKS, SparkSettings
from pipelines.errors import OutcomesError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PATIENCE: Final = 10.0
"""Seconds for a master to answer."""
PORTS: Final = {"spark": 7077, "sc": 15002}
UNCHANGED: Final = "Nothing was published; the snapshot published before stays."
# What the answers rest on, whatever a platform has as its own default.
MEANING: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
}


@contextlib.contextmanager
def session(settings: SparkSettings, scratch: Path) -> Iterator[SparkSession]:
    """A session under these settings, stopped afterwards if it was started here.

    `scratch` takes what Spark lays down on this machine's disk. OutcomesError without pyspark or
    Java, and where nobody answers.
    """
    own, spark = _started(settings, scratch)
    before = {name: spark.conf.get(name, None) for name in MEANING}
    try:
        for name, value in MEANING.items():
            spark.conf.set(name, value)
        yield spark
    finally:
        with contextlib.suppress(Exception):  # a cluster that is gone cannot be left
            if own:
                spark.stop()
            else:
                _put_back(spark, before)


def _put_back(spark: SparkSession, before: dict[str, str | None]) -> None:
    """The settings of somebody else's session, as they were."""
    for name, value in before.items():
        if value is None:
            spark.conf.unset(name)
        else:
            spark.conf.set(name, value)


def _started(settings: SparkSettings, scratch: Path) -> tuple[bool, SparkSession]:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise OutcomesError(
            "pyspark is not installed",
            hint=f"Install it: pip install 'sciatica-outcomes[spark]'. {UNCHANGED}",
        ) from None
    # Its log tells of an error with the statement and values of cells in it.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).disabled = True
    if settings.remote == DATABRICKS:
        return False, _databricks()
    if settings.remote:
        _answers(settings.remote)
        return True, _made(SparkSession.builder.remote(settings.remote), settings)
    active = SparkSession.getActiveSession()
    if active is not None:
        return False, active
    _java()
    if settings.master.startswith("spark://"):
        _answers(settings.master)
    builder = SparkSession.builder.master(settings.master).appName("sciatica-outcomes")
    for name, value in _defaults(settings, scratch).items():
        builder = builder.config(name, value)
    return True, _made(builder, settings)


def _made(builder: Any, settings: SparkSettings) -> SparkSession:
    for name, value in settings.options.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()  # type: ignore[no-any-return]
    except Exception as error:
        raise OutcomesError(
            f"Spark could not be started ({reason(error)})",
            where=None if settings.remote else settings.master,
            hint=f"Its own log above says why; Spark 4 needs Java 17 or 21. {UNCHANGED}",
        ) from None


def _defaults(settings: SparkSettings, scratch: Path) -> dict[str, str]:
    """Quiet, without a web page of its own; on this machine alone also closed to others."""
    found = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
    }
    if settings.is_local:
        cores = settings.master.removeprefix("local").strip("[]").split(",")[0]
        found |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": str(scratch / "spark"),
            "spark.driver.memory": "2g",
            "spark.sql.shuffle.partitions": cores if cores.isdigit() else str(os.cpu_count() or 2),
        }
    return found


def _databricks() -> SparkSession:
    try:
        from databricks.connect import DatabricksSession
    except ImportError:
        raise OutcomesError(
            "databricks-connect is not installed",
            hint="Install the version that fits your cluster, in an environment without pyspark. "
            + UNCHANGED,
        ) from None
    try:
        return DatabricksSession.builder.getOrCreate()  # type: ignore[no-any-return]
    except Exception as error:
        raise OutcomesError(
            f"Databricks did not give a session ({reason(error)})",
            hint=f"Check its own configuration: databricks-connect test. {UNCHANGED}",
        ) from None


def java() -> str | None:
    """The Java that Spark would start, or None."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


def _java() -> None:
    if java() is None:
        raise OutcomesError(
            "there is no Java on this machine, and Spark needs one",
            where=os.environ.get("JAVA_HOME"),
            hint=f"Debian and Ubuntu: apt install default-jre-headless. {UNCHANGED}",
        )


def _answers(address: str) -> None:
    """OutcomesError unless one of the hosts of spark://a:1,b:2 or sc://c:3 takes a connection."""
    scheme, _, rest = address.partition("://")
    for each in rest.split(","):
        split = urlsplit(f"//{each.partition('/')[0]}")
        where = (split.hostname or "", split.port or PORTS.get(scheme, 0))
        with contextlib.suppress(OSError), socket.create_connection(where, PATIENCE):
            return
    raise OutcomesError(
        "no Spark answers there",
        where=f"{scheme}://{rest.partition('/')[0]}",  # what may follow is a token
        hint=f"Check the address in [spark] of outcomes.toml, and that it runs. {UNCHANGED}",
    )


def reason(error: Exception) -> str:
    """What kind of error Spark had; its text may hold values of cells, so it is not told."""
    told = getattr(error, "getCondition", None)
    condition = told() if callable(told) else None
    java_error = getattr(error, "java_exception", None)
    named = java_error.getClass().getSimpleName() if java_error is not None else None
    return str(condition or named or type(error).__name__)
