"""What is saved stays, in either database: changes, races, a server that dies, later versions."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.reviews.case import CaseKey
from pipelines.reviews.database import FILE, FOLDER, URL_VARIABLE, StoreAway
from pipelines.reviews.findings import Verdict
from pipelines.reviews.samples import draw_sample, samples
from pipelines.reviews.standing import AuditCase
from pipelines.reviews.store import SECOND, ReviewConflict, Seen, open_store
from pipelines.reviews.tables import metadata

KEY = CaseKey("epr", "E|1", "trigger", dt.date(2026, 3, 3), "A_AND_E")
SEEN = Seen("mark", "rules", "outcomes-1.duckdb")
REASON = "Declined by the patient after advice"


def verdict(finding="agree", reviewer="A. Reader", **more):
    return Verdict(finding, reviewer, **more)


def test_a_change_is_added_and_nothing_is_overwritten(store):
    first = store.add(KEY, verdict(), SEEN)
    second = store.add(KEY, verdict("justified", "B. Reader", reason=REASON), SEEN, first.version)
    third = store.add(KEY, verdict("withdrawn", "B. Reader"), SEEN, second.version)
    assert store.history(KEY) == [first, second, third]
    assert [review.version for review in store.history()] == [1, 2, 3]
    assert store.newest(KEY) == third
    assert store.standing() == [], "a withdrawn review does not stand"
    fourth = store.add(KEY, verdict("incident", "C. Reader", reference="W/123"), SEEN, 3)
    assert store.standing() == [fourth]


def test_who_saw_an_older_version_is_told_and_shown_the_newer_one(store):
    theirs = store.add(KEY, verdict(), SEEN)
    for opened_at in (0, 2):
        with pytest.raises(ReviewConflict) as told:
            store.add(KEY, verdict("documentation", "B. Reader"), SEEN, opened_at)
        assert told.value.newest == theirs
        assert "by A. Reader" in str(told.value)
    assert store.history() == [theirs]


def test_of_two_who_save_at_once_one_is_saved_and_one_is_told(store):
    barrier = threading.Barrier(8)
    results = []

    def save(number):
        barrier.wait()
        try:
            results.append(store.add(KEY, verdict(reviewer=f"Reader {number}"), SEEN))
        except ReviewConflict as error:
            results.append(error)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    conflicts = [each for each in results if isinstance(each, ReviewConflict)]
    assert (len(results), len(conflicts)) == (8, 7)
    assert len(store.history()) == 1


def test_the_second_reader_is_somebody_else(store):
    first = store.add(KEY, verdict(), SEEN)
    with pytest.raises(UsageError, match="two people"):
        store.add(KEY, verdict(reviewer="a. reader"), SEEN, reading=SECOND)
    second = store.add(KEY, verdict("documentation", "B. Reader"), SEEN, reading=SECOND)
    assert store.standing() == [first, second]
    with pytest.raises(UsageError, match="two people"):
        store.add(KEY, verdict(reviewer="B. READER"), SEEN, first.version)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (verdict("right"), "no finding 'right'"),
        (verdict(reviewer=" "), "name is missing"),
        (verdict("justified"), "one of the listed reasons"),
        (verdict("justified", reason="Felt like it"), "one of the listed reasons"),
        (verdict("incident"), "local reference"),
        (verdict("incident", reference="943 476 5919"), "no reference"),
        (verdict("incident", reference="9434765919"), "no reference"),
        (verdict(note="as told by NHS 943 476 5919"), "an NHS number"),
        (verdict(note="lives at NE1 4LP"), "a postcode"),
        (verdict(note="rang 0191 496 0123 twice"), "a telephone number"),
        (verdict(note="wrote to j.doe@example.org"), "an e-mail address"),
        (verdict(note="x" * 501), "longer than 500"),
    ],
)
def test_an_incomplete_or_unsafe_verdict_is_refused_and_not_saved(store, wrong, message):
    with pytest.raises(UsageError, match=message):
        store.add(KEY, wrong, SEEN)
    assert store.history() == []


def test_the_migrations_make_the_tables_that_the_code_names(store):
    with store.engine.connect() as con:
        assert compare_metadata(MigrationContext.configure(con), metadata) == []
        unique = inspect(con).get_unique_constraints("review")
    assert [each["name"] for each in unique] == ["one_review_per_version"]


def test_a_store_of_a_later_version_is_left_alone(store, tmp_path):
    with store.engine.begin() as con:
        con.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StoreAway, match="later version"):
        open_store(Home.open(tmp_path / "home"))


def test_samples_are_kept_in_the_order_of_reading_under_a_name_of_their_own(store):
    cases = [
        AuditCase(
            CaseKey("epr", f"E{n}", "trigger", dt.date(2026, 1, 1), "GP"),
            "m",
            5,
            "GP",
            "S",
            "MISSED",
        )
        for n in range(40)
    ]
    given = {"seed": "q1", "margin": 0.1, "made_by": "AB", "ruleset": "r", "published": "p"}
    made = draw_sample(store, "2026-Q1", cases, **given)
    assert samples(store) == [made]
    assert made.population == 40 > len(made.cases) == 29  # 96.04 / (1 + 95.04 / 40), rounded up
    with pytest.raises(UsageError, match="already"):
        draw_sample(store, "2026-Q1", cases, **given)
    assert samples(store) == [made]
    other = draw_sample(store, "2026-Q2", cases, **{**given, "seed": "q2"})
    assert [each.name for each in samples(store)] == ["2026-Q2", "2026-Q1"]
    assert set(other.cases) != set(made.cases)


def test_a_server_that_dies_in_mid_review_loses_nothing_and_says_so(server, tmp_path, monkeypatch):
    monkeypatch.setenv(URL_VARIABLE, server.url)
    store = open_store(Home.open(tmp_path / "home"))
    try:
        first = store.add(KEY, verdict(), SEEN)
        server.stop()
        try:
            with pytest.raises(StoreAway) as told:
                store.add(KEY, verdict("documentation"), SEEN, first.version)
        finally:
            server.start()
        assert "not saved yet" in str(told.value)
        assert "not-a-secret" not in str(told.value)
        second = store.add(KEY, verdict("documentation"), SEEN, first.version)
        assert store.history() == [first, second]
        with store.engine.begin() as con:
            con.execute(text("drop table sample_case, sample, review, alembic_version"))
    finally:
        store.close()


def test_a_locked_file_is_told_after_waiting_and_read_meanwhile(tmp_path, monkeypatch):
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setattr("pipelines.reviews.database.WAIT_SECONDS", 0.2)
    home = Home.open(tmp_path / "home")
    store = open_store(home)
    first = store.add(KEY, verdict(), SEEN)
    holder = sqlite3.connect(home.root / FOLDER / FILE, isolation_level=None)
    try:
        holder.execute("begin immediate")
        with pytest.raises(StoreAway, match="someone else is writing"):
            store.add(KEY, verdict("documentation"), SEEN, first.version)
        assert store.history() == [first], "readers do not wait"
        holder.execute("rollback")
        store.add(KEY, verdict("documentation"), SEEN, first.version)
    finally:
        holder.close()
        store.close()


def test_a_file_that_is_gone_is_told_and_not_replaced_by_an_empty_one(tmp_path, monkeypatch):
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    home = Home.open(tmp_path / "home")
    store = open_store(home)
    store.add(KEY, verdict(), SEEN)
    store.close()
    path = home.root / FOLDER / FILE
    assert path.stat().st_mode & 0o077 == 0
    path.rename(tmp_path / "backup")
    with pytest.raises(StoreAway, match="is gone"):
        open_store(home)
    assert not path.exists()
    (tmp_path / "backup").rename(path)
    again = open_store(home)
    assert len(again.history()) == 1
    again.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://u:geheim@h/d", "oracle+nothing://u:geheim@h/d"]
)
def test_a_url_that_cannot_be_used_is_told_without_its_password(tmp_path, monkeypatch, url):
    monkeypatch.setenv(URL_VARIABLE, url)
    with pytest.raises(StoreAway) as told:
        open_store(Home.open(tmp_path / "home"))
    assert "geheim" not in str(told.value)


def test_two_that_open_an_empty_store_at_once_make_it_once(tmp_path, monkeypatch, server):
    for url in (None, server.url):
        if url:
            monkeypatch.setenv(URL_VARIABLE, url)
        else:
            monkeypatch.delenv(URL_VARIABLE, raising=False)
        home = Home.open(tmp_path / "home")
        opened, failed = [], []

        def begin(home=home, opened=opened, failed=failed):
            try:
                opened.append(open_store(home))
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=begin) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert (len(opened), failed) == (6, [])
        opened[0].add(KEY, verdict(), SEEN)
        assert all(len(each.history()) == 1 for each in opened)
        if url:
            with opened[0].engine.begin() as con:
                con.execute(text("drop table sample_case, sample, review, alembic_version"))
        for each in opened:
            each.close()
