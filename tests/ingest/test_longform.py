"""Long questionnaires: what one row per answer becomes, and that no row is lost on the way."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.build import build
from pipelines.errors import Refusal
from tests.ingest.conftest import HEADER

COLUMNS = [
    "RowIdentifier", "IDPatient", "IDReferralIn", "IDOrganisation", "IDAnsweredQuestionnaire",
    "EventDate", "DateEventRecorded", "QuestionnaireName", "QuestionnaireVersionNumber",
    "Question", "FreeText",
]  # fmt: skip
SADDLE, ONSET, LEAK = (
    "Numbness in the saddle area?",
    "Date of onset",
    "New leaking or pads needed?",
)
DATE = dt.date(2026, 6, 30)


def answer(form: str, question: str, text: str, **other: str) -> list[str]:
    row = {
        "RowIdentifier": f"9{form}",
        "IDPatient": "P1",
        "IDReferralIn": f"E{form}",
        "IDOrganisation": "S1",
        "IDAnsweredQuestionnaire": form,
        "EventDate": "02 Mar 2026 14:53:28",
        "DateEventRecorded": "03 Mar 2026 09:00:00",
        "QuestionnaireName": "Leg pain",
        "QuestionnaireVersionNumber": "2",
        "Question": question,
        "FreeText": text,
    } | other
    return [row[name] for name in COLUMNS]


def export(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([COLUMNS, *rows])
    return out.getvalue().encode("cp1252")


def form(number: str, **answers: str) -> list[list[str]]:
    return [answer(number, SADDLE, "No"), answer(number, ONSET, "01/02/2026")] + [
        answer(number, question, text) for question, text in answers.items()
    ]


@pytest.fixture
def take(offer, home):
    def taken(*rows):
        receipt = offer(export(*rows), "SRAnsweredQuestionnaire.csv", "systmone-questionnaire")
        folder = home.landing / "triage" / receipt.file_id
        found = pq.read_table(folder / "rows.parquet").to_pylist()
        aside = pq.read_table(folder / "quarantine.parquet").to_pylist()
        return receipt, {row["contact_id"]: row for row in found}, aside

    return taken


def test_answers_of_a_form_become_one_contact(take):
    receipt, rows, _ = take(*form("1"), answer("1", LEAK, "Yes"), *form("2"))
    n = receipt.records
    assert (n.physical, n.accepted, n.quarantined, n.dropped) == (6, 5, 0, {"header": 1})
    assert receipt.landed == 2
    first, second = rows["1"], rows["2"]
    assert first["contact_date"] == dt.date(2026, 3, 2)
    assert first["contact_time"] == "14:53:28"
    assert first["onset_date"] == dt.date(2026, 2, 1)
    assert (first["ces_1_saddle"], first["ces_6_urine_leak"]) == ("no", "yes")
    assert '"x_source_lines": "2-4"' in first["x"]
    # A question without a row was not asked; that is not "no", and not an empty answer either.
    assert second["ces_6_urine_leak"] == "not_asked"


def test_an_empty_answer_is_not_recorded(take):
    _, rows, _ = take(*form("1"), answer("1", LEAK, ""))
    assert rows["1"]["ces_6_urine_leak"] == "not_recorded"


def test_the_order_of_rows_changes_nothing(take, offer, home):
    rows = [*form("1"), answer("1", LEAK, "Yes"), *form("2"), *form("3")]
    _, found, _ = take(*rows)
    random.Random(3).shuffle(rows)
    receipt = offer(export(*rows), "SRAnsweredQuestionnaire2.csv", "systmone-questionnaire")
    again = pq.read_table(home.landing / "triage" / receipt.file_id / "rows.parquet").to_pylist()
    clean = [name for name in HEADER if name in again[0]]
    assert {r["contact_id"]: [r[c] for c in clean] for r in again} == {
        key: [row[c] for c in clean] for key, row in found.items()
    }


def test_two_answers_to_one_question_are_both_kept(take, home):
    receipt, rows, _ = take(*form("1"), answer("1", LEAK, "Yes"), answer("1", LEAK, "No"))
    extra = pq.read_table(home.landing / "triage" / receipt.file_id / "answers.parquet")
    assert extra.column("answer").to_pylist() == ["yes", "no"]
    assert rows["1"]["ces_6_urine_leak"] == "not_asked"
    info = build(home)
    con = duckdb.connect(str(info.path), read_only=True)
    # Contradictory answers: the safe reading holds until someone asks again.
    found = con.execute("select worst_lb, worst_ub from episode").fetchall()
    con.close()
    assert found == [(4, 4)]


def test_a_repeated_row_is_dropped_and_counted(take):
    receipt, _, _ = take(*form("1"), answer("1", SADDLE, "No"))
    assert receipt.records.dropped == {"header": 1, "exact_duplicate": 1}


def test_rows_of_one_form_that_disagree_are_set_aside_together(take):
    other = answer("1", LEAK, "Yes", EventDate="05 Mar 2026 10:00:00")
    good = [each for number in range(2, 200) for each in form(str(number))]
    receipt, rows, aside = take(*form("1"), other, *good)
    assert "1" not in rows
    assert [each["line"] for each in aside] == [2, 3, 4]
    assert {each["reason"] for each in aside} == {"differs_within_questionnaire"}
    assert receipt.records.quarantined == 3


def test_an_older_version_of_the_form_is_filtered_and_counted(take):
    receipt, _, _ = take(*form("1"), answer("7", SADDLE, "Yes", QuestionnaireVersionNumber="9"))
    assert receipt.records.dropped == {"header": 1, "filtered": 1}


def test_a_question_that_no_profile_maps_is_counted(take):
    receipt, _, _ = take(*form("1"), answer("1", "Favourite sport?", "Chess"))
    assert receipt.records.dropped == {"header": 1, "unmapped_question": 1}


def test_a_reworded_template_is_refused(take):
    with pytest.raises(Refusal, match="no row answers 'Numbness in the saddle area\\?'"):
        take(answer("1", "Any saddle numbness?", "Yes"), answer("1", ONSET, "01/02/2026"))


def test_a_row_without_its_form_is_set_aside(take):
    good = [each for number in range(2, 200) for each in form(str(number))]
    receipt, _, aside = take(answer("", LEAK, "Yes"), *good)
    assert [(each["line"], each["reason"]) for each in aside] == [(2, "no_questionnaire_key")]
    assert receipt.records.balanced


def test_every_row_is_accounted_for_whatever_comes(take, offer, home):
    dice = random.Random(11)
    for run in range(25):
        rows = [each for number in range(1, 150) for each in form(str(number))]
        for _ in range(dice.randint(1, 6)):
            kind = dice.choice(["twice", "other", "short", "blank", "again", "strange", "empty"])
            at = dice.randrange(len(rows))
            if kind == "twice":
                rows.insert(at, rows[at])
            elif kind == "other":
                rows.insert(at, answer("1", LEAK, dice.choice(["Yes", "No", "perhaps"])))
            elif kind == "short":
                rows.insert(at, ["1", "2"])
            elif kind == "blank":
                rows.insert(at, [])
            elif kind == "again":
                rows.insert(at, COLUMNS)
            elif kind == "strange":
                rows.insert(at, answer("3", "Another question?", "Yes"))
            else:
                rows.insert(at, answer("", LEAK, "Yes"))
        name = f"SRAnsweredQuestionnaire_{run}.csv"
        n = offer(export(*rows), name, "systmone-questionnaire").records
        # One line per row: the answers here hold no line ends.
        assert n.physical == len(rows) + 1
        assert n.balanced
