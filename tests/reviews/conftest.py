"""A store in each of the two databases."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pipelines.home import Home
from pipelines.reviews.database import URL_VARIABLE
from pipelines.reviews.store import open_store
from tests.reviews import postgres


@pytest.fixture(scope="session")
def server():
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    found = postgres.Server()
    yield found
    found.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path, monkeypatch):
    """An empty store, of each kind in turn."""
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv(URL_VARIABLE, request.getfixturevalue("server").url)
    found = open_store(Home.open(tmp_path / "home"))
    yield found
    if request.param == "postgresql":
        with found.engine.begin() as con:
            con.execute(text("drop table sample_case, sample, review, alembic_version"))
    found.close()
