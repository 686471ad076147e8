"""`outcomes reviews`: a finding added, changed, listed, exported; samples and readers."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys

import pytest

from pipelines import access, snapshot
from pipelines.cli import run
from pipelines.home import Home

ALLOWED = "[access]\nrow_export = true\n"
FOR = ("--purpose", "audit of the worked cases")


@pytest.fixture
def reviews(worked_home, tmp_path, monkeypatch, capsys):
    """The verb on a home of its own: (exit code, standard output, standard error)."""
    monkeypatch.delenv("OUTCOMES_REVIEWS_URL", raising=False)
    home = Home.open(shutil.copytree(worked_home.root, tmp_path / "home"))
    home.config_file.write_text(ALLOWED, encoding="utf-8")

    def called(*words):
        given = ["outcomes", "reviews", *map(str, words), "--home", str(home.root)]
        monkeypatch.setattr(sys, "argv", given)
        monkeypatch.setenv("COLUMNS", "400")
        with pytest.raises(SystemExit) as left:
            run()
            raise SystemExit(0)
        told = capsys.readouterr()
        return left.value.code or 0, told.out, told.err

    called.home = home
    return called


def listed(reviews, *words):
    code, out, _ = reviews("list", "--json", *FOR, *words)
    assert code == 0
    return json.loads(out)


def test_from_an_open_case_to_an_export_of_everything_that_was_ever_said(reviews):
    before = listed(reviews)
    total = len(before["cases"])
    assert before["counts"] == {"open": total}
    case = before["cases"][0]["case"]
    by = ("--reviewer", "A. Reader")
    assert reviews("add", case, "--finding", "agree", *by)[0] == 0
    code, out, _ = reviews("add", case, "--finding", "documentation", "--note", "=1+1", *by)
    assert (code, "version 2" in out) == (0, True)
    assert reviews("add", case, "--finding", "agree", "--second", "--reviewer", "B. Reader")[0] == 0
    assert listed(reviews)["counts"] == {"open": total - 1, "reviewed": 1}
    (row,) = listed(reviews, "--state", "reviewed")["cases"]
    assert row["review"]["finding"] == "documentation"
    history = json.loads(reviews("history", case, "--json")[1])
    assert [(each["version"], each["reading"]) for each in history] == [(1, 1), (2, 1), (1, 2)]
    marked = reviews("export", *FOR)[1].splitlines(keepends=True)
    head = [line for line in marked if line.startswith(("#", '"#'))]
    rows = list(csv.DictReader(io.StringIO("".join(marked[len(head) :]))))
    assert "# Purpose: audit of the worked cases\n" in head
    *_, last = access.entries(reviews.home)
    assert (last.event.what, last.event.page) == ("export", "outcomes reviews export")
    assert last.event.detail == {"data": snapshot.current(reviews.home).name, "rows": 3}
    assert {each["Taken (access log line)"] for each in rows} == {str(last.n)}
    assert f"# Access log: line {last.n}\n" in head
    assert [each["note"] for each in rows] == ["", "'=1+1", ""], "no cell begins a formula"
    code, out, _ = reviews("readers")
    assert code == 0
    assert "Cases read twice: 1" in out
    assert "Same finding: 0%" in out


@pytest.mark.parametrize("words", [("export",), ("list", "--json")])
@pytest.mark.parametrize("settings", ["", "[access]\nrow_export = false\n"])
def test_rows_are_not_handed_out_where_nobody_allowed_it(reviews, words, settings):
    reviews.home.config_file.write_text(settings, encoding="utf-8")
    code, out, err = reviews(*words, *FOR)
    assert (code, out) == (2, "")
    assert "row_export = true under [access]" in err.replace("\n", " ")
    assert not [each for each in access.entries(reviews.home) if each.event.what == "export"]


@pytest.mark.parametrize(
    ("purpose", "says"),
    [((), "what the rows are for"), (("--purpose", "audit"), "what the rows are for"),
     (("--purpose", "for the person 943 476 5919"), "NHS number"),
     (("--purpose", "x" * 301), "at most 300")],
)  # fmt: skip
def test_rows_are_handed_out_for_a_purpose_only(reviews, purpose, says):
    code, out, err = reviews("export", *purpose)
    assert (code, out) == (2, "")
    assert says in err
    assert not list(access.entries(reviews.home))


def test_a_sample_is_drawn_once_and_readers_are_told_within_it(reviews):
    total = len(listed(reviews)["cases"])
    code, out, _ = reviews("sample", "2026-Q1", "--by", "AB", "--precision", "0.3")
    assert (code, f"of {total} cases" in out) == (0, True)
    code, _, err = reviews("sample", "2026-Q1", "--by", "AB")
    assert (code, "already" in err) == (2, True)
    assert reviews("readers", "--sample", "2026-Q1")[0] == 0
    code, _, err = reviews("readers", "--sample", "Q9")
    assert (code, "Known: 2026-Q1" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "no|case", "--finding", "agree", "--reviewer", "AB"), "is no case"),
        (
            ("add", "s|E1|trigger|2026-01-01|GP", "--finding", "agree", "--reviewer", "AB"),
            "hold no such case",
        ),
        (("list", "--state", "done"), "there is no state 'done'"),
    ],
)
def test_what_cannot_be_is_refused_with_words(reviews, words, message):
    code, out, err = reviews(*words)
    assert (code, out) == (2, "")
    assert message in err


def test_reasons_are_the_services_own_and_a_list_that_is_none_is_refused_with_its_line(reviews):
    case = listed(reviews)["cases"][0]["case"]
    settings = reviews.home.config_file
    settings.write_text(f'{ALLOWED}[reviews]\nreasons = ["Seen privately"]\n', encoding="utf-8")
    given = ("add", case, "--finding", "justified", "--reviewer", "AB", "--reason")
    assert reviews(*given, "Declined by the patient after advice")[0] == 2
    assert reviews(*given, "Seen privately")[0] == 0
    settings.write_text('[reviews]\nreasons = "Seen privately"\n', encoding="utf-8")
    code, _, err = reviews("list")
    assert (code, "line 2" in err) == (2, True)
