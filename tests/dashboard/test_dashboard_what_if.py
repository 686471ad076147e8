"""What if and compare: run beside the server, one at a time, stopped without a trace, in words."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard import mode, pages, what_if
from dashboard.launch import HOME_VARIABLE, MODE_VARIABLE
from pipelines import snapshot
from pipelines.compare import job
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.filter import Filter
from pipelines.measures.revision import revisions
from tests.dashboard.conftest import Opener
from tests.dashboard.test_dashboard_pages import words

NAME = "escalation_confirmed"


@pytest.fixture
def own_home(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the demo home that this process serves; nothing runs in it afterwards."""
    home = Path(shutil.copytree(demo_home, tmp_path / "home"))
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.setenv(MODE_VARIABLE, "auditor")
    yield home
    monkeypatch.setenv(MODE_VARIABLE, "auditor")
    what_if.stop()


def lower() -> dict[str, Any]:
    in_use = what_if.rules_in_use()
    values = {"h4_bound": "lower"}
    return what_if.of_rules(what_if.tried(in_use, values), values)


def ended() -> None:
    for _ in range(1200):
        if what_if.running() is None:
            return
        time.sleep(0.1)
    raise AssertionError("the comparison does not end")


def left_in(home: Path) -> list[str]:
    found = [*home.glob(".compare-*"), *home.glob(".build-*"), *home.glob("comparisons/.pro*")]
    return [path.name for path in found]


def snapshots_of(home: Path) -> tuple[str, str]:
    later, earlier = [each.name for each in snapshot.listed(Home.open(home))][:2]
    return earlier, later


def test_one_runs_at_a_time_and_a_stopped_one_leaves_nothing(own_home: Path) -> None:
    request = lower()
    what_if.start(request)
    with pytest.raises(what_if.Busy):
        what_if.start(request)
    for _ in range(600):  # until it has begun to write
        if list(own_home.glob(".compare-*")):
            break
        time.sleep(0.1)
    assert list(own_home.glob(".compare-*"))
    what_if.stop()
    assert what_if.running() is None
    assert left_in(own_home) == []
    assert what_if.answer(request) is None
    assert "stopped" in what_if.failed(request["key"])


def test_it_ends_with_the_server_and_clears_up(own_home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.compare.job", str(own_home)],
        stdin=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(lower()) + "\n")
    process.stdin.flush()
    for _ in range(600):
        if list(own_home.glob(".compare-*")):
            break
        time.sleep(0.1)
    process.stdin.close()
    assert process.wait(timeout=60) == 3
    assert list(own_home.glob(".compare-*")) == []
    assert not job.answer_file(Home.open(own_home), lower()["key"]).exists()


def test_files_that_come_or_go_meanwhile_make_no_answer(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else somebody who is forgotten just now would stand in an answer that is written after."""
    home, request = Home.open(own_home), lower()
    receipt = next((own_home / "landing").rglob("*.json"))

    def answered(*_: Any) -> dict[str, Any]:
        shutil.rmtree(receipt.parent)
        return {}

    monkeypatch.setattr(job, "_answered", answered)
    job.answer_file(home, "x").parent.mkdir()
    with pytest.raises(OutcomesError, match="changed meanwhile"):
        job._alone(home, request)
    assert not job.answer_file(home, request["key"]).exists()
    assert lower()["key"] != request["key"]


def test_two_dates_give_what_the_measures_give(own_home: Path) -> None:
    names = snapshots_of(own_home)
    request = what_if.of_dates(*names, NAME, Filter())
    what_if.start(request)
    ended()
    assert what_if.failed(request["key"]) == ""
    found = what_if.answer(request)
    assert found is not None
    cons = [snapshot.open_readonly(own_home / "snapshots" / name) for name in names]
    try:
        wanted = revisions(*cons, NAME)
    finally:
        for con in cons:
            con.close()
    assert [(row["month"], row["changed"]) for row in found["months"]] == [
        (each.month, each.changed) for each in wanted
    ]
    assert any(each.revised for each in wanted)
    assert left_in(own_home) == []


def test_a_date_that_is_gone_or_of_another_version_is_told(
    own_home: Path, open_page: Opener
) -> None:
    earlier, later = snapshots_of(own_home)
    path = own_home / "snapshots" / earlier
    path.chmod(0o600)
    with duckdb.connect(str(path)) as con:
        con.execute("alter table episode rename to episode_then")
    for name, told in ((earlier, "another version of this program"), ("outcomes-gone", "no snap")):
        request = what_if.of_dates(name, later, NAME, Filter())
        what_if.start(request)
        ended()
        assert told in what_if.failed(request["key"])
        assert what_if.answer(request) is None
    at = open_page(own_home, "what_if", between="Two dates of publication")
    assert not at.exception
    assert "another version of this program" in words(at)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"try": ["frobnicate"]}, "no decision “frobnicate”"),
        ({"try": ["w_lo_days"], "try_w_lo_days": "9999"}, "must lie between 1 and 365"),
        ({"try": ["w_lo_days"], "try_w_lo_days": "soon"}, "a value of type integer"),
        ({"try": ["w_lo_days"], "try_w_lo_days": "90"}, "must not exceed"),
        ({"try": ["w_lo_days"]}, "values in use already"),
        ({}, "Choose one or more decisions"),
    ],
)
def test_a_decision_that_cannot_be_is_told(
    demo_home: Path, open_page: Opener, query: dict[str, Any], told: str
) -> None:
    at = open_page(demo_home, "what_if", **query)
    assert not at.exception
    said = words(at) + " ".join(each.value for each in at.error)
    assert told in said.replace("\\", "")
    assert not [each for each in at.button if each.label == "Work it out"]


def test_broken_settings_are_told(own_home: Path, open_page: Opener) -> None:
    (own_home / "outcomes.toml").write_text("[parameters]\nh4_bound = 3\n")
    at = open_page(own_home, "what_if", **{"try": ["h4_bound"]})
    assert not at.exception
    assert any("Nothing can be tried now" in each.value for each in at.error)


def test_the_time_is_told_before_and_the_answer_is_shown_when_it_is_there(
    own_home: Path, open_page: Opener
) -> None:
    query = {"try": ["h4_bound"], "try_h4_bound": "lower"}
    at = open_page(own_home, "what_if", **query)
    assert "It takes about" in words(at)
    path = job.answer_file(Home.open(own_home), lower()["key"])
    path.parent.mkdir()
    case = {
        "episode_id": "E-1 *x*", "site_id": "N", "reasons": [], "facts": [], "triggers": [],
        "fields": [{"what": "past 8 weeks", "before": "no", "after": "yes"}], "rules": [],
    }  # fmt: skip
    line = {"measure": "agreement", "name": "Action as the leaflet advises", "part": None,
            "before": "89%", "after": "87%", "values": [0.89, 0.87]}  # fmt: skip
    answer = {
        "episodes": 10, "changed": 1, "transitions": [["past 8 weeks", "no", "yes", 1]],
        "headline": [line], "cases": [case], "seconds": 3.2,
    }  # fmt: skip
    path.write_text(json.dumps(answer))
    at = open_page(own_home, "what_if", **query)
    assert "1 episode of 10 would come out differently" in words(at)
    assert not [each for each in at.button if each.label == "Work it out"]
    figures = at.table[1].value
    assert "-2.0 percentage points" in figures["Difference"].tolist()
    at.selectbox("changed_case_typed").set_value(0).run()
    assert r"Episode E\-1 \*x\*" in words(at)
    path.write_text("{")
    at = open_page(own_home, "what_if", **query)
    assert not at.exception
    assert "cannot be read" in words(at)
    assert not path.exists()


def test_what_the_mode_does_not_show_is_refused(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cases = lower()
    assert with_cases["cases"]
    monkeypatch.setenv(MODE_VARIABLE, "service")  # whose readers are answered from counts alone
    for ask in (lower, lambda: what_if.start(with_cases), lambda: what_if.answer(with_cases),
                lambda: what_if.of_dates("a", "b", NAME, Filter()), what_if.stop):  # fmt: skip
        with pytest.raises(what_if.OnlyFromCases):
            ask()
    monkeypatch.setenv(MODE_VARIABLE, "shared")
    for ask in (lower, lambda: what_if.start(with_cases), lambda: what_if.answer(with_cases),
                lambda: what_if.of_dates("a", "b", NAME, Filter()), what_if.stop):  # fmt: skip
        with pytest.raises(mode.CasesWithheld):
            ask()
    assert "what_if" not in [page.script for page in pages.seen_by("shared")]


def test_only_the_latest_answers_are_kept(own_home: Path) -> None:
    home = Home.open(own_home)
    folder = job.answer_file(home, "x").parent
    folder.mkdir()
    for number in range(job.KEPT + 5):
        path = folder / f"{number:02}.json"
        path.write_text("{}")
        path.touch()
        time.sleep(0.01)
    (folder / ".progress-1.json").write_text("{}")
    job._sweep(home)
    assert sorted(p.name for p in folder.iterdir()) == [
        f"{n:02}.json" for n in range(6, job.KEPT + 5)
    ]
