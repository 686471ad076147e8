"""A stranger's export goes from a drafted profile to the three answers, as the docs tell it.

The commands and edits are those of docs/own_export.md. The figures were counted by hand from the
file, case by case; what follows from single columns is recounted here from the file itself.
"""

from __future__ import annotations

import csv
import doctest
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipelines import snapshot
from pipelines.cli import app
from pipelines.home import Home

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "own_export.md").read_text(encoding="utf-8")
FILE = DOCS / "own_export" / "Kestrel_LegPain_2026H1.csv"
BLOCK = re.compile(r"```(console|diff)\n(.*?)```", re.S)
SIGNS = slice(10, 25)

# By hand: the highest outcome that the first contact's answers confirm.
A_AND_E = {"K1001", "K1002"}  # saddle; leaking
URGENT = {"K1003", "K1025"}  # foot drop; walking
GP = {"K1004", "K1005", "K1028"}  # cancer; weight; unwell
# Not manageable and asleep badly; not manageable; ten weeks on, exercises tried, not better.
APPOINTMENT = {"K1006", "K1007", "K1008"}
# Nothing ticked but the summary; one, three and two boxes not recorded.
OPEN = {"K1014", "K1015", "K1016", "K1017", "K1018"}
# Two scores, and a fall of 2 points or 30 %, with the days it took.
BETTER = {
    "K1009": 21, "K1010": 77, "K1011": 28, "K1013": 28, "K1015": 28, "K1016": 27, "K1019": 28,
    "K1021": 35, "K1026": 28,
}  # fmt: skip
# Symptoms more than 56 days after they began: seen with them, or first without them, after that.
PAST_8_WEEKS = {
    *("K1008", "K1009", "K1010", "K1011", "K1012"),
    *("K1021", "K1022", "K1023", "K1024"),
}
# Told to carry on, though the answers call for A&E or urgent care.
MISSED = {"K1002", "K1025"}


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The walk of the page: its home, and (command, told, expected) of every command."""
    folder = tmp_path_factory.mktemp("walk")
    shutil.copy(FILE, folder)
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("OUTCOMES_HOME", str(folder / "home"))
        patch.setenv("COLUMNS", "80")
        for kind, text in BLOCK.findall(PAGE):
            if kind == "diff":
                _edit(folder / "kestrel.toml", text)
                continue
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M):
                told.append((command, _run(folder, command), expected))
    return folder / "home", told


def _edit(path: Path, diff: str) -> None:
    """Each run of - lines stands in the file once, and becomes the + lines behind it."""
    text = path.read_text(encoding="utf-8")
    for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", diff, re.M):
        before, after = (re.sub(r"^[+-]", "", each, flags=re.M) for each in (old, new))
        if text.count(before) != 1:  # lines that do not follow one another go one by one
            for line in before.splitlines(keepends=True)[:-1]:
                assert text.count(line) == 1, line
                text = text.replace(line, "")
            before = before.splitlines(keepends=True)[-1]
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")


def _run(folder: Path, command: str) -> str:
    program, *words = command.split()
    if program == "cat":
        return (folder / words[0]).read_text(encoding="utf-8")
    found = CliRunner().invoke(app, words)
    if found.exit_code == 2 or not isinstance(found.exception, SystemExit | None):
        raise AssertionError(f"{command}: {found.exception}")
    return found.output


def test_the_page_tells_what_the_commands_say(walked):
    same = doctest.OutputChecker().check_output
    assert len(walked[1]) >= 8
    for command, told, expected in walked[1]:
        assert same(expected, told, doctest.ELLIPSIS), f"$ {command}\n{told}"


@pytest.fixture(scope="module")
def episodes(walked):
    con = snapshot.open_readonly(snapshot.current(Home.open(walked[0])).path)
    cursor = con.execute("select * from episode")
    names = [each[0] for each in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    con.close()
    return {row["episode_id"]: row for row in found}


@pytest.fixture(scope="module")
def rows():
    """The file's data rows by another reader, with nothing of the profile."""
    lines = list(csv.reader(FILE.read_text(encoding="cp1252").splitlines()))
    assert lines[-1] == [f"Rows exported: {len(lines) - 6}"]
    return lines[5:-1]


def test_the_first_contacts_come_to_what_was_counted_by_hand(episodes):
    def those(**wanted):
        return {case for case, e in episodes.items() if all(e[k] == v for k, v in wanted.items())}

    assert len(episodes) == 30
    assert those(first_lb=4) == A_AND_E
    assert those(first_lb=3) == URGENT
    assert those(first_lb=2) == GP
    assert those(first_lb=1) == APPOINTMENT
    assert {c for c, e in episodes.items() if e["first_lb"] == 0 and e["first_ub"] > 0} == OPEN
    assert those(missed_red_flag=True) == MISSED


def test_the_other_two_answers_come_to_what_was_counted_by_hand(episodes):
    found = {c: e["tti_days"] for c, e in episodes.items() if e["tti_event"] == "improved"}
    assert found == BETTER
    assert {c for c, e in episodes.items() if e["persist_8w"] == "PERSISTENT"} == PAST_8_WEEKS
    # A visit that was missed is no contact, a month without a day is an interval.
    assert episodes["K1020"]["n_evaluated"] == 1
    onset = episodes["K1012"]["onset_earliest"], episodes["K1012"]["onset_latest"]
    assert [str(day) for day in onset] == ["2026-02-01", "2026-02-12"]


def test_single_columns_come_to_what_another_reader_counts(episodes, rows):
    first: dict[str, list[str]] = {}
    for cells in rows:
        first.setdefault(cells[0], cells)
    whole = {case for case, cells in first.items() if set(cells[SIGNS]) <= {"Y", "N"}}
    assert {c for c, e in episodes.items() if e["screen_complete_first"]} == whole
    for case, cells in first.items():
        assert episodes[case]["imd_quintile"] == str((int(cells[6]) + 1) // 2)
        assert episodes[case]["site_id"] == cells[2]
        scores = [row[34] for row in rows if row[0] == case and row[34]]
        assert episodes[case]["baseline_score"] == float(scores[0])
        assert episodes[case]["n_score_days"] == len(scores)


def test_nothing_that_the_profile_drops_is_in_the_home(walked, rows):
    secrets = {row[39] for row in rows} | {row[42] for row in rows}
    assert len(secrets) == 8
    kept = b"".join(path.read_bytes() for path in walked[0].rglob("*") if path.is_file())
    # Parquet is compressed: its values are looked at, not its bytes.
    values = [str(pq.read_table(path).to_pylist()) for path in walked[0].rglob("*.parquet")]
    assert any("K1001" in each for each in values)
    kept += "".join(values).encode()
    for secret in secrets:
        assert secret.encode() not in kept
