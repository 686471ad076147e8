"""The generator: the same bytes for the same seed, ordinary rates, and the truth that it says."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest

import sample_data
from pipelines.measures.proportion import wilson
from sample_data import world


def rows_of(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode(
        "cp1252" if "Riverside" in path.name else "utf-8"
    )
    lines = text.split("\r\n")
    start = 3 if "Riverside" in path.name else 0
    return [
        row
        for row in csv.DictReader(io.StringIO("\n".join(lines[start:])))
        if not next(iter(row.values())).startswith("*** End")
    ]


@pytest.fixture(scope="module")
def epr() -> list[dict[str, str]]:
    return [
        row
        for path in sample_data.demo_files()
        if "Riverside" in path.name
        for row in rows_of(path)
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        sample_data.generate(tmp_path / name, 300, seed)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert files == sorted(p.name for p in (tmp_path / "b").iterdir())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert any(
        (tmp_path / "a" / name).read_bytes() != (tmp_path / "c" / name).read_bytes()
        for name in files
        if (tmp_path / "c" / name).exists()
    )


def test_the_committed_files_are_what_the_generator_makes(tmp_path):
    sample_data.generate(tmp_path)
    committed = Path(sample_data.__file__).parent / "files"
    names = sorted(p.name for p in committed.iterdir() if not p.name.startswith("__"))
    assert names == sorted(p.name for p in tmp_path.iterdir())
    for name in names:
        made, kept = (tmp_path / name).read_bytes(), (committed / name).read_bytes()
        if name.endswith(".gz"):
            made, kept = gzip.decompress(made), gzip.decompress(kept)
        assert made == kept, f"{name}: rewrite with python -m sample_data --out sample_data/files"


def test_the_files_are_small_and_in_two_vendors_shapes():
    files = [*sample_data.demo_files(), *sample_data.correction_files()]
    assert sum(path.stat().st_size for path in files) < 10e6
    first = gzip.decompress(next(p for p in files if "Riverside" in p.name).read_bytes())
    assert b"\x96" in first, "the wide report is cp1252 with bytes that UTF-8 refuses"
    with pytest.raises(UnicodeDecodeError):
        first.decode("utf-8")


def test_no_identifier_that_could_be_an_nhs_number(epr):
    for row in epr:
        for name in ("Pathway ref", "Pseudo ID", "Contact ref"):
            assert not row[name].replace("-", "").isdigit()


def test_cancer_history_is_about_one_in_ten(epr):
    told = [
        row["PMH Ca"] for row in epr if row["Type"] == "Triage" and row["PMH Ca"] in ("Yes", "No")
    ]
    interval = wilson(told.count("Yes"), len(told))
    assert interval.lower <= world.GP_RATES[0] <= interval.upper


def test_every_kind_of_fault_is_there(epr):
    faults = sample_data.truth()["faults"]
    for fault in (
        *("unknown_code", "onset_after_contact", "after_extract", "score_out_of_range"),
        *("impossible_date", "missing_episode_id", "exact_duplicate", "orphan_log", "late_synced"),
        *("unknown_exercise", "log_before_onset"),
    ):
        assert faults[fault] > 0, fault
    assert any(row["Date of contact"] == "31/02/2025" for row in epr)
    assert any("see letter" in row.values() for row in epr)


def test_the_blanked_form_is_blank_there_and_then_only(epr):
    def blank_share(site: str, months: tuple[str, ...]) -> float:
        found = [
            row["Numb saddle area"] == ""
            for row in epr
            if row["Clinic"] == site
            and row["Date of contact"][3:] in months
            and row["Type"] == "Triage"
        ]
        return sum(found) / len(found)

    assert blank_share(world.BLANK_SITE, ("02/2026", "03/2026")) == 1.0
    assert blank_share(world.BLANK_SITE, ("12/2025", "01/2026")) < 0.2
    assert blank_share("RIV-NORTH", ("02/2026", "03/2026")) < 0.2


def test_persistence_does_not_depend_on_the_calendar():
    by_month = sample_data.truth()["past_8_weeks_by_month"]
    overall = sample_data.truth()["headline"]["past_8_weeks_of_those_seen_within_8_weeks"]["share"]
    outside = 0
    for month in by_month.values():
        interval = wilson(month["x"], month["n"], 0.998)
        outside += not interval.lower <= overall <= interval.upper
    assert outside == 0


def test_the_truth_file_names_a_dozen_episodes_and_is_json():
    truth = json.loads(json.dumps(sample_data.truth()))
    assert len(truth["named_episodes"]) >= 12
    assert truth["built_in"]["very_few_cases"] == world.SMALL_SITE
