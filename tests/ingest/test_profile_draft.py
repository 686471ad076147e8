"""A drafted profile maps what it can, asks what it cannot, and shows nothing of a person."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sample_data
from pipelines.cli import app
from pipelines.ingest.draft import draft
from pipelines.ingest.draft_text import as_toml
from pipelines.ingest.dry_run import dry_run
from pipelines.ingest.profile import ProfileError, read_profile
from pipelines.ingest.profile_choice import choose

FILES = {
    Path(path).name: Path(path) for path in sample_data.demo_files() if "2024H1" in str(path)
} | {Path(path).name: Path(path) for path in sample_data.demo_files() if "_2" not in str(path)}


@pytest.fixture
def drafted(tmp_path):
    def made(rows, name="export.csv"):
        path = tmp_path / name
        path.write_text("\n".join(rows) + "\n")
        return draft(path)

    return made


@pytest.mark.parametrize("name", sorted(FILES))
def test_most_columns_of_the_samples_are_mapped_right(name, home):
    shipped = choose(home, FILES[name], None)
    found = draft(FILES[name])
    assert found.stream == shipped.stream
    assert found.header_row == shipped.header_row
    assert found.delimiter == shipped.delimiter
    right = wrong = 0
    for column in found.columns:
        expected = shipped.columns[column.header]
        if column.to is not None and not column.finding:
            right += column.to in expected.to
            wrong += column.to not in expected.to
    assert wrong <= 1
    assert right >= 0.7 * sum(not c.drop for c in shipped.columns.values())


def test_a_finished_draft_takes_the_file_in(home, tmp_path):
    (path,) = [p for name, p in FILES.items() if "Riverside" in name]
    text = as_toml(draft(path))
    with pytest.raises(ProfileError, match="is no date"):
        read_profile(text, "draft")
    answers = {
        "Telephone review": "phone",
        "Leaflet": "SELF_MANAGE",
        "Physio appt": "TIMS",
        "See GP": "GP",
        "Same day": "URGENT",
        "A&E": "A_AND_E",
        "MRI scan": "MRI",
        "Nerve root injection": "INJECTION",
        "Spinal surgery": "SURGERY",
        "CES confirmed": "confirmed",
        "CES excluded": "not_confirmed",
        "Not scanned": "not_scanned",
        "Awaited": "unknown",
    }
    finished = text.replace('extract_date = "TODO"', "extract_date = 2026-06-30")
    for spelling, code in answers.items():
        finished = re.sub(
            rf'# TODO: what does "{spelling}" mean\?.*', f'{code} = ["{spelling}"]', finished
        )
    assert "mean?" not in finished
    told = dry_run(path, read_profile(finished, "draft"))
    shipped = dry_run(path, choose(home, path, None))
    # A draft knows no footer, so the report's last line is set aside by its width, not lost.
    assert told.records.accepted == shipped.records.accepted
    assert told.records.balanced
    for item in ("ces_1_saddle", "gp_1_cancer", "urg_2_gait"):
        assert told.answers[item]["yes"] == shipped.answers[item]["yes"]
        assert told.answers[item]["no"] == shipped.answers[item]["no"]


def test_a_date_that_could_be_read_two_ways_is_a_question(drafted):
    rows = [f"E-{n},0{n}/0{n + 1}/2026" for n in range(1, 8)]
    found = drafted(["episode id,contact date", *rows])
    date = found.columns[1]
    assert date.ambiguous
    assert {"%d/%m/%Y", "%m/%d/%Y"} <= set(date.formats)
    text = as_toml(found).replace('extract_date = "TODO"', "extract_date = 2026-06-30")
    with pytest.raises(ProfileError, match="'TODO' is no format of a date"):
        read_profile(text, "draft")
    settled = drafted(["episode id,contact date", *rows, "E-9,31/01/2026"], "settled.csv")
    assert settled.columns[1].formats == ("%d/%m/%Y",)
    assert not settled.columns[1].ambiguous


def test_an_unknown_code_is_a_question_and_a_rare_known_one_is_kept(drafted):
    rows = [f"E-{n},2026-03-{n:02d},{'Pos' if n % 2 else 'No'}" for n in range(1, 25)]
    text = as_toml(drafted(["episode id,contact date,foot drop", *rows, "E-25,2026-03-25,Yes"]))
    assert '# TODO: what does "Pos" mean? (in foot drop)' in text
    assert 'yes = ["Yes"]' in text
    assert 'no = ["No"]' in text
    assert "Pos" not in re.sub(r"#.*", "", text)


def test_identifiers_and_free_text_are_dropped_and_never_shown(drafted):
    note = "was seen with her husband Bernard at the clinic in Byker and is doing better"
    rows = [f"E-{n},2026-03-{n:02d},Margaret,NE1 {n % 9}LP,{note},{n % 9}" for n in range(1, 29)]
    text = as_toml(drafted(["episode id,contact date,called,area,remark,forename", *rows]))
    for header in ("called", "area", "remark", "forename"):
        assert f'"{header}" = {{ drop = true }}' in text
    for secret in ("Margaret", "NE1", "Bernard", "Byker"):
        assert secret not in text


def test_another_delimiter_and_a_preamble(drafted):
    rows = [f"E-{n};2026-03-{n:02d};{n % 11}" for n in range(1, 25)]
    found = drafted(["Report of the service", "", "episode id;contact date;pain score", *rows])
    assert (found.delimiter, found.header_row) == (";", 3)
    assert [column.to for column in found.columns] == ["episode_id", "contact_date", "nprs"]


def test_a_scale_that_is_not_ours_is_a_question(drafted):
    rows = [f"E-{n},2026-03-{n:02d},{n * 4}" for n in range(1, 25)]
    text = as_toml(drafted(["episode id,contact date,pain score", *rows]))
    assert "values up to 96; is the scale 0-100?" in text


def test_a_unit_in_a_header_is_converted_and_asked(drafted):
    rows = [f"E-{n},2026-03-{n:02d},walk,{n}.5" for n in range(1, 25)]
    found = drafted(["episode id,log date,exercise,distance_km", *rows])
    assert '"distance_km" = { to = "distance_m", scale = 1000 }  # TODO' in as_toml(found)


def test_the_command_writes_a_new_file_only(tmp_path):
    path, out = tmp_path / "e.csv", tmp_path / "p.toml"
    path.write_text("episode id,contact date\nE-1,2026-03-01\n")
    first = CliRunner().invoke(app, ["profile", "draft", str(path), "--out", str(out)])
    assert first.exit_code == 0
    assert "[columns]" in out.read_text()
    again = CliRunner().invoke(app, ["profile", "draft", str(path), "--out", str(out)])
    assert "exists already" in str(again.exception)
