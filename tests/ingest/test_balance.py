"""Nothing is lost: every record is accepted, set aside or dropped, whatever the bytes."""

from __future__ import annotations

import csv
import gzip
import io

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import HomeLocked, OutcomesError, Refusal
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.receipt import list_receipts
from tests.ingest.conftest import row, text, tree

PROFILE = """
[profile]
id = "small"
version = "1"
stream = "triage"
source = "s"
[file]
max_quarantine = 1.0
max_unmapped = 1.0
footer = '^Total'
null_tokens = ["-"]
[dates]
formats = ["%d/%m/%Y"]
extract_date = 2026-06-30
[columns]
"id" = { to = "episode_id" }
"date" = { to = "contact_date" }
"numb" = { to = "ces_1_saddle" }
"pain" = { to = "nprs" }
"""
HEAD = "id,date,numb,pain"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Takes bytes into a new home through the small profile; returns (home, receipt)."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.toml").write_text(PROFILE, encoding="utf-8")
    count = iter(range(10**6))

    def taken(content: bytes):
        number = next(count)
        home = Home.open(folder / f"home-{number}")
        path = folder / f"{number}.csv"
        path.write_bytes(content)
        with home.lock("test"):
            return home, ingest_file(home, path, profile=folder / "small.toml")

    return taken


def rows_of(home: Home, receipt, name="rows"):
    return pq.read_table(home.landing / receipt.stream / receipt.file_id / f"{name}.parquet")


def test_each_kind_of_record_is_counted_with_its_line(small):
    lines = [
        HEAD,
        "E-1,01/03/2026,yes,5",
        "E-1,01/03/2026,yes,5",
        "",
        "E-2,31/02/2026,no,4",
        ",01/03/2026,no,4",
        "E-3,01/03/2026,no",
        "E-4,01/03/2026,no,4,5",
        HEAD,
        'E-5,01/03/2026,"no"x,4',
        "E-6,01/03/2026,maybe,11",
        "Total,5,,",
    ]
    home, receipt = small("\r\n".join(lines).encode())
    n = receipt.records
    assert (n.physical, n.accepted, n.quarantined) == (12, 2, 5)
    assert n.dropped == {
        "header": 1, "exact_duplicate": 1, "blank": 1, "repeated_header": 1, "footer": 1,
    }  # fmt: skip
    assert receipt.quarantine == {
        "no_valid_contact_date": 1, "no_valid_episode_id": 1, "too_few_cells": 1,
        "too_many_cells": 1, "malformed_quotes": 1,
    }  # fmt: skip
    aside = rows_of(home, receipt, "quarantine").to_pylist()
    assert {r["line"]: r["reason"] for r in aside} == {
        5: "no_valid_contact_date", 6: "no_valid_episode_id", 7: "too_few_cells",
        8: "too_many_cells", 10: "malformed_quotes",
    }  # fmt: skip
    assert set(aside[0]) == {"file_id", "line", "reason", "record_hash"}, "never the text"
    kept = rows_of(home, receipt).to_pylist()
    assert [(r["episode_id"], r["line"]) for r in kept] == [("E-1", 2), ("E-6", 11)]
    assert kept[1]["ces_1_saddle"] == "unknown"
    assert kept[1]["cell_issues"] == "ces_1_saddle:unmapped;nprs:out_of_range"
    cells = rows_of(home, receipt, "cells").to_pylist()
    assert [(c["line"], c["column"], c["reason"], c["value"]) for c in cells] == [
        (5, "contact_date", "invalid_date", None),
        (11, "ces_1_saddle", "unmapped", "maybe"),
        (11, "nprs", "out_of_range", "11"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_every_style_of_line_end_counts_the_same(small, end, last):
    lines = [HEAD, "E-1,01/03/2026,yes,5", "E-2,02/03/2026,no,4"]
    content = end.join(lines) + (end if last else "")
    _, receipt = small(content.encode())
    assert (receipt.records.physical, receipt.records.accepted) == (3, 2)


def test_mixed_line_ends_and_gzip(small):
    content = f"{HEAD}\r\nE-1,01/03/2026,yes,5\nE-2,02/03/2026,no,4\rE-3,03/03/2026,no,4"
    for packed in (content.encode(), gzip.compress(content.encode())):
        home, receipt = small(packed)
        assert (receipt.records.physical, receipt.records.accepted) == (4, 3)
        assert [r["line"] for r in rows_of(home, receipt).to_pylist()] == [2, 3, 4]


cells = st.sampled_from(
    ["E-1", "E-2", "", "-", "01/03/2026", "31/02/2026", "yes", "no", "maybe", "5", "11", '"', "é",
     '"a,b"', '"no"', "Total", "id", HEAD, '""', " ", "x" * 50]
)  # fmt: skip
lines = st.lists(cells, min_size=0, max_size=6).map(",".join)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(lines, ends), max_size=12))
def test_whatever_the_rows_the_file_balances_or_is_refused(small, parts):
    content = HEAD + "\n" + "".join(line + end for line, end in parts)
    try:
        home, receipt = small(content.encode())
    except Refusal as refusal:
        assert refusal.reason
        return
    assert receipt.records.balanced
    # Counted once more, by nothing that the door uses.
    physical = len(content.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n"))
    assert receipt.records.physical == physical
    assert rows_of(home, receipt).num_rows == receipt.records.accepted
    assert rows_of(home, receipt, "quarantine").num_rows == receipt.records.quarantined


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_balance(small, content):
    try:
        _, receipt = small(HEAD.encode() + b"\n" + content)
    except Refusal:
        return
    assert receipt.records.balanced


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["E-1", "E-2", "E-3"]), st.sampled_from(["yes", "no", "", "na"])),
        min_size=1,
        max_size=20,
        unique=True,
    )
)
def test_accepted_cells_are_what_the_file_says(small, pairs):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD.split(","))
    for episode, answer in pairs:
        writer.writerow([episode, "01/03/2026", answer, "7"])
    home, receipt = small(out.getvalue().encode())
    kept = rows_of(home, receipt).to_pylist()
    assert [(r["episode_id"], r["ces_1_saddle"]) for r in kept] == [
        (episode, answer or "not_recorded") for episode, answer in pairs
    ]
    assert {str(r["nprs"]) for r in kept} == {"7.000"}
    assert {r["ces_2_wiping"] for r in kept} == {"not_asked"}, "absent is not asked, never no"


def test_the_same_bytes_twice_change_nothing(home, offer):
    first = offer(text(row()))
    before = tree(home.root)
    again = offer(text(row()))
    assert again.unchanged and not first.unchanged
    assert tree(home.root) == before


def test_a_new_version_of_the_profile_reads_the_file_anew(home, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(f"{HEAD}\nE-1,01/03/2026,yes,5\n")
    for version in ("1", "2"):
        profile = tmp_path / "small.toml"
        profile.write_text(PROFILE.replace('version = "1"', f'version = "{version}"'))
        with home.lock("test"):
            ingest_file(home, path, profile=profile)
    assert [r.profile_version for r in list_receipts(home)] == ["1", "2"]


def test_leftovers_of_a_killed_ingest_are_swept(home, offer):
    left = home.landing / ".tmp-1-x"
    left.mkdir(parents=True)
    (left / "rows.parquet").write_bytes(b"half")
    offer(text(row()))
    assert not left.exists()


def test_a_failure_on_the_way_leaves_no_half_file(home, offer, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.ingest.door.fsync_file", full)
    with pytest.raises(OutcomesError, match="No space left on device"):
        offer(text(row()))
    assert list_receipts(home) == []
    assert [p for p in home.landing.rglob("*") if p.is_file()] == []


def test_only_one_process_writes(home, offer):
    with home.lock("build"), pytest.raises(HomeLocked, match="`build`"), home.lock("ingest"):
        pass
