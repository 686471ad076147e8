"""The data home: for its owner alone, never in a repository, its settings checked."""

from __future__ import annotations

import os

import pytest

from pipelines.errors import OutcomesError
from pipelines.home import Home, default_root


def test_it_is_made_for_its_owner_alone(tmp_path):
    home = Home.open(tmp_path / "a" / "home")
    assert os.stat(home.root).st_mode & 0o777 == 0o700
    for folder in (home.landing, home.refused, home.snapshots, home.profiles):
        assert folder.is_dir()


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
