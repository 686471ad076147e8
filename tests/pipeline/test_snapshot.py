"""Snapshots: published by a pointer, never half, never the same name twice."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from pipelines import snapshot
from pipelines.errors import HomeLocked, OutcomesError
from pipelines.home import Home


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home")


def write(value):
    def filled(path):
        con = duckdb.connect(str(path))
        con.execute(f"create table meta as select 'v' as key, '{value}' as value")
        con.execute("checkpoint")
        con.close()

    return filled


def shift_clock(monkeypatch, seconds):
    real = dt.datetime

    class Later(real):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + dt.timedelta(seconds=seconds)

    monkeypatch.setattr(snapshot.dt, "datetime", Later)


def test_nothing_published_yet(home):
    assert snapshot.current(home) is None
    assert snapshot.listed(home) == []


def test_a_published_snapshot_is_read_only_and_named_by_time_and_content(home):
    info = snapshot.publish(home, write("one"))
    assert info.published and info.meta() == {"v": "one"}
    assert os.stat(info.path).st_mode & 0o222 == 0
    assert (home.snapshots / "CURRENT").read_text().strip() == info.name
    assert [p.name for p in home.snapshots.iterdir() if p.name.startswith(".")] == []


def test_a_failed_build_leaves_the_published_one(home):
    before = snapshot.publish(home, write("one"))

    def fails(path):
        write("half")(path)
        raise OutcomesError("a check failed")

    with pytest.raises(OutcomesError):
        snapshot.publish(home, fails)
    assert snapshot.current(home).name == before.name
    assert len(list(home.snapshots.glob("*.duckdb*"))) == 1
    assert list(home.snapshots.glob(".build-*")) == []


def test_leftovers_of_a_killed_run_are_swept(home):
    (home.snapshots / ".build-1-x.duckdb").write_bytes(b"half")
    (home.snapshots / ".CURRENT.1").write_text("x")
    snapshot.publish(home, write("one"))
    assert not list(home.snapshots.glob(".*"))


def test_roll_back_and_prune(home, monkeypatch):
    names = []
    for number in range(4):
        shift_clock(monkeypatch, number * 5)
        names.append(snapshot.publish(home, write(number)).name)
        monkeypatch.undo()
    assert [s.name for s in snapshot.listed(home)] == names[::-1]
    assert snapshot.rollback(home).name == names[2]
    assert snapshot.rollback(home, names[0]).name == names[0]
    deleted = snapshot.prune(home, 2)
    assert deleted == [names[1]], "the published one stays although it is old"
    assert snapshot.current(home).name == names[0]
    with pytest.raises(OutcomesError, match="at least one"):
        snapshot.prune(home, 0)


def test_an_unknown_name_is_told(home):
    with pytest.raises(OutcomesError, match="there is no snapshot"):
        snapshot.info(home, "outcomes-2020")


def test_a_reader_that_is_open_keeps_its_figures_when_another_is_published(home, monkeypatch):
    first = snapshot.publish(home, write("one"))
    con = snapshot.open_readonly(first.path)
    shift_clock(monkeypatch, 5)
    second = snapshot.publish(home, write("two"))
    assert con.execute("select value from meta").fetchall() == [("one",)]
    con.close()
    assert snapshot.current(home).name == second.name != first.name


HOLD = """
import sys
import time
from pipelines.home import Home
with Home.open(sys.argv[1]).lock("ingest"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_writer_is_told_who_holds_the_home(home):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "held\n"
        held = rf"pid {process.pid}, `ingest`, since"
        with pytest.raises(HomeLocked, match=held), home.lock("build"):
            pass
    finally:
        process.communicate("done\n", timeout=30)
    with home.lock("build"):
        pass


def test_a_question_beyond_the_memory_is_answered_and_leaves_nothing_behind(
    demo_home, tmp_path, monkeypatch
):
    """What the engine cannot hold goes to a folder of its own, which goes with the connection."""
    info = snapshot.current(demo_home)
    assert info is not None
    text = "select count(*) from (select distinct i, md5(i::varchar) from range(1000000) as r(i))"
    path = Path(shutil.copy(info.path, tmp_path))
    monkeypatch.setenv(snapshot.MEMORY_VARIABLE, "60MB")
    con = snapshot.open_readonly(path)
    try:
        assert con.execute(text).fetchall() == [(1_000_000,)]
        assert (
            con.execute("select current_setting('temp_directory')")
            .fetchall()[0][0]
            .endswith(f"-{info.path.stem}")
        )
    finally:
        con.close()
    assert [each.name for each in tmp_path.glob(f"{snapshot.SPILL}*")] == []


def test_folders_of_engines_that_were_killed_are_removed_once_they_are_old(tmp_path):
    home = Home.open(tmp_path)
    new, old = (home.snapshots / f"{snapshot.SPILL}{n}-outcomes" for n in (1, 2))
    for folder in (new, old):
        folder.mkdir()
        (folder / "part.tmp").write_bytes(b"x")
    long_ago = time.time() - 2 * snapshot.OLD_SPILL
    os.utime(old, (long_ago, long_ago))
    snapshot.sweep(home)
    assert new.is_dir() and not old.exists()
