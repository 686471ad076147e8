"""A service's exports with two people of whom one is to be forgotten, and a search of a home."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.home import Home
from pipelines.ingest import contract
from pipelines.ingest.door import ingest_file

EXTRACT = dt.date(2026, 6, 30)
# Whoever is looked for: her pseudonym, her episodes, and ids that are made of them.
GONE = "Zo3Gone"
STAYS = "Ad4Stays"


def table(stream: str, *rows: dict[str, str]) -> str:
    """A canonical CSV of some rows."""
    header = list(contract.columns(stream))
    lines = [header, *([row.get(name, "") for name in header] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines)


def contact(person: str, number: int = 1, **cells: str) -> dict[str, str]:
    return {
        "contact_id": f"C-{person}-{number}",
        "episode_id": f"E-{person}",
        "patient_id": person,
        "site_id": "S1",
        "contact_date": f"2026-03-{number:02d}",
        "contact_type": "triage" if number == 1 else "review",
        "onset_date": "2026-02-10",
        "nprs": "6",
        "ces_1_saddle": "yes",
        **cells,
    }


def entry(person: str, number: int = 1) -> dict[str, str]:
    return {
        "log_id": f"L-{person}-{number}",
        "episode_id": f"E-{person}",
        "log_date": f"2026-03-{number + 1:02d}",
        "exercise_code": "walk",
        "nprs_today": "5",
    }


def referred(person: str) -> dict[str, str]:
    return {
        "referral_id": f"R-{person}",
        "episode_id": f"E-{person}",
        "referral_date": "2026-03-02",
        "destination": "GP",
    }


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


def take_in(home: Home, folder: Path, stream: str, *rows: dict[str, str], name=None, **how):
    """Offer rows of a stream as a file of this name."""
    path = folder / (name or f"{stream}.csv")
    path.write_text(table(stream, *rows), encoding="utf-8")
    profile = f"canonical-{stream.replace('_', '-')}"
    with home.lock("test"):
        return ingest_file(home, path, profile=profile, extract_date=EXTRACT, **how)


def exports() -> dict[str, list[dict[str, str]]]:
    """Both people in all three streams."""
    people = (GONE, STAYS)
    return {
        "triage": [contact(p, n) for p in people for n in (1, 20)],
        "exercise_log": [entry(p, n) for p in people for n in (1, 2, 3)],
        "referral": [referred(p) for p in people],
    }


@pytest.fixture
def offer(home, tmp_path):
    """Offer rows of a stream as a file."""
    return partial(take_in, home, tmp_path)


@pytest.fixture
def both(offer):
    """A home that took both people in."""
    for stream, rows in exports().items():
        offer(stream, *rows)


def holding(home: Home, text: str) -> list[str]:
    """The files of a home that hold a text: in any cell, any dictionary, any byte, any name."""
    return sorted(
        str(path.relative_to(home.root))
        for path in home.root.rglob("*")
        if text in path.name or (path.is_file() and _holds(path, text))
    )


def _holds(path: Path, text: str) -> bool:
    if text.encode() in path.read_bytes():
        return True
    if path.suffix == ".parquet":
        return text.encode() in _unpacked(path)
    if path.suffix == ".duckdb":
        return _in_tables(duckdb.connect(str(path), read_only=True), text)
    if path.suffix == ".sqlite":
        with contextlib.closing(sqlite3.connect(path)) as con:
            return any(text in line for line in con.iterdump())
    return False


def _unpacked(path: Path) -> bytes:
    """A Parquet file's content without compression, with dictionary entries that no row has."""
    texts = [f.name for f in pq.read_schema(path) if pa.types.is_string(f.type)]
    out = pa.BufferOutputStream()
    pq.write_table(pq.read_table(path, read_dictionary=texts), out, compression="none")
    return out.getvalue().to_pybytes()


def _in_tables(con: duckdb.DuckDBPyConnection, text: str) -> bool:
    with contextlib.closing(con):
        names = [name for (name,) in con.execute("show tables").fetchall()]
        return any(
            con.execute(
                f'select count(*) from "{name}" as t where contains(cast(t as varchar), ?)', [text]
            ).fetchall()[0][0]
            for name in names
        )
