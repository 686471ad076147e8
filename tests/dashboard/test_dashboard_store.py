"""The way to the snapshot: read-only, hardened, keyed by file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dashboard import kept, reading, snapshots, store
from pipelines.measures.filter import Filter
from tests.dashboard import handmade

STATEMENTS = sorted(p.stem for p in (Path(store.__file__).parent / "queries").glob("*.sql"))


@pytest.fixture
def snapshot(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> store.Snapshot:
    monkeypatch.setenv("OUTCOMES_HOME", str(demo_home))
    return store.published()


@pytest.mark.parametrize(
    "statement",
    [
        "create table mine (a int)",
        "copy episode to '{folder}/out.csv'",
        "select * from read_text('/etc/hostname')",
        "attach '{folder}/other.duckdb'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_connection_can_only_read(snapshot: store.Snapshot, tmp_path: Path, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        snapshots.asked(snapshot.path, lambda c: c.execute(statement.format(folder=tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_a_closed_connection_is_opened_again(snapshot: store.Snapshot) -> None:
    before = store.rows(snapshot, "sites")
    reading.OPEN.get(snapshot.path).close()
    kept.ALL.clear()
    assert store.rows(snapshot, "sites") == before


def test_two_homes_are_never_mixed(
    snapshot_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for n, name in enumerate(("one", "two"), start=1):
        rows = [{"episode_key": k, "episode_id": f"{name}-{k}"} for k in range(n)]
        given = {"episode": rows}
        home = handmade.publish(snapshot_file, tmp_path / name, given, "outcomes-x.duckdb")
        monkeypatch.setenv("OUTCOMES_HOME", str(home))
        found.append(store.covered(store.published(), Filter()))
    assert found == [1, 2]


@pytest.mark.parametrize("pointer", ["", "../../secret.duckdb", "outcomes.txt", "a/b.duckdb"])
def test_pointer_leads_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pointer: str
) -> None:
    (tmp_path / "secret.duckdb").write_bytes(b"x")
    folder = tmp_path / "home" / "snapshots"
    folder.mkdir(parents=True)
    (folder / "CURRENT").write_text(pointer, encoding="utf-8")
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path / "home"))
    with pytest.raises(store.NoSnapshot, match="not there"):
        store.published()


def test_a_broken_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / "outcomes-1.duckdb").write_bytes(b"no database at all" * 100)
    (folder / "CURRENT").write_text("outcomes-1.duckdb", encoding="utf-8")
    monkeypatch.setenv("OUTCOMES_HOME", str(tmp_path))
    with pytest.raises(store.NoSnapshot, match="cannot be read"):
        store.published()


def test_statements_say_what_they_answer() -> None:
    folder = Path(store.__file__).parent / "queries"
    assert STATEMENTS
    for name in STATEMENTS:
        text = (folder / f"{name}.sql").read_text(encoding="utf-8")
        assert text.startswith("-- "), name
        assert "Grain" in text or "How many" in text, name


def test_answers_are_those_of_the_filter(snapshot: store.Snapshot) -> None:
    everything = store.answers(snapshot, Filter()).escalation.n_episodes
    sites = [row["site_id"] for row in store.rows(snapshot, "sites")]
    apart = [store.answers(snapshot, Filter(sites=(s,))).escalation.n_episodes for s in sites]
    assert sum(apart) == everything > 0


def test_pages_hold_no_sql_and_charts_no_screen() -> None:
    root = Path(store.__file__).parent
    for path in [*root.glob("views/*.py"), *root.glob("charts/*.py")]:
        source = path.read_text(encoding="utf-8")
        assert "select " not in source.lower().replace("selectbox", ""), path.name
        if path.parent.name == "charts":
            assert "streamlit" not in source, path.name
        else:
            assert len(source.splitlines()) < 60, path.name
    for path in root.rglob("*.py"):
        assert "cache_data" not in path.read_text(encoding="utf-8"), path.name
        if path.name not in ("store.py", "snapshots.py"):
            assert "@kept" not in path.read_text(encoding="utf-8"), path.name
