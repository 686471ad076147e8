"""Views kept by name: what the file holds, what it never holds, and what is done with nonsense."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard import saved_views
from dashboard.saved_views import FILE, NotSaved, SavedView
from pipelines.measures.disclosure.rules import MODES, Mode
from tests.dashboard.conftest import Opener
from tests.dashboard.test_dashboard_pages import words

NHS_NUMBER = "943 476 5919"


def names(home: Path, mode: Mode = "auditor") -> list[str]:
    return [view.name for view in saved_views.kept(home).of(mode)]


@settings(
    max_examples=40,
    deadline=None,  # it writes files, and the disk may be busy
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(
        st.sampled_from(["site", "from", "age", "gap", "compare"]),
        st.lists(st.text(max_size=saved_views.LONGEST_VALUE), min_size=1, max_size=4),
    )
)
def test_what_is_kept_comes_back_in_the_address(
    tmp_path: Path, choices: dict[str, list[str]]
) -> None:
    encodable = {k: [v for v in vs if v.isprintable()] for k, vs in choices.items()}
    saved_views.save(tmp_path, "auditor", "waits", encodable, "A view")
    [view] = saved_views.kept(tmp_path).views
    asked = urlsplit(view.address)
    assert asked.path == "/waits"
    wanted = {key: values for key, values in encodable.items() if values}
    assert parse_qs(asked.query, keep_blank_values=True) == wanted


@pytest.mark.parametrize("mode", MODES)
def test_no_episode_is_kept_in_any_mode(tmp_path: Path, mode: Mode) -> None:
    page = "" if mode == "shared" else "waits"
    asked = {"episode": ["SECRET-1"], "find": ["SECRET-1"], "from": ["2025-01"]}
    saved_views.save(tmp_path, mode, page, asked, "A view")
    written = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "SECRET" not in written
    assert "2025-01" in written
    # Nor is one shown that somebody wrote into the file.
    content = json.loads(written)
    content["views"][0]["choices"]["episode"] = ["SECRET-1"]
    (tmp_path / FILE).write_text(json.dumps(content), encoding="utf-8")
    assert "SECRET" not in saved_views.kept(tmp_path).views[0].address


def test_views_belong_to_their_mode(tmp_path: Path) -> None:
    saved_views.save(tmp_path, "auditor", "audit", {}, "Ours")
    saved_views.save(tmp_path, "service", "waits", {}, "Ours")
    assert [v.page for v in saved_views.kept(tmp_path).of("auditor")] == ["audit"]
    assert [v.page for v in saved_views.kept(tmp_path).of("service")] == ["waits"]
    saved_views.delete(tmp_path, "auditor", "Ours")
    assert names(tmp_path) == []
    assert names(tmp_path, "service") == ["Ours"]


def test_save_over_rename_delete(tmp_path: Path) -> None:
    saved_views.save(tmp_path, "auditor", "waits", {"sex": ["Female"]}, " Women ")
    saved_views.save(tmp_path, "auditor", "waits", {"sex": ["Male"]}, "Men")
    saved_views.save(tmp_path, "auditor", "audit", {"sex": ["Female"]}, "Women")
    assert names(tmp_path) == ["Men", "Women"]
    assert saved_views.kept(tmp_path).of("auditor")[1].page == "audit"
    with pytest.raises(NotSaved, match="already"):
        saved_views.rename(tmp_path, "auditor", "Men", "Women")
    saved_views.rename(tmp_path, "auditor", "Men", "All men")
    assert names(tmp_path) == ["All men", "Women"]
    with pytest.raises(NotSaved, match="any more"):
        saved_views.delete(tmp_path, "auditor", "Men")
    saved_views.delete(tmp_path, "auditor", "All men")
    assert names(tmp_path) == ["Women"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "Write a name"),
        (" \n ", "Write a name"),
        ("x" * 61, "at most 60"),
        ("a\u202eb", "one line"),
        (f"Call {NHS_NUMBER}", "NHS number"),
    ],
)
def test_names_that_cannot_be_used(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(NotSaved, match=why):
        saved_views.save(tmp_path, "auditor", "", {}, name)
    assert not (tmp_path / FILE).exists()


def test_there_is_an_end_to_them(tmp_path: Path) -> None:
    for number in range(saved_views.MOST):
        saved_views.save(tmp_path, "auditor", "", {}, f"View {number}")
    with pytest.raises(NotSaved, match="delete one first"):
        saved_views.save(tmp_path, "auditor", "", {}, "One more")
    saved_views.save(tmp_path, "auditor", "waits", {}, "View 7")
    saved_views.save(tmp_path, "service", "", {}, "One more")


VIEW = {"name": "A", "mode": "auditor", "page": "waits", "choices": {}}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "line 1, column 2"),
        ("[]", "must have `version` and `views`"),
        ('{"version": 2, "views": []}', "version 2"),
        ('{"version": 1, "views": {}}', "no list"),
        (json.dumps({"version": 1, "views": [VIEW, VIEW]}), "same name"),
        (json.dumps({"version": 1, "views": [{**VIEW, "page": "../etc"}]}), "view 1: this mode"),
        (json.dumps({"version": 1, "views": [{**VIEW, "mode": "root"}]}), "no mode 'root'"),
        (json.dumps({"version": 1, "views": [{**VIEW, "name": 7}]}), "its name"),
        (json.dumps({"version": 1, "views": [{**VIEW, "choices": {"a": "b"}}]}), "lists of texts"),
        (json.dumps({"version": 1, "views": [{**VIEW, "extra": 1}]}), "nothing else"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("[" * 100_000, "views.json"),
        (" " * (saved_views.LARGEST_FILE + 1), "too large"),
    ],
)
def test_a_nonsense_file_is_told_and_left_as_it_is(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    written = content if isinstance(content, bytes) else content.encode()
    (tmp_path / FILE).write_bytes(written)
    found = saved_views.kept(tmp_path)
    assert found.views == ()
    assert why in found.problem
    with pytest.raises(NotSaved, match="cannot be used"):
        saved_views.save(tmp_path, "auditor", "", {}, "A view")
    assert (tmp_path / FILE).read_bytes() == written


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = [
            pool.submit(saved_views.save, tmp_path, "auditor", "", {}, f"View {n:02}")
            for n in range(24)
        ]
        for each in done:
            each.result()
    assert names(tmp_path) == [f"View {n:02}" for n in range(24)]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert {p.name for p in tmp_path.iterdir()} <= {FILE, saved_views.LOCK}


def test_whoever_waits_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "WAIT_SECONDS", 0.05)
    with (
        FileLock(tmp_path / saved_views.LOCK, is_singleton=False),
        pytest.raises(NotSaved, match="try again"),
    ):
        saved_views.save(tmp_path, "auditor", "", {}, "A view")
    with pytest.raises(NotSaved, match="no data home"):
        saved_views.save(tmp_path / "nowhere", "auditor", "", {}, "A view")
    (tmp_path / f".{FILE}.new").mkdir()
    with pytest.raises(NotSaved, match="cannot be written"):
        saved_views.save(tmp_path, "auditor", "", {}, "A view")


def test_a_name_is_only_text(tmp_path: Path) -> None:
    view = SavedView("<b>x</b>", "auditor", "waits", (("site", ("\"><script>'",)),))
    assert '"' not in view.address
    assert "<" not in view.address


@pytest.mark.parametrize("mode", MODES)
def test_a_nonsense_file_stops_no_page(
    open_page: Opener, empty_home: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("OUTCOMES_MODE", mode)
    file = empty_home / FILE
    file.write_text("{", encoding="utf-8")
    try:
        at = open_page(empty_home)
    finally:
        file.unlink()
    assert not at.exception
    assert "Saved views cannot be used" in words(at)
    assert len(at.title) == 1
