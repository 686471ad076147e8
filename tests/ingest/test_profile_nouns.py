"""What a profile can say beyond columns and codes, each seen in what is published."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from pipelines import snapshot
from pipelines.build import build
from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import list_receipts

X = dt.date(2026, 6, 30)
DELTA = """
[profile]
id = "delta"
version = "1"
stream = "triage"
source = "quay"
supply = "delta"
[keys]
row = ["contact_id"]
delete = { column = "_gone", values = ["true"] }
[columns]
"guid" = { to = "contact_id" }
"case" = { to = "episode_id" }
"day" = { to = "contact_date" }
"pain" = { to = "nprs" }
"flags" = { to = "red_flags_summary", codes = "flags" }
"advice" = { to = "disposition_recorded", codes = "advice" }
"removed" = { to = "_gone" }
[constants]
site_id = "QUAY-1"
contact_type = "triage"
[absent]
not_asked = ["ces_1_saddle", "help_tried"]
[codes.flags]
no = ["nil"]
[codes.advice]
SELF_MANAGE = ["home"]
on_unmapped = "OTHER"
"""
FULL = """
[profile]
id = "full"
version = "1"
stream = "triage"
source_from = '^([a-z]+)_'
supply = "full"
[match]
glob = ["*_full_*.csv"]
correction_glob = ["*_fix.csv"]
[file]
filter = { column = "pathway", in = ["leg", "back"] }
null_tokens = ["-"]
max_quarantine = 0.5
max_unmapped = 0.5
[keys]
row = ["contact_id"]
[columns]
"guid" = { to = "contact_id" }
"case" = { to = "episode_id" }
"day" = { to = "contact_date" }
"pathway" = { drop = true }
"pain" = { to = "nprs", strip = "/10" }
"""
HEAD = ["guid", "case", "day", "pain", "flags", "advice", "removed"]
FULL_HEAD = ["guid", "case", "day", "pathway", "pain"]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Rows of the published tables by episode, and the receipts by file name."""
    folder = tmp_path_factory.mktemp("nouns")
    home = Home.open(folder / "home")
    home.profiles.mkdir(exist_ok=True)
    (home.profiles / "delta.toml").write_text(DELTA)
    (home.profiles / "full.toml").write_text(FULL)

    def offer(name, header, rows, **how):
        with (folder / name).open("w", newline="") as out:
            csv.writer(out).writerows([header, *rows])
        with home.lock("test"):
            return ingest_file(home, folder / name, extract_date=X, **how)

    first = [
        ["A", "E-1", "2026-03-02", "7", "nil", "home", "false"],
        ["B", "E-1", "2026-04-01", "6", "", "", "false"],
        ["C", "E-2", "2026-03-03", "5", "", "somewhere", "false"],
        ["D", "E-3", "2026-03-04", "4", "", "", "false"],
    ]
    # The next delta corrects B, removes D, and adds a contact of E-2.
    second = [
        ["B", "E-1", "2026-04-01", "2", "", "", "false"],
        ["D", "E-3", "2026-03-04", "4", "", "", "true"],
        ["F", "E-2", "2026-05-01", "1", "", "", "false"],
    ]
    offer("delta-1.csv", HEAD, first, profile="delta")
    offer("delta-2.csv", HEAD, second, profile="delta")
    january = [["1", "N-1", "2026-01-05", "leg", "8/10"], ["2", "N-2", "2026-01-06", "leg", "5"]]
    february = [
        ["1", "N-1", "2026-01-05", "leg", "8/10"],
        ["3", "N-3", "2026-02-03", "back", "-"],
        ["4", "N-4", "2026-02-04", "knee", "9"],
        ["5", "N-5", "soon", "leg", "9"],
    ]
    offer("north_full_1.csv", FULL_HEAD, january)
    offer("north_full_2.csv", FULL_HEAD, february)
    offer("north_full_fix.csv", FULL_HEAD, [["3", "N-3", "2026-02-03", "back", "6"]])
    # Referrals of a national data set, submitted again every month: under the triage's own source.
    onward = ["UNIQUE SERVICE REQUEST IDENTIFIER", "ONWARD REFERRAL DATE", "ONWARD REFERRAL REASON",
              "RECEIVING ORGANISATION", "RECORD NUMBER"]  # fmt: skip
    march = [["E-1", "2026-03-02", "Physiotherapy", "RX1", "9"]]
    april = [*march, ["E-2", "2026-04-02 00:00:00", "Surgery", "NULL", "10"]]
    for name, rows in (("CYP105_03.csv", march), ("CYP105_04.csv", april)):
        offer(name, onward, rows, source="quay")
    build(home)
    con = snapshot.open_readonly(snapshot.current(home).path)

    def table(sql):
        return con.execute(sql).fetchall()

    yield table, {receipt.name: receipt for receipt in list_receipts(home)}, offer
    con.close()


def test_a_delta_feed_replaces_removes_and_adds(published):
    table, _, _ = published
    scores = table(
        "select e.episode_id, s.score_date, s.value from score as s "
        "join episode as e on e.episode_key = s.episode_key where e.source = 'quay' order by all"
    )
    assert [(case, str(day), float(score)) for case, day, score in scores] == [
        ("E-1", "2026-03-02", 7), ("E-1", "2026-04-01", 2),
        ("E-2", "2026-03-03", 5), ("E-2", "2026-05-01", 1),
    ]  # fmt: skip
    assert table("select count(*) from episode where episode_id = 'E-3'") == [(0,)]


def test_constants_absent_questions_and_codes_without_a_table_entry(published):
    table, receipts, _ = published
    (first,) = table(
        "select c.site_id, c.ces_1_saddle_code, c.help_tried_code, c.red_flags_summary_code "
        "from contact as c join episode as e on e.episode_key = c.episode_key "
        "where e.episode_id = 'E-1' and c.contact_date = '2026-03-02'"
    )
    # One box "nil" answers nothing else, and what the export never asks was not asked.
    assert first == ("QUAY-1", "not_asked", "not_asked", "no")
    assert table("select first_ub > first_lb from episode where episode_id = 'E-1'") == [(True,)]
    assert receipts["delta-1.csv"].absent == ["ces_1_saddle", "help_tried"]
    assert receipts["delta-1.csv"].cells["disposition_recorded"] == {"unmapped": 1}


def test_a_full_supply_replaces_all_before_and_a_correction_one_row(published):
    table, receipts, _ = published
    found = table(
        "select episode_id, baseline_score from episode where source = 'north' order by 1"
    )
    assert [(case, float(score)) for case, score in found] == [("N-1", 8), ("N-3", 6)]
    second = receipts["north_full_2.csv"]
    assert second.records.dropped == {"header": 1, "filtered": 1}
    assert second.quarantine == {"no_valid_contact_date": 1}
    assert receipts["north_full_fix.csv"].supply == "delta"


def test_a_referral_that_is_submitted_every_month_counts_once(published):
    table, receipts, _ = published
    found = table(
        "select e.episode_id, r.referral_date, r.destination from referral as r "
        "join episode as e on e.episode_key = r.episode_key order by all"
    )
    referred = [(case, str(day), to) for case, day, to in found if to in ("TIMS", "SURGERY")]
    assert referred == [("E-1", "2026-03-02", "TIMS"), ("E-2", "2026-04-02", "SURGERY")]
    assert receipts["CYP105_03.csv"].source == "quay"


def test_more_than_is_tolerated_is_refused(published):
    _, _, offer = published
    rows = [[str(n), f"N-{n}", "soon", "leg", "9"] for n in range(6)]
    with pytest.raises(Refusal, match="more than the 50% that profile full tolerates"):
        offer("south_full_1.csv", FULL_HEAD, rows)
