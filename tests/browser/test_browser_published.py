"""Data as published on a day, rolled back and pruned by another process under open pages."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dashboard import text
from pipelines import snapshot
from pipelines.home import Home
from tests.dashboard.serving import running

pytestmark = pytest.mark.browser


def outcomes(home: Path, *words: str) -> str:
    """The command in a process of its own, as a person would call it beside the server."""
    code = "from pipelines.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words, "--home", str(home)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def test_open_pages_outlive_a_roll_back_and_a_prune(visit, demo_home, tmp_path):
    home = Home.open(Path(shutil.copytree(demo_home, tmp_path / "home")))
    newer, older = snapshot.listed(home)[:2]
    older.path.chmod(0o600)
    with duckdb.connect(str(older.path)) as con:  # else both were made in one minute
        con.execute("update meta set value = '2026-07-01T08:15:00+00:00' where key = 'created_at'")
    new, old = (
        text.moment(dt.datetime.fromisoformat(each.meta()["created_at"])) for each in (newer, older)
    )
    assert newer.published
    with running(home.root) as server:
        first = visit("/", at=server)
        assert f"as published on {new}" in first.page.inner_text("body")
        # The page of a day in the past shows that day's data.
        first.page.get_by_role("combobox", name="Data as published on").click()
        first.page.get_by_role("option", name=old).click()
        first.wait_for_query("published=")
        assert f"as published on {old}" in first.page.inner_text("body")

        # Rolled back under open pages: who opens one now gets the older, who had one keeps it.
        second = visit("/", at=server)
        outcomes(home.root, "snapshots", "rollback")
        assert f"as published on {old}" in visit("/", at=server).page.inner_text("body")
        second.page.get_by_role("link", name="Escalation").first.click()
        second.settle()
        told = second.page.inner_text("body")
        assert f"as published on {new}" in told
        assert f"The service went back to data published on {old}." in told

        # Put forward again and pruned: the page whose data are gone shows what is published.
        outcomes(home.root, "snapshots", "rollback", newer.name)
        outcomes(home.root, "snapshots", "prune", "--keep", "1")
        assert [s.name for s in snapshot.listed(home)] == [newer.name]
        first.page.get_by_role("link", name="Escalation").first.click()
        first.settle()
        assert f"as published on {new}" in first.page.inner_text("body")
        for each in (first, second):
            assert each.complaints == []
            assert each.page.locator("[data-testid=stException]").count() == 0
        assert "Traceback" not in server.output.read_text(encoding="utf-8")
