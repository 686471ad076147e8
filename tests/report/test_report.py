"""A report holds what the measures give, the same each time, and never a case."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections import Counter

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation

from dashboard import snapshots
from dashboard.charts import shown
from dashboard.launch import HOME_VARIABLE, MODE_VARIABLE
from dashboard.report import cells, make
from dashboard.report.content import report
from dashboard.report.paper import browser
from dashboard.report.slides import HIGH, WIDE, pages
from dashboard.report.tables import GROUPS, SERIES
from dashboard.report.workbook import ABOUT, tables
from dashboard.review_tables import SHORT
from dashboard.snapshots import published
from pipelines import snapshot
from pipelines.errors import OutcomesError, UsageError
from pipelines.home import Home
from pipelines.measures.catalogue import measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.types import NotEstimable
from pipelines.periods import period
from pipelines.reviews.agreement import before_and_after
from pipelines.reviews.database import URL_VARIABLE
from pipelines.reviews.findings import Verdict
from pipelines.reviews.standing import CHANGED, REVIEWED, audit_cases, standings
from pipelines.reviews.store import Seen, open_store

MAY = period("2026-05")
AUTUMN = period("2025/26-Q3")


@pytest.fixture
def home(released_home, tmp_path, monkeypatch):
    """A home with the demo's snapshots, whose reports are this test's own; in service mode."""
    found = Home.open(tmp_path / "home")
    shutil.copytree(released_home.root, found.root, dirs_exist_ok=True)
    monkeypatch.setenv(HOME_VARIABLE, str(found.root))
    monkeypatch.setenv(MODE_VARIABLE, "service")
    monkeypatch.setattr(snapshots, "_FROM_CASES", [True])  # as the command does
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    return found


@pytest.fixture
def con(home):
    found = snapshot.open_readonly(snapshot.current(home).path)
    yield found
    found.close()


READER, NOTE, REFERENCE = "Quillfeather", "zymurgist", "W-98765-Q"


@pytest.fixture
def reviewed(home, con):
    """One case in three of the autumn reviewed, each finding in turn; some changed since."""
    store = open_store(home)
    codes = ("justified", "not_exported", "documentation", "incident", "agree")
    saved = []
    for number, case in enumerate(audit_cases(con, Filter(AUTUMN.first, AUTUMN.last))[::3]):
        code = codes[number % len(codes)]
        verdict = Verdict(
            code, READER, store.reasons[0] if code == "justified" else None, REFERENCE, NOTE
        )
        mark = "another" if number % 4 == 3 else case.mark
        saved.append(store.add(case.key, verdict, Seen(mark, "rules", "then")))
    store.add(saved[0].key, Verdict("incident", "B. Other", None, "W-1"), saved[0].seen, reading=2)
    yield saved
    store.close()


def texts(made):
    """Every text of the files, the packed ones unpacked."""
    for path in made.files:
        if path.suffix in (".xlsx", ".pptx"):
            with zipfile.ZipFile(path) as packed:
                for name in packed.namelist():
                    if name.endswith((".xml", ".rels")):
                        yield packed.read(name).decode("utf-8")
                    elif name.endswith(".xlsx"):  # the data of a chart that can be edited
                        yield packed.read(name).decode("latin-1")
        elif path.suffix == ".html":
            yield path.read_text("utf-8")


def test_the_summary_is_what_the_measures_give_for_the_period(home, con):
    made = report(published(), AUTUMN)
    summary = next(t for t in tables(made) if t.title == "Summary of the control charts")
    rows = {row[0]: row for row in summary.rows}
    flt = Filter(AUTUMN.first, AUTUMN.last)
    for name, part, label in SERIES:
        entry = measure(name)
        (result,) = [r.result for r in evaluate(con, name, flt).rows if r.part == part]
        assert rows[label or entry.name][1:5] == shown.cells(result, entry), name


def test_the_same_data_give_the_same_files(home):
    formats = ("html", "xlsx", "pptx")
    first = make.make(home, AUTUMN, formats=formats, out=home.root / "one")
    second = make.make(home, AUTUMN, formats=formats, out=home.root / "two")
    page, book, deck = (home.root / each / first.files[0].name for each in ("one", "two", "two"))
    assert page.read_bytes() == (home.root / "two" / page.name).read_bytes()
    books = [openpyxl.load_workbook(made.files[1]) for made in (first, second)]
    values = [
        {sheet.title: [*map(list, sheet.iter_rows(values_only=True))] for sheet in each}
        for each in books
    ]
    assert values[0] == values[1]
    assert len(values[0]) > 15
    decks = [list(texts_of_slides(made.files[2])) for made in (first, second)]
    assert decks[0] == decks[1]
    assert book != page != deck


def texts_of_slides(path):
    for slide in Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                yield shape.text_frame.text
            if shape.has_chart:
                yield [(s.name, tuple(s.values)) for s in shape.chart.plots[0].series]


def test_the_workbook_has_a_sheet_for_every_table_and_says_what_the_extract_is(home):
    made = make.make(home, AUTUMN, formats=("xlsx",))
    (path,) = made.files
    book = openpyxl.load_workbook(path)
    content = report(published(), AUTUMN)
    found = list(tables(content))
    assert len(book.sheetnames) == 1 + len(found)
    for sheet, table in zip(book.worksheets[1:], found, strict=True):
        rows = list(sheet.iter_rows(min_row=2, values_only=True))
        assert len(rows) == 1 + len(table.rows)
        for row, shown_row in zip(rows[1:], table.rows, strict=True):
            for value, cell in zip(row, shown_row, strict=False):
                assert value == (cells.typed(cell)[0] if cell != "" else None)
    about = {row[0]: row[1] for row in book[ABOUT].iter_rows(values_only=True)}
    for name in ("Period", "Sites", "Data to", "Data as published", "Rules as of", "Mode"):
        assert about[name], name
    assert not (path.parent / path.name.replace("xlsx", "html")).exists(), "it was not asked for"


def test_slides_have_charts_that_can_be_edited_with_the_figures_of_the_page(home):
    made = make.make(home, AUTUMN, formats=("pptx",))
    deck = Presentation(str(made.files[0]))
    for shape in (shape for slide in deck.slides for shape in slide.shapes):
        assert 0 <= shape.left < shape.left + shape.width <= deck.slide_width, shape.name
        assert 0 <= shape.top < shape.top + shape.height <= deck.slide_height, shape.name
    charts = [c for c in map(chart_of, deck.slides) if c]
    content = {t.title: t for t in tables(report(published(), AUTUMN))}
    assert len(charts) == 6
    table = content["Escalation confirmed at first contact, by month"]
    figures = {series.name: list(series.values) for series in charts[0].plots[0].series}
    at = table.columns.index("Figure")
    assert figures["Figure"] == [cells.number(row[at]) for row in table.rows]
    assert list(charts[0].plots[0].categories) == [row[0] for row in table.rows]


def chart_of(slide):
    return next((shape.chart for shape in slide.shapes if shape.has_chart), None)


@pytest.mark.parametrize("seen_by", ["service", "shared", "auditor"])
def test_no_mode_has_a_case_in_any_file(home, con, reviewed, monkeypatch, seen_by):
    monkeypatch.setenv(MODE_VARIABLE, seen_by)
    made = make.make(home, AUTUMN, formats=("html", "xlsx", "pptx"))
    ids = {
        value
        for row in con.execute(
            "select episode_id, patient_id from episode union all "
            "select contact_id, null from contact"
        ).fetchall()
        for value in row
        if value
    }
    words = set()
    for each in texts(made):
        words.update(re.findall(r"[A-Za-z0-9_-]{6,64}", each))
    assert len(ids) > 10_000
    assert not ids & words
    said = " ".join(texts(made))
    for kept in (READER, NOTE, REFERENCE, reviewed[0].key.episode):
        assert kept not in said


def test_shared_figures_are_protected_and_exact_ones_left_out(home, monkeypatch):
    monkeypatch.setenv(MODE_VARIABLE, "shared")
    found = report(published(), MAY)
    assert [section.title for section in found.sections] == [
        "Figures that may be shared",
        "Reviews of the audit",
        "How the figures are counted",
    ]
    table, _ = tables(found)
    for row in table.rows:
        for cell in row[1:3]:
            number = cells.number(cell)
            assert number is None or number == 0 or number >= 8, row
    assert any("suppressed" in str(row[3]) for row in table.rows), (
        "May is small enough to hide some"
    )


def test_what_reviews_found_is_what_a_count_case_by_case_gives(home, con, reviewed):
    found = {table.title: table for table in tables(report(published(), AUTUMN))}
    cases = standings(audit_cases(con, Filter(AUTUMN.first, AUTUMN.last)), reviewed)
    assert {each.state for each in cases} == {"open", REVIEWED, CHANGED}
    red = [c for c in cases if c.case.found != "OVER" and c.case.level in ("URGENT", "A_AND_E")]
    others = [each for each in cases if each not in red]
    assert red and others
    titles = ("Reviews of red flags not acted on in time", "Reviews of the other cases")
    for title, those in zip(titles, (red, others), strict=True):
        table = found[title]
        states = Counter(each.state for each in those)
        findings = Counter(e.review.verdict.finding for e in those if e.state == REVIEWED)
        name, *last = table.rows[-1]
        assert name == "All"
        assert list(map(int, last)) == [
            *(len(those), states["open"], states[CHANGED]),
            *(findings[code] for code in SHORT),
        ]
        for column in range(1, len(table.columns)):
            assert sum(int(row[column]) for row in table.rows[:-1]) == int(last[column - 1])
    flags = evaluate(con, "red_flags_not_in_time", Filter(AUTUMN.first, AUTUMN.last)).rows
    assert sum(row.result.value for row in flags) == len(red), "the same as the measure counts"
    agreed = before_and_after(con, reviewed, Filter(AUTUMN.first, AUTUMN.last))
    assert agreed.moved > 0
    (shares,) = [each for name, each in found.items() if "before and after" in name]
    counts = [row[1] for row in shares.rows]
    assert counts == [str(agreed.before.numerator), str(agreed.after.numerator)]
    assert agreed.after.numerator == agreed.before.numerator + agreed.moved


def test_the_same_data_and_reviews_elsewhere_give_the_same_tables(
    home, reviewed, tmp_path, monkeypatch
):
    first = make.make(home, AUTUMN, formats=("html", "xlsx"))
    there = Home.open(tmp_path / "elsewhere")
    for name in ("snapshots", "reviews"):
        shutil.copytree(home.root / name, there.root / name, dirs_exist_ok=True)
    monkeypatch.setenv(HOME_VARIABLE, str(there.root))
    second = make.make(there, AUTUMN, formats=("html", "xlsx"))
    assert first.files[0].read_bytes() == second.files[0].read_bytes()
    books = [openpyxl.load_workbook(made.files[1]) for made in (first, second)]
    one, other = ([list(s.iter_rows(values_only=True)) for s in book] for book in books)
    assert one == other
    assert {"Reviews of red flags not acted ", "Reviews of the other cases"} <= set(
        books[0].sheetnames
    )


def test_reviews_leave_the_service_in_tens_only_and_never_by_period(
    home, con, reviewed, monkeypatch
):
    monkeypatch.setenv(MODE_VARIABLE, "shared")
    told = [list(tables(report(published(), of)))[-1] for of in (MAY, AUTUMN)]
    assert told[0] == told[1], "nothing can be subtracted"
    states = Counter(each.state for each in standings(audit_cases(con), reviewed))
    for (name, said), state in zip(told[0].rows, ("open", REVIEWED, CHANGED), strict=True):
        low, high = (0, 9) if said == "fewer than 10" else map(int, said.split(" to "))
        assert low <= states[state] <= high == low + 9, name
    assert states[CHANGED] < 10


def test_reviews_that_cannot_be_read_are_said_to_be_missing_and_the_rest_is_made(home, monkeypatch):
    monkeypatch.setenv(URL_VARIABLE, "postgresql://u:geheim@127.0.0.1:1/reviews")
    made = make.make(home, AUTUMN, formats=("html", "xlsx"))
    assert [path.suffix for path in made.files] == [".html", ".xlsx"]
    (told,) = made.missing
    assert told.startswith("Reviews of the audit: the store of reviews: it cannot be reached")
    page = made.files[0].read_text("utf-8")
    assert "Reviews are left out of this report" in page
    assert "geheim" not in page + told


def test_a_period_that_is_too_recent_says_so_and_an_older_one_does_not(home):
    drawn = {}

    def summary(of):
        found = {section.title: section for section in report(published(), of).sections}
        chart = found["Past 8 weeks"].blocks[0]
        drawn[chart.spec is not None] = int(str(chart.table.rows[0][1]).replace(",", ""))
        section = found["Summary"]
        return [block for block in section.blocks if isinstance(block, str)], section

    told, section = summary(MAY)
    assert any(
        "too recent for" in each and "still symptomatic past 8 weeks" in each for each in told
    )
    states = {row[0]: row[5] for row in section.blocks[-1].rows}
    landmark = "Still symptomatic past 8 weeks, of those whose status is known"
    assert states[landmark] == "can still change"
    assert states["Escalation confirmed at first contact"] == "complete"
    assert not any("too recent" in each for each in summary(AUTUMN)[0])
    summary(period("2024-03"))
    assert drawn[False] == 0 < drawn[True], "where nobody is open it is said and not drawn"


def test_a_commentary_is_shown_as_it_was_typed_and_the_one_before_is_kept(home):
    first = "Rose in <b>May</b>.\n\n<script>alert(1)</script> =1+1 **bold**\x0b\x00 end"
    make.keep_commentary(home, MAY, first)
    made = make.make(home, MAY, formats=("html", "xlsx", "pptx"))
    sheet = openpyxl.load_workbook(made.files[1])[ABOUT]
    about = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert about["Commentary"] == first.replace("\x0b\x00", "  "), (
        "as typed, but what none can hold"
    )
    slides = [each for each in texts_of_slides(made.files[2]) if "Rose in" in each]
    assert "**bold**" in slides[0]
    page = made.files[0].read_text("utf-8")
    assert "Rose in &lt;b&gt;May&lt;/b&gt;." in page
    assert "<script>alert" not in page
    make.keep_commentary(home, MAY, "=SUM(A1)")
    made = make.make(home, MAY, formats=("html", "xlsx"))
    sheet = openpyxl.load_workbook(made.files[1])[ABOUT]
    about = {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}
    assert about["Commentary"] == "'=SUM(A1)"
    assert make.commentary(home, AUTUMN) == ""
    kept = sorted(path.name for path in (home.root / make.COMMENTARY).iterdir())
    assert kept == ["2026-05.1.txt", "2026-05.txt"]
    assert (home.root / make.COMMENTARY / kept[0]).read_text("utf-8") == first


def test_what_changed_is_told_against_the_data_of_the_last_report(home):
    names = sorted(path.name for path in home.snapshots.glob("outcomes-*.duckdb"))
    (home.snapshots / "CURRENT").write_text(names[0], encoding="utf-8")
    make.make(home, period("2026-03"), formats=("html",))
    (home.snapshots / "CURRENT").write_text(names[1], encoding="utf-8")
    made = make.make(home, period("2026-04"), formats=("html",))
    page = made.files[0].read_text("utf-8")
    assert f"Compared with the data as published in {names[0]}" in page
    assert "Riverside_LegPain_Triage_correction_2026-03.csv.gz" in page
    note = json.loads((made.folder / make.MADE_FROM).read_text("utf-8"))
    assert (note["snapshot"], note["mode"], note["period"]) == (names[1], "service", "2026-04")


def test_without_a_browser_the_pdf_is_missing_with_the_reason_and_no_older_one_stays(
    home, monkeypatch
):
    folder = home.root / make.FOLDER / "2026-05-service"
    folder.mkdir(parents=True)
    (folder / "outcomes-2026-05.pdf").write_bytes(b"%PDF of last week")
    monkeypatch.setenv("OUTCOMES_CHROMIUM", "/nowhere/chromium")
    made = make.make(home, MAY, formats=("html", "pdf"))
    assert [path.suffix for path in made.files] == [".html"]
    assert "no Chromium" in made.missing[0]
    assert not (folder / "outcomes-2026-05.pdf").exists()


@pytest.mark.browser
def test_the_pdf_is_printed_by_the_browser_that_is_here(home):
    if browser() is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    made = make.make(home, MAY, formats=("pdf",))
    assert made.missing == ()
    printed = made.files[0].read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 5
    assert len(printed) > 100_000, "charts are in it"


@pytest.mark.parametrize("given", ["2030-01", "2019/20"])
def test_a_period_without_data_is_refused_and_nothing_is_written(home, given):
    with pytest.raises(OutcomesError, match="hold no first contact"):
        make.make(home, period(given))
    assert not (home.root / make.FOLDER).exists()


def test_an_unknown_site_is_refused_with_those_that_are_known(home):
    with pytest.raises(OutcomesError, match="Known: MOOR-HILL"):
        make.make(home, MAY, ("NOWHERE",))


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2026-06", "2026-06-01", "2026-06-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026/27-Q1", "2026-04-01", "2026-06-30"),
        ("2026/27 q4".replace(" ", "-"), "2027-01-01", "2027-03-31"),
        ("1999/00", "1999-04-01", "2000-03-31"),
        ("2025-11..2026-02", "2025-11-01", "2026-02-28"),
    ],
)
def test_periods_are_months_financial_quarters_years_and_spans(given, first, last):
    found = period(given)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "given", ["", "2026", "2026-13", "2026/28", "2026-Q1", "2026/27-Q5", "2026-06..2026-05", "june"]
)
def test_what_is_no_period_is_refused_with_examples(given):
    with pytest.raises(UsageError, match="2026/27-Q1"):
        period(given)


@given(st.lists(st.text("ab <\n", max_size=300), max_size=30))
def test_a_commentary_of_any_length_is_cut_into_slides_that_hold_it_and_nothing_is_lost(parts):
    said = "\n".join(parts)
    found = pages(said)
    assert "".join("".join(found).split()) == "".join(said.split())
    for each in found:
        lines = each.split("\n")
        assert len(lines) <= HIGH
        assert all(len(line) <= WIDE for line in lines)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_every_text_can_be_written_into_a_workbook_and_read_again(text):
    sheet = openpyxl.Workbook().active
    sheet["A1"], sheet["A2"] = cells.typed(text)[0], cells.verbatim(text)
    # However a line ends in the text, in a cell it ends as spreadsheets write it.
    told = "\n".join(re.split("\r\n|\r|\n", cells.readable(text)))
    assert sheet["A2"].value.strip("'") == told.strip("'")


@given(st.integers(-(10**9), 10**9))
def test_counts_come_back_as_the_numbers_they_are(n):
    assert cells.typed(f"{n:,}") == (n, "#,##0")


@given(st.integers(0, 3), st.integers(0, 1000))
def test_percentages_keep_the_decimals_that_are_shown(places, thousandths):
    value, form = cells.typed(f"{thousandths / 10:.{places}f}%")
    assert f"{value * 100:.{places}f}%" == f"{thousandths / 10:.{places}f}%"
    assert form == ("0%" if places == 0 else f"0.{'0' * places}%")


@given(st.sampled_from("=+-@\t\r\n＝＋－＠"), st.text(max_size=20))
def test_no_cell_begins_a_formula(sign, rest):
    value, _ = cells.typed(sign + rest)
    assert not isinstance(value, str) or not value.startswith(tuple("=+-@\t\r\n＝＋－＠"))


@pytest.mark.parametrize(("when", "told"), [("2026-06", True), ("2025/26-Q3", False)])
def test_groups_that_cannot_be_estimated_for_one_reason_are_one_sentence(home, con, when, told):
    asked = period(when)
    flt = Filter(asked.first, asked.last)
    found = report(published(), asked)
    (waits,) = (each for each in found.sections if each.title == "Waits and equity")
    name = measure("persistence_share_8_weeks").name
    rows = [
        row for by in GROUPS for row in evaluate(con, "persistence_share_8_weeks", flt, (by,)).rows
    ]
    sentences = [each for each in waits.blocks if isinstance(each, str)]
    drawn = [each for each in waits.blocks if getattr(each, "title", "") == f"{name}, by group"]
    assert all(isinstance(row.result, NotEstimable) for row in rows) is told
    assert (len(sentences), len(drawn)) == ((1, 0) if told else (0, 1))
    if told:
        assert sentences[0].startswith(f"{name}, by ")
        assert f"in none of {len(rows)} groups. Not estimable because" in sentences[0]
    else:
        assert len(drawn[0].rows) == len(rows)
