"""Hostile names and values on their way through the door, the build and the pages.

What reaches SQL as a value is bound, and what reaches it as a name is one of ours or quoted. So a
hostile value does exactly what any other unknown value does, and nothing else changes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipelines.build import build
from pipelines.explain import NoEpisode, explain
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.measures.case_query import episodes
from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import COLUMN_OF, Filter
from pipelines.measures.types import MeasureError
from pipelines.snapshot import current, open_readonly
from tests import exports
from tests.dashboard.conftest import Opener, open_page  # noqa: F401
from tests.hardening.hostile import FORMULA, MARKUP, SQL, TEXTS

FOLDER = 'it\'s "a"; drop table episode; --'
FILE = "canonical_triage_'); drop table episode; --_20260303.csv"
SOURCE = "o'brien; --"
PLAIN = "zz-no-such-value"
DIMENSIONS = [each.name for each in fields(Filter) if not each.name.startswith("period")]
INLINE = [*SQL, *FORMULA[:4], *MARKUP]
HEADERS = [f"{text} {n}" for n, text in enumerate(INLINE) if "\n" not in text and "\r" not in text]
SITES = "\n".join(f"S{n} = {{ name = '''{text} '''}}" for n, text in enumerate(SQL))
ANY = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40), st.text("'\"$;-/*%\\\0", max_size=8))
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def profile() -> str:
    """The canonical profile for a file with more columns, whose names are hostile."""
    text = (
        Path(exports.__file__).parents[1] / "pipelines/ingest/profiles/canonical_triage.toml"
    ).read_text("utf-8")
    named = "\n".join(
        f"{json.dumps(header)} = {{ to = {json.dumps(f'x_{n}{SQL[n % len(SQL)]}')} }}"
        for n, header in enumerate(HEADERS)
    )
    text = text.replace("[columns]\n", f"[columns]\n{named}\n", 1)
    return text.replace('id = "canonical-triage"', 'id = "hostile"').replace(
        "[match]\n", "[file]\nmax_quarantine = 1.0\nmax_unmapped = 1.0\n[match]\n", 1
    )


def rows() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Good rows of worked cases, whose more columns are hostile; and rows of which one cell is."""
    rng = random.Random(3)
    cases = [each for each in exports.worked_inputs() if each[1]["extract_date"] == "2026-03-03"]
    good: list[dict[str, object]] = []
    for case_id, content in cases[:20]:
        for row in exports.contacts(case_id, content):
            own = {header: rng.choice(INLINE) for header in HEADERS}
            good.append({**row, **own, "episode_id": case_id})
    bad = []
    for n, column in enumerate(exports.columns("triage")):
        for m, text in enumerate((SQL[n % len(SQL)], MARKUP[n % len(MARKUP)], FORMULA[0])):
            row = {**good[0], "episode_id": f"bad-{n}-{m}", "contact_id": f"bad-{n}-{m}"}
            bad.append({**row, column: text})
    return good, bad


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in a folder, of files, columns, cells and sites with hostile names, published."""
    folder = tmp_path_factory.mktemp("sql") / FOLDER
    folder.mkdir()
    home = Home.open(folder / "home")
    good, bad = rows()
    path = folder / FILE
    exports.write(path, [*exports.columns("triage"), *HEADERS], [*good, *bad])
    own = folder / "hostile'.toml"
    own.write_text(profile(), "utf-8")
    sites = "\n".join(f"{json.dumps(text)} = {{ name = {json.dumps(text)} }}" for text in SQL)
    home.config_file.write_text(f"[sites]\n{sites}\n", "utf-8")
    with home.lock("test"):
        receipt = ingest_file(home, path, profile=own, source=SOURCE)
    assert receipt.records.balanced
    build(home)
    return home


@pytest.fixture(scope="module")
def cur(hostile_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published cases of that home."""
    found = current(hostile_home)
    assert found is not None
    con = open_readonly(found.path)
    yield con
    con.close()


def test_hostile_files_columns_and_cells_are_taken_in_row_by_row(
    hostile_home: Home, cur: duckdb.DuckDBPyConnection
) -> None:
    good, bad = rows()
    tables = {row[0] for row in cur.execute("select table_name from duckdb_tables()").fetchall()}
    assert {"episode", "contact", "file", "rule_trace"} <= tables
    files = cur.execute("select name, source from file").fetchall()
    assert files == [(FILE, SOURCE)]
    taken = cur.execute("select episode_id from episode").fetchall()
    found = {str(row[0]).partition("#")[0] for row in taken}
    assert {str(row["episode_id"]) for row in good} <= found
    # A row whose own id is hostile is set aside, and so is one without a date; all others stay.
    assert len(bad) - 15 < len([each for each in found if each.startswith("bad-")]) < len(bad)
    values = " ".join(
        str(row)
        for table in ("episode", "contact")
        for row in cur.execute(f"select * from {table}").fetchall()
    )
    assert not [text for text in (*SQL, *MARKUP) if text in values]


@FEW
@given(ANY, st.sampled_from(DIMENSIONS), st.sampled_from(sorted(catalogue())))
def test_a_hostile_choice_is_an_unknown_one(
    cur: duckdb.DuckDBPyConnection, text: str, dimension: str, name: str
) -> None:
    """For every measure and dimension the same as any other value that no case has."""
    known = cur.execute(f"select distinct {COLUMN_OF[dimension]} from episode").fetchall()
    assume(text not in {"unknown", *(row[0] for row in known)})
    flt, plain = Filter(**{dimension: (text,)}), Filter(**{dimension: (PLAIN,)})
    assert episodes(cur, flt) == 0
    assert evaluate(cur, name, flt) == evaluate(cur, name, plain)


@FEW
@given(ANY)
def test_a_hostile_id_is_the_id_of_nobody(cur: duckdb.DuckDBPyConnection, text: str) -> None:
    known = {str(row[0]) for row in cur.execute("select episode_id from episode").fetchall()}
    assume(text not in known)
    with pytest.raises(NoEpisode):
        explain(cur, text)
    with pytest.raises(MeasureError):
        evaluate(cur, text, Filter())
    with pytest.raises(MeasureError):
        evaluate(cur, "escalation_confirmed", Filter(), [text])


@pytest.mark.parametrize(
    "page", ["overview", "escalation", "audit", "episode", "quality", "behind"]
)
def test_pages_take_hostile_addresses_for_unknown_ones(
    hostile_home: Home,
    cur: duckdb.DuckDBPyConnection,
    open_page: Opener,  # noqa: F811
    page: str,
) -> None:
    n = episodes(cur, Filter())
    for number, text in enumerate((*SQL, *MARKUP[:2], FORMULA[0])):
        keys = ("site", "age", "sex", "from", "to", "episode", "case", "measure", "view", "reason")
        query = dict.fromkeys(keys[number % 2 :: 2], text) if page != "behind" else {}
        at = open_page(hostile_home.root, page, **query)
        assert not at.exception
        if page not in ("episode", "behind"):
            said = [each.value for each in at.main if "Covers" in str(getattr(each, "value", ""))]
            assert f"{n} episodes" in " ".join(said), said
        if number >= 2 and page != "overview":  # each page twice, the first with all texts
            break
