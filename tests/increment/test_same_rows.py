"""A build that works out only what files touch publishes the rows of a full build, each and all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipelines import journal
from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.home import Home
from pipelines.increment import touched
from tests.increment.alike import differences
from tests.increment.service import STEPS, Service

SHORT = (
    ("a_trigger_runs_out", "corrections", "strangers"),
    ("another_day", "shared_keys"),
    ("nothing_but_the_day", "deletions", "late_rows"),
)
"""Steps between one build and the next, so chosen that every cause is met (see below)."""


def in_full(service: Service) -> snapshots.SnapshotInfo:
    """What a full build publishes in a copy of the home."""
    copy = service.folder.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(service.home.root, copy)
    return build(Home.open(copy), full=True)


def last_build(home: Home) -> dict:
    """The journal's latest line of a build."""
    lines = (home.log / journal.NAME).read_text().splitlines()
    return next(e for e in map(json.loads, reversed(lines)) if e["verb"] == "build")


def carried_on(service: Service, steps) -> dict:
    """Do these steps, build, compare with a full build; the journal's line of it."""
    for step in steps:
        getattr(service, step)()
    made = build(service.home)
    event = last_build(service.home)
    assert differences(made.path, in_full(service).path) == [], (steps, event)
    return event


@pytest.fixture
def service(tmp_path: Path) -> Service:
    found = Service(tmp_path, 7)
    found.begin()
    build(found.home)
    return found


def test_rows_are_those_of_a_full_build_and_every_cause_is_met(service):
    causes = dict.fromkeys(touched.CAUSES, 0)
    for steps in SHORT:
        event = carried_on(service, steps)
        assert event["kind"] == "incremental"
        causes = {name: n + event["causes"][name] for name, n in causes.items()}
    assert all(causes.values()), causes


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(12))
def test_rows_are_those_of_a_full_build_after_random_steps(tmp_path, seed):
    service = Service(tmp_path, seed)
    service.begin()
    build(service.home)
    kinds = set()
    for _ in range(10):
        steps = [service.rng.choice(STEPS) for _ in range(service.rng.choice((1, 1, 2, 3)))]
        kinds.add(carried_on(service, steps)["kind"])
    assert "incremental" in kinds


@pytest.mark.deep
@pytest.mark.parametrize("cause", touched.CAUSES)
def test_without_any_one_cause_rows_would_be_wrong(tmp_path, monkeypatch, cause):
    """Each cause is needed: what it finds is left out, and some sequence shows it."""
    whole = touched._add

    def without(con, found):
        return 0 if _asks(cause, found) else whole(con, found)

    monkeypatch.setattr(touched, "_add", without)
    for seed in range(8):
        service = Service(tmp_path / str(seed), seed)
        service.begin()
        build(service.home)
        for steps in (*SHORT, *SHORT):
            for step in steps:
                getattr(service, step)()
            made = build(service.home)
            noticed = last_build(service.home)["kind"] == "full"
            if noticed or differences(made.path, in_full(service).path):
                return
    pytest.fail(f"nothing shows that {cause} is needed")


def _asks(cause: str, found: str) -> bool:
    marks = {"rows": "f.was <> f.now", "days": "m.earlier", "keys": "join shared"}
    return marks.get(cause, f"cause = '{cause}'") in found
