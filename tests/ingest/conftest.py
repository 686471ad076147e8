"""A home with a published snapshot, and ways to offer it files."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from pipelines import journal
from pipelines.home import Home
from pipelines.ingest import contract
from pipelines.ingest.door import ingest_file

HEADER = list(contract.columns("triage"))
EXTRACT = dt.date(2026, 6, 30)


def row(**cells: str) -> list[str]:
    """One canonical triage row; what is not named is empty."""
    base = {"episode_id": "E-1", "contact_date": "2026-03-02", "contact_type": "triage"}
    return [{**base, **cells}.get(name, "") for name in HEADER]


def text(*rows: list[str], header: list[str] | None = None, end: str = "\r\n") -> str:
    """A canonical CSV text."""
    return "".join(",".join(each) + end for each in [header or HEADER, *rows])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


@pytest.fixture
def offer(home, tmp_path):
    """Write bytes as a file outside the home and offer it."""

    def offered(content, name="export.csv", profile="canonical-triage", date=EXTRACT, into=None):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        with (into or home).lock("test"):
            return ingest_file(into or home, path, profile=profile, extract_date=date)

    return offered


def tree(folder: Path) -> dict[str, str]:
    """Every file under a folder with the hash of its bytes.

    Lock files are left out, and the log, which tells of every attempt.
    """
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".lock") and path.name != journal.NAME
    }
