"""Parquet: every row is text, set aside with its reason, or the file is refused by name."""

from __future__ import annotations

import datetime as dt
import io
import struct
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest import contract
from pipelines.ingest.door import ingest_file
from pipelines.ingest.formats import parquet
from pipelines.ingest.profile import ProfileError, read_profile
from pipelines.ingest.source import examine
from tests.ingest.conftest import EXTRACT, HEADER, row, text

PROFILE = """
[profile]
id = "columns"
version = "1"
stream = "triage"
source = "s"
[file]
format = "parquet"
max_quarantine = 1.0
max_unmapped = 1.0
extra_columns = "{extra}"
[parquet]
{parquet}
[dates]
extract_date = 2026-06-30
[columns]
"id" = {{ to = "episode_id" }}
"date" = {{ to = "contact_date" }}
"pain" = {{ to = "nprs" }}
"note" = {{ drop = true }}
"""


def written(table: pa.Table, **options) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    """Counts and reads a file's bytes; returns (count, records)."""

    def done(content: bytes | pa.Table, options: str = "", extra: str = "refuse"):
        path = tmp_path / "export.parquet"
        path.write_bytes(content if isinstance(content, bytes) else written(content))
        profile = read_profile(PROFILE.format(parquet=options, extra=extra), "columns.toml")
        source = examine(path, (), True)
        return parquet.count(source, profile), list(parquet.records(source, profile))

    return done


NANOS = 1_706_693_400_999_999_999  # 2024-01-31 09:30:00.999999999 as UTC
TYPED = [
    (pa.array(["00012", "é", "", None]), ["00012", "é", "", ""]),
    (pa.array(["a", None], pa.large_string()), ["a", ""]),
    (pa.array(["a", None], pa.string_view()), ["a", ""]),
    (pa.array(["a", "b", "a", None]).dictionary_encode(), ["a", "b", "a", ""]),
    (pa.array([b"\xc3\xa9", None], pa.binary()), ["é", ""]),
    (pa.array([b"ab", None], pa.binary(2)), ["ab", ""]),
    (pa.array([True, False, None]), ["true", "false", ""]),
    (pa.array([-7, None], pa.int8()), ["-7", ""]),
    (pa.array([9_007_199_254_740_993], pa.int64()), ["9007199254740993"]),
    (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
    (pa.array([7.0, -0.0, 7.25, 1e-7, None]), ["7", "0", "7.25", "1e-07", ""]),
    (pa.array([float("nan"), float("inf"), -float("inf")]), ["NaN", "inf", "-inf"]),
    (pa.array([7.3, 7.0, float("nan")], pa.float32()), ["7.3", "7", "NaN"]),
    (pa.array([0.5, 7.0], pa.float16()), ["0.5", "7"]),
    (pa.array([Decimal("7.00"), Decimal("-0.05"), None]), ["7.00", "-0.05", ""]),
    (pa.array([Decimal("1E-8")], pa.decimal128(20, 10)), ["0.0000000100"]),
    (pa.array([dt.date(2024, 1, 31), dt.date(1912, 2, 29), None]),
     ["2024-01-31", "1912-02-29", ""]),
    (pa.array([dt.date(1912, 2, 29)], pa.date64()), ["1912-02-29"]),
    (pa.array([NANOS, None], pa.timestamp("ns")), ["2024-01-31 09:30:00", ""]),
    (pa.array([-1, 0], pa.timestamp("ms")), ["1969-12-31 23:59:59", "1970-01-01"]),
    (pa.array([dt.datetime(2024, 1, 31)], pa.timestamp("us")), ["2024-01-31"]),
    (pa.array([34_200_999_999_999, None], pa.time64("ns")), ["09:30:00", ""]),
    (pa.array([34_200], pa.time32("s")), ["09:30:00"]),
    (pa.nulls(2), ["", ""]),
    (pa.array([b"\0" * 15 + b"\1", None], pa.uuid()),
     ["00000000-0000-0000-0000-000000000001", ""]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "shown"), TYPED, ids=lambda each: str(getattr(each, "type", ""))
)
def test_typed_columns_come_as_text(read, column, shown):
    count, found = read(pa.table({"id": column}))
    assert count == len(shown)
    assert (found[0].line, found[0].cells, found[0].synthetic) == (0, ["id"], True)
    assert [(r.line, r.cells, r.problem) for r in found[1:]] == [
        (n, [each], None) for n, each in enumerate(shown, start=1)
    ]


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "America/New_York", "+05:30"])
def test_a_moment_with_a_time_zone_is_on_the_wall_clock_of_the_clinic(read, zone):
    # The last second of winter time and the first of summer time, in Unix time.
    spring = 1_711_846_800
    winter = 1_706_693_400
    midnight = 1_719_788_400  # 2024-06-30 23:00 as UTC
    ticks = [spring - 1, spring, winter, midnight]
    _, found = read(pa.table({"id": pa.array(ticks, pa.timestamp("s", zone))}))
    assert [r.cells[0] for r in found[1:]] == [
        "2024-03-31 00:59:59",
        "2024-03-31 02:00:00",
        "2024-01-31 09:30:00",
        "2024-07-01",
    ]


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (pa.array([b"\xff\xfe", b"ok"], pa.binary()), "undecodable"),
        (pa.array([9434765919123456.0, 9007199254740991.0]), "rounded_number"),
        (pa.array([16777216.0, 16777215.0], pa.float32()), "rounded_number"),
        (pa.array([2**61, 0], pa.timestamp("ms")), "date_out_of_range"),
        (pa.array([-(2**31), 0], pa.date32()), "date_out_of_range"),
        (pa.array([86_400, 0], pa.time32("s")), "time_out_of_range"),
    ],
)
def test_a_cell_that_cannot_be_trusted_sets_its_row_aside(read, column, problem):
    count, found = read(pa.table({"id": ["E-1", "E-2"], "pain": column}))
    assert count == 2
    assert [(r.line, r.problem) for r in found[1:]] == [(1, problem), (2, None)]
    assert found[1].cells == []
    _, unread = read(pa.table({"id": ["E-1", "E-2"], "note": column}))
    assert [r.problem for r in unread[1:]] == [None, None], "the profile drops that column unread"


def test_text_that_is_no_utf_8_sets_its_row_aside(read):
    wrong = pa.StringArray.from_buffers(
        2, pa.py_buffer(struct.pack("<3i", 0, 1, 2)), pa.py_buffer(b"\xffa")
    )
    _, found = read(pa.table({"id": wrong}))
    assert [(r.cells, r.problem) for r in found[1:]] == [([], "undecodable"), (["a"], None)]


NESTED = [
    pa.array([[1, 2], None]),
    pa.array([{"a": 1}, None]),
    pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int8())),
    pa.array([1, None], pa.duration("s")),
]


@pytest.mark.parametrize("column", NESTED, ids=lambda column: str(column.type))
def test_a_column_of_lists_is_refused_by_name(read, column):
    table = pa.table({"id": ["E-1", "E-2"], "pain": column})
    with pytest.raises(Refusal, match="not one plain value per row") as refused:
        read(table)
    assert refused.value.place == "column 2 ('pain')"
    count, found = read(table.rename_columns(["id", "note"]))
    assert (count, len(found)) == (2, 3), "dropped unread"
    assert found[1].cells[1] != found[2].cells[1], "and still two different rows"
    assert read(table.rename_columns(["id", "else"]), extra="drop")[0] == 2
    with pytest.raises(Refusal, match="plain value"):
        read(table.rename_columns(["id", "else"]))


def test_row_groups_and_batches_keep_every_row_in_order(read, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH", 7)
    content = written(pa.table({"id": [f"E-{n}" for n in range(100)]}), row_group_size=30)
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 4
    count, found = read(content)
    assert count == 100
    assert [(r.line, r.cells) for r in found[1:]] == [(n + 1, [f"E-{n}"]) for n in range(100)]


def test_no_rows_give_the_header_alone(read):
    count, found = read(pa.table({"id": pa.array([], pa.string())}))
    assert (count, [r.cells for r in found]) == (0, [["id"]])


def test_options_are_checked(read):
    with pytest.raises(ProfileError, match=r"unknown key in \[parquet\]: 'columns'"):
        read(pa.table({"id": ["E-1"]}), options="columns = 1")


def test_what_is_no_parquet_file_is_refused_plainly(read):
    for content, told in (
        (b"id,date\nE-1,2026-03-01\n", "not a Parquet file"),
        (b"PARE" + bytes(20) + b"PARE", "encrypted"),
        (b"PAR1", "truncated"),
        (b"PAR1PAR1", "truncated"),
        (b"PAR1" + bytes(8) + b"PAR1", "damaged"),
    ):
        with pytest.raises(Refusal, match=told):
            read(content)


def test_every_truncation_is_refused_with_its_place(read):
    content = written(pa.table({"id": [f"E-{n}" for n in range(50)]}))
    for size in range(4, len(content), 37):
        with pytest.raises(Refusal, match="truncated") as refused:
            read(content[:size])
        assert refused.value.place == f"byte {size}"


def test_a_damaged_page_is_refused_with_its_row_group(read):
    table = pa.table({"id": [f"E-{n}" for n in range(60)]})
    content = written(
        table, row_group_size=30, compression="none", use_dictionary=False, write_statistics=False,
        write_page_checksum=True,
    )  # fmt: skip
    assert content.count(b"E-45") == 1
    with pytest.raises(Refusal, match="damaged") as refused:
        read(content.replace(b"E-45", b"E-99"))
    assert refused.value.place == "row group 2 of 2, after its row 0"


def test_a_value_that_points_beyond_its_dictionary_is_refused(read, monkeypatch):
    content = written(pa.table({"id": ["E-1", "E-2"]}))

    class Broken(pq.ParquetFile):
        def iter_batches(self, *args, **options):
            for batch in super().iter_batches(*args, **options):
                wrong = pa.DictionaryArray.from_arrays(
                    pa.array([0, 7], pa.int8()), pa.array(["E-1"]), safe=False
                )
                yield pa.record_batch([wrong], batch.schema.names)

    monkeypatch.setattr(parquet.pq, "ParquetFile", Broken)
    with pytest.raises(Refusal, match="damaged") as refused:
        read(content)
    assert refused.value.place == "row group 1 of 1, after its row 0"


def test_a_footer_that_contradicts_itself_is_refused(read, monkeypatch):
    content = written(pa.table({"id": ["E-1", "E-2"]}))
    # num_rows of the file: field 3 of the footer, a zigzag varint behind the schema's list.
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    footer = content[start:]
    places = [n for n in range(len(footer)) if footer[n : n + 2] == b"\x16\x04"]
    told = 0
    for place in places:
        changed = footer[:place] + b"\x16\x06" + footer[place + 2 :]
        try:
            count, found = read(content[:start] + changed)
        except Refusal:
            told += 1
        else:
            assert count == len(found) - 1 == 2
    assert told >= 2, "the file's number and the row group's"
    monkeypatch.setattr(parquet, "MOST_BYTES", 10)
    with pytest.raises(Refusal, match="unpacks to more than"):
        read(content)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_any_changed_byte_balances_or_is_refused(read, place, byte):
    table = pa.table({"id": ["E-1", "E-2", None], "pain": [7.0, 7.5, None]})
    content = bytearray(written(table, write_page_checksum=True))
    content[place % len(content)] = byte
    try:
        count, found = read(bytes(content), extra="drop")
    except Refusal as refusal:
        assert refusal.reason
        return
    assert count == len(found) - 1 == 3


def kept(home: Home, receipt) -> list[dict]:
    rows = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet").to_pylist()
    for each in rows:
        del each["file_id"], each["line"]
    return rows


def typed(name: str, value: str):
    """A canonical cell as a typed value, as a program that knows the columns would store it."""
    kind = contract.columns("triage")[name].kind
    if not value:
        return None
    if kind == "date":
        return dt.date.fromisoformat(value)
    if kind == "time":
        return dt.time.fromisoformat(value)
    return float(value) if kind in ("count", "number", "float") else value


CANONICAL = [
    row(contact_id="C-1", site_id="north", contact_time="09:30:00", onset_date="2026-01-31",
        ces_1_saddle="no", ces_2_wiping="declined", nprs="7", msk_hq="31", seq="1"),
    row(contact_id="C-2", contact_date="2026-03-09", contact_type="review", nprs="4.5",
        ces_1_saddle="yes", help_improving="no", pgic="3", referral_destination="TIMS"),
    row(contact_id="C-3", episode_id="E-2", contact_date="2025-10-26", close_date="2026-02-01",
        close_reason="pifu", imd_quintile="2"),
]  # fmt: skip


def test_one_table_lands_the_same_from_csv_xlsx_and_parquet(home, offer, tmp_path):
    values = [
        [typed(name, cell) for name, cell in zip(HEADER, cells, strict=True)] for cells in CANONICAL
    ]
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(HEADER)
    for each in values:
        book.active.append(each)
    book.save(out)
    columns = {name: [each[n] for each in values] for n, name in enumerate(HEADER)}
    files = {
        "csv": text(*CANONICAL).encode(),
        "xlsx": out.getvalue(),
        "parquet": written(pa.table(columns)),
    }
    landed = {}
    for form, content in files.items():
        mapped = "".join(f'"{name}" = {{ to = "{name}" }}\n' for name in HEADER)
        profile = tmp_path / f"{form}.toml"
        profile.write_text(
            f'[profile]\nid = "all"\nversion = "1"\nstream = "triage"\nsource = "s"\n'
            f'[file]\nformat = "{form}"\n[columns]\n{mapped}'
        )
        receipt = offer(content, f"export.{form}", profile, EXTRACT)
        assert receipt.records.physical == 3 + (form != "parquet")
        assert (receipt.records.accepted, receipt.records.quarantined) == (3, 0)
        assert receipt.cells == {}
        landed[form] = kept(home, receipt)
    assert [r["contact_id"] for r in landed["csv"]] == ["C-1", "C-2", "C-3"]
    assert landed["csv"][0]["contact_time"] == "09:30:00"
    assert landed["xlsx"] == landed["csv"]
    assert landed["parquet"] == landed["csv"]


def test_through_the_door_every_row_is_accounted_for(tmp_path):
    table = pa.table(
        {
            "id": ["E-1", "E-2", "E-2", None, "E-4"],
            "date": [dt.datetime(2026, 3, 1, 9), *[dt.datetime(2026, 3, 2)] * 2, None, None],
            "pain": pa.array([7.0, float("nan"), float("nan"), None, 5.0]),
            "note": [["a"], ["b"], ["b"], None, []],
        }
    )
    home = Home.open(tmp_path / "home")
    path, profile = tmp_path / "export.parquet", tmp_path / "columns.toml"
    path.write_bytes(written(table))
    profile.write_text(PROFILE.format(parquet="", extra="refuse"))
    with home.lock("test"):
        receipt = ingest_file(home, path, profile=profile)
    n = receipt.records
    assert (n.physical, n.accepted, n.quarantined) == (5, 2, 2)
    assert {reason: k for reason, k in n.dropped.items() if k} == {"exact_duplicate": 1}
    assert receipt.quarantine == {"no_valid_contact_date": 1, "no_valid_episode_id": 1}
    assert receipt.cells["nprs"] == {"not_a_number": 1}, "not-a-number is told, not empty"
