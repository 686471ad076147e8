"""Archives, `sep=` lines and quoted line ends: read right, or refused with a reason."""

from __future__ import annotations

import csv
import io
import itertools
import random
import zipfile

import pyarrow.parquet as pq
import pytest

from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.profile import read_profile
from pipelines.ingest.source import examine, opened
from tests.ingest.conftest import row, text, tree

GOOD = text(row(), row(episode_id="E-2"))
RAW = """
[profile]
id = "raw"
version = "1"
stream = "raw"
schema = "raw"
source = "nobody"
[file]
multiline = true
"""


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


def test_a_zipped_export_is_read_like_the_plain_one(offer, home):
    plain = offer(GOOD, "plain.csv")
    packed = offer(
        zipped(("export.csv", GOOD.encode()), ("__MACOSX/._export.csv", b"x")), "packed.zip"
    )
    rows = [
        pq.read_table(home.landing / "triage" / each.file_id / "rows.parquet").drop(["file_id"])
        for each in (plain, packed)
    ]
    assert rows[0].equals(rows[1])
    assert rows[0].num_rows == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped(("a.csv", GOOD.encode()), ("b.csv", GOOD.encode())), "holds 2 files"),
        (zipped(), "holds 0 files"),
        (zipped(("../../escape.csv", GOOD.encode())), "points outside"),
        (zipped(("C:\\escape.csv", GOOD.encode())), "points outside"),
        (zipped(("bomb.csv", b"a" * 60_000_000)), "unpacks to 60 MB"),
        (zipped(("a.csv", GOOD.encode()))[:-30], "truncated or damaged"),
        (zipped(("a.csv", b"")), "unpacked file is empty"),
    ],
    ids=["two", "none", "parent", "drive", "bomb", "truncated", "empty"],
)
def test_a_doubtful_archive_is_refused_and_leaves_nothing(offer, home, tmp_path, content, reason):
    before = tree(home.landing)
    with pytest.raises(Refusal, match=reason):
        offer(content, "export.zip")
    assert tree(home.landing) == before
    assert {p.name for p in tmp_path.iterdir()} == {"home", "export.zip"}


def test_a_damaged_member_is_refused(offer):
    content = bytearray(zipped(("a.csv", (GOOD * 50).encode())))
    content[60] ^= 0xFF
    with pytest.raises(Refusal, match="truncated or damaged"):
        offer(bytes(content), "export.zip")


def test_a_member_without_a_name_is_refused(offer):
    content = zipped(("export.csv", GOOD.encode())).replace(b"export.csv", b"\0xport.csv")
    with pytest.raises(Refusal, match="a member has no name"):
        offer(content, "export.zip")


def test_any_changed_byte_of_an_archive_is_refused_or_read_whole(tmp_path):
    """Wherever a byte is damaged: the same text as before, or a refusal; nothing else."""
    content = zipped(("export.csv", GOOD.encode()))
    path = tmp_path / "export.zip"
    refused = 0
    for place in range(len(content)):
        for flip in (0x01, 0x80, 0xFF):
            path.write_bytes(
                content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :]
            )
            try:
                source = examine(path, ("utf-8-sig",))
                with opened(source) as text:
                    assert source.container != "zip" or text.read() == GOOD
            except Refusal:
                refused += 1
    assert refused > len(content)


def test_a_separator_line_is_dropped_and_counted(offer):
    n = offer("sep=,\r\n" + GOOD).records
    assert n.dropped == {"sep_line": 1, "header": 1}
    assert (n.physical, n.accepted) == (4, 2)


def test_a_separator_line_that_contradicts_the_profile_is_refused(offer):
    with pytest.raises(Refusal, match="parted by ';'"):
        offer("sep=;\r\n" + GOOD)


@pytest.fixture
def read(tmp_path):
    """Count and read a text with line ends inside quotes."""
    names = (f"f{n}.csv" for n in itertools.count())

    def found(content: str):
        path = tmp_path / next(names)
        path.write_bytes(content.encode())
        profile = read_profile(RAW, "raw.toml")
        source = examine(path, profile.encodings)
        return formats.count(source, profile), list(formats.records(source, profile))

    return found


def test_a_quoted_line_end_is_part_of_its_cell(read):
    count, records = read('a,b\r\n1,"two\r\nlines"\r\n3,"say ""so""\n,"\r\n')
    assert [r.cells for r in records] == [["a", "b"], ["1", "two\r\nlines"], ["3", 'say "so"\n,']]
    assert [r.line for r in records] == [1, 2, 4]
    assert count == 3


def test_the_count_agrees_with_the_reader_on_whatever_a_writer_writes(read):
    dice = random.Random(5)
    cells = ["", "a", '"', '""', "a\nb", "\r\n", ",", 'x"y', '",\n"', " ", "é", "\n\n"]
    for _ in range(150):
        rows = [[dice.choice(cells) for _ in range(3)] for _ in range(dice.randint(1, 6))]
        out = io.StringIO()
        end = dice.choice(["\n", "\r\n", "\r"])
        # With CR as the line end the writer leaves a cell's LF unquoted, which is another table.
        quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL
        csv.writer(out, lineterminator=end, quoting=quoting).writerows(rows)
        count, records = read(out.getvalue())
        assert [r.cells for r in records] == rows
        assert count == len(rows)


def test_a_quote_left_open_does_not_swallow_the_rest(read):
    with pytest.raises(Refusal, match="a quote opens here") as told:
        read("a,b\n" + '1,"open\n' + "2,3\n" * 600)
    assert told.value.place == "line 2"
