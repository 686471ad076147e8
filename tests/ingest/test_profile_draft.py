"""A drafted profile maps what it can, asks what it cannot, and shows nothing of a person."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
import tomllib
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import sample_data
from pipelines.cli import app
from pipelines.errors import Refusal
from pipelines.ingest.draft import draft
from pipelines.ingest.draft_text import as_toml
from pipelines.ingest.dry_run import dry_run
from pipelines.ingest.profile import ProfileError, read_profile
from pipelines.ingest.profile_choice import choose
from pipelines.ingest.recognise import looks, recognise

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
    # The day that it covers to and the footer that counts its rows were found in the file.
    assert "extract_date_from = 'Data to: (" in text
    assert "footer_required = true" in text
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
    finished = text
    for spelling, code in answers.items():
        finished = re.sub(
            rf'# TODO: what does "{spelling}" mean\?.*', f'{code} = ["{spelling}"]', finished
        )
    assert "mean?" not in finished
    told = dry_run(path, read_profile(finished, "draft"))
    shipped = dry_run(path, choose(home, path, None))
    assert told.records == shipped.records
    assert told.extract_date == shipped.extract_date
    for item in ("ces_1_saddle", "gp_1_cancer", "urg_2_gait"):
        assert told.answers[item]["yes"] == shipped.answers[item]["yes"]
        assert told.answers[item]["no"] == shipped.answers[item]["no"]


def test_without_a_day_that_the_file_covers_to_the_draft_is_refused(drafted):
    text = as_toml(drafted(["episode id,contact date", "E-1,2026-03-01", "E-2,2026-03-02"]))
    with pytest.raises(ProfileError, match="is no date"):
        read_profile(text, "draft")


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


def test_values_of_columns_that_name_people_are_not_shown(drafted):
    who, seen_by = ("Bogdan Ilie", "Wren Okafor"), ("BI", "WO")
    rows = [
        f"E-{n},2026-03-{n:02d},{who[n % 2]},{seen_by[n % 2]},{'ab'[n % 2]}" for n in range(1, 29)
    ]
    text = as_toml(drafted(["episode id,contact date,hand,seen by,device", *rows]))
    for secret in (*who, '"BI', "BI,", "WO"):
        assert secret not in text
    assert "it holds codes: b, a" in text or "it holds codes: a, b" in text


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


YES_NO = looks(["Y", "N", "N", "N"] * 10)
DAYS = looks([f"{day:02d}/03/2026" for day in range(1, 29)])
TEN = looks([str(n) for n in range(11)] * 3)
IDS = looks([f"X{n}Z" for n in range(100)])
CODES = looks(["aa", "bb", "cc"] * 9)
# Headers as other vendors write them. None: nothing may be proposed.
HELD_OUT = [
    {
        "Saddle anaesthesia": (YES_NO, "ces_1_saddle"),
        "Altered sensation on wiping": (YES_NO, "ces_2_wiping"),
        "Urinary hesitancy/retention": (YES_NO, "ces_3_urine_start"),
        "Difficulty stopping or holding flow": (YES_NO, "ces_4_urine_stop"),
        "Reduced urethral sensation": (YES_NO, "ces_5_void_feeling"),
        "Urinary incontinence (new)": (YES_NO, "ces_6_urine_leak"),
        "Reduced awareness of bladder filling": (YES_NO, "ces_7_bladder_fullness"),
        "Faecal incontinence": (YES_NO, "ces_8_bowel_control"),
        "Erectile / sexual dysfunction": (YES_NO, "ces_9_sexual"),
        "Progressive leg weakness": (YES_NO, "urg_1_weak_trip"),
        "Unsteady gait": (YES_NO, "urg_2_gait"),
        "Ankle dorsiflexion weakness (foot drop)": (YES_NO, "urg_3_floppy_foot"),
        "PMHx malignancy": (YES_NO, "gp_1_cancer"),
        "Fevers / systemically unwell": (YES_NO, "gp_2_unwell"),
        "Unexplained wt loss": (YES_NO, "gp_3_weight_loss"),
        "Date of appointment": (DAYS, "contact_date"),
        "Spell ID": (IDS, "episode_id"),
        "Date of symptom onset": (DAYS, "onset_date"),
        "Saddle anaesthesia since": (DAYS, "ces_1_saddle_since"),
        "NRS back": (TEN, "nprs_back"),
        "NRS leg": (TEN, "nprs_leg"),
        "Pain today (NRS)": (TEN, "nprs"),
        "Worst pain": (TEN, None),
        "Discharge date": (DAYS, "close_date"),
        "Waking at night with pain": (YES_NO, "help_2_sleep_impact"),
        "Analgesia effective": (YES_NO, "help_2_med_helps"),
        "Deteriorating": (YES_NO, "help_3_worsening"),
        "HEP completed": (YES_NO, "help_tried"),
        "Improvement reported": (YES_NO, "help_improving"),
        "Triage outcome": (CODES, "disposition_recorded"),
    },
    {
        "q1_numb_groin_buttocks": (YES_NO, "ces_1_saddle"),
        "q2_wipe": (YES_NO, "ces_2_wiping"),
        "q3_pee_start": (YES_NO, "ces_3_urine_start"),
        "q4_pee_control": (YES_NO, "ces_4_urine_stop"),
        "q5_cant_feel_pee_poo": (YES_NO, "ces_5_void_feeling"),
        "q6_leak_pee": (YES_NO, "ces_6_urine_leak"),
        "q7_dont_know_bladder_full": (YES_NO, "ces_7_bladder_fullness"),
        "q8_poo_control": (YES_NO, "ces_8_bowel_control"),
        "q9_sex_changes": (YES_NO, "ces_9_sexual"),
        "q10_legs_give_way": (YES_NO, "urg_1_weak_trip"),
        "q11_trouble_walking": (YES_NO, "urg_2_gait"),
        "q12_foot_slaps": (YES_NO, "urg_3_floppy_foot"),
        "q13_ever_had_cancer": (YES_NO, "gp_1_cancer"),
        "q14_feel_ill_fever": (YES_NO, "gp_2_unwell"),
        "q15_losing_weight": (YES_NO, "gp_3_weight_loss"),
        "user_ref": (IDS, None),
    },
    {
        "Bladder/bowel disturbance": (YES_NO, None),
        "Loss of bladder or bowel control": (YES_NO, None),
        "Incontinence": (YES_NO, None),
        "Family history cancer": (YES_NO, None),
        "Numbness in legs": (YES_NO, None),
        "Leg pain": (TEN, "nprs_leg"),
        "Back pain": (YES_NO, "has_back_pain"),
        "Exercise pain": (TEN, None),
        "Weight": (TEN, None),
        "Sex": (CODES, "sex"),
        "Fall from height": (YES_NO, "adv_trauma"),
        "Cancelled": (YES_NO, None),
        # What aggravates, a service, a history: near the questions in words, not in meaning.
        "Pain worse on sitting": (YES_NO, None),
        "Worse at night": (YES_NO, None),
        "Better with rest": (YES_NO, None),
        "Falls in last 12 months": (YES_NO, None),
        "Cancer screening up to date": (YES_NO, None),
        "Weight loss programme referral": (YES_NO, None),
        "Steroid injection": (YES_NO, None),
        "Walking aid": (YES_NO, None),
        "Sexual orientation": (CODES, None),
        "Leg pain worse than back pain": (YES_NO, "ph_leg_worse_than_back"),
        "Discharge date": (YES_NO, None),
    },
]


@pytest.mark.parametrize("headers", HELD_OUT)
def test_other_vendors_words_are_recognised_and_nothing_is_mapped_wrong(headers):
    found = recognise({header: seen for header, (seen, _) in headers.items()}, "triage")
    assert found.to == {h: to for h, (_, to) in headers.items() if to is not None}


def test_a_question_after_the_healthy_state_is_exchanged_and_asked(drafted):
    rows = [f"E-{n},2026-03-{n:02d},{'No' if n == 5 else 'Yes'}" for n in range(1, 25)]
    text = as_toml(drafted(["episode id,contact date,Saddle sensation intact", *rows]))
    assert '{ to = "ces_1_saddle", codes = "answer_exchanged" }  # TODO' in text
    assert '[codes.answer_exchanged]\nno = ["Yes"]\nyes = ["No"]' in text


def test_safety_questions_that_no_column_asks_are_listed(drafted):
    text = as_toml(drafted(["episode id,contact date,foot drop", "E-1,2026-03-02,Yes"]))
    assert "#   ces_1_saddle: Numbness or pins and needles" in text
    assert "#   urg_3_floppy_foot" not in text


def test_a_workbook_and_a_parquet_file_are_drafted_like_the_text(tmp_path):
    shown = Path(__file__).parents[2] / "docs" / "own_export" / "Kestrel_LegPain_2026H1.csv"
    lines = list(csv.reader(shown.read_text(encoding="cp1252").splitlines()))
    book = openpyxl.Workbook()
    for number, cells in enumerate(lines, start=1):
        typed = [
            dt.datetime.strptime(cell, "%d/%m/%y") if re.fullmatch(r"\d\d/\d\d/\d\d", cell)
            else int(cell) if cell.isdigit() else cell or None
            for cell in cells
        ]  # fmt: skip
        for place, cell in enumerate(typed, start=1):
            book.active.cell(number, place, cell)
    book.save(tmp_path / "k.xlsx")
    header, rows = lines[4], lines[5:-1]
    columns = {name: [row[place] or None for row in rows] for place, name in enumerate(header)}
    pq.write_table(pa.table(columns), tmp_path / "k.parquet")
    text = draft(shown)
    for name in ("k.xlsx", "k.parquet"):
        found = draft(tmp_path / name)
        assert [(c.header, c.to) for c in found.columns] == [(c.header, c.to) for c in text.columns]
        finished = as_toml(found).replace('extract_date = "TODO"', "extract_date = 2026-06-30")
        told = dry_run(tmp_path / name, read_profile(finished, "draft"))
        assert told.records.accepted == len(rows)
        assert told.cells == dry_run(shown, read_profile(as_toml(text), "draft")).cells


CELLS = st.text(max_size=12) | st.sampled_from(
    ["Y", "N", "01/02/26", "7", "case no", "seen on", "foot drop", "Saddle\nnumbness", 'a"b',
     "a\\b", "a\tb", "", "x\x7f", "é", "Total", "' rows: 3"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=8))
def test_whatever_the_file_the_draft_is_toml_or_a_refusal(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    path.write_bytes(out.getvalue().encode("utf-8", "replace"))
    with contextlib.suppress(Refusal):
        found = draft(path)
        columns = tomllib.loads(as_toml(found))["columns"]
        assert list(columns) == [column.header for column in found.columns]


def test_a_header_with_line_ends_in_it_is_read_by_the_profile_that_is_drafted(tmp_path):
    path = tmp_path / "e.csv"
    rows = [f"E-{n},2026-03-{n:02d},{'YN'[n % 2]}" for n in range(1, 25)]
    path.write_text('Case No,Seen on,"Saddle\nnumbness"\n' + "\n".join(rows) + "\n")
    text = as_toml(draft(path)).replace('extract_date = "TODO"', "extract_date = 2026-06-30")
    told = dry_run(path, read_profile(text, "draft"))
    assert told.mapping["Saddle\nnumbness"] == "ces_1_saddle"
    assert told.answers["ces_1_saddle"] == {"no": 12, "yes": 12}


def test_two_columns_of_one_name_are_refused_as_the_door_does(drafted):
    with pytest.raises(Refusal, match="two columns have the same name") as told:
        drafted(["case no,seen on,pain,pain", "E-1,2026-03-01,1,2"])
    assert told.value.place == "line 1, columns 3 and 4"


def test_resources_have_a_profile_to_start_from(drafted):
    with pytest.raises(Refusal, match="have paths and no columns") as told:
        drafted(['{"resourceType": "QuestionnaireResponse", "id": "1"}'], "r.ndjson")
    assert "fhir-questionnaire" in told.value.hint
