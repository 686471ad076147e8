"""A copy of a data home is a data home: figures, reviews and settings, and it can be built upon."""

from __future__ import annotations

import shutil

import duckdb

from pipelines import snapshot as snapshots
from pipelines.build import build
from pipelines.home import Home
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.reviews.findings import Verdict
from pipelines.reviews.standing import audit_cases
from pipelines.reviews.store import Seen, open_store


def answers(home: Home):
    con = snapshots.open_readonly(snapshots.current(home).path)
    try:
        return three_answers(con, Filter())
    finally:
        con.close()


def test_a_restored_home_has_the_same_figures_and_reviews(worked_home, tmp_path):
    original = Home.open(shutil.copytree(worked_home.root, tmp_path / "original"))
    original.config_file.write_text("[targets]\nagreement = 0.9\n", encoding="utf-8")
    con = duckdb.connect(str(snapshots.current(original).path), read_only=True)
    case = audit_cases(con, Filter())[0]
    con.close()
    store = open_store(original)
    store.add(
        case.key,
        Verdict("agree", "Reader one", None, None, None),
        Seen(case.mark, "r", "s"),
    )
    reviews = store.history()
    store.close()
    before = answers(original)

    shutil.copytree(original.root, tmp_path / "backup")
    shutil.rmtree(original.root)
    restored = Home.open(shutil.copytree(tmp_path / "backup", original.root))

    assert answers(restored) == before
    assert restored.config() == {"targets": {"agreement": 0.9}}
    store = open_store(restored)
    assert store.history() == reviews
    store.close()
    build(restored)
    assert answers(restored) == before
    assert len(snapshots.listed(restored)) == 2
