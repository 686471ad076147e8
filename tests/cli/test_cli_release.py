"""`outcomes release` and what it refuses; an attacker who keeps what was exported each time."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from pipelines import releases, snapshot
from pipelines.cli import run
from pipelines.errors import OutcomesError
from pipelines.home import Home
from pipelines.measures.case_query import jointly
from pipelines.measures.catalogue import measure
from pipelines.measures.table import SUPPRESSED
from tests.conftest import SHARED

FAMILY = SHARED[0]
STATES = ("hit|hit", "not|hit", "not|not", "out|out")


@pytest.fixture
def outcomes(monkeypatch, capsys):
    """Runs the command: (exit code, what it printed, what it said of errors)."""

    def called(home, *words):
        given = ["outcomes", *words, "--home", str(home.root)]
        monkeypatch.setattr("sys.argv", given)
        try:
            run()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return called


@pytest.fixture
def home(released_home, tmp_path):
    """A home of one's own with a release in it."""
    root = tmp_path / "home"
    shutil.copytree(released_home.root, root)
    return Home.open(root)


def release(home, plan):
    info = snapshot.current(home)
    con = snapshot.open_readonly(info.path)
    try:
        return releases.make(home, info, con, plan)
    finally:
        con.close()


@pytest.fixture(scope="module")
def three_times(demo_home, tmp_path_factory):
    """A home that released from the first data, from the corrected ones, and after a rollback."""
    home = Home.open(tmp_path_factory.mktemp("thrice") / "home")
    shutil.copytree(demo_home.snapshots, home.snapshots, dirs_exist_ok=True)
    plan = releases.Plan((FAMILY,), ("site",))
    snapshot.rollback(home)
    assert release(home, replace(plan, until=date(2026, 3, 31)))
    snapshot.point(home, max(each.name for each in snapshot.listed(home)))
    assert release(home, replace(plan, until=date(2026, 5, 31)))
    snapshot.rollback(home)
    assert release(home, replace(plan, until=date(2026, 6, 30)))
    return home


QUARTERS = ("2025-07..2025-09", "2025-10..2025-12", "2026-01..2026-03", "2026-04..2026-06")


def exported(outcomes, home, tmp_path):
    """Every number that shared exports print of the family, by (measure, span, site)."""
    found = {}
    asked = [
        (), ("--by", "site"), ("--by", "month"), ("--by", "month", "--by", "site"),
        *(("--period", each) for each in QUARTERS),
        *(("--period", each, "--by", "site") for each in QUARTERS),
    ]  # fmt: skip
    for words in asked:
        code, _, err = outcomes(
            home, "export", "--mode", "shared", "--format", "csv", "--out", str(tmp_path), *words
        )
        assert code == 0, err
        with (tmp_path / "measures.csv").open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                if row["measure"] in FAMILY:
                    span = row.get("month") or (words[1] if "--period" in words else "")
                    found[row["measure"], span, row.get("site")] = row
    return found


def test_three_exports_joined_give_no_withheld_number_away(
    three_times, demo_home, outcomes, tmp_path
):
    """The attack on what was printed: all exports after each release, as files.

    Truth is what was frozen: the corrected data for the months of the second release alone. The
    correction itself is of a month that had been released before.
    """
    home = three_times
    printed, ends = [], ("2026-03", "2026-03", "2026-06")
    for count in (1, 2, 3):
        at = Home.open(tmp_path / f"as-of-{count}")
        _until(home, at, count)
        printed.append(exported(outcomes, at, tmp_path))
    truth, cells = frozen_truth(demo_home)
    months = sorted({month for month, _, _ in cells})

    def row(span, site, states, end):
        inside = span.split("..") if span else ["", end]
        inside = inside if len(inside) == 2 else [span, span]
        return np.array(
            [
                float(inside[0] <= m <= inside[1] and site in (None, s) and k in states)
                for m, s, k in cells
            ]
        )

    equations, sides, withheld = [], [], []
    for count, found in enumerate(printed):
        for (name, span, site), told in found.items():
            place = FAMILY.index(name)
            parts = {
                "numerator": [k for k in STATES if k.split("|")[place] == "hit"],
                "denominator": [k for k in STATES if k.split("|")[place] in ("hit", "not")],
                "excluded": [k for k in STATES if k.split("|")[place] == "out"],
            }
            for column, states in parts.items():
                own = row(span, site, states, ends[count])
                if told[column]:
                    equations.append(own)
                    sides.append(int(told[column]))
                elif told["note"] == SUPPRESSED and column != "excluded":
                    withheld.append((own, span))
    a, b = np.array(equations), np.array(sides)
    assert np.array_equal(a @ truth, b), "what is printed is what was frozen"
    a, at = np.unique(a, axis=0, return_index=True)
    known = [LinearConstraint(a, b[at], b[at])]
    box = Bounds(0, truth.sum() + 60)
    assert len(months) == 30 and len(withheld) > 100
    recent = [own for own, span in withheld if span >= "2026-01"]
    for own in recent[:: max(1, len(recent) // 24)]:
        low, high = (
            round(s * milp(s * own, constraints=known, bounds=box,
                           integrality=np.ones(len(truth))).fun)
            for s in (1, -1)
        )  # fmt: skip
        assert high - low + 1 >= 8 or high == 0, (low, high)


def _until(home, at, count):
    """A copy of a home as it was after so many releases."""
    shutil.copytree(home.root / "snapshots", at.snapshots, dirs_exist_ok=True)
    (at.root / releases.FOLDER).mkdir()
    for number in range(1, count + 1):
        name = f"{number:04d}.json"
        shutil.copy(home.root / releases.FOLDER / name, at.root / releases.FOLDER / name)
    anchor = json.loads((home.root / releases.ANCHOR).read_text())
    content = (at.root / releases.FOLDER / f"{count:04d}.json").read_bytes()
    anchor |= {"count": count, "last": releases.hashlib.sha256(content).hexdigest()}
    (at.root / releases.ANCHOR).write_text(json.dumps(anchor))


def frozen_truth(demo_home):
    """Numbers by (month, site, state) from the snapshots themselves: (values, cells)."""
    old, new = sorted(snapshot.listed(demo_home), key=lambda each: each.name)
    found = {}
    for info, first, last in (
        (old, "", "2026-03"), (new, "2026-04", "2026-05"), (old, "2026-06", "2026-06")
    ):  # fmt: skip
        con = snapshot.open_readonly(info.path)
        for each in jointly(con, [measure(name) for name in FAMILY], ("month", "site")):
            if first <= each["by_0"] <= last:
                found[each["by_0"], each["by_1"], each["states"]] = each["n"]
        con.close()
    places = sorted({(m, s) for m, s, _ in found})
    cells = [(m, s, k) for m, s in places for k in STATES]
    assert {k for _, _, k in found} <= set(STATES)
    return np.array([found.get(cell, 0) for cell in cells]), cells


def test_what_the_corrected_data_changed_in_released_months_stays_out(three_times, demo_home):
    """The two snapshots differ in months of the first release; its figures stay the first ones."""
    counts = []
    for info in sorted(snapshot.listed(demo_home), key=lambda each: each.name):
        con = snapshot.open_readonly(info.path)
        rows = jointly(con, [measure(name) for name in FAMILY], ("month", "site"))
        counts.append({(r["by_0"], r["by_1"], r["states"]): r["n"] for r in rows})
        con.close()
    old, new = counts
    late = {at for at in {*old, *new} if at[0] <= "2026-03" and old.get(at) != new.get(at)}
    assert late
    found = releases.released(three_times)
    frozen = found.families[FAMILY]
    for month, site, states in late:
        kept = frozen.counts["site"][month, site].get(states, 0)
        assert kept == old.get((month, site, states), 0)
    assert len(found.releases) == 3 and frozen.months[-1] == "2026-06"


def test_a_second_release_of_the_same_data_has_nothing_new(home, outcomes):
    before = releases.stamp(home)
    assert release(home, releases.Plan(SHARED)) is None
    assert releases.stamp(home) == before
    code, out, _ = outcomes(home, "release", "--list")
    assert code == 0 and "Release 1 of" in out and "2024-01 to" in out
    told = json.loads(outcomes(home, "release", "--list", "--json")[1])
    assert [each["measures"] for each in told["families"]] == [list(f) for f in SHARED]


def test_a_family_whose_members_were_shared_otherwise_is_not_begun_anew(home):
    """Its people would be given away by the difference of the two accounts."""
    other = ("escalation_confirmed", "escalation_without_cancer_history_only")
    assert release(home, releases.Plan((other,))) is None


def remove_anchor(home):
    (home.root / releases.ANCHOR).unlink()


def remove_record(home):
    (home.root / releases.FOLDER / "0001.json").unlink()


def remove_both(home):
    remove_anchor(home)
    remove_record(home)


def change_a_number(home):
    path = home.root / releases.FOLDER / "0001.json"
    path.write_text(path.read_text().replace('"hit|hit":', '"hit|hit":1', 1))


def cut_short(home):
    path = home.root / releases.FOLDER / "0001.json"
    path.write_bytes(path.read_bytes()[:1000])


def of_another_home(home):
    anchor = json.loads((home.root / releases.ANCHOR).read_text())
    anchor["home"] = "another"
    (home.root / releases.ANCHOR).write_text(json.dumps(anchor))


def nonsense(home):
    (home.root / releases.ANCHOR).write_text("[1, 2]")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (remove_anchor, "the file that names them is gone"),
        (remove_record, "this release is missing"),
        (remove_both, "the file that names them is gone"),
        (change_a_number, "not as it was written"),
        (cut_short, "cannot be read"),
        (of_another_home, "made in another data home"),
        (nonsense, "cannot be read"),
    ],
)
def test_without_a_whole_record_nothing_is_shared_and_nothing_released(
    home, outcomes, tmp_path, harm, said
):
    harm(home)
    out = tmp_path / "out"
    for words in (
        ("measures", "agreement", "--mode", "shared"),
        ("export", "--mode", "shared", "--out", str(out)),
        ("release",),
        ("release", "--list"),
    ):
        code, printed, err = outcomes(home, *words)
        assert code == 2 and not printed.strip(), words
        assert said in " ".join(err.split()) and "backup" in err, (words, err)
    assert not out.exists()


def test_an_older_backup_of_the_record_is_noticed(home):
    """The log of the home tells of a release that the record does not know."""
    log = home.log / "events.jsonl"
    with log.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps({"verb": "release", "outcome": "done", "number": 2}) + "\n")
    with pytest.raises(releases.ReleasesDamaged, match="later releases"):
        releases.released(home)


def test_a_release_that_was_cut_off_has_never_been(home, monkeypatch):
    before = releases.released(home)
    (home.root / releases.FOLDER / "0002.json").write_text("{half")
    assert releases.released(home) == before


def test_two_releases_at_once_are_refused(home):
    with home.lock("test"), pytest.raises(OutcomesError, match="another outcomes process"):
        release(home, releases.Plan(SHARED))


def test_what_is_small_is_the_services_parameter(tmp_path, monkeypatch):
    """What a family is decided under comes from the published data; the deciding is not done."""
    asked = []

    def extended(_con, was, people, _last, rules, _cuts, _begun):
        asked.append(rules.threshold)
        return was, people

    monkeypatch.setattr(releases, "extended", extended)
    con = duckdb.connect()
    con.execute("create table meta as select 'data_to' as key, '2026-06-30' as value")
    con.execute("create table param_set as select 12 as suppress_below")
    home = Home.open(tmp_path / "home")
    info = snapshot.SnapshotInfo("s", tmp_path / "s", datetime.now(UTC), 0, True)
    assert releases.make(home, info, con) is None
    assert set(asked) == {12}
