"""Killed at any moment, out of room, forbidden to write: the last good snapshot stays served.

Kills come at random moments and at chosen ones: the child counts its own changes of the file
system (Python's audit events) and kills itself before the n-th of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import list_receipts
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.totals.files import totals_of
from tests.ingest.conftest import EXTRACT, row, text, tree

FIRST = text(*(row(contact_id=f"A-{n}", episode_id=f"A-{n}", nprs="7") for n in range(200)))
ASIDE = row(contact_id="B-X", episode_id="B-X", contact_date="never")
SECOND = text(
    *(
        row(contact_id=f"B-{n}", episode_id=f"B-{n}", ces_1_saddle="yes" if n % 9 == 0 else "no")
        for n in range(2000)
    ),
    row(contact_id="B-C", episode_id="B-C", nprs="99"),
    *(ASIDE, row(contact_id="B-1", episode_id="B-1", ces_1_saddle="no")),
)
# argv: home, which change of the file system to stop before (0: none), signal, words of the verb.
CHILD = """
import atexit, json, os, sys
home, at, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.argv[1:4] = []
from pipelines.cli import run
seen = []
def step(event, args):
    if event == "open":
        if not args[2] or not args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
    elif event not in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"):
        return
    path = os.fspath(args[0]) if isinstance(args[0], (str, os.PathLike)) else ""
    if path.startswith(home + os.sep) or (path and not os.path.isabs(path)):
        seen.append(f"{event} {os.path.basename(path)}")
        if len(seen) == at:
            os.kill(os.getpid(), number)
sys.addaudithook(step)
atexit.register(lambda: print("STEPS" + json.dumps(seen), file=sys.stderr))
print("ready", flush=True)
run()
"""


def outcomes(home, *words, at=0, sent=signal.SIGKILL) -> subprocess.Popen[str]:
    """`outcomes` in a process of its own, which signals itself before its `at`-th change."""
    command = [sys.executable, "-c", CHILD, str(home), str(at), str(int(sent))]
    return subprocess.Popen(
        [*command, *map(str, words), "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "300"},
    )


def ended(process) -> tuple[int, str]:
    """Exit code and what was printed; never a traceback."""
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out.removeprefix("ready\n") + err.partition("STEPS")[0]


def done(home, *words) -> tuple[int, str]:
    return ended(outcomes(home, *words))


def take(path) -> tuple[str, ...]:
    return ("ingest", str(path), "--profile", "canonical-triage", "--extract-date", str(EXTRACT))


def figures(path) -> str:
    """The three answers of a snapshot file."""
    with contextlib.closing(snapshots.open_readonly(path)) as con:
        return repr(three_answers(con, Filter()))


def served(root) -> tuple[str, str]:
    """What a reader sees: the published snapshot's name and its figures."""
    info = snapshots.current(Home.open(root, create=False))
    assert info is not None
    return info.name, figures(info.path)


def landed(root) -> dict[str, object]:
    """Every visible file of landing: its bytes' hash; of a receipt its content, the clock apart."""
    home = Home.open(root, create=False)
    found: dict[str, object] = {
        name: digest
        for name, digest in tree(home.landing).items()
        if not name.startswith(".tmp-") and not name.endswith("receipt.json")
    }
    for receipt in list_receipts(home):
        assert receipt.records.balanced
        found[receipt.file_id] = {**receipt.to_json(), "ingested_at": ""}
    return found


def leftovers(root) -> list[str]:
    return [str(p.relative_to(root)) for p in root.rglob(".*") if p.name != ".lock"]


@dataclass
class Calm:
    """Homes that nothing happens to, at three moments, and what is true of them."""

    folder: Path
    second: Path
    steps: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    seen: dict[str, tuple[tuple[str, str], dict[str, object]]] = field(default_factory=dict)

    @property
    def verbs(self) -> dict[str, tuple[str, ...]]:
        rollback, prune = ("snapshots", "rollback"), ("snapshots", "prune", "--keep", "1")
        return {"ingest": take(self.second), "build": ("build",), "back": rollback, "prune": prune}

    def copy(self, before: str, to: Path) -> Path:
        """The home as it was before a verb."""
        return Path(shutil.copytree(self.folder / f"before-{before}", to))

    def state(self, moment: str) -> tuple[tuple[str, str], dict[str, object]]:
        """What is served and what has landed at a moment such as "before-build"."""
        if moment not in self.seen:
            self.seen[moment] = served(self.folder / moment), landed(self.folder / moment)
        return self.seen[moment]

    def record(self, verb: str, home: Path) -> None:
        """Let the verb run on `home` and keep its steps and its time, without the imports."""
        shutil.copytree(home, self.folder / f"before-{verb}")
        with outcomes(home, *self.verbs[verb]) as process:
            assert process.stdout.readline() == "ready\n"
            start = time.monotonic()
            _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        self.seconds[verb] = time.monotonic() - start
        self.steps[verb] = json.loads(err.partition("STEPS")[2])
        shutil.copytree(home, self.folder / f"after-{verb}")


@pytest.fixture(scope="module")
def calm(tmp_path_factory) -> Calm:
    folder = tmp_path_factory.mktemp("calm")
    first, found = folder / "first.csv", Calm(folder, folder / "second.csv")
    first.write_text(FIRST)
    found.second.write_text(SECOND)
    home = folder / "home"
    assert done(home, *take(first))[0] == 0
    assert done(home, "build")[0] == 0
    for verb in ("ingest", "build"):
        found.record(verb, home)
    assert served(folder / "after-build")[1] != served(folder / "before-build")[1]
    records = list_receipts(Home.open(home))[1].records
    assert (records.accepted, records.quarantined) == (2001, 1)
    assert sum(records.dropped.values()) == 2, "the header and the exact duplicate"
    return found


def check(calm: Calm, verb: str, root: Path) -> None:
    """After a kill there is the state before the verb or the state after it, and no third."""
    name, shown = served(root)
    (was, before), (will, after) = calm.state(f"before-{verb}"), calm.state(f"after-{verb}")
    assert shown == (was[1] if name == was[0] else will[1])
    if verb in ("ingest", "prune"):
        assert name == was[0]
    assert landed(root) in (before, after)


def finish(calm: Calm, verb: str, root: Path, command: bool) -> None:
    """The next run is clean, and leaves what it leaves in a home that nothing happened to."""
    home = Home.open(root)
    if command:
        assert done(root, *calm.verbs[verb])[0] == 0
    elif verb == "ingest":
        with home.lock("ingest"):
            ingest_file(home, calm.second, profile="canonical-triage", extract_date=EXTRACT)
    else:
        build(home)
    assert leftovers(root) == []
    will, after = calm.state(f"after-{verb}")
    assert landed(root) == after
    assert served(root)[1] == will[1]
    assert {p.name for p in home.snapshots.iterdir()} == {
        "CURRENT",
        *(each.name for each in snapshots.listed(home)),
        *(totals_of(each.path).name for each in snapshots.listed(home)),
    }


def killed(calm: Calm, verb: str, root: Path, at: int = 0, after: float = 0.0) -> bool:
    """Kill the verb on a copy at `root`, before its `at`-th change or after a time; was it hit?"""
    calm.copy(verb, root)
    with outcomes(root, *calm.verbs[verb], at=at) as process:
        assert process.stdout.readline() == "ready\n"
        if not at:
            time.sleep(after)
            process.kill()
        process.communicate(timeout=120)
    check(calm, verb, root)
    return process.returncode == -signal.SIGKILL


def at_random(calm: Calm, tmp_path: Path, n: int, seed: int, command: bool) -> int:
    """Kill ingest and build in turn, n times; how many kills came before the end."""
    dice, hits = random.Random(seed), 0
    for number in range(n):
        verb, root = ("ingest", "build")[number % 2], tmp_path / f"home-{number}"
        hits += killed(calm, verb, root, after=dice.uniform(0, calm.seconds[verb]))
        finish(calm, verb, root, command)
        shutil.rmtree(root)
    return hits


@pytest.mark.deep
def test_kill_9_at_random_moments(calm, tmp_path):
    assert at_random(calm, tmp_path, 6, seed=1, command=False) >= 4, "the kills came too late"


@pytest.mark.parametrize(
    ("verb", "of"), [("ingest", 1), pytest.param("build", 2, marks=pytest.mark.deep)]
)
def test_kill_9_before_and_after_every_rename(calm, tmp_path, verb, of):
    """The moments at which something becomes visible: landing, the snapshot, the pointer."""
    steps = calm.steps[verb]
    renames = [n for n, step in enumerate(steps, 1) if step.startswith("os.rename")]
    assert len(renames) == of, steps
    moments = sorted({at for n in renames for at in (n, n + 1)})
    for at in moments:
        root = tmp_path / f"home-{at}"
        assert killed(calm, verb, root, at=at)
        finish(calm, verb, root, command=at == moments[-1])


@pytest.mark.deep
@pytest.mark.parametrize("verb", ["ingest", "build", "back", "prune"])
def test_kill_9_before_every_change(calm, tmp_path, verb):
    if verb not in calm.steps:
        calm.record(verb, Path(shutil.copytree(calm.folder / "after-build", tmp_path / "home")))
    assert calm.steps[verb]
    for at, step in enumerate(calm.steps[verb], 1):
        root = tmp_path / f"home-{at}"
        assert killed(calm, verb, root, at=at), step
        if verb != "back":  # a second one would go back once more
            finish(calm, verb, root, command=True)
        shutil.rmtree(root)
    print(f"\n{verb}: {at} kills before a change: {calm.steps[verb]}")


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(5))
def test_kill_9_many_times(calm, tmp_path, seed):
    hits = at_random(calm, tmp_path, 20, seed=100 + seed, command=True)
    print(f"\n20 kills at random, {hits} before the end")
    assert hits >= 12


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 MB, made for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@contextlib.contextmanager
def room(disk: Path, kilobytes: int):
    """Fill the disk up to so many kilobytes."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as out:
        while True:
            out.write(b"0" * 4096)
    os.truncate(filler, filler.stat().st_size - kilobytes * 1024)
    yield
    filler.unlink()


def refused_by_the_disk(home: Path, words: tuple[str, ...], why: str) -> None:
    """Exit code 2, the reason and the place are told, and nothing changed, visible or hidden."""
    before, shown = tree(home), served(home)
    code, told = done(home, *words)
    assert code == 2, (words, told)
    assert why in told and str(home) in told, told
    assert tree(home) == before
    assert served(home) == shown
    assert leftovers(home) == []


def full(calm: Calm, disk: Path, rooms: dict[str, list[int]]) -> None:
    for verb, found in rooms.items():
        home = calm.copy(verb, disk / verb)
        for kilobytes in found:
            with room(disk, kilobytes):
                refused_by_the_disk(home, calm.verbs[verb], "No space left on device")
        finish(calm, verb, home, command=False)
        shutil.rmtree(home)


def test_a_full_disk_is_told_and_changes_nothing(calm, disk):
    full(calm, disk, {"ingest": [0, 16], "build": [0, 1024, 16384]})


@pytest.mark.deep
def test_a_disk_that_fills_up_at_any_point_of_a_build(calm, disk):
    full(calm, disk, {"ingest": [*range(0, 20, 2)], "build": [*range(0, 24_000, 800)]})


def test_pruning_makes_room_on_a_full_disk(calm, disk):
    home = Path(shutil.copytree(calm.folder / "after-build", disk / "home"))
    shown = served(home)
    with room(disk, 0):
        refused_by_the_disk(home, ("snapshots", "rollback"), "No space left on device")
        code, told = done(home, "snapshots", "prune", "--keep", "1")
        assert (code, told.strip()) == (0, "Deleted 1 snapshot(s).")
        assert served(home) == shown
        assert shutil.disk_usage(disk).free > 1_000_000


def test_a_read_only_home_is_told_and_can_still_be_read(calm, disk):
    home = Path(shutil.copytree(calm.folder / "after-build", disk / "home"))
    answers = done(home, "answers")
    assert answers[0] == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    third = calm.folder / "third.csv"
    third.write_text(text(row(episode_id="C-1")))
    for words in (take(third), ("build",), ("snapshots", "rollback"), calm.verbs["prune"]):
        refused_by_the_disk(home, words, "Read-only file system")
    assert done(home, "answers") == answers
    assert done(home, "snapshots", "list")[0] == 0
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert done(home, *take(third))[0] == 0
