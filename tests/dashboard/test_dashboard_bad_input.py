"""What a page does with what it cannot use: it says what to do, in every mode."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import kept, pages, reading, text
from dashboard.dimensions import value_words
from pipelines.measures.disclosure.rules import MODES, Mode
from pipelines.snapshot import open_readonly
from tests.dashboard import handmade
from tests.dashboard.conftest import APP, Opener
from tests.dashboard.test_dashboard_pages import words

IN_MODE = [(mode, page.script) for mode in MODES for page in pages.seen_by(mode)]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Mode:
    """Each mode in turn, as the server's own."""
    monkeypatch.setenv("OUTCOMES_MODE", request.param)
    found: Mode = request.param
    return found


def is_told(at: AppTest, *parts: str) -> None:
    """One page with one title that says all of this, and no crash."""
    assert not at.exception
    assert len(at.title) == 1
    said = words(at)
    for part in parts:
        assert part in said


def test_no_data_home(monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    monkeypatch.delenv("OUTCOMES_HOME", raising=False)
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    is_told(at, "No data home is set", "outcomes dashboard")


def test_a_home_that_is_not_there_or_empty(open_page: Opener, tmp_path: Path, mode: Mode) -> None:
    told = ("No snapshot has been published yet", "outcomes demo", "outcomes ingest")
    is_told(open_page(tmp_path / "nowhere"), *told)
    is_told(open_page(tmp_path), *told)
    assert not (tmp_path / "nowhere").exists()


def test_pointer_to_nowhere_says_what_to_do(open_page: Opener, tmp_path: Path, mode: Mode) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / "CURRENT").write_text("outcomes-gone.duckdb", encoding="utf-8")
    at = open_page(tmp_path)
    assert not at.exception
    assert "names a snapshot that is not there" in at.info[0].value


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("outcomes.toml", "[targets]\nagrement = 0.9", "agreement"),
        ("outcomes.toml", "[targets\n", "outcomes.toml, line 1"),
        ("annotations.toml", '[[annotation]]\nmeasure = "agreement"', "annotation 1"),
    ],
)
def test_settings_that_cannot_be_used_are_told_and_stop_nothing(
    open_page: Opener, snapshot_file: Path, tmp_path: Path, file: str, content: str, why: str
) -> None:
    handmade.publish(snapshot_file, tmp_path, {}, "outcomes-1.duckdb")
    assert "cannot be read" not in words(open_page(tmp_path, "waits"))
    (tmp_path / file).write_text(content, encoding="utf-8")
    at = open_page(tmp_path, "waits")
    is_told(at, "Targets and recorded changes are not shown", why, file)
    assert str(tmp_path) not in words(at)


PAGES_OF_MODE = pytest.mark.parametrize(("of_mode", "script"), IN_MODE)


def opened(
    monkeypatch: pytest.MonkeyPatch, home: Path, of_mode: str, script: str, **query: str | list[str]
) -> AppTest:
    """A page in a mode, with this in its address."""
    monkeypatch.setenv("OUTCOMES_MODE", of_mode)
    monkeypatch.setenv("OUTCOMES_HOME", str(home))
    at = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    if at.title and script not in ("overview", "shared"):
        at.switch_page(f"views/{script}.py").run()
    return at


@PAGES_OF_MODE
def test_nonsense_in_the_address_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path, of_mode: str, script: str
) -> None:
    keys = (
        *("from", "to", "site", "age", "compare", "published", "measure", "part", "by"),
        *("value", "which", "cell", "finding", "level", "rule", "gap", "improved_as"),
        *("shared", "shared_by", "breakdown", "page", "show", "outcome", "expected"),
    )
    nonsense = dict.fromkeys(keys, "\u202e'; drop table episode --")
    at = opened(monkeypatch, demo_home, of_mode, script, **nonsense)
    is_told(at, "Covers all first contacts")


@PAGES_OF_MODE
def test_a_selection_without_rows_says_so_once(
    monkeypatch: pytest.MonkeyPatch, demo_home: Path, nobody: dict[str, list[str]],
    of_mode: str, script: str,
) -> None:  # fmt: skip
    at = opened(monkeypatch, demo_home, of_mode, script, **nobody)
    assert not at.exception
    if of_mode == "shared":
        return  # no filter by group there, and a count of nobody is a small number
    said = words(at)
    assert said.count("No episode matches all of these filters") == 1
    assert "0 episodes" in said
    if (of_mode, script) == ("service", "waits"):
        [clear] = [b for b in at.button if b.label == "Clear all filters"]
        clear.click().run()
        assert not at.exception
        assert "No episode matches" not in words(at)
        assert "Covers all first contacts" in words(at)


@pytest.fixture(scope="module")
def nobody(snapshot_file: Path) -> dict[str, list[str]]:
    """A month, a site and one group that nobody is in, as an address has it.

    Readers without cases can choose no second group.
    """
    with open_readonly(snapshot_file) as con:
        row = con.execute(
            "with e as (select date_trunc('month', first_contact_date)::date as month, site_id, "
            "ethnic_group from episode where first_contact_date is not null), "
            "a as (select distinct month from e), b as (select distinct site_id from e "
            "where site_id <> 'unknown'), c as (select distinct ethnic_group from e) "
            "select month, site_id, ethnic_group from a, b, c except select * from e "
            "order by all limit 1"
        ).fetchone()
        assert row is not None
        month, site, group = row
        names = con.execute("select name from site where site_id = ?", [site]).fetchall()
    return {
        **{"from": [text.month(month)], "to": [text.month(month)]},
        "site": [names[0][0] or site],
        "ethnicity": [value_words("ethnic_group", group or "unknown", {})],
    }


@pytest.mark.parametrize("damage", ["deleted", "cut", "older"])
def test_a_snapshot_that_breaks_while_it_is_open_is_told(
    open_page: Opener, snapshot_file: Path, tmp_path: Path, damage: str, mode: Mode
) -> None:
    handmade.publish(snapshot_file, tmp_path, {}, "outcomes-1.duckdb")
    at = open_page(tmp_path)
    file = tmp_path / "snapshots" / "outcomes-1.duckdb"
    kept.ALL.clear()
    reading.OPEN.close()
    if damage == "deleted":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    else:
        with duckdb.connect(str(file)) as con:
            con.execute("alter table episode drop column first_contact_date")
    at.run()
    is_told(at, "Nothing to show yet", "outcomes build")


def test_a_snapshot_that_breaks_under_a_page_breaks_it_off_with_a_sentence(
    open_page: Opener, snapshot_file: Path, tmp_path: Path
) -> None:
    """What was drawn from memory stays; where the file is needed, the page says what to do."""
    handmade.publish(snapshot_file, tmp_path, {}, "outcomes-1.duckdb")
    at = open_page(tmp_path)
    file = tmp_path / "snapshots" / "outcomes-1.duckdb"
    file.chmod(0o600)
    file.write_bytes(b"\0" * file.stat().st_size)
    reading.OPEN.close()
    at.switch_page("views/waits.py").run()
    is_told(at, "Waits and equity", "The rest of this page cannot be shown", "outcomes build")
