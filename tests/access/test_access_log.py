"""The access log: every line follows upon the one before, and nothing is shown without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import access
from pipelines.access import Event, NotOnRecord
from pipelines.access import log as writing
from pipelines.access.line import Head
from pipelines.cli import app
from pipelines.errors import OutcomesError
from pipelines.home import Home

SEEN = Event("reader-1", "auditor", "page", "audit", detail={"data": "outcomes-x"})


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home")


@pytest.fixture
def log(home) -> Path:
    """The file of a log with five lines."""
    for n in range(5):
        access.record(home, Event("reader-1", "auditor", "case", "episodes", f"case-{n:012d}"))
    (path,) = writing.files(home)
    return path


def test_a_line_says_who_what_and_when_and_is_for_the_owner_alone(home):
    assert access.record(home, SEEN) == 1
    assert access.record(home, SEEN, durable=True) == 2
    first, second = access.entries(home)
    assert first.event == SEEN
    assert (first.n, second.n) == (1, 2)
    assert first.at.tzinfo is not None
    assert access.check(home).wrong == ""
    if os.name == "posix":
        for path in [*(home.root / "access").iterdir(), home.root / "access.key"]:
            assert path.stat().st_mode & 0o077 == 0, path.name


# What somebody could do to a log, and the first line that is wrong then.
def changed(lines):
    return [*lines[:2], lines[2].replace(b"case-000000000002", b"case-000000000009"), *lines[3:]]


def renumbered(lines):
    without = [*lines[:2], *lines[3:]]
    return [line.replace(b'"n":4', b'"n":3').replace(b'"n":5', b'"n":4') for line in without]


TAMPERED = {
    "a word is changed": (changed, "line 4", "not as it was written"),
    "a line is taken out": (lambda x: [*x[:2], *x[3:]], "line 3", "line 3 is missing"),
    "taken out, the others renumbered": (renumbered, "line 3", "not as it was written"),
    "the end is taken away": (lambda x: x[:3], "", "lines 4 to 5 are missing"),
    "two lines are exchanged": (lambda x: [x[1], x[0], *x[2:]], "line 1", "line 1 is missing"),
    "the last is changed": (
        lambda x: [*x[:4], x[4].replace(b"reader-1", b"reader-2")], "line 5", "not as it was",
    ),
    "something else stands there": (lambda x: [*x[:3], b"nonsense\n", *x[4:]], "line 4", "no line"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAMPERED)
def test_what_was_changed_afterwards_is_found_with_its_first_line(home, log, kind):
    change, where, what = TAMPERED[kind]
    before = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(change(before)))
    assert log.read_bytes() != b"".join(before)
    found = access.check(home)
    assert what in found.wrong
    assert where in found.where
    told = CliRunner().invoke(app, ["access", "--verify", "--home", str(home.root)])
    assert isinstance(told.exception, OutcomesError)  # which `run` turns into exit code 2
    assert found.where in str(told.exception)


def test_the_command_ends_with_2_at_a_broken_log(home, log):
    verify = [sys.executable, "-c", "from pipelines.cli import run; run()", "access", "--verify"]
    verify += ["--home", str(home.root)]
    assert subprocess.run(verify, capture_output=True, check=False).returncode == 0
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:4]))
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "lines 5 to 5 are missing at the end" in done.stderr


@pytest.mark.parametrize("gone", ["all", "head", "file", "forged head"])
def test_a_log_that_is_not_whole_takes_no_further_line(home, log, gone):
    head = home.root / "access" / ".head.json"
    if gone in ("all", "head"):
        head.unlink()
    if gone in ("all", "file"):
        log.unlink()
    if gone == "forged head":
        head.write_bytes(Head(3, "0" * 64, log.name, 0).sealed(b"another key"))
    with pytest.raises(NotOnRecord) as told:
        access.record(home, SEEN)
    assert "Nothing is shown" in told.value.hint
    assert access.check(home).wrong


def test_a_head_that_was_noted_elsewhere_tells_a_log_written_anew(home, log):
    run = CliRunner()
    noted = run.invoke(app, ["access", "--head", "--home", str(home.root)]).output.strip()
    access.record(home, SEEN)
    where = ["--home", str(home.root), "--verify", "--expect", noted]
    assert run.invoke(app, ["access", *where]).exit_code == 0
    for path in (log, home.root / "access" / ".head.json", home.root / "log" / "events.jsonl"):
        path.unlink()
    for _ in range(8):  # by somebody who has the key as well
        access.record(home, SEEN)
    assert access.check(home).wrong == ""
    forged = run.invoke(app, ["access", *where])
    assert "not the one whose head was noted" in str(forged.exception)


@pytest.mark.parametrize("rest", [b'{"n":6,"at"', b""])
def test_a_killed_writer_leaves_a_log_that_goes_on(home, log, rest, monkeypatch):
    """Killed after the line and before the head, or in the middle of a line."""
    head = (home.root / "access" / ".head.json").read_bytes()
    access.record(home, SEEN)
    (home.root / "access" / ".head.json").write_bytes(head)
    with log.open("ab") as out:
        out.write(rest)
    assert access.record(home, SEEN) == 7
    assert access.check(home).wrong == ""
    assert [each.n for each in access.entries(home)] == list(range(1, 8))


@pytest.mark.parametrize("fails", ["write", "head"])
def test_a_full_disk_closes_and_leaves_the_log_whole(home, log, fails, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    real = writing._write

    def half(path, content, durable):
        real(path, content[: len(content) // 2], durable)
        full()

    with monkeypatch.context() as patch:
        patch.setattr(writing, *(("_write", half) if fails == "write" else ("_put", full)))
        with pytest.raises(NotOnRecord, match="No space left on device"):
            access.record(home, SEEN)
    assert access.check(home) == access.check(home)
    assert access.check(home).count == 5
    assert access.record(home, SEEN) == 6
    assert access.check(home).wrong == ""


def test_a_log_that_cannot_be_written_closes(home, log, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writing.os, "open", refuse)
    with pytest.raises(NotOnRecord) as told:
        access.record(home, SEEN)
    assert "Permission denied" in told.value.what
    assert "Nothing is shown without its line" in told.value.hint


WRITE = """
import sys
from pipelines import access
from pipelines.home import Home
for n in range(int(sys.argv[2])):
    event = access.Event(sys.argv[3], "auditor", "page", "audit")
    access.record(Home.open(sys.argv[1]), event, durable=n % 5 == 0)
"""


def test_threads_and_processes_write_one_chain(home):
    others = [
        subprocess.Popen([sys.executable, "-c", WRITE, str(home.root), "40", f"process-{n}"])
        for n in range(2)
    ]
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda _: access.record(home, SEEN), range(120)))
    assert [each.wait(timeout=60) for each in others] == [0, 0]
    assert len(set(numbers)) == 120
    found = access.check(home)
    assert (found.wrong, found.count) == ("", 200)
    assert [each.n for each in access.entries(home)] == list(range(1, 201))


def test_a_clock_that_is_put_back_puts_no_line_before_another(home, log):
    later = log.with_name("2999-01.jsonl")
    head = Head.opened(
        (home.root / "access" / ".head.json").read_bytes(), (home.root / "access.key").read_bytes()
    )
    log.rename(later)
    moved = Head(head.count, head.last, later.name, head.size)
    key = (home.root / "access.key").read_bytes()
    (home.root / "access" / ".head.json").write_bytes(moved.sealed(key))
    access.record(home, SEEN)
    assert writing.files(home) == [later]
    assert access.check(home).wrong == ""


def test_a_new_month_goes_on_in_a_new_file(home, log):
    """The chain passes through the files; a file of a month cannot be taken away."""
    earlier = log.with_name("2020-01.jsonl")
    head = Head.opened(
        (home.root / "access" / ".head.json").read_bytes(), (home.root / "access.key").read_bytes()
    )
    log.rename(earlier)
    key = (home.root / "access.key").read_bytes()
    moved = Head(head.count, head.last, earlier.name, head.size)
    (home.root / "access" / ".head.json").write_bytes(moved.sealed(key))
    assert access.record(home, SEEN) == 6
    assert [path.name for path in writing.files(home)] == [earlier.name, log.name]
    assert access.check(home).wrong == ""
    earlier.unlink()
    assert "line 1 is missing" in access.check(home).wrong


def test_a_broken_log_is_put_aside_and_the_new_one_says_so(home, log):
    log.write_bytes(b"")
    run = CliRunner()
    told = run.invoke(app, ["access", "--begin-anew", "disk was full", "--home", str(home.root)])
    assert told.exit_code == 0, told.output
    (aside,) = home.root.glob("access-until-*")
    assert (aside / log.name).read_bytes() == b""
    (entry,) = access.entries(home)
    assert (entry.event.what, entry.event.purpose) == ("begun", "disk was full")
    assert entry.event.detail["old_head"]["count"] == 5
    assert access.record(home, SEEN) == 2
    assert access.check(home).wrong == ""


def test_the_command_filters_and_prints_for_people_and_machines(home, log):
    access.record(home, Event("reader-2", "service", "page", "waits"))
    run, at = CliRunner(), ["--home", str(home.root)]

    def told(*options):
        return json.loads(run.invoke(app, ["access", "--json", *options, *at]).output)

    assert len(told()) == 6
    assert [row["page"] for row in told("--who", "reader-2")] == ["waits"]
    assert [row["n"] for row in told("--case", "case-000000000003")] == [4]
    assert told("--since", "2999-01-01") == []
    assert len(told("--until", "2999-01-01", "--what", "case")) == 5
    lines = run.invoke(app, ["access", "--csv", *at]).output.splitlines()
    assert len(lines) == 7
    assert "reader-2" in run.invoke(app, ["access", *at]).output
