"""The catalogue is complete, and mistakes in it are refused with the place and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.measures.catalogue import NEEDED, catalogue, measure, parse, reason_text
from pipelines.measures.document import QUESTIONS, markdown
from pipelines.measures.types import MeasureError

GOOD = """
[reason]
LOST = "no later information"
[measure.some_share]
k_number = "K1"
name = "n"
definition = "d"
numerator = "x"
denominator = "y"
exclusions = ["LOST"]
clock = "c"
direction = "up"
unit = "share"
format = "percent_0"
chart = "number"
source = "s"
kind = "share"
cases = "c"
"""


def test_every_entry_is_complete() -> None:
    found = catalogue()
    assert len(found) >= 30
    for entry in found.values():
        for key in NEEDED:
            assert getattr(entry, key) or key == "exclusions", (entry.id, key)
        assert entry.definition.endswith(".") and len(entry.definition) > 40, entry.id
        assert "\n" not in entry.definition and "  " not in entry.definition, entry.id
        assert entry.k_number.startswith("K")
        for code in entry.exclusions:
            assert reason_text(code) != code, (entry.id, code)


def test_names_tell_measures_apart() -> None:
    names = [entry.name for entry in catalogue().values()]
    assert len(set(names)) == len(names)


def test_direction_of_escalation_is_neutral() -> None:
    # a fall can be harm as well as progress
    for name, entry in catalogue().items():
        if name.startswith(("escalation", "triage_outcome")):
            assert entry.direction == "neutral", name


def test_good_text_is_read() -> None:
    found = parse(GOOD).measures
    assert found["some_share"].exclusions == ("LOST",)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "n"', 'nane = "n"', "unknown key 'nane'; did you mean 'name'"),
        ('name = "n"\n', "", "name missing"),
        ('name = "n"', 'name = " "', "not empty"),
        ('unit = "share"', 'unit = "shares"', "did you mean 'share'"),
        ('direction = "up"', 'direction = "north"', "none of up, down, neutral"),
        ('exclusions = ["LOST"]', 'exclusions = "LOST"', "list of reasons"),
        ('exclusions = ["LOST"]', 'exclusions = ["LOOST"]', "'LOOST' is not in"),
        ("[measure.some_share]", "[measure.Some-Share]", "snake_case"),
        ("[measure.some_share]", "[measures.some_share]", "unknown table"),
        ('name = "n"', "name = n", "cannot be read"),
        ('kind = "share"', 'kind = "shar"', "did you mean 'share'"),
        ('cases = "c"', 'cases = "c; drop"', "must be a name in snake_case"),
        ('cases = "c"', 'cases = "c"\nwhole = "yes"', "must be true or false"),
        ('cases = "c"', 'cases = "c"\nat = ["x"]', "must be a number"),
    ],
)
def test_mistakes_are_refused(old: str, new: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(MeasureError, match=words):
        parse(GOOD.replace(old, new))


def test_unknown_measure_names_the_nearest() -> None:
    with pytest.raises(MeasureError, match="did you mean 'escalation_confirmed'"):
        measure("escalation_confirmd")


SPECIFIED = (
    *("K1", "K1b", "K1c", "K2", "K3", "K4", "K5", "K6a", "K6b", "K6c", "K7", "K8"),
    *("K9a", "K9b", "K9c", "K9d", "K9e", "K10", "K11", "K11g", "K12", "K13", "K14", "K15", "K16"),
)


def test_every_question_of_the_specification_has_its_measures() -> None:
    answered = {entry.k_number for entry in catalogue().values()}
    assert set(SPECIFIED) <= answered
    assert answered == set(QUESTIONS)


def test_the_page_about_the_measures_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "measures.md"
    assert page.read_text(encoding="utf-8") == markdown()
