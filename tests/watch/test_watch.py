"""An inbox is looked into: files in, data published, news told; failures leave the last data."""

from __future__ import annotations

import csv
import os
import time

import pytest

from pipelines import snapshot
from pipelines.errors import HomeLocked, OutcomesError
from pipelines.home import Home
from pipelines.watch.inbox import Inbox
from pipelines.watch.look import FOLDER, look
from tests import exports

DAY = "2026-03-03"
NAME = "canonical_triage_20260303.csv"


@pytest.fixture
def home(tmp_path):
    return Home.open(tmp_path / "home")


@pytest.fixture
def inbox(home, tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(home, folder)


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


def test_a_new_file_is_taken_in_published_and_told_and_a_second_look_does_nothing(home, inbox):
    drop(inbox)
    found = look(home, inbox, settle=0)
    assert not found.failed
    (file,) = said(found, "file taken in")
    assert file.about == NAME
    con = snapshot.open_readonly(snapshot.current(home).path)
    cases = con.execute(
        "select level, count(distinct case_key) from audit_case "
        "where found = 'MISSED' and level in ('A_AND_E', 'URGENT') group by level"
    ).fetchall()
    past = con.execute("select count(*) from episode where persisting_now").fetchall()[0][0]
    con.close()
    assert (
        sum(item.n for item in said(found, "red flag not acted on")) == sum(n for _, n in cases) > 5
    )
    assert sum(item.n for item in said(found, "past 8 weeks")) == past
    page = found.digest.read_text("utf-8")
    assert NAME.replace("_", "\\_") in page
    rows = list(csv.DictReader(found.digest.with_suffix(".csv").open(encoding="utf-8")))
    assert len(rows) == len(found.items)
    assert {row["case"] for row in rows} == {""}, "no single case unless asked for"
    before = snapshot.current(home).name
    again = look(home, inbox, settle=0)
    assert (again.items, again.digest, snapshot.current(home).name) == ([], None, before)


def test_only_what_is_new_is_told_and_cases_where_they_are_asked_for(home, inbox):
    drop(inbox, set(sorted(ids())[:40]))
    look(home, inbox, settle=0)
    inbox.folder.joinpath(NAME).unlink()
    drop(inbox, name="canonical_triage_all_20260303.csv")
    found = look(home, inbox, settle=0, cases=True)
    flags = said(found, "red flag not acted on")
    con = snapshot.open_readonly(snapshot.current(home).path)
    now = {
        key
        for (key,) in con.execute(
            "select case_key from audit_case "
            "where found = 'MISSED' and level in ('A_AND_E', 'URGENT')"
        ).fetchall()
    }
    con.close()
    told = {item.case for item in flags}
    assert told < now, "the first file's were told before"
    assert all(item.n == 1 for item in flags)


def ids():
    return {
        case_id for case_id, content in exports.worked_inputs() if content["extract_date"] == DAY
    }


def test_a_refused_file_is_told_once_and_again_when_it_changes_and_the_rest_is_published(
    home, inbox
):
    drop(inbox)
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


def test_what_could_not_be_published_stays_told_and_is_published_at_the_next_look(
    home, inbox, monkeypatch
):
    drop(inbox, set(sorted(ids())[:30]))
    look(home, inbox, settle=0)
    last = snapshot.current(home).name
    drop(inbox, name="canonical_triage_more_20260303.csv")

    def refuses(*_, **__):
        raise OutcomesError("a fatal check fails")

    monkeypatch.setattr("pipelines.watch.look.build", refuses)
    found = look(home, inbox, settle=0)
    assert found.failed
    (told,) = said(found, "published")
    assert f"Not published: a fatal check fails. {last} stays published." == told.said
    assert snapshot.current(home).name == last
    monkeypatch.undo()
    found = look(home, inbox, settle=0)
    assert not found.failed
    assert snapshot.current(home).name != last
    assert len(list((home.root / FOLDER).glob("*.md"))) == 3


def test_another_that_writes_is_waited_for_or_told(home, inbox):
    drop(inbox)
    with home.lock("test"), pytest.raises(HomeLocked):
        look(home, inbox, settle=0)
    assert look(home, inbox, settle=0).items, "nothing was passed over"


def test_an_inbox_inside_the_home_or_none_at_all_is_refused(home, tmp_path):
    with pytest.raises(OutcomesError, match="no such folder"):
        Inbox(home, tmp_path / "nowhere")
    with pytest.raises(OutcomesError, match="outside the data home"):
        Inbox(home, home.landing)


def test_a_damaged_memory_of_what_was_offered_takes_nothing_twice(home, inbox):
    drop(inbox)
    look(home, inbox, settle=0)
    published = snapshot.current(home).name
    (home.root / "inbox.json").write_text("{", encoding="utf-8")
    found = look(home, inbox, settle=0)
    assert [item.said for item in found.items] == [f"{NAME}: unchanged"]
    assert snapshot.current(home).name == published
