"""One Spark session for the tests that need one; without Java or pyspark they are skipped."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.engines.spark_session import java, session
from pipelines.engines.spark_settings import SparkSettings

# For a few thousand rows the time goes into compiling, not into running: nothing is compiled that
# is run once. What it computes is the same.
SMALL = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
    "-XX:ReservedCodeCacheSize=240m",
}


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session on one core of this machine, as `outcomes build --engine spark` starts it."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed (pip install '.[spark]')")
    if java() is None:
        pytest.skip("Spark needs Java (Debian: default-jre-headless)")
    settings = SparkSettings(master="local[1]", options=SMALL)
    with session(settings, tmp_path_factory.mktemp("spark")) as found:
        yield found
