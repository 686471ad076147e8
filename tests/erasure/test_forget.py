"""Whoever is forgotten is nowhere in the data home, does not come back, and nobody else goes."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.cli import app
from pipelines.erasure import leave, published
from pipelines.erasure.landing import episodes_in, forget_file
from pipelines.errors import OutcomesError, Refusal
from pipelines.home import Home
from pipelines.ingest.receipt import list_receipts
from pipelines.landing_load import current_files
from pipelines.reviews.case import CaseKey
from pipelines.reviews.database import URL_VARIABLE
from pipelines.reviews.erasing import erase_reviews
from pipelines.reviews.findings import Verdict
from pipelines.reviews.store import Seen, open_store
from tests.erasure.conftest import (
    GONE,
    STAYS,
    contact,
    entry,
    exports,
    holding,
    referred,
    take_in,
)
from tests.reviews.conftest import server, store  # noqa: F401 (fixtures)


def run(home, *how):
    found = CliRunner().invoke(app, [*how, "--home", str(home.root)])
    if isinstance(found.exception, OutcomesError):
        raise found.exception
    return found


def forget(home, *how):
    found = run(home, "forget", "--yes", *how)
    assert found.exit_code == 0, found.output
    return found.output


def drop(home, person=GONE, why="forgotten"):
    """Take somebody out of landing, without publishing."""
    with home.lock("test"):
        leave.register_people(leave.Register.open(home), "person", [person], why)
        leave.apply(home)


def verdict(by="Reader one"):
    return Verdict("agree", by, None, None, "seen in the record")


def key(person):
    return CaseKey("service", f"E-{person}", "trigger", dt.date(2026, 3, 1), "A_AND_E")


def rows(info):
    """Every row of the published tables of episodes, as text, by the episode's id as exported."""
    con = duckdb.connect(str(info.path), read_only=True)
    found = {}
    try:
        ids = dict(con.execute("select episode_key, base_episode_id from episode").fetchall())
        for name in ("episode", "contact", "log_day", "score", "breach", "referral"):
            asked = con.execute(f"select * from {name}")
            columns = [c[0] for c in asked.description]
            found[name] = sorted(
                str(
                    [
                        ids[value] if column == "episode_key" else value
                        for column, value in zip(columns, row, strict=True)
                        if column not in ("contact_key", "run_id")
                    ]
                )
                for row in asked.fetchall()
            )
    finally:
        con.close()
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A home with both people and two snapshots of them, to be copied."""
    root = tmp_path_factory.mktemp("made")
    home = Home.open(root / "home")
    for stream, rows_ in exports().items():
        take_in(home, root, stream, *rows_)
    first = build(home)
    second = home.snapshots / "outcomes-29991231T235959Z-00000000.duckdb"
    shutil.copy(first.path, second)
    return home


@pytest.fixture
def full(made, home):
    """Two snapshots, reviews, reports and digests about both people."""
    shutil.copytree(made.root, home.root, dirs_exist_ok=True)
    kept = open_store(home)
    for person in (GONE, STAYS):
        kept.add(key(person), verdict(), Seen("m", "r", "s"))
    kept.close()
    for mode, says in (("auditor", f"E-{GONE}"), ("service", "12 of 40")):
        folder = home.root / "reports" / f"2026-03-{mode}"
        folder.mkdir(parents=True)
        (folder / "made_from.json").write_text(json.dumps({"mode": mode}), encoding="utf-8")
        (folder / "outcomes.html").write_text(f"<p>{says}</p>", encoding="utf-8")
    (home.root / "comparisons").mkdir()
    (home.root / "comparisons" / "0123.json").write_text(json.dumps([f"E-{GONE}"]), "utf-8")
    digests = home.root / "digests"
    digests.mkdir()
    for name, case in (("one", f"service|E-{GONE}|x"), ("two", "")):
        (digests / f"{name}.csv").write_text(f"kind,case\nred flag,{case}\n", encoding="utf-8")
        (digests / f"{name}.md").write_text(f"- {case or 'nothing'}\n", encoding="utf-8")
    return home


def test_nothing_of_a_forgotten_person_is_left_in_the_home(full, offer):
    before = holding(full, GONE)
    places = ("landing/triage", "landing/exercise_log", "landing/referral", "snapshots", "reviews",
              "reports", "digests", "comparisons")  # fmt: skip
    for place in places:  # else the search would prove nothing
        assert any(path.startswith(place) for path in before), place
    others = {
        name: [row for row in found if GONE not in row]
        for name, found in rows(snapshots.current(full)).items()
    }

    said = forget(full, "--patient", GONE)

    assert holding(full, GONE) == []
    assert "2 triage, 3 exercise log, 1 referral rows" in " ".join(said.split())
    assert rows(snapshots.current(full)) == others
    assert all(found for found in others.values())
    assert len(snapshots.listed(full)) == 1
    assert [r.key.episode for r in open_store(full).history()] == [f"E-{STAYS}"]
    assert [p.name for p in (full.root / "reports").iterdir()] == ["2026-03-service"]
    assert sorted(p.name for p in (full.root / "digests").iterdir()) == ["two.csv", "two.md"]
    assert not published.is_pending(full)
    balanced(full)


def balanced(home):
    """The load reports say what was forgotten, in the files and as published."""
    found = {r.stream: r for r in list_receipts(home)}
    assert {stream: (r.landed, r.forgotten) for stream, r in found.items()} == {
        "triage": (4, 2), "exercise_log": (6, 3), "referral": (2, 1),
    }  # fmt: skip
    assert all(r.records.balanced for r in found.values())
    con = duckdb.connect(str(snapshots.current(home).path), read_only=True)
    told = dict(con.execute("select stream, forgotten from file").fetchall())
    con.close()
    assert told == {"triage": 2, "exercise_log": 3, "referral": 1}


def test_a_later_export_does_not_bring_the_person_back(both, home, offer):
    drop(home)
    triage = offer("triage", contact(GONE, 25), contact(STAYS, 25), contact("NEW"), name="t2.csv")
    diary = offer("exercise_log", entry(GONE, 9), entry(STAYS, 9), name="l2.csv")
    assert triage.records.dropped["forgotten"] == diary.records.dropped["forgotten"] == 1
    assert (triage.landed, diary.landed) == (2, 1)
    assert triage.records.balanced and diary.records.balanced
    assert holding(home, GONE) == []


def test_a_new_episode_of_the_person_is_known_by_diaries_that_came_before(both, home, offer):
    drop(home)
    early = {**entry(GONE, 5), "episode_id": "E2-of-her", "log_id": "L2"}
    assert offer("exercise_log", early, entry(STAYS, 5), name="l2.csv").landed == 2
    assert holding(home, "E2-of-her")  # nothing says yet whose it is
    offer("triage", contact(GONE, 9, episode_id="E2-of-her"), contact(STAYS, 9), name="t2.csv")
    assert holding(home, "E2-of-her") == []
    assert [r.forgotten for r in list_receipts(home) if r.name == "l2.csv"] == [1]


def test_a_row_of_the_episode_without_the_persons_id_goes_too(both, home, offer):
    drop(home)
    given = contact(GONE, 9, episode_id="E3"), contact(GONE, 10, episode_id="E3", patient_id="")
    found = offer("triage", *given, contact(STAYS, 9), name="t2.csv")
    assert (found.records.dropped["forgotten"], found.landed) == (2, 1)
    assert holding(home, "E3") == []


def test_people_of_the_opt_out_list_never_get_in(home, offer, tmp_path):
    listed = tmp_path / "opt_out.txt"
    listed.write_text(f"# from the national service\n{GONE}\n", encoding="utf-8")
    home.config_file.write_text(f'[retention]\nopt_out = "{listed}"\n', encoding="utf-8")
    found = offer("triage", contact(GONE), contact(STAYS))
    assert found.records.dropped == {"header": 1, "opted_out": 1}
    assert found.records.balanced
    offer("exercise_log", entry(GONE), entry(STAYS))
    assert holding(home, GONE) == []
    assert episodes_in(home) == {("service", f"E-{STAYS}")}


def test_who_opts_out_later_goes_with_the_next_build(full):
    listed = full.root / "out.txt"
    listed.write_text("SOMEBODY\n", encoding="utf-8")
    full.config_file.write_text('[retention]\nopt_out = "out.txt"\n', encoding="utf-8")
    with full.lock("test"):
        leave.register_opted_out(full)
        leave.apply(full)
    assert not published.is_pending(full)  # nobody had to go, and no snapshot does
    listed.write_text(f"SOMEBODY\n{GONE}\n", encoding="utf-8")
    build(full)
    assert holding(full, GONE) == ["out.txt"]
    assert len(snapshots.listed(full)) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"A B\n", b"A,B\n"])
def test_a_list_that_cannot_be_read_closes_the_door(home, offer, content):
    (home.root / "out.txt").write_bytes(content)
    home.config_file.write_text('[retention]\nopt_out = "out.txt"\n', encoding="utf-8")
    with pytest.raises(OutcomesError, match=r"pseudonyms cannot be read|more than one word"):
        offer("triage", contact(STAYS))
    assert list_receipts(home) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("month = 3", "Did you mean months"),
        ("months = 0", "whole number from 1"),
        ('months = "12"', "whole number from 1"),
        ("months = true", "whole number from 1"),
        ("opt_out = 7", "path of a file"),
        ('opt_out = "absent.txt"', "cannot be read"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_line(home, offer, line, says):
    home.config_file.write_text(f"[retention]\n{line}\n", encoding="utf-8")
    with pytest.raises(OutcomesError, match=says) as refused:
        leave.register_opted_out(home)
    assert "absent" in line or "line 2" in str(refused.value)


def test_what_was_interrupted_is_finished_by_the_next_build(full, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.erasure.landing._count", dies)
    with pytest.raises(KeyboardInterrupt), full.lock("test"):
        leave.register_people(leave.Register.open(full), "person", [GONE], "forgotten")
        leave.apply(full)
    monkeypatch.undo()
    assert published.is_pending(full)
    assert holding(full, GONE)
    build(full)
    assert holding(full, GONE) == []
    assert [r.forgotten for r in list_receipts(full)] == [2, 3, 1]


def test_a_withdrawn_file_counts_no_more_and_what_it_replaced_holds_again(home, offer):
    first = offer("triage", contact(STAYS), name="a.csv")
    wrong = offer("triage", contact(STAYS), contact(GONE), name="b.csv", correction=True)
    forget(home, "--file", "b.csv")
    assert holding(home, GONE) == []
    assert current_files(list_receipts(home)) == {first.file_id}
    (told,) = (r for r in list_receipts(home) if r.file_id == wrong.file_id)
    assert (told.withdrawn, told.landed, told.forgotten) == (True, 2, 2)
    with pytest.raises(Refusal, match="withdrawn"):
        offer("triage", contact(STAYS), contact(GONE), name="b.csv", correction=True)


def test_without_any_file_left_nothing_is_published(full):
    with full.lock("test"):
        for receipt in list_receipts(full):
            if receipt.stream != "triage":
                forget_file(full, receipt)
    forget(full, "--file", "triage.csv")
    assert snapshots.current(full) is None
    assert holding(full, STAYS) == holding(full, GONE) == []


def test_old_episodes_go_and_recent_ones_stay(home, offer):
    today = dt.date.today()
    old, young = (today - dt.timedelta(days=n) for n in (400, 300))
    offer("triage", contact(GONE, contact_date=f"{old}"), contact(STAYS, contact_date=f"{old}"))
    offer("exercise_log", {**entry(STAYS), "log_date": f"{young}"})
    said = run(home, "forget", "--older-than", "12", "--dry-run").output
    assert "1 episodes: 1 triage rows" in said
    assert holding(home, GONE)
    home.config_file.write_text("[retention]\nmonths = 12\n", encoding="utf-8")
    with home.lock("test"):
        leave.register_past_retention(home)
        leave.apply(home)
    assert holding(home, GONE) == []
    assert episodes_in(home) == {("service", f"E-{STAYS}")}
    again = offer("triage", contact(GONE, contact_date=f"{old}"), contact(STAYS, 9), name="n.csv")
    assert again.records.dropped["past_retention"] == 1


def test_the_register_without_its_key_closes_the_door(both, home, offer):
    drop(home)
    text = (home.root / "left_out.jsonl").read_text(encoding="utf-8")
    assert GONE not in text
    (home.root / "left_out.jsonl").write_text(f"{text}no line\n", encoding="utf-8")
    with pytest.raises(OutcomesError, match="cannot be read") as refused:
        offer("triage", contact("NEW"), name="n.csv")
    assert f"line {len(text.splitlines()) + 1}" in str(refused.value)
    (home.root / "left_out.jsonl").write_text(text, encoding="utf-8")
    (home.root / "left_out.key").unlink()
    with pytest.raises(OutcomesError, match="key of the register"):
        offer("triage", contact("NEW"), name="n.csv")
    assert len(list_receipts(home)) == 3


def test_nobody_is_removed_without_a_yes(both, home):
    found = CliRunner().invoke(
        app, ["forget", "--patient", GONE, "--home", str(home.root)], input="n\n"
    )
    assert found.exit_code == 1
    assert holding(home, GONE)
    assert not (home.root / "left_out.jsonl").exists()
    said = run(home, "forget", "--patient", "NOBODY", "--dry-run").output
    assert "No row of an episode to be left out" in said


def test_one_service_only(home, offer):
    offer("triage", contact(GONE), name="a.csv", source="one")
    offer("triage", contact(GONE, 2), name="b.csv", source="two")
    with home.lock("test"):
        register = leave.Register.open(home)
        leave.register_people(register, "person", [GONE], "forgotten", "one")
        leave.apply(home)
    assert episodes_in(home) == {("two", f"E-{GONE}")}


def test_reviews_go_from_either_database(store, tmp_path, monkeypatch):  # noqa: F811
    for person in (GONE, STAYS):
        store.add(key(person), verdict(), Seen("m", "r", "s"))
        store.add(key(person), verdict(), Seen("m", "r", "s"), opened_at=1)
    home = Home.open(tmp_path / "home")
    assert erase_reviews(home, {("service", f"E-{STAYS}")}) == 2
    assert {r.key.episode for r in store.history()} == {f"E-{STAYS}"}
    monkeypatch.delenv(URL_VARIABLE, raising=False)


def test_a_store_of_reviews_that_is_away_leaves_the_mark(full, monkeypatch):
    drop(full)
    monkeypatch.setenv(URL_VARIABLE, "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(OutcomesError, match="store of reviews"):
        published.finish(full, episodes_in(full))
    assert published.is_pending(full)
    monkeypatch.delenv(URL_VARIABLE)
    published.finish(full, episodes_in(full))
    assert not published.is_pending(full)
    assert {r.key.episode for r in open_store(full).history()} == {f"E-{STAYS}"}


def test_referrals_and_diaries_alone(home, offer):
    offer("exercise_log", entry(GONE), entry(STAYS))
    offer("referral", referred(GONE), referred(STAYS))
    with home.lock("test"):
        register = leave.Register.open(home)
        leave.register_people(register, "episode", [f"E-{GONE}"], "forgotten")
        leave.apply(home)
    assert holding(home, GONE) == []
    assert episodes_in(home) == {("service", f"E-{STAYS}")}
