"""What is refused, is refused whole: with place, reason and what to do, and nothing of it stays."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import pytest

from pipelines import snapshot
from pipelines.build import build
from pipelines.errors import Refusal
from pipelines.home import Home
from pipelines.ingest.door import ingest_file
from pipelines.ingest.identifiers import valid_nhs_number
from pipelines.ingest.receipt import list_receipts, list_refusals
from tests.ingest.conftest import EXTRACT, HEADER, row, text, tree

GOOD = text(row(), row(episode_id="E-2"))


def nhs_numbers(n):
    """Invented numbers that pass modulus 11, from the range kept for tests (999)."""
    found = []
    for serial in range(9_990_000_00, 9_990_900_00):
        total = sum(int(d) * (10 - i) for i, d in enumerate(str(serial)))
        check = 11 - total % 11
        if check != 10:
            found.append(f"{serial}{0 if check == 11 else check}")
        if len(found) == n:
            return found
    raise AssertionError


NUMBERS = nhs_numbers(12)
POSTCODES = ["ZZ9 9ZZ", "ZZ8 8YY", "ZZ7 7XX", "ZZ6 6WW"]


def test_the_invented_numbers_are_valid_and_the_check_is_right():
    assert all(valid_nhs_number(number) for number in NUMBERS)
    assert valid_nhs_number("943 476 5919")  # a worked example of the check digit
    assert not valid_nhs_number("9434765918")
    assert not valid_nhs_number("0000000000")


def with_column(name, values):
    rows = [[*row(episode_id=f"E-{n}"), value] for n, value in enumerate(values)]
    return text(*rows, header=[*HEADER, name])


def mapped(name, values):
    return text(*[row(episode_id=f"E-{n}", **{name: value}) for n, value in enumerate(values)])


CASES = {
    "empty": (b"", "the file is empty", None),
    "header only": (text(), "no rows under the header", None),
    "header only, blank lines": (text() + "\r\n\r\n", "no rows under the header", None),
    "wrong header": (
        text(row(), header=["episode", *HEADER[1:]]),
        "the header lacks 'contact_id'",
        "line 1",
    ),
    "nearest name": (
        text(row(), header=[h.replace("ces_1_saddle", "ces1_saddle") for h in HEADER]),
        r"'ces_1_saddle' \(nearest: 'ces1_saddle'\)",
        "line 1",
    ),
    "one name twice": (
        text([*row(), "x"], header=[*HEADER, "contact_id"]),
        "a column name stands twice",
        "line 1",
    ),
    "unknown column": (with_column("mood", ["fine", "low"]), "1 column", "column"),
    "undecodable": (GOOD.encode() + b"\xff\xfe\xfa", "in none of the profile's encodings", None),
    "UTF-16": (GOOD.encode("utf-16"), "the file is UTF-16", "byte 1"),
    "NUL": (GOOD.encode() + b"\0", "NUL byte", "byte"),
    "truncated gzip": (gzip.compress(GOOD.encode())[:-12], "truncated or damaged", "unpacked byte"),
    "damaged gzip": (b"\x1f\x8b" + b"not gzip at all", "truncated or damaged", "unpacked byte"),
    "ZIP": (b"PK\x03\x04" + b"\0" * 40, "zip file is truncated", None),
    "cut off inside a row": (
        text(*[row(episode_id=f"E-{n}") for n in range(60)])[:-40],
        f"it ends inside this row, after [0-9]+ of its {len(HEADER)} cells",
        "line 61",
    ),
    "open quote": (GOOD + '"E-3,\r\nE-4,\r\n', "a quote opens here", "line 4"),
    "long line": (GOOD + "x" * 1_200_000 + "\r\n", "more than 1,048,576", "line 4"),
    "unusable rows": (
        text(*[row(episode_id=f"E-{n}", contact_date="2026-13-01") for n in range(5)]),
        "5 of 5 rows cannot be used.*no_valid_contact_date",
        None,
    ),
    "unmapped values": (
        mapped("ces_1_saddle", ["perhaps"] * 20),
        "20 of 20 values are not in the profile's code table",
        "ces_1_saddle",
    ),
    "NHS numbers in an id": (
        mapped("patient_id", NUMBERS),
        "12 value.*an NHS number",
        "patient_id",
    ),
    "spaced NHS numbers": (
        mapped("patient_id", [f"{n[:3]} {n[3:6]} {n[6:]}" for n in NUMBERS]),
        "an NHS number",
        "patient_id",
    ),
    "NHS numbers in a column of their own": (
        with_column("nhs_number", NUMBERS),
        "the header announces an NHS number",
        "column",
    ),
    "NHS numbers under a plain name": (with_column("code2", NUMBERS), "1 column", "column"),
    "a date of birth": (with_column("DOB", ["1970-02-03"] * 4), "a date of birth", "column"),
    "postcodes": (mapped("site_id", POSTCODES), "4 value.*a postcode", "site_id"),
    "e-mail": (mapped("age_band", ["a.person@example.org"]), "an e-mail address", "age_band"),
    "telephone": (
        mapped("ethnic_group", ["01632 960001", "01632 960002", "07700 900003"]),
        "a telephone number",
        "ethnic_group",
    ),
    "names": (
        mapped("appointment_mode", ["Margaret", "Stephen", "Julie", "Sandra"]),
        "a name",
        "appointment_mode",
    ),
    "first row instead of a header": (
        text(row(patient_id=NUMBERS[0]), header=row(patient_id=NUMBERS[1])),
        "the header lacks",
        "line 1",
    ),
}
SECRETS = [*NUMBERS, *POSTCODES, "a.person@example.org", "Margaret", "01632 960001", "1970-02-03"]


@pytest.fixture(scope="module")
def published_root(tmp_path_factory):
    """A home in which GOOD is taken in and published, to be copied."""
    made = Home.open(tmp_path_factory.mktemp("published") / "home")
    path = tmp_path_factory.mktemp("exports") / "before.csv"
    path.write_text(GOOD, "utf-8", newline="")
    with made.lock("test"):
        ingest_file(made, path, profile="canonical-triage", extract_date=EXTRACT)
    build(made)
    return made.root


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_is_refused_whole(name, home, offer, tmp_path, published_root):
    shutil.copytree(published_root, home.root, dirs_exist_ok=True)
    before, published = tree(home.root), snapshot.current(home)
    figures = published.meta()
    content, reason, place = CASES[name]
    with pytest.raises(Refusal, match=reason) as told:
        offer(content, "bad.csv")
    assert told.value.file == "bad.csv"
    if place:
        assert place in told.value.place
    after = tree(home.root)
    new = sorted(set(after) - set(before))
    assert {k: v for k, v in after.items() if k not in new} == before
    assert len(new) == 1 and new[0].startswith("refused")
    assert snapshot.current(home).meta() == figures
    record = list_refusals(home)[-1]
    assert (record["name"], record["reason"]) == ("bad.csv", told.value.reason)


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_an_identifier_stays_anywhere(name, home, offer):
    folder = Path(tempfile.gettempdir())
    known = {path for path in folder.iterdir() if path.is_file()}
    with pytest.raises(Refusal):
        offer(CASES[name][0], "bad.csv")
    fresh = [p for p in folder.iterdir() if p.is_file() and p not in known]
    for path in [*home.root.rglob("*"), *fresh]:
        if path.is_file():
            content = path.read_bytes()
            for secret in SECRETS:
                assert secret.encode() not in content, path
                assert secret.replace(" ", "").encode() not in content, path


FOOTED = """
[profile]
id = "footed"
version = "1"
stream = "triage"
source = "here"
[file]
footer = '^End of report, ([0-9,]+) rows'
footer_required = true
[dates]
extract_date = 2026-06-30
[columns]
episode_id = { to = "episode_id" }
contact_date = { to = "contact_date" }
contact_type = { to = "contact_type" }
"""
REPORT = (
    "episode_id,contact_date,contact_type\r\n"
    "E-1,2026-03-02,triage\r\nE-2,2026-03-03,triage\r\n\r\nE-2,2026-03-03,triage\r\n"
)


@pytest.fixture
def footed(tmp_path):
    path = tmp_path / "footed.toml"
    path.write_text(FOOTED)
    return str(path)


def test_a_report_is_whole_when_its_footer_counts_its_rows(offer, footed):
    found = offer(REPORT + "End of report, 3 rows\r\n", profile=footed)
    assert (found.records.accepted, found.records.dropped["exact_duplicate"]) == (2, 1)


@pytest.mark.parametrize(
    ("end", "reason", "place"),
    [
        ("", "ends without the footer", "line 5"),
        ("E-4,2026-03-03,tri", "ends without the footer", "line 6"),
        ("End of report, 1,003 rows", "the footer states 1,003 rows, the file holds 3", "footer"),
    ],
)
def test_a_report_without_its_footer_or_its_rows_was_cut_off(
    home, offer, footed, end, reason, place
):
    with pytest.raises(Refusal, match=reason) as told:
        offer(REPORT + end, profile=footed)
    assert told.value.place == place
    assert not list_receipts(home)


def test_a_last_line_without_its_line_end_is_no_fault(offer):
    assert offer(GOOD.rstrip("\r\n")).records.accepted == 2


def test_a_short_row_that_ended_is_set_aside_not_taken_for_a_cut(offer):
    rows = [row(episode_id=f"E-{n}") for n in range(60)]
    found = offer(text(*rows, row()[:9]))
    assert (found.records.accepted, found.records.quarantined) == (60, 1)


def test_a_missing_file_and_a_folder(home, tmp_path):
    with home.lock("test"):
        with pytest.raises(Refusal, match="does not exist"):
            ingest_file(home, tmp_path / "nowhere.csv", profile="canonical-triage")
        (tmp_path / "folder.csv").mkdir()
        with pytest.raises(Refusal, match="not a file"):
            ingest_file(home, tmp_path / "folder.csv", profile="canonical-triage")


def test_no_profile_and_several_profiles_list_the_candidates(home, offer):
    with pytest.raises(Refusal, match="no profile fits") as told:
        offer(GOOD, "whatever.csv", profile=None)
    assert "canonical-triage" in told.value.hint
    for name in ("one", "two"):
        (home.profiles / f"{name}.toml").write_text(
            f'[profile]\nid = "{name}"\nversion = "1"\nstream = "triage"\nsource = "s"\n'
            '[match]\nglob = ["whatever*.csv"]\n[columns]\n'
            '"episode_id" = { to = "episode_id" }\n"contact_date" = { to = "contact_date" }\n'
        )
    with pytest.raises(Refusal, match="several profiles fit") as told:
        offer(GOOD, "whatever.csv", profile=None)
    assert "one, two" in told.value.hint


def test_without_an_extract_date_the_file_is_refused(offer):
    with pytest.raises(Refusal, match="not known which day") as told:
        offer(GOOD, date=None)
    assert "--extract-date" in told.value.hint


def test_the_same_name_with_other_bytes_is_refused_unless_it_is_a_correction(offer):
    offer(GOOD, "march.csv")
    with pytest.raises(Refusal, match="of this name with other content"):
        offer(text(row(nprs="4")), "march.csv")
    receipt = offer(text(row(nprs="4")), "march_correction_1.csv")
    assert receipt.supply == "delta"


def test_ten_digit_pseudonyms_that_pass_by_chance_are_kept(home, offer):
    import random

    rng = random.Random(7)
    ids = [f"{rng.randrange(10**9, 10**10)}" for _ in range(400)]
    passing = sum(map(valid_nhs_number, ids))
    assert 20 <= passing <= 55, "about one in eleven passes"
    receipt = offer(text(*[row(episode_id=i) for i in ids]))
    assert receipt.records.accepted == 400


def test_the_refusal_on_record_is_plain_json(home, offer):
    with pytest.raises(Refusal):
        offer(b"", "bad.csv")
    (path,) = home.refused.glob("*.json")
    assert set(json.loads(path.read_text())) == {
        *("name", "sha256", "place", "reason", "hint", "refused_at"),
    }
    assert list_receipts(home) == []
