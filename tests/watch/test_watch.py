"""An inbox is looked into: files in, data published, news told; failures leave the last data."""

from __future__ import annotations

import csv
import json
import os
import shutil
import threading
import time

import pytest

from pipelines import access, snapshot
from pipelines.build import build
from pipelines.errors import HomeLocked, OutcomesError
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.watch import look as module
from pipelines.watch.inbox import Inbox
from pipelines.watch.look import FOLDER, look
from tests import exports

DAY = "2026-03-03"
NAME = "canonical_triage_20260303.csv"


RED_FLAGS = "where found = 'MISSED' and level in ('A_AND_E', 'URGENT')"


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home")


@pytest.fixture
def inbox(home, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(home, folder)


@pytest.fixture(scope="module")
def first_look(tmp_path_factory):
    """A folder with a home and an inbox with one file, and what was found. Not to be changed."""
    root = tmp_path_factory.mktemp("looked")
    (root / "inbox").mkdir()
    home = Home.open(root / "home")
    inbox = Inbox(home, root / "inbox")
    drop(inbox, set(sorted(ids())[:40]))
    return root, look(home, inbox, settle=0)


@pytest.fixture
def looked(first_look, tmp_path):
    """A home of this test's own where one file was taken in, published and told; its inbox."""
    root, _ = first_look
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    memory = tmp_path / "home" / "inbox.json"
    memory.write_text(memory.read_text("utf-8").replace(str(root), str(tmp_path)), "utf-8")
    home = Home.open(tmp_path / "home")
    return home, Inbox(home, tmp_path / "inbox")


def forget(home):
    """As if the look had been killed when the data were published and nothing was told yet."""
    memory = {"offered": {}, "told": "", "failure": ""}
    (home.root / "inbox.json").write_text(json.dumps(memory), encoding="utf-8")
    shutil.rmtree(home.root / FOLDER)


def ask(home, question):
    """Rows of the published snapshot."""
    con = snapshot.open_readonly(snapshot.current(home).path)
    try:
        return con.execute(question).fetchall()
    finally:
        con.close()


def drop(inbox, ids=None, name=NAME, **changed):
    """Put worked cases into the inbox as one triage export; `changed` goes into every row."""
    rows = [
        {**row, "episode_id": case_id, **changed}
        for case_id, content in exports.worked_inputs()
        if content["extract_date"] == DAY and (ids is None or case_id in ids)
        for row in exports.contacts(case_id, content)
    ]
    path = inbox.folder / name
    exports.write(path, exports.columns("triage"), rows)
    return path


def said(found, kind):
    return [item for item in found.items if item.kind == kind]


def test_a_new_file_is_taken_in_published_and_told_and_a_second_look_does_nothing(
    first_look, looked
):
    found, (home, inbox) = first_look[1], looked
    assert not found.failed
    (file,) = said(found, "file taken in")
    assert file.about == NAME
    cases = dict(
        ask(
            home,
            f"select possible, count(distinct case_key) from audit_case {RED_FLAGS} group by all",
        )
    )
    flags = said(found, "red flag not acted on")
    possible = [item for item in flags if ", possible" in item.about]
    assert sum(item.n for item in flags) == sum(cases.values()) > 5
    assert sum(item.n for item in possible) == cases[True] > 0, "what is not certain is told apart"
    ((past,),) = ask(home, "select count(*) from episode where persisting_now")
    assert sum(item.n for item in said(found, "past 8 weeks")) == past
    page = found.digest.read_text("utf-8")
    assert NAME.replace("_", "\\_") in page
    rows = list(csv.DictReader(found.digest.with_suffix(".csv").open(encoding="utf-8")))
    assert len(rows) == len(found.items)
    assert {row["case"] for row in rows} == {""}, "no single case unless asked for"
    before = snapshot.current(home).name
    again = look(home, inbox, settle=0)
    assert (again.items, again.digest, snapshot.current(home).name) == ([], None, before)


def test_only_what_is_new_is_told_and_cases_where_they_are_asked_for(first_look, looked):
    home, inbox = looked
    inbox.folder.joinpath(NAME).unlink()
    drop(inbox, name="canonical_triage_all_20260303.csv")
    why = "red flags for the weekly audit"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Home, "config", lambda _: {"access": {"row_export": True}})
        found = look(home, inbox, settle=0, cases=why)
    *_, line = access.entries(home)
    named = sum(bool(item.case) for item in found.items)
    assert (line.event.what, line.event.purpose, line.event.detail["rows"]) == (
        "export",
        why,
        named,
    )
    (mark,) = said(found, "single cases named")
    assert f"Access log: line {line.n}" in mark.said
    assert f"Purpose: {why}" in found.digest.read_text(encoding="utf-8")
    flags = said(found, "red flag not acted on")
    now = {key for (key,) in ask(home, f"select case_key from audit_case {RED_FLAGS}")}
    told = {item.case for item in flags}
    assert told < now, "the first file's were told before"
    assert all(item.n == 1 for item in flags)
    first = sum(item.n for item in said(first_look[1], "red flag not acted on"))
    assert first + len(flags) == len(now)


def ids():
    return {
        case_id for case_id, content in exports.worked_inputs() if content["extract_date"] == DAY
    }


def test_a_refused_file_is_told_once_and_again_when_it_changes_and_the_rest_is_published(
    home, inbox
):
    drop(inbox, set(sorted(ids())[:5]))
    bad = inbox.folder / "canonical_triage_bad_20260303.csv"
    bad.write_text("<b>who</b>,what\n1,2\n", encoding="utf-8")
    found = look(home, inbox, settle=0)
    assert found.failed
    (refused,) = said(found, "file refused")
    assert refused.about == bad.name
    assert len(said(found, "published")) == 1
    page = found.digest.read_text("utf-8")
    assert page.index("## File refused") < page.index("## File taken in"), (
        "what failed stands first"
    )
    assert "<b>" not in page
    assert look(home, inbox, settle=0).items == []
    bad.write_text("<i>who</i>,what\n1,2\n3,4\n", encoding="utf-8")
    again = look(home, inbox, settle=0)
    assert [item.kind for item in again.items] == ["file refused"]
    assert snapshot.current(home) is not None


def test_a_file_that_is_still_being_written_is_left_for_the_next_look(home, inbox):
    path = drop(inbox)
    for name in (".hidden.csv", "half.csv.part", "~$open.xlsx"):
        (inbox.folder / name).write_text("x", encoding="utf-8")
    (inbox.folder / "folder").mkdir()
    assert inbox.pending(settle=60) == []
    old = time.time() - 120
    os.utime(path, (old, old))
    assert [offer.path.name for offer in inbox.pending(settle=60)] == [NAME]


def test_what_could_not_be_published_is_told_once_and_published_at_the_next_look(
    looked, monkeypatch
):
    home, inbox = looked
    last = snapshot.current(home).name
    drop(inbox, name="canonical_triage_more_20260303.csv")
    tried = []

    def refuses(*_, **__):
        tried.append(1)
        raise OutcomesError("a fatal check fails")

    monkeypatch.setattr("pipelines.watch.look.build", refuses)
    looks = [look(home, inbox, settle=0) for _ in range(3)]
    assert [each.failed for each in looks] == [True] * 3
    (told,) = said(looks[0], "published")
    assert f"Not published: a fatal check fails. {last} stays published." == told.said
    assert [each.digest is not None for each in looks] == [True, False, False]
    assert (len(tried), snapshot.current(home).name) == (3, last)
    monkeypatch.setattr("pipelines.watch.look.build", full)
    found = look(home, inbox, settle=0)
    assert "No space left" in said(found, "published")[0].said, "another reason is news"
    monkeypatch.undo()
    found = look(home, inbox, settle=0)
    assert not found.failed
    assert snapshot.current(home).name != last
    assert said(found, "red flag not acted on")
    assert len(list((home.root / FOLDER).glob("*.md"))) == 4


def full(*_, **__):
    raise OSError(28, "No space left on device")


def test_another_that_writes_is_waited_for_or_told(looked):
    home, inbox = looked
    forget(home)
    with home.lock("test"), pytest.raises(HomeLocked):
        look(home, inbox, settle=0)
    assert look(home, inbox, settle=0).items, "nothing was passed over"


def test_an_inbox_inside_the_home_or_none_at_all_is_refused(home, tmp_path):
    with pytest.raises(OutcomesError, match="no such folder"):
        Inbox(home, tmp_path / "nowhere")
    with pytest.raises(OutcomesError, match="outside the data home"):
        Inbox(home, home.landing)


def test_a_damaged_memory_of_what_was_offered_takes_nothing_twice(looked):
    home, inbox = looked
    published = snapshot.current(home).name
    (home.root / "inbox.json").write_text("{", encoding="utf-8")
    found = look(home, inbox, settle=0)
    assert [item.said for item in found.items] == [f"{NAME}: unchanged"]
    assert snapshot.current(home).name == published


class Killed(BaseException):
    """What a process that is killed does not come back from."""


@pytest.mark.parametrize("at", ["ingest_file", "build", "_news", "_write"])
def test_a_look_that_is_killed_is_told_whole_by_the_next(first_look, looked, monkeypatch, at):
    home, inbox = looked
    forget(home)
    if at in ("ingest_file", "build"):
        for folder in (home.landing, home.snapshots):
            shutil.rmtree(folder)
            folder.mkdir()
    real = getattr(module, at)

    def killed(*given, **named):
        if at in ("ingest_file", "build"):
            real(*given, **named)
        raise Killed

    monkeypatch.setattr(module, at, killed)
    with pytest.raises(Killed):
        look(home, inbox, settle=0)
    monkeypatch.undo()
    again = look(home, inbox, settle=0)

    def news_of(items):
        return [(i.kind, i.about, i.n) for i in items if i.kind != "published"]

    assert news_of(again.items) == news_of(first_look[1].items)
    assert len(said(again, "published")) == 1
    assert look(home, inbox, settle=0).items == []


def test_a_refusal_that_a_killed_look_found_is_told_by_the_next(looked, monkeypatch):
    home, inbox = looked
    bad = inbox.folder / "canonical_triage_bad_20260303.csv"
    bad.write_text("who,what\n1,2\n", encoding="utf-8")

    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(module, "_write", killed)
    with pytest.raises(Killed):
        look(home, inbox, settle=0)
    monkeypatch.undo()
    assert [item.about for item in said(look(home, inbox, settle=0), "file refused")] == [bad.name]


def test_data_published_by_hand_since_are_told_against_the_last_digest(first_look, looked):
    home, inbox = looked
    path = drop(inbox, name="canonical_triage_more_20260303.csv")
    with home.lock("test"):
        ingest_file(home, path)
    build(home)
    path.unlink()
    found = look(home, inbox, settle=0)
    assert not found.failed
    ((flags,),) = ask(home, f"select count(distinct case_key) from audit_case {RED_FLAGS}")
    first = sum(item.n for item in said(first_look[1], "red flag not acted on"))
    assert sum(item.n for item in said(found, "red flag not acted on")) == flags - first > 0
    assert look(home, inbox, settle=0).items == []


def test_a_second_that_looks_meanwhile_is_told_and_tells_nothing_twice(looked):
    home, inbox = looked
    forget(home)
    with inbox.alone(0), pytest.raises(HomeLocked, match="looking into its inbox"):
        look(home, inbox, settle=0)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(look(home, inbox, settle=0, wait=60)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(bool(each.items) for each in found) == [False, True]
    assert len(list((home.root / FOLDER).glob("*.md"))) == 1


def test_settings_that_cannot_be_do_not_lose_what_was_published(looked):
    home, inbox = looked
    forget(home)
    home.config_file.write_text("[targets]\nno_such_measure = 0.5\n", encoding="utf-8")
    found = look(home, inbox, settle=0)
    assert found.failed
    (told,) = said(found, "not told")
    assert "no_such_measure" in told.said
    page = found.digest.read_text("utf-8")
    assert page.index("## Not told") < page.index("## File taken in")


def test_an_inbox_that_goes_away_is_told_and_nothing_is_forgotten(looked, tmp_path):
    home, inbox = looked
    forget(home)
    away = inbox.folder.rename(tmp_path / "away")
    with pytest.raises(OutcomesError, match="the inbox cannot be read"):
        look(home, inbox, settle=0)
    away.rename(inbox.folder)
    assert look(home, inbox, settle=0).items
