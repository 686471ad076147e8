"""Homes with a published snapshot, and the app under Streamlit's own test runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import kept, pages, reading
from pipelines.home import Home
from pipelines.snapshot import open_readonly
from tests import numbers
from tests.dashboard import handmade
from tests.dashboard.serving import Server, running

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
PAGES = {page.script: f"views/{page.script}.py" for page in pages.seen_by("auditor")}


@pytest.fixture(scope="session")
def demo_home(demo_home: Home) -> Path:
    """The folder of the demo home."""
    return demo_home.root


@pytest.fixture(scope="session")
def empty_home(snapshot_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose snapshot has all tables and no episode."""
    home = tmp_path_factory.mktemp("empty")
    return handmade.publish(snapshot_file, home, {}, "outcomes-empty.duckdb", totals=True)


@pytest.fixture(scope="session")
def snapshot_file(demo_home: Path) -> Path:
    """The file that the demo's CURRENT names."""
    folder = demo_home / "snapshots"
    return folder / (folder / "CURRENT").read_text(encoding="utf-8").strip()


@pytest.fixture
def cursor(snapshot_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo snapshot, opened beside the app with the same settings as the app's."""
    con = open_readonly(snapshot_file)
    yield con.cursor()
    con.close()


@pytest.fixture(scope="session")
def server(demo_home: Path) -> Iterator[Server]:
    """A running server on the demo snapshot."""
    with running(demo_home) as found:
        yield found


Opener = Callable[..., AppTest]


def unfold(at: AppTest) -> AppTest:
    """Open every fold whose content is drawn when a reader opens it."""
    for each in at.expander:
        if str(each.key).startswith("fold_"):
            at.session_state[str(each.key)] = True
    return at.run()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Opens a page of the app: `open_page(home, "audit", theme="dark", site="A")`.

    `of_episode` and `of_case` open what has this id by its number.
    """
    monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")

    def opened(home: Path, page: str = "overview", theme: str = "light", **query: Any) -> AppTest:
        monkeypatch.setenv("OUTCOMES_HOME", str(home))
        at = AppTest.from_file(str(APP), default_timeout=60)
        at.context["theme"] = theme
        if "of_episode" in query:
            query["episode"] = numbers.of_episode(home, query.pop("of_episode"))
        if "of_case" in query:
            query["case"] = numbers.of_review(home, query.pop("of_case"))
        for name, value in query.items():
            at.query_params[name] = value
        at.run()
        if page != "overview":
            at.switch_page(PAGES[page]).run()
        return at

    yield opened
    kept.ALL.clear()
    reading.OPEN.close()
    st.cache_resource.clear()
