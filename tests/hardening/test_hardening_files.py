"""Files made to fill memory or a disk, and what leaves as a table."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.ui import Table, as_csv
from pipelines.access import rows as taking
from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest import source
from pipelines.ingest.door import ingest_file
from pipelines.neutral import STARTS
from tests.hardening.hostile import FORMULA, TEXTS

HEAD = "episode_id,contact_id,contact_date\n"
CELLS = st.one_of(st.sampled_from((*FORMULA, *TEXTS)), st.text(max_size=12))


def offered(home: Home, path: Path) -> None:
    """Offer a file to a home."""
    with home.lock("test"):
        ingest_file(home, path, profile="canonical-triage", extract_date=dt.date(2026, 6, 30))


def left(home: Home) -> list[str]:
    """What lies in the landing folder."""
    return [str(path) for path in home.landing.rglob("*") if path.is_file()]


def test_a_packed_text_of_one_endless_line_is_refused(tmp_path: Path) -> None:
    path, home = tmp_path / "a.csv.gz", Home.open(tmp_path / "home")
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(HEAD.encode())
        for _ in range(24):
            out.write(b"a" * 2**20)
    assert path.stat().st_size < 300_000
    with pytest.raises(Refusal):
        offered(home, path)
    assert left(home) == []


def test_a_packed_text_larger_than_any_export_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, home = tmp_path / "a.csv.gz", Home.open(tmp_path / "home")
    path.write_bytes(gzip.compress((HEAD + "E-1,C-1,2026-01-01\n" * 300_000).encode()))
    monkeypatch.setattr(source, "MOST_TEXT", 2**20)
    with pytest.raises(Refusal, match="larger than"):
        offered(home, path)
    assert left(home) == []


def test_an_archive_that_packs_as_no_export_does_is_refused(tmp_path: Path) -> None:
    path, home = tmp_path / "a.zip", Home.open(tmp_path / "home")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        out.writestr("a.csv", b"a" * (24 * 2**20))
    with pytest.raises(Refusal, match="as no export does"):
        offered(home, path)
    assert left(home) == []


@example("\r=1", "\r=1", ["a\r=1", "b\r\n=1"])  # a row that nobody wrote would begin with =
@given(CELLS, CELLS, st.lists(CELLS, min_size=1, max_size=3))
def test_no_table_that_leaves_has_a_cell_that_begins_a_formula(
    title: str, column: str, cells: list[str]
) -> None:
    table = Table(title, (column,), tuple((each,) for each in cells))
    mark = taking.Mark("who", dt.datetime(2026, 6, 1), title, "data", 7)
    rows = taking.as_csv(mark, [column], [{column: each} for each in cells])
    for text in (as_csv(table).decode("utf-8-sig"), rows):
        read = list(csv.reader(io.StringIO(text, newline="")))
        assert not [cell for row in read for cell in row if cell.startswith(STARTS)]


@given(CELLS)
def test_a_cell_is_the_text_itself_or_the_text_behind_a_quote(cell: str) -> None:
    same = cell.replace("\r\n", "\n").replace("\r", "\n")
    text = as_csv(Table("", ("a",), ((cell,),))).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read[1:] in ([[same]], [["'" + same]], [[]] if same == "" else [[same]])
