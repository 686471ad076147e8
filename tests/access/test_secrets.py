"""Keys and passwords are in no message, no log and no published file; nothing lies outside."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.report import paper
from pipelines import keys, snapshot
from pipelines.engines.duck import DISK_VARIABLE, connect
from pipelines.errors import OutcomesError
from pipelines.home import Home

PASSWORD = "correct-horse-battery"
URL = f"postgresql://audit:{PASSWORD}@127.0.0.1:9/reviews"
RUN = "from pipelines.cli import run; run()"


@pytest.fixture
def home(worked_home, tmp_path) -> Home:
    found = Home.open(shutil.copytree(worked_home.root, tmp_path / "home"))
    for name in (keys.CASES, keys.ACCESS):
        keys.key(found, name)
    return found


def secrets_of(home: Home) -> list[bytes]:
    found = [PASSWORD.encode()]
    for name in (keys.CASES, keys.ACCESS):
        key = keys.key(home, name)
        found += [key, key.hex().encode(), repr(key)[2:-1].encode()]
    return found


BREAK = """
import sys
from pipelines import keys, surrogates, snapshot
from pipelines.home import Home
home = Home.open(sys.argv[1])
con = snapshot.open_readonly(snapshot.current(home).path)
surrogates.FINDING = surrogates.FINDING.replace("from episode", "from no_such_table")
surrogates.episode_of(con, keys.key(home, keys.CASES), "case-000000000000")
"""


def test_no_error_tells_a_secret(home):
    """Of the command, of the engine while it has a key, and of a database that is not there."""
    (home.root / "outcomes.toml").write_text("[access\n")
    told = []
    for words in (
        ["-c", RUN, "reviews", "list", "--home", str(home.root)],
        ["-c", RUN, "watch", ".", "--cases", "--purpose", "for a test", "--home", str(home.root)],
        ["-c", BREAK, str(home.root)],
    ):
        done = subprocess.run(
            [sys.executable, *words], capture_output=True, check=False,
            env={**os.environ, "OUTCOMES_REVIEWS_URL": URL},
        )  # fmt: skip
        assert done.returncode != 0
        told.append(done.stdout + done.stderr)
    (home.root / "outcomes.toml").unlink()
    done = subprocess.run(
        [sys.executable, "-c", RUN, "reviews", "list", "--home", str(home.root)],
        capture_output=True, check=False, env={**os.environ, "OUTCOMES_REVIEWS_URL": URL},
    )  # fmt: skip
    told.append(done.stdout + done.stderr)
    assert b"no_such_table" in told[2], "the traceback is there"
    for secret in secrets_of(home):
        assert not [each for each in told if secret in each]


def test_no_file_holds_a_key_but_its_own(home):
    for path in home.root.rglob("*"):
        if path.is_file() and path.suffix != ".key":
            content = path.read_bytes()
            assert not [each for each in secrets_of(home) if each in content], path.name


@pytest.mark.skipif(os.name != "posix", reason="a script stands for the browser")
def test_the_browser_that_prints_keeps_its_profile_beside_the_report(tmp_path, monkeypatch):
    program, told = tmp_path / "chromium", tmp_path / "told"
    program.write_text(
        f'#!/bin/sh\nfor a in "$@"; do echo "$a" >> "{told}"; case "$a" in\n'
        '--print-to-pdf=*) echo x > "${a#--print-to-pdf=}";; esac; done\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv(paper.CHOSEN, str(program))
    page = tmp_path / "reports" / "page.html"
    page.parent.mkdir()
    page.write_text("x")
    old = page.parent / f"{paper.PROFILE}left"
    old.mkdir()
    os.utime(old, (0, 0))
    paper.pdf(page, page.with_suffix(".pdf"))
    (profile,) = [x for x in told.read_text().splitlines() if x.startswith("--user-data-dir=")]
    assert Path(profile.partition("=")[2]).parent == page.parent
    assert sorted(path.name for path in page.parent.iterdir()) == ["page.html", "page.pdf"]


def test_readers_and_builds_may_lay_down_so_much_and_no_more(home, monkeypatch, tmp_path):
    def asked(con) -> str:
        return con.execute("select current_setting('max_temp_directory_size')").fetchall()[0][0]

    con = snapshot.open_readonly(snapshot.current(home).path)
    assert asked(con) == "7.4 GiB"
    con.close()
    con = connect(temp=tmp_path)
    assert asked(con) == "93.1 GiB"
    con.close()
    monkeypatch.setenv(DISK_VARIABLE, "lots")
    with pytest.raises(OutcomesError, match="is no amount of room"):
        connect()
