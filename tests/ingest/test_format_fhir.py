"""FHIR questionnaire responses: every line is one record, and absent is never "no"."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.build import build
from pipelines.errors import Refusal
from pipelines.ingest import formats
from pipelines.ingest.profile import ProfileError, read_profile
from pipelines.ingest.source import examine

SHARED = Path(__file__).parents[3] / "shared" / "data" / "fhir"
FORM = "https://tims.example/Questionnaire/leg-pain-triage|1.2"
REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
HEAD = """
[profile]
id = "any-fhir"
version = "1"
stream = "triage"
source = "s"
[file]
format = "fhir"
encodings = ["utf-8"]
"""
INSTANTS = '[dates]\nformats = ["%Y-%m-%dT%H:%M:%S%z"]\n'
COLUMNS = """
[columns]
"id" = { to = "contact_id" }
"encounter.reference" = { to = "episode_id" }
"authored" = { to = "contact_date" }
"item(q)" = { to = "ces_1_saddle" }
"""


def item(link: str, *answers, **more):
    return {"linkId": link, "text": "a question", "answer": list(answers), **more}


def response(*items, **more):
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "status": "completed",
        "questionnaire": FORM,
        "encounter": {"reference": "Encounter/E-1"},
        "subject": {"reference": "https://host.example/fhir/Patient/P-1/_history/3"},
        "authored": "2026-07-02T23:30:00+00:00",
        "item": list(items),
        **more,
    }


@pytest.fixture
def take(offer, home):
    """Take responses in through the shipped profile; the landing rows by contact, and the rest."""

    def taken(*lines, name="QuestionnaireResponse.000.ndjson"):
        content = "".join(
            (line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines
        )
        receipt = offer(content, name, "fhir-questionnaire")
        folder = home.landing / "triage" / receipt.file_id
        rows = pq.read_table(folder / "rows.parquet").to_pylist()
        aside = pq.read_table(folder / "quarantine.parquet").to_pylist()
        return receipt, {row["contact_id"]: row for row in rows}, aside

    return taken


@pytest.fixture
def read(tmp_path):
    """The cells of the one question of a small profile, per record."""

    def cells(*lines, extra=""):
        path = tmp_path / "any.ndjson"
        path.write_text(
            "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines),
            encoding="utf-8",
        )
        profile = read_profile(HEAD + extra + COLUMNS, "test")
        source = examine(path, profile.encodings)
        found = list(formats.records(source, profile))
        assert formats.count(source, profile) == len(found) - 1
        return found[1:]

    return cells


def good(n: int):
    """As many further responses, so that one bad line is within what a profile tolerates."""
    return [response(item("ces.leak", {"valueBoolean": False}), id=f"g{k}") for k in range(n)]


def test_a_response_becomes_a_contact(take):
    receipt, rows, _ = take(
        response(
            item("group", item=[item("ces.saddle", {"valueBoolean": True})]),
            item("gp.cancer", {"valueCoding": {"code": "373067005"}}),
            item("nprs", {"valueInteger": 7}),
            item("onset", {"valueDate": "2026-05"}),
            item(
                "ces.leak", {"valueString": "Y", "item": [item("urg.foot", {"valueString": "N"})]}
            ),
            item("outcome", {"valueCoding": {"code": "306104004"}}),
        )
    )
    row = rows["r1"]
    # Half past eleven at night in universal time is the next day in British summer.
    assert (row["contact_date"], row["contact_time"]) == (dt.date(2026, 7, 3), "00:30:00")
    assert (row["episode_id"], row["patient_id"]) == ("E-1", "P-1")
    assert (row["ces_1_saddle"], row["gp_1_cancer"]) == ("yes", "no")
    assert (row["ces_6_urine_leak"], row["urg_3_floppy_foot"]) == ("yes", "no")
    assert (row["onset_date"], row["onset_precision"]) == (dt.date(2026, 5, 1), "month")
    assert (int(row["nprs"]), row["disposition_recorded"]) == (7, "A_AND_E")
    # Hidden questions are absent from a response; that is not "no".
    assert row["ces_2_wiping"] == "not_asked"
    assert (receipt.records.physical, receipt.records.accepted) == (1, 1)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("not-asked", "not_asked"), ("asked-declined", "declined"), ("not-applicable", "na"),
     ("asked-unknown", "unknown"), ("masked", "unknown"), ("a-reason-of-2030", "unknown")],
)  # fmt: skip
@pytest.mark.parametrize("where", ["item", "answer", "value"])
def test_a_reason_for_no_answer_is_kept_and_is_never_no(take, reason, code, where):
    absent = {"extension": [{"url": REASON, "valueCode": reason}]}
    made = {
        "item": {"linkId": "ces.saddle", **absent},
        "answer": item("ces.saddle", absent),
        "value": item("ces.saddle", {"_valueBoolean": absent}),
    }[where]
    _, rows, _ = take(response(made))
    assert rows["r1"]["ces_1_saddle"] == code


def test_an_item_without_an_answer_is_not_recorded(take):
    _, rows, _ = take(response({"linkId": "ces.saddle"}, item("ces.leak")))
    assert rows["r1"]["ces_1_saddle"] == rows["r1"]["ces_6_urine_leak"] == "not_recorded"


def test_answers_that_differ_are_all_kept(take, home):
    receipt, _, _ = take(
        response(item("ces.leak", {"valueBoolean": True}, {"valueBoolean": False}))
    )
    folder = home.landing / "triage" / receipt.file_id
    extra = pq.read_table(folder / "answers.parquet").to_pylist()
    assert [(e["item"], e["answer"]) for e in extra] == [
        ("ces_6_urine_leak", "yes"),
        ("ces_6_urine_leak", "no"),
    ]


def test_answers_that_agree_are_one(take):
    _, rows, _ = take(
        response(item("ces.leak", {"valueBoolean": True}), item("ces.leak", {"valueBoolean": True}))
    )
    assert rows["r1"]["ces_6_urine_leak"] == "yes"


def test_the_highest_version_counts_wherever_it_stands(take):
    new = response(item("ces.leak", {"valueBoolean": True}), meta={"versionId": "10"})
    old = response(item("ces.leak", {"valueBoolean": False}), meta={"versionId": "9"})
    receipt, rows, aside = take(new, old, *good(100))
    assert rows["r1"]["ces_6_urine_leak"] == "yes"
    assert [(a["line"], a["reason"]) for a in aside] == [(2, "superseded_version")]
    assert receipt.records.balanced


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "malformed_json"),
        ('{"resourceType": "QuestionnaireResponse", "status": NaN}', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ('{"resourceType": "Patient"}', "not_a_questionnaire_response"),
        ("17", "not_a_questionnaire_response"),
        ('{"resourceType": "QuestionnaireResponse"}', "no_status"),
        ('{"resourceType": "QuestionnaireResponse", "status": "in-progress"}',
         "status_in_progress"),
        ('{"resourceType": "QuestionnaireResponse", "status": "completed", "status": "x"}',
         "duplicate_json_key"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_answer_is_set_aside_by_reason(read, line, why):
    # A valid first line, so that the file is not taken for one document over several lines.
    found = read(response(item("q", {"valueBoolean": True})), line)
    assert [record.problem for record in found] == [None, why]


def test_exact_numbers(read):
    found = read(response(item("q", {"valueDecimal": 0.1}, {"valueInteger": 10**18})))
    assert found[0].several["item(q)"] == ("0.1", "1000000000000000000")


def test_references_that_are_no_ids_are_empty(read):
    found = read(response(encounter={"reference": "#contained"}))
    assert found[0].cells[1] == ""


def test_another_questionnaire_is_refused_with_its_line(take):
    with pytest.raises(Refusal, match="another questionnaire") as told:
        take(response(), response(id="r2", questionnaire=FORM.replace("1.2", "1.3")))
    assert told.value.place == "line 2"


def test_a_document_over_several_lines_is_refused(take):
    with pytest.raises(Refusal, match="one JSON document"):
        take("{", '"resourceType": "Bundle"', "}")


def test_an_amended_export_replaces_the_earlier_answer(take, home):
    day = {"authored": "2026-06-02T10:00:00Z"}
    take(response(item("ces.leak", {"valueBoolean": False}), **day))
    amended = response(item("ces.leak", {"valueBoolean": True}), status="amended", **day)
    take(amended, name="QuestionnaireResponse.001.ndjson")
    info = build(home)
    con = duckdb.connect(str(info.path), read_only=True)
    found = con.execute("select worst_lb from episode").fetchall()
    con.close()
    assert found == [(4,)]


def test_a_wrong_path_or_option_is_told(read):
    with pytest.raises(ProfileError, match=r"unknown key in \[fhir\]: 'statuses'"):
        read(response(), extra='[fhir]\nstatuses = ["completed"]\n')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["item", "answer", "linkId", "valueBoolean", "valueCoding", "code", "id",
                         "resourceType", "status", "meta", "extension", "url", "encounter"]),
        inner | st.sampled_from(["q", "QuestionnaireResponse", "completed", REASON]),
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(JSON, min_size=1, max_size=4))
def test_any_json_gives_one_record_a_line(read, lines):
    dressed = [
        {"resourceType": "QuestionnaireResponse", "status": "completed", **each}
        if isinstance(each, dict)
        else each
        for each in lines
    ]
    found = read(response(), *dressed)
    assert [record.line for record in found] == list(range(1, len(lines) + 2))
    assert all(record.problem or len(record.cells) == 4 for record in found)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the FHIR examples are not here")
@pytest.mark.parametrize("path", sorted(SHARED.glob("*/*")), ids=lambda path: path.name)
def test_real_resources_are_read_or_set_aside(path, tmp_path):
    """Others' responses one a line, and whole bulk files of other resources."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        text = json.dumps(json.loads(text)) + "\n"
    own = tmp_path / path.name
    own.write_text(text, encoding="utf-8")
    profile = read_profile(HEAD + COLUMNS, "test")
    source = examine(own, profile.encodings)
    found = list(formats.records(source, profile))[1:]
    assert len(found) == formats.count(source, profile) == len(text.splitlines())
    reasons = {record.problem for record in found}
    if path.suffix == ".json":
        # One of the seven has no status, so nobody knows whether it was finished.
        assert reasons <= {None, "no_status"}
    else:
        assert reasons <= {"not_a_questionnaire_response", "malformed_json", None}


def test_half_a_character_pair_is_no_text(offer, home):
    """JSON can spell it; no encoding can keep it."""
    whole = json.dumps(response(item("q", {"valueString": "no"})))
    profile = home.profiles / "own.toml"
    profile.write_text(HEAD + "max_quarantine = 1.0\n" + INSTANTS + COLUMNS)
    receipt = offer(
        whole + "\n" + whole.replace('"no"', '"\\ud800"').replace('"r1"', '"r2"') + "\n",
        name="x.ndjson",
        profile=str(profile),
    )
    assert (receipt.records.accepted, receipt.quarantine) == (1, {"undecodable": 1})


def test_responses_that_differ_only_in_a_second_answer_are_two(offer, home):
    """Neither has one answer to show in its row, but they are not the same."""
    profile = home.profiles / "own.toml"
    profile.write_text(HEAD + INSTANTS + COLUMNS.replace('"id" = { to = "contact_id" }\n', ""))
    lines = [
        json.dumps(response(item("q", {"valueString": "no"}, {"valueString": other}), id=name))
        for name, other in (("r1", "yes"), ("r2", "unsure"), ("r3", "yes"))
    ]
    receipt = offer("\n".join(lines) + "\n", name="x.ndjson", profile=str(profile))
    assert receipt.records.accepted == 2
    assert receipt.records.dropped["exact_duplicate"] == 1
