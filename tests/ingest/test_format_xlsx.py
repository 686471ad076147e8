"""Workbooks: every row is text, set aside with its reason, or the file is refused by name.

Most workbooks here are written part by part as XML, so that the bytes are known to the letter.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.formats import xlsx, xlsx_package
from pipelines.ingest.profile import ProfileError, read_profile
from pipelines.ingest.source import examine

SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PROFILE = """
[profile]
id = "book"
version = "1"
stream = "triage"
source = "s"
[file]
format = "xlsx"
max_quarantine = 1.0
{file}
[xlsx]
{xlsx}
[dates]
extract_date = 2026-06-30
[columns]
"id" = {{ to = "episode_id" }}
"date" = {{ to = "contact_date" }}
"numb" = {{ to = "ces_1_saddle" }}
"pain" = {{ to = "nprs" }}
"note" = {{ drop = true }}
"""
HEAD = ["id", "date", "numb", "pain", "note"]
HEADER = '<row r="1">' + "".join(
    f'<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>'
    for column, name in zip("ABCDE", HEAD, strict=True)
) + "</row>"  # fmt: skip
# Formats 0 to 4: general, date, date with time, time, hours beyond a day.
STYLES = (
    f'<styleSheet xmlns="{SPREADSHEET}"><numFmts count="1"><numFmt numFmtId="164" '
    'formatCode="dd/mm/yyyy\\ hh:mm"/></numFmts><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/>'
    '<xf numFmtId="21"/><xf numFmtId="46"/></cellXfs><cellStyles count="1"><cellStyle '
    'name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

# The runner sets aside the filter that the reader sets for the library's warnings.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


def parts(*sheets: str, states: tuple[str, ...] = (), props: str = "", after: str = "") -> dict:
    """The parts of a workbook whose sheets' rows are given as XML."""
    listed, related, typed = "", "", ""
    found = {}
    for n, rows in enumerate(sheets, start=1):
        state = f' state="{states[n - 1]}"' if states and states[n - 1] else ""
        listed += f'<sheet name="S{n}" sheetId="{n}"{state} r:id="rId{n}"/>'
        related += (
            f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/{n}.xml"/>'
        )
        name = f"xl/worksheets/{n}.xml"
        typed += f'<Override PartName="/{name}" ContentType="{TYPES}.worksheet+xml"/>'
        found[name] = (
            f'<worksheet xmlns="{SPREADSHEET}"><sheetData>{rows}</sheetData>{after}</worksheet>'
        )
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPES}'
        f'.sheet.main+xml"/>{typed}<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles'
        '+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="a" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}">{props}<sheets>'
        f"{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        f'<Relationship Id="st" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        **found,
    }


def packed(members: dict) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return out.getvalue()


def book(*sheets: str, **more) -> bytes:
    return packed(parts(*sheets, **more))


def a_row(number: int, *cells: str) -> str:
    """A row of cells given as XML with `@` for their reference."""
    named = [c.replace("@", f"{'ABCDEFG'[n]}{number}") for n, c in enumerate(cells) if c]
    return f'<row r="{number}">{"".join(named)}</row>'


def words(value: str) -> str:
    return f'<c r="@" t="inlineStr"><is><t>{value}</t></is></c>'


DAY = '<c r="@" s="1"><v>46082</v></c>'  # 2026-03-01
E1 = words("E-1")
GOOD = a_row(2, E1, DAY, words("no"), '<c r="@"><v>5</v></c>')


@pytest.fixture
def read(tmp_path):
    """Counts and reads a workbook's bytes; returns (count, records)."""

    def done(content: bytes, options: str = "", file: str = ""):
        path = tmp_path / "export.xlsx"
        path.write_bytes(content)
        profile = read_profile(PROFILE.format(xlsx=options, file=file), "book.toml")
        source = examine(path, (), True)
        return xlsx.count(source, profile), list(xlsx.records(source, profile))

    return done


def cells_of(found) -> dict:
    return {record.line: record.cells or record.problem for record in found[1]}


def test_the_parts_written_here_are_a_workbook_to_another_reader():
    sheet = openpyxl.load_workbook(io.BytesIO(book(HEADER + GOOD)))["S1"]
    assert [cell.value for cell in sheet[1]] == HEAD
    assert sheet["B2"].value == dt.datetime(2026, 3, 1)


def test_typed_cells_come_as_text(read):
    shown = {
        '<c r="@"><v>7.0</v></c>': "7",
        '<c r="@"><v>0.1</v></c>': "0.1",
        '<c r="@"><v>1E-7</v></c>': "1e-07",
        '<c r="@"><v>-3</v></c>': "-3",
        '<c r="@"><v>989123456789012</v></c>': "989123456789012",
        '<c r="@"><v>9.89123456789012E+14</v></c>': "989123456789012",
        '<c r="@" t="b"><v>1</v></c>': "true",
        '<c r="@" t="b"><v>0</v></c>': "false",
        '<c r="@" s="1"><v>45322</v></c>': "2024-01-31",
        '<c r="@" s="2"><v>45322.395833333336</v></c>': "2024-01-31 09:30:00",
        '<c r="@" s="2"><v>45322</v></c>': "2024-01-31",
        '<c r="@" s="2"><v>45322.999997</v></c>': "2024-01-31 23:59:59",
        '<c r="@" s="3"><v>0.39583333333333331</v></c>': "09:30:00",
        '<c r="@" s="4"><v>1.5</v></c>': "36:00:00",
        '<c r="@" t="d"><v>2024-01-31T09:30:00</v></c>': "2024-01-31 09:30:00",
        '<c r="@" t="str"><v>plain</v></c>': "plain",
        words("00012"): "00012",
        words("=1+1"): "=1+1",
        words("two_x000A_lines"): "two\nlines",
        '<c r="@" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>': "ab",
        '<c r="@" s="1"/>': "",
        '<c r="@" s="1"><v></v></c>': "",
    }
    rows = "".join(a_row(n, E1, "", cell) for n, cell in enumerate(shown, start=2))
    count, found = read(book(HEADER + rows))
    assert count == len(shown) + 1
    assert [record.cells for record in found] == [
        HEAD,
        *(["E-1", "", text, "", ""] for text in shown.values()),
    ]


def test_the_epoch_of_1904_is_honoured(read):
    props = '<workbookPr date1904="1"/>'
    found = read(book(HEADER + a_row(2, E1, '<c r="@" s="1"><v>43860</v></c>'), props=props))
    assert found[1][1].cells[1] == "2024-01-31", "43860 days after 1 January 1904"


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ('<c r="@"><f>1+1</f><v>2</v></c>', "formula"),
        ('<c r="@"><f t="array" ref="D2">A1</f><v>2</v></c>', "formula"),
        ('<c r="@" t="e"><v>#N/A</v></c>', "error_cell"),
        ('<c r="@" t="e"><v>#REF!</v></c>', "error_cell"),
        ('<c r="@" s="1"><v>99999999</v></c>', "error_cell"),
        ('<c r="@"><v>9434765919123456</v></c>', "rounded_number"),
        ('<c r="@"><v>9.434765919123456E+15</v></c>', "rounded_number"),
        ('<c r="@"><v>1E+999</v></c>', "rounded_number"),
    ],
)
def test_a_cell_that_cannot_be_trusted_sets_its_row_aside(read, cell, problem):
    count, found = read(book(HEADER + a_row(2, E1, DAY, "", cell) + a_row(3, E1, DAY)))
    assert count == 3
    assert [(r.line, r.problem) for r in found] == [(1, None), (2, problem), (3, None)]
    assert found[1].cells == []
    unread = read(book(HEADER + a_row(2, E1, DAY, "", "", cell)))
    assert [r.problem for r in unread[1]] == [None, None], "the profile drops that column unread"


def test_cached_values_of_formulas_are_used_only_when_asked_for(read):
    cells = {
        '<c r="@"><f>1+1</f><v>2</v></c>': "2",
        '<c r="@"><f>1+1</f></c>': "formula",
        '<c r="@"><f>1+1</f><v></v></c>': "formula",
        '<c r="@" t="str"><f>A1</f><v></v></c>': "",
        '<c r="@" t="str"><f>A1</f><v>yes</v></c>': "yes",
        '<c r="@" t="e"><f>1/0</f><v>#DIV/0!</v></c>': "error_cell",
        '<c r="@" s="1"><f>TODAY()</f><v>45322</v></c>': "2024-01-31",
    }
    rows = "".join(a_row(n, E1, DAY, cell) for n, cell in enumerate(cells, start=2))
    _, found = read(book(HEADER + rows), options='formulas = "cached"')
    assert [r.problem or r.cells[2] for r in found[1:]] == list(cells.values())
    _, plain = read(book(HEADER + rows))
    assert {r.problem for r in plain[1:]} == {"formula"}


def test_rows_that_are_not_in_the_sheet_are_no_records(read):
    rows = (
        HEADER
        + a_row(3, E1, DAY)
        + '<row r="4"/>'
        + a_row(5, '<c r="@" s="1"/>')
        + '<row r="9" hidden="1"><c r="A9" t="str"><v>E-9</v></c></row>'
        + '<row><c t="str"><v>E-10</v></c></row>'
    )
    found = read(book(rows))
    assert found[0] == 5
    assert cells_of(found) == {
        1: HEAD,
        3: ["E-1", "2026-03-01", "", "", ""],
        5: ["", "", "", "", ""],
        9: ["E-9", "", "", "", ""],
        10: ["E-10", "", "", "", ""],
    }


def test_a_wrong_size_in_the_sheet_loses_no_row(read):
    members = parts(HEADER + GOOD + a_row(3, E1, DAY))
    name = "xl/worksheets/1.xml"
    members[name] = members[name].replace("<sheetData>", '<dimension ref="A1:B2"/><sheetData>')
    found = read(packed(members))
    assert found[0] == 3
    assert cells_of(found)[3] == ["E-1", "2026-03-01", "", "", ""]


def test_a_row_wider_than_the_header_stays_wider(read):
    wide = a_row(2, E1, DAY, "", "", "", words("x")) + a_row(3, E1, DAY, "", "", "", words(""))
    _, found = read(book(HEADER + wide))
    assert [len(r.cells) for r in found] == [5, 6, 5]


def test_rows_above_the_header_are_one_text(read):
    def moved(row: str, to: int) -> str:
        return row.replace('r="1"', f'r="{to}"').replace('1" t=', f'{to}" t=')

    above = a_row(1, words("Extract"), '<c r="@" s="1"><v>45322</v></c>') + a_row(
        2, words("Printed"), '<c r="@"><f>NOW()</f><v>1</v></c>'
    )
    content = book(above + moved(HEADER, 4) + a_row(5, E1, DAY))
    found = read(content, file="header_row = 4")
    assert found[0] == 4
    assert cells_of(found) == {
        1: ["Extract 2024-01-31"],
        2: ["Printed"],
        4: HEAD,
        5: ["E-1", "2026-03-01", "", "", ""],
    }
    with pytest.raises(Refusal, match="row that should be the header is empty") as refused:
        read(content, file="header_row = 3")
    assert refused.value.place == "sheet 'S1', row 3"


def test_a_header_that_is_no_text_is_refused(read):
    header = HEADER.replace('<c r="B1" t="inlineStr"><is><t>date</t></is></c>', "{}")
    assert header != HEADER
    for cell in ('<c r="B1"><f>A1</f><v>date</v></c>', '<c r="B1" t="e"><v>#N/A</v></c>'):
        with pytest.raises(Refusal, match="header is not plain text") as refused:
            read(book(header.format(cell) + GOOD))
        assert refused.value.place == "sheet 'S1', row 1, column 2"


def test_a_line_of_totals_is_a_footer_before_it_is_a_formula(read):
    total = a_row(3, words("Total"), "", "", '<c r="@"><f>SUM(D2:D2)</f><v>5</v></c>')
    _, found = read(book(HEADER + GOOD + total), file="footer = '^Total'")
    assert (found[2].problem, found[2].cells[0]) == (None, "Total")
    _, found = read(book(HEADER + GOOD + total))
    assert found[2].problem == "formula"


def test_the_sheet_is_named_or_the_only_one_to_see(read):
    other = '<row r="1"><c r="A1" t="str"><v>other</v></c></row>'
    blank = '<row r="1"><c r="A1" s="1"/></row>'
    assert read(book(blank, HEADER + GOOD, ""))[0] == 2, "a format alone is no content"
    assert read(book(other, HEADER + GOOD, states=("hidden", "")))[0] == 2
    several = book(HEADER + GOOD, other, other, states=("", "", "veryHidden"))
    with pytest.raises(Refusal, match="2 sheets have content: 'S1', 'S2', 'S3' \\(hidden\\)"):
        read(several)
    assert read(several, options='sheet = "S1"')[0] == 2
    hidden = book(HEADER + GOOD, states=("hidden",))
    with pytest.raises(Refusal, match="only hidden sheets have content: 'S1' \\(hidden\\)"):
        read(hidden)
    assert read(hidden, options='sheet = "S1"')[0] == 2, "named, so not silently"
    with pytest.raises(Refusal, match=r"no sheet 's1' \(nearest: 'S1'\)"):
        read(hidden, options='sheet = "s1"')


@pytest.mark.parametrize("content", [book(""), book('<row r="1"><c r="A1" s="1"/></row>')])
def test_a_workbook_without_content_is_refused(read, content):
    with pytest.raises(Refusal, match="no sheet of the workbook has content"):
        read(content)


def test_merged_cells_in_the_table_are_refused_with_their_range(read):
    def merged(*ranges: str) -> bytes:
        found = "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
        return book(HEADER + GOOD, after=f"<mergeCells>{found}</mergeCells>")

    for reference in ("A1:B1", "A2:A3", "C900:D901"):
        with pytest.raises(Refusal, match="cells are merged in the table") as refused:
            read(merged(reference))
        assert refused.value.place == f"sheet 'S1', range {reference}"
    assert read(merged("A1:D1"), file="header_row = 2")[0] == 2, "a title above the header"
    with pytest.raises(Refusal, match="merged"):
        read(merged("A1:D1", "A1:A2"), file="header_row = 2")


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (GOOD.replace('"2"', '"3"').replace('2"', '3"') + GOOD, "row 3"),
        (GOOD + GOOD, "row 2"),
        ('<row r="2000000"><c t="str"><v>x</v></c></row>', "row 1"),
        ('<row r="2"><c r="B2" t="str"><v>x</v></c><c r="A2" t="str"><v>x</v></c></row>', "row 2"),
        ('<row r="2"><c r="B7" t="str"><v>x</v></c></row>', "row 2"),
        ('<row r="2"><c r="ZZZ2" t="str"><v>x</v></c></row>', "row 2"),
    ],
)
def test_rows_and_cells_out_of_order_are_refused(read, rows, place):
    with pytest.raises(Refusal) as refused:
        read(book(HEADER + rows))
    assert refused.value.place == f"sheet 'S1', {place}"


def test_options_are_checked(read):
    for options, told in (
        ('shet = "S1"', "Did you mean 'sheet'"),
        ('formulas = "yes"', "none of set_aside, cached"),
        ("sheet = 1", "a sheet's name"),
    ):
        with pytest.raises(ProfileError, match=told):
            read(book(HEADER + GOOD), options=options)


def test_what_is_no_workbook_is_refused_plainly(read):
    compound = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    locked = compound + "EncryptedPackage".encode("utf-16-le") + bytes(100)
    binary = packed({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"x"})
    for content, told in (
        (compound, r"old Excel file \(.xls\)"),
        (locked, "protected by a password"),
        (binary, "xlsb"),
        (packed({"mimetype": "x", "content.xml": "<a/>"}), "OpenDocument"),
        (packed({"data.csv": "id"}), "not an Excel workbook"),
        (b"id,date\nE-1,2026-03-01\n", "not an Excel workbook"),
        (b"\x1f\x8b\x08\x00", "gzip"),
    ):
        with pytest.raises(Refusal, match=told):
            read(content)


def test_every_truncation_is_refused(read):
    content = book(HEADER + GOOD)
    for size in range(4, len(content) - 22, 97):
        with pytest.raises(Refusal, match="truncated or damaged"):
            read(content[:size])


def test_truncated_xml_inside_a_whole_zip_is_refused(read):
    members = parts(HEADER + GOOD)
    members["xl/worksheets/1.xml"] = members["xl/worksheets/1.xml"][:-30]
    with pytest.raises(Refusal, match="truncated or damaged") as refused:
        read(packed(members))
    assert refused.value.place == "sheet 'S1', line 1 of its XML"


def test_a_damaged_byte_is_refused(read):
    members = parts(HEADER + GOOD)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    assert out.getvalue().count(b"E-1") == 1
    with pytest.raises(Refusal, match="truncated or damaged"):
        read(out.getvalue().replace(b"E-1", b"E-7"))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(read, monkeypatch):
    members = parts(HEADER + GOOD)
    bomb = packed({**members, "xl/media/a.png": bytes(11 << 20)})
    with pytest.raises(Refusal, match="as no export does") as refused:
        read(bomb)
    assert refused.value.place == f"part {len(members) + 1} of the ZIP package"
    monkeypatch.setattr(xlsx_package, "MOST_BYTES", 10_000)
    with pytest.raises(Refusal, match="unpacks to"):
        read(packed({**members, "docProps/a.xml": "<a>" + "bc" * 10_000 + "</a>"}))
    monkeypatch.setattr(xlsx_package, "MOST_MEMBERS", 5)
    with pytest.raises(Refusal, match="in 6 parts"):
        read(packed(members))


def test_a_lie_about_the_unpacked_size_is_refused(read):
    content = book(HEADER + GOOD)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        size = package.getinfo("xl/worksheets/1.xml").file_size
    told = size.to_bytes(4, "little")
    assert content.count(told) == 2, "in the part's own head and in the directory"
    with pytest.raises(Refusal, match="truncated or damaged"):
        read(content.replace(told, (size - 9).to_bytes(4, "little")))


ENTITIES = (
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)


@pytest.mark.parametrize("part", ["xl/worksheets/1.xml", "xl/styles.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("wide", [False, True])
def test_entities_are_refused_in_every_part(read, part, wide):
    members = parts(HEADER + GOOD)
    text = ENTITIES + members[part].replace("E-1", "&d;")
    members[part] = text.encode("utf-16") if wide else text
    with pytest.raises(Refusal, match="declares entities") as refused:
        read(packed(members))
    assert refused.value.place == part


def test_an_entity_behind_a_long_prolog_is_refused(read):
    members = parts(HEADER + GOOD)
    name = "xl/worksheets/1.xml"
    members[name] = "<!--" + "x" * (2 << 16) + "-->" + ENTITIES + members[name]
    with pytest.raises(Refusal):
        read(packed(members))


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil", "xl/../../evil", "C:/evil", "..\\e"])
def test_names_that_point_outside_are_refused(read, name):
    with pytest.raises(Refusal, match="points outside"):
        read(packed({**parts(HEADER + GOOD), name: "<a/>"}))


def test_a_refusal_does_not_tell_what_a_cell_holds(read):
    secret = '<c r="@"><v>secret-text</v></c>'
    with pytest.raises(Refusal, match="after row 1") as refused:
        read(book(HEADER + a_row(2, E1, DAY, secret)))
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None and refused.value.__suppress_context__


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    # That program writes 16 digits of a number, so nothing longer comes back.
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda number: round(number, 4)),
    st.dates(dt.date(1900, 3, 1), dt.date(2100, 1, 1)),
    texts.filter(lambda text: not text.startswith(("=", "#")) and "_x" not in text),
)


def expected(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(round(value)) if value == round(value) else repr(value)
    return "" if value is None else str(value)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(values, min_size=1, max_size=5), max_size=6))
def test_what_another_program_writes_is_read_back(read, rows):
    made = openpyxl.Workbook()
    made.active.append(HEAD)
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    count, found = read(out.getvalue())
    kept = [row for row in rows if any(value is not None for value in row)]
    assert count == len(kept) + 1 == len(found)
    for row, record in zip(kept, found[1:], strict=True):
        assert record.cells == [expected(v) for v in row] + [""] * (5 - len(row))


@example(place=1700, byte=0)  # a member's name that ends before it begins
@example(place=1796, byte=1)  # a place before the file's beginning, in the archive's directory
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_changed_byte_balances_or_is_refused(read, place, byte):
    content = bytearray(book(HEADER + GOOD + a_row(3, E1, DAY)))
    content[place % len(content)] = byte
    try:
        count, found = read(bytes(content))
    except Refusal as refusal:
        assert refusal.reason
        return
    assert count == len(found) == 3
    assert found[1].cells == ["E-1", "2026-03-01", "no", "5", ""]


def test_through_the_door_every_row_is_accounted_for(tmp_path):
    rows = (
        HEADER
        + GOOD
        + a_row(3, words("E-2"), words("2026-03-02"), words("yes"), words("6"), words("free"))
        + a_row(4, words("E-3"), DAY, '<c r="@" t="e"><v>#N/A</v></c>')
        + a_row(5, words("E-4"), DAY, "", '<c r="@"><f>1+1</f><v>2</v></c>')
        + a_row(6, words("E-5"), DAY, "", "", "", words("beyond"))
        + a_row(7, '<c r="@" s="1"/>')
    )
    home = Home.open(tmp_path / "home")
    path, profile = tmp_path / "export.xlsx", tmp_path / "book.toml"
    path.write_bytes(book(rows))
    profile.write_text(PROFILE.format(xlsx="", file=""))
    with home.lock("test"):
        receipt = ingest_file(home, path, profile=profile)
    n = receipt.records
    assert (n.physical, n.accepted, n.quarantined) == (7, 2, 3)
    assert n.dropped == {"header": 1, "blank": 1}
    assert receipt.quarantine == {"error_cell": 1, "formula": 1, "too_many_cells": 1}
    kept = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet").to_pylist()
    assert [(r["episode_id"], str(r["contact_date"]), r["line"]) for r in kept] == [
        ("E-1", "2026-03-01", 2),
        ("E-2", "2026-03-02", 3),
    ]
    assert [(r["ces_1_saddle"], float(r["nprs"])) for r in kept] == [("no", 5.0), ("yes", 6.0)]


def test_an_empty_table_is_refused_and_nothing_is_kept(tmp_path):
    home = Home.open(tmp_path / "home")
    path, profile = tmp_path / "export.xlsx", tmp_path / "book.toml"
    path.write_bytes(book(HEADER))
    profile.write_text(PROFILE.format(xlsx="", file=""))
    with home.lock("test"), pytest.raises(Refusal, match="no rows under the header"):
        ingest_file(home, path, profile=profile)
    assert not list(home.landing.glob("triage/*"))
