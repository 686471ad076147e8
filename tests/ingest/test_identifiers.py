"""What the guard finds, what it lets pass, and how far rows single people out."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from pipelines.errors import Refusal
from pipelines.ingest.identifiers import ColumnGuard, holds_nhs_number, valid_nhs_number
from pipelines.ingest.risk import SingledOut
from tests.ingest.conftest import HEADER, row, text, tree

# Numbers whose check digits were worked out by hand from the published rule (modulus 11).
VALID = "9434765919"


def with_check_digit(nine: str) -> str | None:
    rest = sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11
    return None if rest == 1 else nine + str((11 - rest) % 11)


def numbers(n: int, seed: int = 1) -> list[str]:
    dice = random.Random(seed)
    made = (with_check_digit(f"{dice.randrange(10**9):09d}") for _ in range(3 * n))
    return [number for number in made if number][:n]


def found(values, kept_as_is=False):
    guard = ColumnGuard("c", kept_as_is)
    guard.look([(value, 1) for value in values])
    return guard.finding()


@pytest.mark.parametrize(
    "written",
    ["9434765919", "943 476 5919", "943-476-5919", "9 4 3 4 7 6 5 9 1 9", "94 3476 5919",
     "943\u00a0476\u00a05919", "943\u2009476\u20095919", "943.476.5919", "9434765919.0",
     " 943 4765919 ", "943\u2013476\u20135919"],
)  # fmt: skip
def test_an_nhs_number_in_any_spacing(written):
    assert valid_nhs_number(written)
    others = [n[:3] + written[3:4] * (not written[3:4].isdigit()) + n[3:] for n in numbers(3)]
    assert found([written, *others])[0] == "an NHS number"


@pytest.mark.parametrize("written", ["9434765918", "943476591", "94347659190", "1111111111", "abc"])
def test_what_is_no_nhs_number(written):
    assert not valid_nhs_number(written)


def test_ten_digit_pseudonyms_pass():
    """One in eleven passes the check by chance; a column of them is not refused for that."""
    dice = random.Random(4)
    pseudonyms = [f"{dice.randrange(10**10):010d}" for _ in range(5000)]
    share = sum(map(valid_nhs_number, pseudonyms)) / 5000
    assert 0.07 < share < 0.11
    assert found(pseudonyms) is None


@pytest.mark.parametrize(
    ("what", "values"),
    [
        ("an NHS number", [f"seen today, NHS {n}, well" for n in numbers(4)]),
        ("a postcode", ["NE1 4LP", "sr4 7tp", "DH12AB"]),
        ("a postcode", [f"lives at {n} Hill St NE{n} 4LP now" for n in (1, 2, 3)]),
        ("an e-mail address", ["write to jo@example.org please"]),
        ("a telephone number", ["0191 496 0000", "07700 900123", "+44 7700 900456"]),
        ("a name", ["Smith, John", "O'Neill, Mary", "Sarah-Jane Brown", "7"]),
        ("a date of birth", [f"{n % 28 + 1:02d}/03/{1940 + n}" for n in range(40)]),
        ("a date of birth", [f"{1940 + n}-03-{n % 28 + 1:02d}" for n in range(40)]),
    ],
)
def test_what_is_found(what, values):
    assert found(values)[0] == what


@pytest.mark.parametrize(
    "values",
    [
        [f"2026-03-{n % 28 + 1:02d}" for n in range(60)],
        [f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/{2015 + n % 11}" for n in range(200)],
        ["Yes", "No", "Not asked"] * 30,
        [f"E-{n:06d}" for n in range(100)],
        [f"{n}.0" for n in range(11)],
        ["North hub", "Riverside", "Mark Lane clinic"],
        ["14:53:28", "09:00"],
    ],
    ids=["dates", "old onsets", "answers", "ids", "scores", "sites", "times"],
)
def test_what_passes(values):
    assert found(values) is None


def test_free_text_is_found_where_it_would_be_kept():
    notes = ["pain down the left leg since lifting a box at work last week"] * 5
    assert found(notes, kept_as_is=True)[0] == "free text"
    assert found(notes) is None


def test_a_refused_identifier_is_on_no_disk(offer, home, tmp_path):
    place = HEADER.index("patient_id")
    rows = []
    for number in numbers(30):
        cells = row()
        cells[place] = number
        rows.append(cells)
    before = tree(home.root)
    with pytest.raises(Refusal, match="an NHS number"):
        offer(text(*rows))
    after = {name for name in tree(home.root) if name not in before}
    assert {name.split("/")[0] for name in after} <= {"refused", "log"}
    for path in [p for p in home.root.rglob("*") if p.is_file()]:
        content = path.read_bytes()
        assert not any(number.encode() in content for number in numbers(30)), path


def test_a_single_number_inside_kept_text_is_masked():
    assert holds_nhs_number(f"ref {VALID} seen")
    assert not holds_nhs_number("ref 9434765918 seen")


def test_rows_that_single_people_out():
    risk = SingledOut()
    day = dt.date(2026, 3, 2)
    shared = {"site_id": "S1", "sex": "female", "contact_date": day}
    risk.look([
        {**shared, "episode_id": "E-1"},
        {**shared, "episode_id": "E-2"},
        {**shared, "sex": "male", "episode_id": "E-3"},
        {**shared, "sex": "male", "episode_id": "E-3"},
        {**shared, "contact_date": dt.date(2026, 4, 1), "episode_id": "E-1"},
    ])  # fmt: skip
    # E-3's two rows and E-1's row of April: three of five.
    assert risk.share() == 0.6
    assert SingledOut().share() is None
