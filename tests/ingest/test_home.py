"""The data home: for its owner alone, never in a repository, its settings checked."""

from __future__ import annotations

import os

import pytest
from typer.testing import CliRunner

from dashboard.launch import LaunchRefused, serve
from pipelines.cli import app
from pipelines.errors import OutcomesError
from pipelines.home import Home, default_root


def test_it_is_made_for_its_owner_alone(tmp_path):
    home = Home.open(tmp_path / "a" / "home")
    assert os.stat(home.root).st_mode & 0o777 == 0o700
    for folder in (home.landing, home.refused, home.snapshots, home.profiles):
        assert folder.is_dir()


posix = pytest.mark.skipif(os.name != "posix", reason="rights are kept otherwise there")


@posix
@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("rights", [0o750, 0o755, 0o711, 0o702, 0o770, 0o704])
def test_one_that_others_can_get_into_is_refused_and_left_as_it_is(tmp_path, rights, create):
    root = tmp_path / "the home"
    root.mkdir()
    root.chmod(rights)
    with pytest.raises(OutcomesError, match=f"its rights are 0{rights:o}") as told:
        Home.open(root, create=create)
    assert f"chmod -R go= '{root}'" in told.value.hint
    assert root.stat().st_mode & 0o777 == rights
    assert list(root.iterdir()) == []
    root.chmod(0o700)
    assert Home.open(root).landing.is_dir()


@posix
def test_after_the_demo_the_folder_above_can_be_a_home_too(tmp_path, monkeypatch):
    """As on a fresh machine: `outcomes demo` makes DEFAULT/demo, then `outcomes ingest` DEFAULT."""
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "data" / "outcomes"))
    before = os.umask(0o022)
    try:
        Home.open(default_root() / "demo")
        assert Home.open(default_root()).root == tmp_path / "data" / "outcomes"
    finally:
        os.umask(before)


def test_every_verb_and_the_server_refuse_it(tmp_path):
    home = Home.open(tmp_path / "home")
    home.root.chmod(0o755)
    for words in (
        ["build"], ["answers"], ["files"], ["checks"], ["measures"], ["access"], ["explain", "A"],
        ["snapshots", "list"], ["reviews", "list"], ["dashboard"], ["ingest", "nothing.csv"],
        ["forget", "--patient", "A", "--yes"], ["report", "--period", "2026-05"],
        ["watch", str(tmp_path), "--once"], ["export", "--out", str(tmp_path / "out")],
        ["quarantine", "list"], ["annotate", "list"], ["release"], ["compare"],
    ):  # fmt: skip
        told = CliRunner().invoke(app, [*words, "--home", str(home.root)])
        assert isinstance(told.exception, OutcomesError), (words, told.output)
        assert "others can get into the data home" in str(told.exception), words
    with pytest.raises(LaunchRefused, match="chmod -R go="):
        serve(home.root, open_browser=False)


@posix
def test_what_is_made_in_it_is_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        home = Home.open(tmp_path / "home")
    finally:
        os.umask(before)
    for folder in (home.root, home.landing, home.refused, home.snapshots, home.profiles):
        assert folder.stat().st_mode & 0o077 == 0, folder


@pytest.mark.parametrize("mark", [".git", ".hg", ".svn"])
def test_a_repository_is_refused(tmp_path, mark):
    (tmp_path / mark).mkdir()
    with pytest.raises(OutcomesError, match="version-control"):
        Home.open(tmp_path / "deep" / "home")


def test_a_synchronised_folder_is_warned_about(tmp_path):
    assert Home.open(tmp_path / "home").warnings == ()
    (warning,) = Home.open(tmp_path / "OneDrive - Trust" / "home").warnings
    assert "OneDrive - Trust" in warning


def test_the_environment_names_it(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "named"))
    assert default_root() == tmp_path / "named"
    assert Home.open().root == tmp_path / "named"


def test_a_missing_home_is_told_where_none_is_made(tmp_path):
    with pytest.raises(OutcomesError, match="no data home"):
        Home.open(tmp_path / "nowhere", create=False)


def test_settings_are_read_and_checked(tmp_path):
    home = Home.open(tmp_path / "home")
    assert home.config() == {}
    home.config_file.write_text('[service]\nname = "Ours"\n')
    assert home.config() == {"service": {"name": "Ours"}}
    home.config_file.write_text("[paramters]\nx = 1\n")
    with pytest.raises(OutcomesError, match=r"unknown section \[paramters\]") as told:
        home.config()
    assert "[parameters]" in told.value.hint
    home.config_file.write_text("[service\n")
    with pytest.raises(OutcomesError):
        home.config()
