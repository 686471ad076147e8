"""Targets, notes and new limits that are recorded: nothing is lost, and what is wrong is said."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipelines.chart_settings import chart_settings
from pipelines.cli import app
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import charted
from pipelines.measures.types import MeasureError
from pipelines.recorded.entries import Entry, as_line, checked, dated, from_line
from pipelines.recorded.file import FILE, add, mark, record

NAME = "screen_completeness"
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CHANGE = Entry("rebase", "A. Physio", "new triage form", (NAME,), on=date(2025, 9, 1))
TARGET = Entry("target", "B. Manager", "agreed with the board", (NAME,), target=0.9)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)


@given(
    by=TEXTS, why=TEXTS, on=st.dates(), sites=st.lists(TEXTS, max_size=2),
    kind=st.sampled_from(["rebase", "note"]),
)  # fmt: skip
def test_what_is_written_is_read_again(by, why, on, sites, kind):
    try:
        entry = dated(checked(Entry(kind, by, why, (NAME,), tuple(sites), on)), NOW)
    except MeasureError as error:
        assert "NHS number" in str(error)
        return
    line = as_line(entry)
    assert "\n" not in line
    assert from_line(line) == entry


def test_the_latest_target_goes_before_the_one_of_the_settings(home):
    home.config_file.write_text(f"# by hand\n[targets]\n{NAME} = 0.7\ndid_not_attend = 0.05\n")
    kept = home.config_file.read_bytes()
    first = add(home, TARGET)
    second = add(home, Entry("target", "C", "was too low", (NAME,), target=0.95))
    assert chart_settings(home).target(NAME) == 0.95
    assert chart_settings(home).target("did_not_attend") == 0.05
    add(home, Entry("withdrawn", "C", "typing error", of=second.id))
    assert chart_settings(home).target(NAME) == 0.9
    add(home, Entry("withdrawn", "C", "not agreed", of=first.id))
    assert chart_settings(home).target(NAME) == 0.7
    assert home.config_file.read_bytes() == kept
    assert [each.why for each in record(home).entries] == [
        "agreed with the board", "was too low", "typing error", "not agreed",
    ]  # fmt: skip


def test_a_recorded_change_begins_the_chart_anew_until_it_is_withdrawn(demo_snapshot, home):
    def phases(sites: tuple[str, ...] = ()) -> list[str]:
        as_drawn = chart_settings(home).chart_as(NAME, sites)
        (found,) = charted(demo_snapshot, NAME, Filter(sites=sites), as_drawn)
        return [phase.began.reason for phase in found.chart.phases[1:]]

    assert phases() == []
    kept = add(home, CHANGE)
    assert phases() == ["new triage form"]
    add(home, Entry("withdrawn", "A. Physio", "was another form", of=kept.id))
    assert phases() == []


def test_a_change_at_one_site_begins_that_site_s_chart_anew_and_is_a_note_elsewhere(home):
    add(home, Entry("rebase", "A", "moved house", (NAME,), ("N",), date(2025, 9, 1)))
    add(home, Entry("note", "A", "flu", (), ("S",), date(2025, 12, 1)))
    settings = chart_settings(home)

    def drawn(*sites: str) -> tuple[list[str], list[str]]:
        return (
            [each.reason for each in settings.rebased(NAME, sites)],
            [each.reason for each in settings.noted(NAME, sites)],
        )

    assert drawn("N") == (["moved house"], [])
    assert drawn("S") == ([], ["flu"])
    assert drawn("N", "S") == drawn() == ([], ["flu", "moved house"])
    assert settings.rebased("agreement", ("N",)) == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (Entry("rebase", "A", "x", (), on=date(2025, 1, 1)), "name the measures"),
        (Entry("rebase", "A", "x", ("waiting_now",), on=date(2025, 1, 1)), "no chart by month"),
        (Entry("rebase", "A", "x", (NAME,)), "on which day"),
        (Entry("note", " ", "x", on=date(2025, 1, 1)), "who records it"),
        (Entry("note", "A", " \n ", on=date(2025, 1, 1)), "what changed"),
        (Entry("note", "A", "x" * 301, on=date(2025, 1, 1)), "at most 300"),
        (Entry("note", "A", "for 943 476 5919", on=date(2025, 1, 1)), "NHS number"),
        (Entry("target", "A", "x", (NAME,), target=1.2), "1.2 is impossible"),
        (Entry("target", "A", "x", (NAME,), target=float("nan")), "is no number"),
        (Entry("target", "A", "x", ("escalation_confirmed",), target=0.1), "no good side"),
        (Entry("target", "A", "x", ("agrement",), target=0.1), "did you mean"),
        (Entry("withdrawn", "A", "x", of="0000"), "no entry '0000'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(home, entry, words):
    add(home, TARGET)
    before = (home.root / FILE).read_bytes()
    with pytest.raises(OutcomesError, match=words):
        add(home, entry)
    assert (home.root / FILE).read_bytes() == before


def test_an_entry_is_withdrawn_once(home):
    kept = add(home, TARGET)
    add(home, Entry("withdrawn", "A. Physio", "not agreed", of=kept.id))
    with pytest.raises(OutcomesError, match=r"A\. Physio has withdrawn this entry already"):
        add(home, Entry("withdrawn", "B", "again", of=kept.id))


def test_what_changed_meanwhile_is_told_whoever_changed_it(home):
    for change in (
        lambda: add(home, CHANGE),
        lambda: (home.root / "annotations.toml").write_text("# mine\n"),
        lambda: home.config_file.write_text("[targets]\nagreement = 0.9\n"),
    ):
        seen = mark(home)
        assert add(home, TARGET, seen).id
        seen = mark(home)
        change()
        before = (home.root / FILE).read_bytes()
        with pytest.raises(OutcomesError, match="changed since you opened"):
            add(home, TARGET, seen)
        assert (home.root / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no entry"),
        ('{"kind": "note", "colour": 1}', "later version"),
        ('{"id": "a", "at": "soon", "kind": "note", "by": "A", "why": "x"}', "no entry"),
        ('{"kind": "note", "by": "A", "why": "x", "on": "2025-01-01"}', "needs its `id`"),
        ('{"id": 3, "kind": "note"}', "`id` is no text"),
        ('{"measures": "agreement"}', "no list"),
        ('{"target": "0.9"}', "no number"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_broken_file_is_told_by_its_line_and_not_written_over(home, line, words):
    add(home, TARGET)
    path = home.root / FILE
    path.write_text(path.read_text("utf-8") + line + "\n", encoding="utf-8")
    before = path.read_bytes()
    for attempt in (lambda: chart_settings(home), lambda: add(home, CHANGE)):
        with pytest.raises(OutcomesError, match=words) as refused:
            attempt()
        assert str(refused.value.where).endswith("recorded.jsonl, line 2")
    assert path.read_bytes() == before


def test_a_protected_file_is_not_replaced(home):
    add(home, TARGET)
    path = home.root / FILE
    path.chmod(0o400)
    before = path.read_bytes()
    with pytest.raises(OutcomesError, match="read-only"):
        add(home, CHANGE)
    assert path.read_bytes() == before
    assert sorted(p.name for p in home.root.glob(".recorded*")) == [".recorded.lock"]


def _many(root: str, writer: str) -> None:
    home = Home.open(root)
    for number in range(5):
        add(home, Entry("note", writer, f"n{number}", on=date(2025, 1, 1)))


def test_of_several_writers_nobody_s_entry_is_lost(home):
    with ProcessPoolExecutor(3) as pool:
        list(pool.map(_many, [str(home.root)] * 3, "ABC"))
    found = record(home).entries
    assert len({each.id for each in found}) == 15
    assert sorted((each.by, each.why) for each in found) == [
        (writer, f"n{number}") for writer in "ABC" for number in range(5)
    ]


def test_the_command_records_lists_and_withdraws(home):
    def run(*args: str) -> str:
        found = CliRunner().invoke(app, ["annotate", *args, "--home", str(home.root)])
        assert found.exit_code == 0, found.output
        return found.output

    run("target", NAME, "0.9", "--why", "board", "--by", "B. Manager")
    said = run(
        "rebase", "--on", "2025-09-01", "--what", "[new] form", "--by", "A", "--measure", NAME
    )
    assert "new limits from 01/09/2025: [new] form" in said
    listed = json.loads(run("list", "--json"))
    assert [each["kind"] for each in listed] == ["rebase", "target"]
    run("withdraw", listed[0]["id"], "--why", "was not so", "--by", "A")
    again = json.loads(run("list", "--json"))
    assert [each["withdrawn"] for each in again] == [False, True, False]
    assert "was not so" in run("list").replace("\n", " ")
    wrong = CliRunner().invoke(
        app,
        ["annotate", "note", "--on", "June", "--what", "x", "--by", "A", "--home", str(home.root)],
    )
    assert wrong.exit_code != 0
    assert "is no date" in str(wrong.exception)
