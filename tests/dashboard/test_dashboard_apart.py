"""Figures from a worker: those of the server's own process, whatever happens to the worker."""

from __future__ import annotations

import asyncio
import inspect
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak_readers import FIGURES, opened
from dashboard import apart, estimates, snapshots
from pipelines.measures.filter import Filter
from pipelines.measures.series import ChartAs
from pipelines.measures.types import MeasureError
from tests.dashboard.serving import running

WHOLE = tuple(getattr(Filter(), name) for name in Filter.__dataclass_fields__)
SHARE = "escalation_confirmed"


processes = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="whether a process lives is read in /proc (Linux)"
)


@pytest.fixture(scope="module")
def path(demo_home: Path) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTCOMES_HOME", str(demo_home))
        return snapshots.published().path


@pytest.fixture(scope="module")
def _worker() -> Iterator[None]:
    apart.start(1)
    yield
    apart.stop()


@pytest.fixture
def workers(_worker: None) -> apart.Workers:
    found = apart.running()
    assert found is not None
    return found


def asked(path: str) -> dict[str, tuple[Any, ...]]:
    """Arguments for each function that a worker may be asked."""
    return {
        "ahead": (path,),
        "covered": (path, WHOLE),
        "table": (path, SHARE, WHOLE, ("site",), "auditor"),
        "alike": (path, path, SHARE, WHOLE, ()),
        "series": (path, SHARE, WHOLE, None, ChartAs(), "service"),
        "matrix": (path, WHOLE),
        "escalated": (path, WHOLE),
        "improved": (path, WHOLE),
        "improvement": (path, WHOLE, "2 points", estimates.improved(path, WHOLE)),
        "persisting": (path, WHOLE),
        "months": (path, WHOLE),
        "rare": (path, "ces_present", WHOLE, ChartAs()),
    }


def offered() -> dict[str, Callable[..., Any]]:
    """The functions of `estimates`."""
    own = inspect.getmembers(estimates, inspect.isfunction)
    return {name: each for name, each in own if each.__module__ == estimates.__name__}


def test_a_worker_answers_as_the_server_itself(
    path: str, workers: apart.Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, functions = asked(path), offered()
    assert given.keys() == functions.keys()
    expected = {name: functions[name](*args) for name, args in given.items()}

    def here(*_args: Any) -> None:
        raise AssertionError("the server worked it out by itself")

    for name, args in given.items():
        here.__name__ = name
        assert apart.found(here, *args) == expected[name], name
    assert expected["covered"] > 0 and len(expected["table"].rows) > 1


def test_an_error_is_that_of_the_server_itself(path: str, workers: apart.Workers) -> None:
    with pytest.raises(MeasureError, match="no_such"):
        apart.found(estimates.table, path, "no_such", WHOLE, (), "auditor")
    with pytest.raises(snapshots.NoSnapshot, match="cannot be read"):
        apart.found(estimates.covered, f"{path}-gone", WHOLE)
    assert apart.found(estimates.covered, path, WHOLE) == estimates.covered(path, WHOLE)


def test_half_a_question_is_not_the_beginning_of_the_next(
    path: str, workers: apart.Workers
) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError)):
        workers.ask("covered", ("x" * 1_000_000, lambda: None))
    # The same path twice: pickled as a reference, which would lead into the half that is left.
    assert workers.ask("alike", (path, path, SHARE, WHOLE, ())) == (True, True)


@processes
def test_a_worker_that_dies_is_replaced_until_too_many_have(path: str) -> None:
    workers, seen, asked_in_vain = apart.Workers(2), set(), 0
    try:
        while workers.pids:
            assert asked_in_vain < 2 + apart.MOST_STARTS
            seen.update(workers.pids)
            for pid in filter(alive, workers.pids):
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda pid=pid: not alive(pid))
            assert workers.ask("covered", (path, WHOLE)) == (False, None)
            asked_in_vain += 1
        assert len(seen) == asked_in_vain == 2 + apart.MOST_STARTS
        for _ in range(2):
            assert workers.ask("covered", (path, WHOLE)) == (False, None)
    finally:
        workers.end()


@processes
def test_after_a_death_the_next_one_answers(path: str, workers: apart.Workers) -> None:
    (dead,) = workers.pids
    os.kill(dead, signal.SIGKILL)
    expected = estimates.matrix(path, WHOLE)
    assert apart.found(estimates.matrix, path, WHOLE) == expected
    assert workers.pids != [dead] and len(workers.pids) == 1
    assert workers.ask("matrix", (path, WHOLE)) == (True, expected)


@processes
def test_workers_end_with_their_server_however_it_ends() -> None:
    program = (
        "import time\nfrom dashboard import apart\napart.start(2)\n"
        "workers = apart.running()\nworkers.tell_each('no_such')\n"
        "print(*workers.pids, flush=True)\ntime.sleep(600)\n"
    )
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    pids = [int(each) for each in server.stdout.readline().split()]
    assert len(pids) == 2 and all(map(alive, pids))
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not any(map(alive, pids)))


@processes
def test_a_server_with_a_worker_shows_the_same_pages(demo_home: Path, tmp_path: Path) -> None:
    own = tmp_path / "home"
    shutil.copytree(demo_home, own)
    with (own / "outcomes.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[server]\nworkers = 1\n")
    with running(demo_home) as without, running(own) as server:
        assert children(without.pid) == 0 < children(server.pid)
        expected, found = (asyncio.run(pages_of(each.port)) for each in (without, server))
        assert found == expected
        assert len(set(expected)) == len(FIGURES)
        assert "Traceback" not in server.output.read_text("utf-8")


async def pages_of(port: int) -> list[str]:
    """Digests of the figures and charts of the main pages, of one site."""
    tab = await opened(port)
    await tab.run("")
    site = list(tab.widgets["Site"].options)[:1]
    found = []
    for page in FIGURES:
        await tab.run(page, Site=site)
        found.append(tab.digest)
    await tab.socket.close()
    return found


def children(pid: int) -> int:
    """How many processes a process has started that still are."""
    told = [
        each.read_text("ascii").split() for each in Path(f"/proc/{pid}/task").glob("*/children")
    ]
    return sum(map(len, told))


def test_a_worker_has_nothing_of_a_page() -> None:
    """What a worker imports stays in memory once for each of them."""
    program = (
        "import sys\nfrom dashboard import estimates\n"
        "print(*({'streamlit', 'pandas', 'plotly', 'sqlalchemy'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert (told.returncode, told.stdout.split()) == (0, [])


def alive(pid: int) -> bool:
    """Whether there is such a process that is not only waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)
