"""Shared fixtures: one demo home, built once for all workers from the committed sample exports."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import sample_data
from pipelines import releases, snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from tests import exports, sharing_out
from tests.chromium import browser  # noqa: F401


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand the tests out by file, or by folder."""
    return sharing_out.scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first."""
    items.sort(key=lambda item: sharing_out.place(item.nodeid))


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory, worker_id) -> Home:
    """A home with the sample exports taken in: two snapshots, before and after the correction."""
    return _made_once(tmp_path_factory, worker_id, "demo", _demo)


def _made_once(
    folders: pytest.TempPathFactory,
    worker_id: str,
    name: str,
    make: Callable[[Path], Home],
) -> Home:
    """A home that the first worker who needs it makes; each worker has a copy of its own.

    With OUTCOMES_TEST_HOMES, a folder, it is kept there for later runs of the same code.
    """
    kept = os.environ.get("OUTCOMES_TEST_HOMES")
    if worker_id == "master" and not kept:
        return make(folders.mktemp(name) / "home")
    shared = Path(kept) / _code() / name if kept else folders.getbasetemp().parent / name
    shared.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            unfinished = shared.with_name(f"{name}-unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was stopped
            make(unfinished)
            unfinished.rename(shared)
    own = Path(shutil.copytree(shared, folders.mktemp(name) / "home"))
    return Home.open(own)


@cache
def _code() -> str:
    """A digest of all that makes a home out of the sample exports."""
    digest = hashlib.sha256()
    for folder in ("pipelines", "rules", "sample_data"):
        for path in sorted((Path(__file__).parents[1] / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.name).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def small_home(tmp_path_factory, worker_id) -> Home:
    """As the demo home with a fifth of its episodes, and all of its stories."""
    return _made_once(tmp_path_factory, worker_id, "small", _small)


def _demo(root: Path) -> Home:
    return _in_two_steps(root, sample_data.demo_files(), sample_data.correction_files())


def _small(root: Path) -> Home:
    exports_folder = root.with_name(f"{root.name}-exports")
    sample_data.generate(exports_folder, 1_200)
    files = sorted(exports_folder.glob("*.csv.gz"))
    late = [path for path in files if "correction" in path.name]
    return _in_two_steps(root, [path for path in files if path not in late], late)


def _in_two_steps(root: Path, first: Iterable[Path], then: Iterable[Path]) -> Home:
    home = Home.open(root)
    for paths in (first, then):
        with home.lock("test"):
            for path in paths:
                ingest_file(home, Path(path))
        build(home)
    return home


@pytest.fixture(scope="session")
def worked_home(tmp_path_factory, worker_id) -> Home:
    """A small home: the worked cases as exports, taken in and published. Not to be changed."""
    return _made_once(tmp_path_factory, worker_id, "worked", _worked)


def _worked(root: Path) -> Home:
    home = exports.worked_home(root)
    build(home)
    return home


@pytest.fixture(autouse=True)
def _no_command_is_running():
    """A command that a test runs in its own process lets that read cases in every mode."""
    yield
    loaded = sys.modules.get("dashboard.snapshots")
    if loaded is not None:
        loaded._FROM_CASES.clear()


SHARED = (
    ("escalation_confirmed", "escalation_not_ruled_out"),
    ("red_flags_not_in_time_share",),
)
"""Families that the tests release: each takes a second or two to decide."""


@pytest.fixture(scope="session")
def released_home(demo_home, tmp_path_factory) -> Home:
    """The demo's snapshots, with a release of some measures by time, sex and site."""
    found = Home.open(tmp_path_factory.mktemp("released") / "home")
    # The tests of the pages name the folder so, and not the home.
    at = demo_home.root if isinstance(demo_home, Home) else Path(demo_home)
    shutil.copytree(at / "snapshots", found.snapshots, dirs_exist_ok=True)
    info = snapshot.current(found)
    con = snapshot.open_readonly(info.path)
    assert releases.make(found, info, con, releases.Plan(SHARED, ("sex", "site")))
    con.close()
    return found


@pytest.fixture
def demo_snapshot(demo_home):
    """A hardened connection to the published snapshot of the demo home."""
    con = snapshot.open_readonly(snapshot.current(demo_home).path)
    yield con
    con.close()
