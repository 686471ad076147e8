"""`outcomes export`: the measures for other systems, the same figures in three kinds of file."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date

import pytest
from pyarrow import parquet

from pipelines.cli import run
from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.fhir_report import ABSENT, POPULATION, Published, measure_report
from pipelines.measures.filter import Filter
from pipelines.measures.table import MeasureRow, MeasureTable, Suppressed
from tests.cli.fhir_r4 import faults


@pytest.fixture
def export(demo_home, tmp_path, monkeypatch, capsys):
    """The verb on the demo home into an empty folder: (exit code, standard error)."""

    def called(*words):
        given = ["outcomes", "export", "--out", str(tmp_path), *words, "--home", demo_home.root]
        monkeypatch.setattr(sys, "argv", list(map(str, given)))
        with pytest.raises(SystemExit) as left:
            run()
            raise SystemExit(0)
        return left.value.code or 0, capsys.readouterr().err

    return called


def test_the_three_files_hold_the_same_figures_of_every_measure(export, tmp_path, demo_snapshot):
    assert export("--period", "2026/27-Q1")[0] == 0
    rows = list(csv.DictReader((tmp_path / "measures.csv").open(encoding="utf-8")))
    assert {row["measure"] for row in rows} == catalogue().keys()
    table = parquet.read_table(tmp_path / "measures.parquet").to_pylist()
    assert len(table) == len(rows)
    for row, same in zip(rows, table, strict=True):
        assert row["measure"] == same["measure"]
        for name in ("value", "lower", "upper", "numerator", "denominator"):
            assert (float(row[name]) if row[name] else None) == same[name], row
    text = (tmp_path / "measure_reports.ndjson").read_text("utf-8")
    reports = {
        r["measure"].split(":")[-1].split("|")[0]: r for r in map(json.loads, text.splitlines())
    }
    assert reports.keys() == catalogue().keys()
    by_part = {(row["measure"], row["part"]): row for row in rows}
    for name, found in reports.items():
        assert faults(found) == [], name
        assert found["resourceType"] == "MeasureReport"
        assert (found["status"], found["type"]) == ("complete", "summary")
        assert found["period"] == {"start": "2026-04-01", "end": "2026-06-30"}
        for group in found["group"]:
            codes = [each["code"] for each in group["code"]["coding"]]
            row = by_part[name, codes[1] if len(codes) > 1 else ""]
            score = group["measureScore"]
            assert score.get("value") == (float(row["value"]) if row["value"] else None)
            assert ("value" in score) != any(e["url"] == ABSENT for e in score.get("extension", []))
            counts = {
                each["code"]["coding"][0]["code"]: each["count"]
                for each in group.get("population", [])
            }
            assert counts["denominator"] == int(row["denominator"])
    ids = {e for (e,) in demo_snapshot.execute("select episode_id from episode").fetchall()}
    assert not ids & set(text.replace('"', " ").replace("/", " ").split())


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("escalation_confirmed", ("site", "month")),
        ("triage_outcome_first", ("site",)),
        ("improvement_by_day", ("sex",)),
        ("wait_referral_to_triage", ("imd_quintile",)),
        ("persisting_now", ()),
    ],
)
def test_cuts_parts_medians_and_counts_are_what_fhir_allows(demo_snapshot, name, by):
    found = measure_report(evaluate(demo_snapshot, name, Filter(), by), _published("Riverside"))
    assert faults(found) == []
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_what_fhir_does_not_allow_is_found():
    good = measure_report(
        MeasureTable("agreement", (), (MeasureRow((), None, Suppressed("agreement"), True),)),
        _published(),
    )
    assert faults(good) == []
    (group,) = good["group"]
    wrong = [
        {**good, "status": "final"},
        {**good, "measures": "x"},
        {name: value for name, value in good.items() if name != "period"},
        {**good, "group": [{**group, "measureScore": {}}]},
        {**good, "group": [{**group, "population": [{"count": 1.5}]}]},
        {**good, "group": [{**group, "stratifier": [{"stratum": [{}]}]}]},
        {**good, "group": []},
        {**good, "period": {"start": "2026-04-01", "end": "2026-03-01"}},
        {**good, "identifier": [{"system": "95%", "value": "x"}]},
        {**good, "date": "1 July 2026"},
    ]
    assert [bool(faults(each)) for each in wrong] == [True] * len(wrong)


def test_a_withheld_figure_has_no_number_and_no_count():
    hidden = MeasureRow((), None, Suppressed("agreement"), True)
    found = measure_report(MeasureTable("agreement", (), (hidden,)), _published())
    (group,) = found["group"]
    assert group["measureScore"] == {"extension": [{"url": ABSENT, "valueCode": "masked"}]}
    assert POPULATION not in json.dumps(group)


def _published(service=""):
    first, last = date(2026, 4, 1), date(2026, 6, 30)
    return Published("s", "2026-07-01T00:00:00+00:00", "r", first, last, service)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "pdf"), "Known: csv, parquet, fhir"),
        (("--period", "last year"), "is no period"),
        (("--by", "colour"), "colour"),
        (("--mode", "public"), "public"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_nothing_is_written(
    export, tmp_path, words, message
):
    code, err = export(*words)
    assert (code, message in err.replace("\n", " ")) == (2, True), err
    assert list(tmp_path.glob("measure*")) == []
