"""A stranger's export: a randomised trial's public data file goes in without code."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines import snapshot
from pipelines.build import build
from pipelines.home import Home
from pipelines.ingest.door import ingest_file

FILE = Path(__file__).parents[2] / "../shared/data/ashar2022/Ashar2022_outcomes_demographics.csv"


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    if not FILE.exists():
        pytest.skip("the trial's data file is not part of the repository; it is read beside it")
    home = Home.open(tmp_path_factory.mktemp("trial") / "home")
    with home.lock("test"):
        receipt = ingest_file(home, FILE)
    build(home)
    return home, receipt


def test_every_patient_row_is_in_and_the_controls_are_counted(taken):
    _, receipt = taken
    n = receipt.records
    assert n.balanced
    assert (n.physical, n.accepted, n.quarantined) == (342, 287, 0)
    assert n.dropped == {"header": 1, "filtered": 54}


def test_the_published_responders_come_out_of_landing(taken):
    """Pain 0 or 1 after treatment, of those randomised: 33/50, 10/51, 5/50 (JAMA Psychiatry
    2022;79:13, PMC8482298). Whoever was not seen again is no responder."""
    home, receipt = taken
    rows = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet").to_pylist()
    arm = {}
    for row in rows:
        extra = json.loads(row["x"])
        if "x_arm" in extra:
            arm[row["episode_id"]] = extra["x_arm"]
    responders, randomised = {}, {}
    last = max(row["contact_date"] for row in rows)
    for episode, name in arm.items():
        after = [
            r["nprs"] for r in rows if r["episode_id"] == episode and r["contact_date"] == last
        ]
        randomised[name] = randomised.get(name, 0) + 1
        responders[name] = responders.get(name, 0) + int(bool(after) and after[0] <= 1)
    found = {name: (responders[name], randomised[name]) for name in randomised}
    assert found == {
        "pain_reprocessing": (33, 50), "placebo": (10, 51), "usual_care": (5, 50),
    }  # fmt: skip


def test_safety_questions_never_asked_leave_every_screen_incomplete(taken):
    home, _ = taken
    con = snapshot.open_readonly(snapshot.current(home).path)
    try:
        statuses = con.execute("select distinct status from contact where evaluated").fetchall()
        levels = con.execute("select distinct first_lb, first_ub from episode").fetchall()
        (episodes,) = con.execute("select count(*) from episode").fetchall()[0]
    finally:
        con.close()
    assert statuses == [("INCOMPLETE_SAFETY",)]
    assert levels == [(0, 4)], "confirmed nothing, A&E not ruled out, for everyone"
    assert episodes == 152
