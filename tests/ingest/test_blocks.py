"""The quick way through a text gives what the exact reader gives, and columns lose nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import Refusal
from pipelines.ingest import formats, rows
from pipelines.ingest.coded import MISSING, Coded, combined, over
from pipelines.ingest.formats import blocks
from pipelines.ingest.formats.blocks import Block
from pipelines.ingest.identifiers import ColumnGuard, opaque
from pipelines.ingest.profile import read_profile
from pipelines.ingest.rows import coded
from pipelines.ingest.source import LONGEST_LINE, examine

PROFILE = """
[profile]
id = "logs"
version = "1"
stream = "exercise_log"
source = "s"
[file]
encodings = ["utf-8-sig", "cp1252"]
footer = '^Total'
extra_columns = "drop"
max_quarantine = 1.0
[dates]
extract_date = 2026-06-30
[columns]
"who" = { to = "episode_id" }
"day" = { to = "log_date" }
"pain" = { to = "pain_during" }
"note" = { drop = true }
"""
HEAD = "who,day,pain,note"


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few lines, so that short texts have several."""
    monkeypatch.setattr(blocks, "FIRST", 20)
    monkeypatch.setattr(blocks, "BLOCK", 40)


def examined(path):
    return examine(path, ("utf-8-sig", "cp1252"))


def told(source, profile):
    """Every record as (line, cells) by the quick way; and how many came in blocks."""
    found, quick = [], 0
    for piece in formats.pieces(source, profile):
        if not isinstance(piece, Block):
            found.append((piece.line, piece.cells, piece.problem))
            continue
        columns = [column.to_pylist() for column in piece.columns]
        cells = map(list, zip(*columns, strict=True))
        found += [(n, each, None) for n, each in zip(piece.lines.tolist(), cells, strict=True)]
        found += [(record.line, record.cells, record.problem) for record in piece.others]
        quick += len(piece.lines)
    return sorted(found), quick


def told_exactly(source, profile):
    return [(r.line, r.cells, r.problem) for r in formats.records(source, profile)]


def same(quick, exact):
    """An empty line is one without cells to one and with empty ones to the other."""
    return [(line, cells if any(cells) else [], why) for line, cells, why in quick] == [
        (line, cells if any(cells) else [], why) for line, cells, why in exact
    ]


cell = st.sampled_from(["E-1", "", " ", "é", "\u2028", "x\x0by", "Total", "2026-03-01", "'", "11"])
calm = st.lists(cell, min_size=1, max_size=6).map(",".join)
wild = st.sampled_from(['"a"', '"a,b",c,d,e', 'x"y,,,', '"a"b,c', HEAD, ""])
line = st.one_of(calm, calm, calm, wild)


@settings(max_examples=150, deadline=None)
@given(st.lists(line, max_size=25), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_the_quick_way_gives_what_the_exact_reader_gives(
    tmp_path_factory, lines, end, ended, western
):
    path = tmp_path_factory.mktemp("text") / "a.csv"
    text = end.join([HEAD, *lines]) + end * ended
    path.write_bytes(text.encode("cp1252" if western else "utf-8", errors="replace"))
    profile, source = read_profile(PROFILE, "test"), examined(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "FIRST", 20)
        patch.setattr(blocks, "BLOCK", 40)
        quick, _ = told(source, profile)
        assert same(quick, told_exactly(source, profile))


def test_only_lines_with_a_quote_near_them_go_the_slow_way(small_blocks, tmp_path):
    path = tmp_path / "a.csv"
    plain = [f"E-{n},2026-03-01,5," for n in range(100)]
    path.write_text("\n".join([HEAD, *plain, 'E-x,2026-03-01,5,"a,b"', *plain]) + "\n")
    found, quick = told(examined(path), read_profile(PROFILE, "test"))
    assert len(found) == 202
    assert 180 < quick < 202


@pytest.mark.parametrize("option", ["multiline = true", "footer_required = true"])
def test_what_lines_alone_do_not_decide_goes_the_slow_way(tmp_path, option):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\nE-1,2026-03-01,5,\n")
    profile = read_profile(PROFILE.replace("[file]", f"[file]\n{option}"), "test")
    assert not blocks.suits(examined(path), profile)


@pytest.mark.parametrize("before", [0, 400_000])
def test_a_line_too_long_for_any_export_is_refused_with_its_number(tmp_path, before):
    """Behind the first block, and behind many of them."""
    path = tmp_path / "a.csv"
    with path.open("w") as out:
        out.write(HEAD + "\n")
        out.writelines(f"E-{n},2026-03-01,5,\n" for n in range(before))
        out.write("E-x,2026-03-01,5," + "x" * LONGEST_LINE + "\nE-1,2026-03-01,5,\n")
    with pytest.raises(Refusal, match="more than 1,048,576 characters") as told_:
        told(examined(path), read_profile(PROFILE, "test"))
    assert told_.value.place == f"line {before + 2}"


def test_diaries_land_by_episode_and_day_and_keep_their_lines(home, offer, tmp_path):
    profile = tmp_path / "logs.toml"
    profile.write_text(PROFILE)
    days = ["2026-03-09", "2026-03-01", "2026-03-05"]
    lines = [f"E-{who},{day},{who}," for day in days for who in (10, 9, 1)]
    receipt = offer("\n".join([HEAD, *lines, "E-9,2026-03-01,7,"]) + "\n", profile=str(profile))
    kept = pq.read_table(home.landing / "exercise_log" / receipt.file_id / "rows.parquet")
    found = [(r["episode_id"], r["log_date"].isoformat(), r["line"]) for r in kept.to_pylist()]
    numbered = [(*text.split(",")[:2], n) for n, text in enumerate(lines, start=2)]
    assert found == sorted([*numbered, ("E-9", "2026-03-01", 11)])
    assert kept.schema.field("episode_id").type == pa.string()


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.text(max_size=1))),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_repeats_are_rows_equal_to_an_earlier_one_whatever_their_numbers(table, collide):
    columns = [coded(cells) for cells in zip(*table, strict=True)] or [coded([])] * 3
    whole = rows.Rows(
        ["a", "b", "c"],
        [Coded(c.dictionary.to_pylist(), c.indices.to_numpy().astype(np.uint8)) for c in columns],
        np.arange(len(table)),
        {},
        {},
        [],
    )
    expected = [each in table[:n] for n, each in enumerate(table)]
    with pytest.MonkeyPatch.context() as patch:
        if collide:  # every row has the number of every other one
            patch.setattr(rows, "SPREAD", np.uint64(0))
        assert whole.repeats().tolist() == expected


def test_a_file_that_memory_cannot_hold_is_refused(offer, tmp_path, monkeypatch):
    profile = tmp_path / "logs.toml"
    profile.write_text(PROFILE)
    monkeypatch.setattr(rows, "MOST_HELD", 1000)
    content = "".join(f"E-{n},2026-03-01,5,\n" for n in range(500))
    with pytest.raises(Refusal, match="memory") as told_:
        offer(f"{HEAD}\n{content}", profile=str(profile))
    assert "several files" in str(told_.value)


@given(st.lists(st.text(alphabet="AaZz019-_ .@+/", min_size=1, max_size=24)))
@settings(max_examples=400, deadline=None)
def test_what_is_opaque_at_a_glance_is_so_to_the_guard(texts):
    for text, plain in zip(texts, opaque(texts).tolist(), strict=True):
        guard = ColumnGuard("x", kept_as_is=True)
        guard.look([(text, 7)])
        if plain:
            assert dict(guard.seen) == {"values": 7}
    both = [ColumnGuard("x"), ColumnGuard("x")]
    both[0].look((text, 2) for text in set(texts))
    distinct = list(set(texts))
    both[1].look_at_all(distinct, np.full(len(distinct), 2))
    assert both[0].seen == both[1].seen


@pytest.mark.parametrize("text", ["4857773456", "485-777-3456", "SW1A1AA", "x485 777 3456"])
def test_what_could_be_an_identifier_is_never_opaque(text):
    assert not opaque([text]).any()


def test_columns_of_codes_combine_by_row():
    a = Coded(["x", "y", MISSING], np.array([0, 1, 2, 1], np.uint8))
    b = Coded([1, None], np.array([0, 0, 1, 1], np.uint8))
    pairs = combined(a, b, lambda one, two: (one, two))
    assert [pairs.at(n) for n in range(4)] == [("x", 1), ("y", 1), (MISSING, None), ("y", None)]
    laid = over(a, Coded(["z"], np.zeros(4, np.uint8)))
    assert [laid.at(n) for n in range(4)] == ["x", "y", "z", "y"]
    assert [over(a, None).at(n) for n in range(4)] == ["x", "y", None, "y"]
