"""The models on a Spark cluster, one of whose two workers is killed in mid-job: the same rows.

    python -m benchmarks.spark_killed_worker --copies 2

A master and two workers are started on this machine as processes of their own. When a third of the
models is done, one worker and its executor are killed with SIGKILL, at a moment at which tasks run
on both. The run has to go on with the other one, and every table has to equal DuckDB's.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pyspark

from benchmarks.spark_copies import write_copies
from benchmarks.spark_scale import RULES, alike
from pipelines.engines.duck import connect, run_models
from pipelines.engines.project import Model, models
from pipelines.engines.spark import make
from pipelines.engines.spark_session import session
from pipelines.engines.spark_settings import SparkSettings

HOST = "127.0.0.1"
BUSY = 2
"""Tasks that run at the moment of the killing: both workers are at work then."""


def main() -> int:
    """Print what happened; exit code 1 where a table differs or nobody was killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--first", type=int, default=None, help="only so many of the models")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outcomes-spark-") as place:
        folder = Path(place)
        paths = write_copies(folder / "landing", given.copies)
        con = connect(folder / "work.duckdb", temp=folder)
        for table, files in paths.items():
            con.execute(f"create view {table} as select * from read_parquet({files})")
        listed = models(RULES)[: given.first]
        run_models(con, listed)
        with Cluster(folder) as cluster:
            killing = Killing(cluster)
            began = time.perf_counter()
            made = on_cluster(cluster, listed, paths, folder, killing)
            wall = time.perf_counter() - began
        wrong = [model.name for model in listed if not alike(con, model.name, made)]
        rows = sum(
            con.execute(f"select count(*) from {model.name}").fetchall()[0][0] for model in listed
        )
        con.close()
    found = {
        "copies": given.copies,
        "tables": len(listed),
        "rows": rows,
        "wall_s": round(wall, 1),
        "killed_in": killing.during,
        "executors_before": killing.before,
        "executors_after": killing.after,
        "failed_tasks": killing.failed,
        "tables_different": wrong,
    }
    print(json.dumps(found, indent=1))
    return 0 if killing.during and not wrong and killing.failed else 1


class Cluster:
    """A master and two workers of one core each, as processes of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server((HOST, 0)) as free:
            self.port = free.getsockname()[1]
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Where the master answers."""
        return f"spark://{HOST}:{self.port}"

    def __enter__(self) -> Cluster:
        deploy = "org.apache.spark.deploy"
        self._start(f"{deploy}.master.Master", "--host", HOST, "--port", str(self.port))
        _until(lambda: _open(self.port))
        for number in (1, 2):
            work = self.folder / f"worker-{number}"
            self._start(
                *(f"{deploy}.worker.Worker", "--host", HOST, "--cores", "1", "--memory", "1g"),
                *("--work-dir", str(work), self.url),
            )
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill_a_worker(self) -> None:
        """Kill the first worker and its executor, which are one process group."""
        os.killpg(self.processes[1].pid, signal.SIGKILL)

    def _start(self, *what: str) -> None:
        own = Path(pyspark.__file__).parent
        log = (self.folder / f"log-{len(self.processes)}.txt").open("wb")
        environment = os.environ | {"SPARK_HOME": str(own), "SPARK_DAEMON_MEMORY": "256m"}
        self.processes.append(
            subprocess.Popen(
                [str(own / "bin" / "spark-class"), *what],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        )


class Killing:
    """Kills a worker once, when tasks run on both."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.status = None
        self.during = self.model = ""
        self.begun_at = 0
        self.before = self.after = self.failed = 0

    def begun(self, name: str, number: int, total: int) -> None:
        """Told when a model begins; from a third of them on, the killing is waited for."""
        self.model = name
        if number * 3 >= total and not self.begun_at:
            self.begun_at = number
            threading.Thread(target=self.when_busy, daemon=True).start()

    def when_busy(self) -> None:
        """Kill as soon as tasks run on both workers."""
        while sum(each.numRunningTasks() for each in self.status().getExecutorInfos()) < BUSY:
            time.sleep(0.02)
        self.during = self.model
        self.cluster.kill_a_worker()


def on_cluster(
    cluster: Cluster,
    listed: list[Model],
    paths: dict[str, list[str]],
    folder: Path,
    killing: Killing,
) -> Path:
    """Run the models there; the folder of their tables."""
    options = {
        "spark.executor.memory": "768m",
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.sql.shuffle.partitions": "4",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder}",
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.network.timeout": "30s",
        "spark.network.timeoutInterval": "10s",
        "spark.executor.heartbeatInterval": "5s",
    }
    with session(SparkSettings(master=cluster.url, options=options), folder) as spark:
        killing.status = status = spark.sparkContext._jsc.sc().statusTracker
        _until(lambda: len(status().getExecutorInfos()) == 3)  # the driver counts as one
        killing.before = len(status().getExecutorInfos()) - 1
        make(spark, paths, listed, str(folder / "made"), killing.begun)
        killing.after = len(status().getExecutorInfos()) - 1
    log = next(path for path in folder.iterdir() if path.name.startswith("app-"))
    for line in log.open(encoding="utf-8"):
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd":
            killing.failed += event["Task End Reason"]["Reason"] != "Success"
    return folder / "made"


def _open(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex((HOST, port)) == 0


def _until(holds, seconds: float = 120.0) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("the cluster did not come up")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
