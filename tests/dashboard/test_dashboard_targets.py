"""The page Targets and changes: what it records shows everywhere, and what cannot be is said."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import mode, pages, recording, store
from dashboard.launch import HOME_VARIABLE, MODE_VARIABLE
from dashboard.report import content, workbook
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.periods import period
from pipelines.recorded.entries import Entry
from pipelines.recorded.file import FILE, add, record
from tests.dashboard.conftest import Opener
from tests.dashboard.test_dashboard_pages import specs, words

ASKED = "screen_completeness"
WAIT = "wait_referral_to_triage"


@pytest.fixture
def own_home(demo_home: Path, tmp_path: Path) -> Path:
    """A copy of what is published, in which a test may record."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    return home


def fill(at: AppTest, why: str, by: str, kind: str) -> AppTest:
    at.text_input(f"why_{kind}").set_value(why)
    at.text_input("reviewer_name").set_value(by)
    at.run()
    return press(at, "Record it")


def press(at: AppTest, label: str) -> AppTest:
    (button,) = (each for each in at.button if each.label == label)
    return button.click().run()


def traces(spec: dict[str, Any], dash: str) -> list[dict[str, Any]]:
    return [each for each in spec["data"] if each.get("line", {}).get("dash") == dash]


def test_new_limits_are_shown_before_they_are_kept_and_then_on_every_page(
    open_page: Opener, own_home: Path
) -> None:
    at = open_page(own_home, "targets", change_of=measure(ASKED).name)
    assert set(specs(at)) == {"preview_now"}
    at.text_input("change_on").set_value("01/09/2025").run()
    drawn = specs(at)
    assert len(traces(drawn["preview_then"], "solid")) == 2
    assert len(traces(drawn["preview_now"], "solid")) == 1
    assert "New limits begin with September 2025" in words(at)
    assert not (own_home / FILE).exists()
    fill(at, "new <b>form</b> | $x$", "A. *Manager*", "rebase")
    assert [each.value for each in at.success]
    (kept,) = record(Home.open(own_home)).entries
    assert (kept.measures, kept.on, kept.by) == ((ASKED,), date(2025, 9, 1), "A. *Manager*")
    for page in ("escalation", "quality"):
        other = open_page(own_home, page)
        spec = specs(other)[f"time_{ASKED}_"]
        assert len(traces(spec, "solid")) == 2
        assert spec["layout"]["shapes"][0]["x0"] == "2025-09-01"
        # What people typed is shown as they typed it: no sign of it makes markup or a formula.
        said = words(other)
        assert r"new \<b\>form\</b\> \| \$x\$" in said
        assert r"A\. \*Manager\*" in said


def test_a_target_shows_on_charts_cards_and_in_the_report(
    open_page: Opener, own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at = open_page(own_home, "targets", record="A target", target_of=measure(WAIT).name)
    at.number_input(f"target_{WAIT}").set_value(3).run()
    assert "preview_then" in specs(at)
    fill(at, "agreed with the board", "B", "target")
    assert "set by B" in words(at)
    (drawn,) = traces(specs(open_page(own_home, "waits"))[f"time_{WAIT}_"], "longdashdot")
    assert drawn["y"] == [3, 3]
    home = Home.open(own_home)
    add(home, Entry("target", "B", "sooner", ("improvement_by_day_interval",), target=0.75))
    add(home, Entry("rebase", "C", "=cmd()", (WAIT,), on=date(2025, 6, 1)))
    overview = open_page(own_home, compare=["Target"])
    assert "Target: 75%; now" in words(overview)

    monkeypatch.setenv(HOME_VARIABLE, str(own_home))
    monkeypatch.setenv(MODE_VARIABLE, "service")
    found = content.report(store.published(), period("2025-10"))
    (summary,) = (b for b in found.sections[0].blocks if not isinstance(b, str))
    (row,) = (row for row in summary.rows if row[0] == measure(WAIT).name)
    assert row[summary.columns.index("Target")] == "3 days"
    assert row[summary.columns.index("Assurance")] != "no target set"
    charts = {chart.table.title: chart for chart in found.sections[1].blocks}
    chart = charts[f"{measure(WAIT).name}, by month"]
    assert [mark.words for mark in chart.recorded] == ["=cmd()"]
    workbook.workbook(found, tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    heads = [[cell.value for cell in sheet[2]] for sheet in book if sheet.max_row > 1]
    assert any("Target" in row and "Centre" in row for row in heads)
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"agreed with the board", "sooner", "'=cmd()"} <= cells
    (own_home / FILE).write_text("not what it was\n")
    told = [
        b for s in content.report(store.published(), period("2025-10")).sections for b in s.blocks
    ]
    assert any("cannot be read now" in block for block in told if isinstance(block, str))


def test_the_list_keeps_what_was_withdrawn_and_what_was_replaced(
    open_page: Opener, own_home: Path
) -> None:
    home = Home.open(own_home)
    add(home, Entry("target", "A", "first", (ASKED,), target=0.8))
    add(home, Entry("target", "B", "second", (ASKED,), target=0.9))
    note = add(home, Entry("note", "A", "=1+1", (), on=date(2025, 12, 1)))
    (own_home / "annotations.toml").write_text(
        f'# by hand\n[[annotation]]\nmeasure = "{ASKED}"\non = 2025-03-01\nwhat = "moved house"\n'
    )
    (own_home / "outcomes.toml").write_text("[targets]\ndid_not_attend = 0.05\n")
    at = open_page(own_home, "targets")
    at.selectbox("withdraw_entry").set_value(note.id).run()
    at.text_input("withdraw_why").set_value("was another week")
    at.text_input("reviewer_name").set_value("C").run()
    press(at, "Withdraw it")
    assert [each.value for each in at.success]
    states = {row["Why"]: row["State"] for row in at.dataframe[0].value.to_dict("records")}
    assert states["=1+1"].startswith("Withdrawn by C")
    assert states["=1+1"].endswith("was another week")
    assert states["first"] == "Replaced by a later one"
    assert states["second"] == "Stands"
    assert states["moved house"] == "Stands in annotations.toml"
    assert "Stands in outcomes.toml" in states.values()
    assert store.charting().noted(ASKED) == ()


def test_what_is_no_date_is_said(open_page: Opener, own_home: Path) -> None:
    at = open_page(own_home, "targets", change_of=measure(ASKED).name)
    at.text_input("change_on").set_value("31/02/2025").run()
    assert r"31/02/2025 is no date. Write it as 17/03/2026." in words(at)
    fill(at, "new form", "A", "rebase")
    assert "Say on which day it was" in at.error[0].value
    assert not (own_home / FILE).exists()


@pytest.mark.parametrize("why", ["", "for 943 476 5919"])
def test_what_is_missing_or_must_not_be_is_said_and_nothing_kept(
    open_page: Opener, own_home: Path, why: str
) -> None:
    at = open_page(own_home, "targets", change_of=measure(ASKED).name)
    at.text_input("change_on").set_value("01/09/2025").run()
    fill(at, why, "A", "rebase")
    (said,) = at.error
    assert "Not recorded" in said.value
    assert "Say what changed" in said.value or "NHS number" in said.value
    assert not (own_home / FILE).exists()


def test_a_change_by_somebody_else_is_told_and_nothing_is_lost(
    open_page: Opener, own_home: Path
) -> None:
    at = open_page(own_home, "targets", change_of=measure(ASKED).name)
    at.text_input("change_on").set_value("01/09/2025").run()
    at.text_input("why_rebase").set_value("new form")
    at.text_input("reviewer_name").set_value("A").run()
    add(Home.open(own_home), Entry("note", "B", "flu", (), on=date(2025, 12, 1)))
    press(at, "Record it")
    (said,) = at.error
    assert "changed since you opened the page" in said.value.replace("\\", "")
    assert [each.by for each in record(Home.open(own_home)).entries] == ["B"]
    press(at, "Record it")
    assert [each.by for each in record(Home.open(own_home)).entries] == ["B", "A"]


def test_a_read_only_or_broken_file_is_told_and_left_alone(
    open_page: Opener, own_home: Path
) -> None:
    path = own_home / FILE
    add(Home.open(own_home), Entry("note", "B", "flu", (), on=date(2025, 12, 1)))
    path.chmod(0o400)
    at = open_page(own_home, "targets", record="A target", target_of=measure(ASKED).name)
    at.number_input(f"target_{ASKED}").set_value(90).run()
    fill(at, "board", "A", "target")
    (said,) = at.error
    assert "read-only" in said.value.replace("\\", "")
    path.chmod(0o600)
    path.write_text("not what it was\n")
    at = open_page(own_home, "targets")
    assert not at.exception
    assert any("recorded.jsonl, line 1" in each.value for each in at.error)
    assert not [each for each in at.button if each.label == "Record it"]
    assert path.read_text() == "not what it was\n"


def test_only_modes_with_exact_figures_record(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {page.modes for page in pages.PAGES if page.script == "targets"} == {
        ("auditor", "service")
    }
    monkeypatch.setenv(HOME_VARIABLE, str(own_home))
    monkeypatch.setenv(MODE_VARIABLE, "shared")
    entry = Entry("note", "B", "flu", (), on=date(2025, 12, 1))
    for ask in (recording.kept, recording.seen, lambda: recording.save(entry, None)):
        with pytest.raises(mode.CasesWithheld):
            ask()
    assert not (own_home / FILE).exists()
    monkeypatch.setenv(MODE_VARIABLE, "service")
    assert recording.save(entry, recording.seen()).id
