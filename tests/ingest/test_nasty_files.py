"""Every nasty file ends as loaded right, set aside by line, or refused; nothing vanishes."""

from __future__ import annotations

import collections
import csv
import io
import random
import shutil
from importlib import resources
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks import nasty_files, nasty_own
from benchmarks.fuzz_door import attempt, profiles, seeds
from benchmarks.plain_csv import parse
from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest import formats
from pipelines.ingest.door import ingest_file
from pipelines.ingest.formats import blocks
from pipelines.ingest.profile import read_profile
from pipelines.ingest.source import examine
from tests.ingest.conftest import EXTRACT, HEADER, row, text

SHARED = Path(__file__).parents[3] / "shared" / "data" / "nasty_csv"
PROFILE = nasty_files.PROFILE.format(number=0, encodings='"utf-8-sig", "cp1252"', delimiter='","')
# What each of our own files must come to. A file that is new here must be added.
REFUSED = {
    "empty.csv", "nul.csv", "utf16_without_bom.csv", "utf16_odd.csv", "noise.csv",
    "spreadsheet.csv", "open_quote_first.csv", "open_quote_last.csv", "line_3_mb.csv",
    "line_40_mb.csv", "truncated.csv.gz", "cut_by_four_bytes.csv.gz", "rubbish_behind.csv.gz",
    "gzip_of_gzip.csv.gz", "two.zip", "escape.zip", "bomb.zip", "truncated.zip",
}  # fmt: skip
IN_PART = {"quote_in_the_middle.csv"}


def test_our_own_files(tmp_path):
    files = nasty_own.write_all(tmp_path)
    found = {each.path.name: each for each in nasty_files.run(files)}
    assert {name for name, each in found.items() if each.how == "refused"} == REFUSED
    assert {name for name, each in found.items() if each.how == "part"} == IN_PART
    assert {each.how for each in found.values()} == {"refused", "part", "right"}
    assert all(each.detail for each in found.values() if each.how == "refused")
    assert found["wide.csv"].records == 2
    assert found["two_streams.csv.gz"].records == 401


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collections of nasty files are not here")
@pytest.mark.parametrize("name", ["csv-spectrum", "clevercsv", "frictionless", "duckdb"])
def test_collections_of_others(name):
    found = nasty_files.run([SHARED / name])
    counts = collections.Counter(each.how for each in found)
    assert counts["lost"] == counts["wrong"] == 0, [e for e in found if e.how in ("lost", "wrong")]
    assert counts["right"] + counts["part"] + counts["guarded"] > len(found) / 2
    assert all(each.detail for each in found if each.how in ("refused", "part"))


@pytest.mark.parametrize(
    ("rows", "aside", "verdict"),
    [
        ([["a", "b"], ["1", "2"], ["3", "4"]], 0, "right"),
        ([["a", "b"], ["1", "2"]], 0, "lost"),
        ([["a", "b"], ["1", "2"]], 1, "wrong"),
        ([["a", "b"], ["1", "2"], ["3", "5"]], 0, "wrong"),
    ],
)
def test_the_verdict_notices_loss_and_other_cells(tmp_path, rows, aside, verdict):
    path = tmp_path / "export.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    assert nasty_files.judge(path, rows, aside, '"utf-8-sig"', ",")[0] == verdict


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=6))
def test_the_witness_reads_what_a_writer_wrote(rows):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert parse(out.getvalue(), ",") == rows


TOKENS = ["a", "1", ",", '"', '""', "\n", "\r\n", "\r", ' "', '",', '\n"', ",,", "é", ";", "sep=,"]


@example(content='" "a,"\na')  # a quote that opens behind a malformed cell opens nothing
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.sampled_from(TOKENS), max_size=25).map("".join))
def test_reader_and_witness_agree_on_any_text(content, tmp_path):
    """Whatever is written: the same cells from both, and one count by the third."""
    path = tmp_path / "any.csv"
    path.write_bytes(content.encode())
    profile = read_profile(PROFILE, "raw.toml")
    expected = parse(content, ",")
    try:
        source = examine(path, profile.encodings)
        found = list(formats.records(source, profile))
    except Refusal as refusal:
        assert not content or expected is None or "a quote opens here" in refusal.reason
        return
    assert expected is not None
    assert [None if r.problem else r.cells for r in found] == expected
    assert formats.count(source, profile) == len(found)


VALUES = ["", "E-1", "2026-03-02", "32/13/2026", "yes", "No", "perhaps", "7", "99", "-", "\u202e"]
JUNK = [b"", b"\r\n", b",", b'"', b"\xff", b"\0", b"x,", b"\n\n", b'"\r\n"', b"\xc3\xa9", b"\t"]


def some_file(dice: random.Random) -> bytes:
    """Canonical rows, some with any cells or of another width, and a few bytes of junk."""
    lines = [row(contact_id=f"C-{n}", nprs=str(n % 11)) for n in range(dice.randint(1, 30))]
    for _ in range(dice.randint(0, 8)):
        width = len(HEADER) + dice.choice([0, 0, 0, -1, 1])
        lines.insert(dice.randrange(len(lines) + 1), dice.choices(VALUES, k=width))
    for _ in range(dice.randint(0, 4)):
        lines.insert(
            dice.randrange(len(lines) + 1), dice.choice([dice.choice(lines), HEADER, [""]])
        )
    content = text(*lines).encode()
    head = len(text().encode())
    for _ in range(dice.randint(0, 2)):
        place = dice.randrange(head, len(content) + 1)
        content = content[:place] + dice.choice(JUNK) + content[place:]
    return content


def fuzz(home: Home, folder: Path, seeds: range) -> collections.Counter[str]:
    """Offer generated files; count what they came to, by its first words."""
    packaged = resources.files("pipelines.ingest.profiles").joinpath("canonical_triage.toml")
    own = folder / "tolerant.toml"
    tolerant = "[file]\nmax_quarantine = 1.0\nmax_unmapped = 1.0\n"
    shipped = packaged.read_text(encoding="utf-8")
    own.write_text(shipped.replace("[dates]", tolerant + "[dates]"))
    came_to: collections.Counter[str] = collections.Counter()
    for seed in seeds:
        path = folder / f"any-{seed}.csv"
        path.write_bytes(some_file(random.Random(seed)))
        try:
            with home.lock("test"):
                receipt = ingest_file(home, path, profile=own, extract_date=EXTRACT)
        except Refusal as refusal:
            assert "were counted" not in refusal.reason, f"seed {seed} does not balance"
            came_to["refused"] += 1
            continue
        assert receipt.records.balanced
        came_to["accepted"] += 1
        came_to["set aside"] += bool(receipt.records.quarantined)
        came_to["dropped"] += sum(receipt.records.dropped.values()) > 1
        landed = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet")
        assert landed.num_rows == receipt.records.accepted
        shutil.rmtree(home.landing / "triage" / receipt.file_id)
    return came_to


def test_any_file_is_refused_or_balances(home, tmp_path):
    found = fuzz(home, tmp_path, range(150))
    # The files must not all end the same way, or they would show nothing.
    assert min(found[way] for way in ("accepted", "set aside", "dropped", "refused")) > 15, found


@pytest.mark.deep
def test_many_files_are_refused_or_balance(home, tmp_path):
    found = fuzz(home, tmp_path, range(1000, 9000))
    assert found["accepted"] + found["refused"] == 8000


def test_no_unexpected_file_is_left(home, tmp_path):
    fuzz(home, tmp_path, range(200, 220))
    assert {path.name.split("-")[0] for path in home.landing.iterdir()} <= {"triage"}


def test_what_fuzzing_begins_with_goes_all_the_way(monkeypatch):
    """A seed that is refused would leave the mapper untouched."""
    for name in ("FIRST", "BLOCK"):  # it makes them small
        monkeypatch.setattr(blocks, name, getattr(blocks, name))
    tried = attempt()
    assert [tried(seed) for seed in seeds()] == ["taken in"] * len(seeds())
    assert len(seeds()) > len(profiles())
