"""A build that carries the published snapshot on is killed at its own steps and at random moments:
what is served is the snapshot before or the one after, and the next build has all rows."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.home import Home
from tests.increment.alike import differences
from tests.increment.service import Service
from tests.increment.test_same_rows import last_build
from tests.ingest.test_crash import ended, leftovers, outcomes

pytestmark = pytest.mark.deep


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> tuple[Path, Path, Path]:
    """A home with files that are not published yet; what is published, and what should be."""
    service = Service(tmp_path_factory.mktemp("killed"), 5, episodes=25)
    service.begin()
    before = build(service.home).path
    service.another_day()
    whole = service.folder.parent / "whole"
    shutil.copytree(service.home.root, whole)
    return service.home.root, before, build(Home.open(whole), full=True).path


def check(root: Path, before: Path, after: Path) -> None:
    """One of the two is served, whole; the next build publishes all rows and leaves nothing."""
    home = Home.open(root)
    served = snapshots.current(home)
    assert served is not None
    if served.name != before.name:
        assert differences(served.path, after) == []
    build(home)
    assert last_build(home)["kind"] == "incremental"
    assert differences(snapshots.current(home).path, after) == []
    assert not [left for left in leftovers(root) if ".build-" in left]


@pytest.mark.parametrize("at", range(1, 26, 2))
def test_killed_before_a_change_of_the_file_system(ready, tmp_path, at):
    root, before, after = ready
    own = Path(shutil.copytree(root, tmp_path / "home"))
    code, _ = ended(outcomes(own, "build", at=at))
    assert code in (0, -9)
    check(own, before, after)


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_a_random_moment(ready, tmp_path, seed):
    root, before, after = ready
    own = Path(shutil.copytree(root, tmp_path / "home"))
    process = outcomes(own, "build")
    assert process.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0.5, 14))
    process.kill()
    process.communicate()
    check(own, before, after)
