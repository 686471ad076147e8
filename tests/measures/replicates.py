"""Many independent services of one kind in one snapshot, to see how often an interval is right.

The generator draws its episodes in chunks, each with a random stream of its own. With a chunk per
service one run of the door and the models makes all of them; the number of an episode, which its
pseudonym encodes, tells which one it belongs to. That number takes the place of the age band, so
that any measure can be cut by it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file

SCRAMBLE, MODULUS = 7919, 16777213
"""How `sample_data.people.Episode.id` scrambles the number."""


def replicates(folder: Path, n: int, size: int, seed: int) -> tuple[duckdb.DuckDBPyConnection, Any]:
    """`n` services of `size` episodes: tables of the snapshot in memory, and the truth file."""
    module = importlib.import_module("sample_data.generate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", size)
        truth = module.generate(folder / "files", n * size, seed)
    home = Home.open(folder / "home")
    with home.lock("test"):
        for path in sorted((folder / "files").glob("*.csv.gz")):
            if "correction" not in path.name:
                ingest_file(home, path)
    build(home)
    current = snapshot.current(home)
    assert current is not None
    return _tables(current.path, size), truth


def _tables(path: Path, size: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"attach '{path}' as s (read_only)")
    listed = "select table_name from duckdb_tables() where database_name = 's'"
    # Not the counts, which would stay those of the published values.
    listed += " and table_name not similar to '(counts|answer)_.*'"
    for (table,) in con.execute(listed).fetchall():
        con.execute(f"create table {table} as from s.{table}")
    number = f"('0x' || substr(base_episode_id, 4))::bigint * {pow(SCRAMBLE, -1, MODULUS)}"
    con.execute(
        "create table replicate as select episode_key, "
        f"((({number}) % {MODULUS} - 1) // {size})::integer::varchar as name from episode "
        "where base_episode_id not like 'STORY%'"
    )
    cut = (
        "select table_name from duckdb_columns() "
        "where column_name = 'age_band' and database_name = 'memory'"
    )
    for (table,) in con.execute(cut).fetchall():
        con.execute(
            f"update {table} set age_band = r.name from replicate as r "
            f"where r.episode_key = {table}.episode_key"
        )
        con.execute(
            f"delete from {table} where episode_key not in (from replicate select episode_key)"
        )
    return con
