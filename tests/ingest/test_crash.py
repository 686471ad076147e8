"""Killed, out of room, forbidden to write, two at once: the last good snapshot stays served."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import pyarrow.parquet as pq
import pytest

from pipelines import snapshot as snapshots
from pipelines.home import Home
from pipelines.ingest.receipt import list_receipts
from tests.ingest.conftest import row, text, tree

DATE = "2026-06-30"
FIRST = text(*(row(contact_id=f"A-{n}", episode_id=f"A-{n}") for n in range(200)))
SECOND = text(
    *(
        row(contact_id=f"B-{n}", episode_id=f"B-{n}", ces_1_saddle="yes" if n % 9 == 0 else "no")
        for n in range(4000)
    )
)


def outcomes(home, *words, **how) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from pipelines.cli import run; run()", *words, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200", **how},
    )


def done(home, *words, **how) -> tuple[int, str]:
    with outcomes(home, *words, **how) as process:
        out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out + err


def take(home, path) -> tuple[str, ...]:
    return ("ingest", str(path), "--profile", "canonical-triage", "--extract-date", DATE)


@pytest.fixture
def files(tmp_path):
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(FIRST)
    second.write_text(SECOND)
    return first, second


@pytest.fixture
def published(tmp_path, files):
    """A home outside of which the two exports lie, the first of them published."""
    home = tmp_path / "home"
    assert done(home, *take(home, files[0]))[0] == 0
    assert done(home, "build")[0] == 0
    return home


def served(root) -> tuple[str, int]:
    """What a reader sees: the published snapshot and how many episodes are in it."""
    info = snapshots.current(Home.open(root, create=False))
    con = snapshots.open_readonly(info.path)
    with contextlib.closing(con):
        return info.name, con.execute("select count(*) from episode").fetchone()[0]


def landed(root) -> list[tuple[object, ...]]:
    """Every landing row without its place, sorted."""
    found = []
    for receipt in list_receipts(Home.open(root, create=False)):
        path = root / "landing" / receipt.stream / receipt.file_id / "rows.parquet"
        table = pq.read_table(path)
        assert table.num_rows == receipt.landed
        found += [tuple(map(str, each.values())) for each in table.to_pylist()]
    return sorted(found)


def kill_after(seconds: float, process) -> bool:
    """kill -9 after a while; was it still running?"""
    time.sleep(seconds)
    running = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return running


def kills(root, files, n: int, seed: int) -> tuple[int, int]:
    """Kill ingest and build n times at random moments; how many were hit before, after the end."""
    dice = random.Random(seed)
    before = served(root)
    hit = missed = 0
    for number in range(n):
        building = number % 2 == 1
        process = outcomes(root, "build") if building else outcomes(root, *take(root, files[1]))
        if kill_after(dice.uniform(0.2, 2.6), process):
            hit += 1
        else:
            missed += 1
        name, episodes = served(root)
        # Either nothing happened, or a whole new snapshot is there.
        assert (name, episodes) == before or episodes in (200, 4200)
        before = (name, episodes)
        landed(root)
    return hit, missed


def finish_and_compare(root, files, tmp_path) -> None:
    """The next run is clean, and the home equals one that nothing happened to."""
    assert done(root, *take(root, files[1]))[0] == 0
    assert done(root, "build")[0] == 0
    calm = tmp_path / "calm"
    for path in files:
        assert done(calm, *take(calm, path))[0] == 0
    assert done(calm, "build")[0] == 0
    assert landed(root) == landed(calm)
    assert served(root)[1] == served(calm)[1] == 4200
    left = [p.name for p in root.rglob("*") if p.name.startswith((".tmp-", ".build-"))]
    assert left == []
    names = {path.name for path in (root / "snapshots").iterdir()}
    assert all(name.endswith(".duckdb") or name in ("CURRENT",) for name in names), names


def test_kill_9_leaves_the_last_good_snapshot(published, files, tmp_path):
    hit, _ = kills(published, files, 8, seed=1)
    assert hit >= 3, "the kills came too late to show anything"
    finish_and_compare(published, files, tmp_path)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(10))
def test_kill_9_many_times(published, files, tmp_path, seed):
    hit, _ = kills(published, files, 12, seed=100 + seed)
    assert hit >= 4
    finish_and_compare(published, files, tmp_path)


def test_the_same_bytes_twice_touch_no_file(published, files):
    landing = published / "landing"
    before, times = tree(landing), {p: p.stat().st_mtime_ns for p in landing.rglob("*.parquet")}
    code, told = done(published, *take(published, files[0]))
    assert code == 0
    assert "unchanged" in told
    assert tree(landing) == before
    assert {p: p.stat().st_mtime_ns for p in landing.rglob("*.parquet")} == times


def test_two_at_once_wait_or_say_who_holds_the_lock(published, files):
    with Home.open(published).lock("a long ingest"):
        code, told = done(published, *take(published, files[1]))
        assert code == 2
        assert f"pid {os.getpid()}" in told
        assert "a long ingest" in told
        waiting = outcomes(published, *take(published, files[1]), "--wait", "60")
        time.sleep(2)
        assert waiting.poll() is None
    waiting.communicate(timeout=60)
    assert waiting.returncode == 0


def test_pruning_and_rolling_back_while_a_reader_has_one_open(published, files):
    old = served(published)
    con = snapshots.open_readonly(snapshots.current(Home.open(published)).path)
    with contextlib.closing(con):
        assert done(published, *take(published, files[1]))[0] == 0
        assert done(published, "build")[0] == 0
        assert con.execute("select count(*) from episode").fetchone()[0] == old[1]
        assert done(published, "snapshots", "rollback")[0] == 0
        assert served(published) == old
        assert done(published, "build")[0] == 0
        assert done(published, "snapshots", "prune", "--keep", "1")[0] == 0
        assert served(published)[1] == 4200
        assert con.execute("select count(*) from episode").fetchone()[0] == old[1]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 3 MB that fills up; remounted read-only on request."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk_is_told_and_nothing_half_is_left(small_disk, files):
    home = small_disk / "home"
    assert done(home, *take(home, files[0]))[0] == 0
    before = tree(home / "landing")
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
        while True:
            out.write(b"0" * 4096)
    code, told = done(home, *take(home, files[1]))
    assert code == 2
    assert "No space left" in told
    assert tree(home / "landing") == before
    filler.unlink()
    assert done(home, *take(home, files[1]))[0] == 0


def test_a_folder_that_cannot_be_written_is_told(small_disk, files):
    home = small_disk / "home"
    assert done(home, *take(home, files[0]))[0] == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for words in (take(home, files[1]), ("build",)):
        code, told = done(home, *words)
        assert code == 2, told
        assert "Read-only file system" in told or "cannot be" in told
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert done(home, *take(home, files[1]))[0] == 0
