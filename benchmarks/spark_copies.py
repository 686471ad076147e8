"""The sample exports' landing tables many times over, with episodes and files of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import sample_data
from pipelines import landing_tables as landing
from pipelines import params
from pipelines.engines.duck import connect
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import list_receipts
from pipelines.landing_load import show_landing
from rules.ruleset import load

OWN = ("contact_id", "episode_id", "patient_id", "file_id", "referral_id", "log_id", "row_key")
FILES = 8
"""Files that a table is written as, so that several workers read it."""


def write_copies(folder: Path, copies: int) -> dict[str, list[str]]:
    """Write the source tables of the models as Parquet; the paths by table."""
    folder.mkdir(parents=True, exist_ok=True)
    con = connect(temp=folder)
    with tempfile.TemporaryDirectory() as place:
        home = Home.open(Path(place) / "home")
        with home.lock("benchmark"):
            for path in (*sample_data.demo_files(), *sample_data.correction_files()):
                ingest_file(home, Path(path))
        show_landing(con, home, list_receipts(home))
    params.create(con, [params.row(1, load().values)])
    con.execute("create table source_params as select distinct source, 1 as ps from landing_file")
    con.execute(f"create table copy as select i from range({copies}) as t(i)")
    paths = {}
    for table, columns in landing.TABLES.items():
        told = ", ".join(
            f"{name} || '-' || i as {name}" if name in OWN else name for name in columns
        )
        query = f"select {told} from {table} cross join copy"
        paths[table] = _written(con, folder, table, query, 1 if table == "landing_file" else FILES)
    for table in ("param_set", "source_params"):
        paths[table] = _written(con, folder, table, f"select * from {table}", 1)
    con.close()
    return paths


def _written(con, folder: Path, table: str, query: str, files: int) -> list[str]:  # type: ignore[no-untyped-def]
    con.execute(f"create or replace temp table written as {query}")
    paths = []
    for number in range(files):
        path = folder / f"{table}-{number}.parquet"
        con.execute(
            f"copy (select * from written where rowid % {files} = {number}) "
            f"to '{path}' (format parquet)"
        )
        paths.append(str(path))
    con.execute("drop table written")
    return paths
