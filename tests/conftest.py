"""Shared fixtures: one demo home, built once per worker from the committed sample exports."""

from __future__ import annotations

from pathlib import Path

import pytest

import sample_data
from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory) -> Home:
    """A home with the sample exports taken in: two snapshots, before and after the correction."""
    home = Home.open(tmp_path_factory.mktemp("demo") / "home")
    with home.lock("test"):
        for path in sample_data.demo_files():
            ingest_file(home, Path(path))
    build(home)
    with home.lock("test"):
        for path in sample_data.correction_files():
            ingest_file(home, Path(path))
    build(home)
    return home


@pytest.fixture
def demo_snapshot(demo_home):
    """A hardened connection to the published snapshot of the demo home."""
    con = snapshot.open_readonly(snapshot.current(demo_home).path)
    yield con
    con.close()
