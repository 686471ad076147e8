"""The page about the NHS RAP framework: what it names as evidence exists, and commands answer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipelines.cli import app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rap.md"
CRITERIA = {"Baseline": 5, "Silver": 9, "Gold": 4}
"""How many the framework has at each level, counted on its page in November 2026."""
STATES = ("met", "in part", "not met")
NUMBER = {1: "one", 2: "two", 3: "three", 4: "four"}


def rows():
    """(level, criterion, state, evidence) of every criterion on the page."""
    for level in CRITERIA:
        text = PAGE.read_text("utf-8").split(f"## {level}\n")[1].split("\n## ")[0]
        for line in text.splitlines():
            cells = [each.strip() for each in line.strip("|").split(" | ")]
            if line.startswith("| ") and cells[0] != "criterion":
                assert len(cells) == 3, line
                yield level, *cells


ROWS = list(rows())


def headings(path: Path) -> set[str]:
    """The sections of a page as addresses name them."""
    found = re.findall(r"(?m)^#+ (.+)$", path.read_text("utf-8"))
    return {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in found}


def test_every_criterion_of_the_framework_has_a_state_and_the_sum_is_told():
    assert {level: sum(row[0] == level for row in ROWS) for level in CRITERIA} == CRITERIA
    counts = {state: sum(row[2] == state for row in ROWS) for state in STATES}
    assert sum(counts.values()) == len(ROWS), "each has one of three states"
    part, not_met = NUMBER[counts["in part"]], NUMBER[counts["not met"]]
    said = f"**{counts['met']} of the {len(ROWS)} criteria are met**, {part} in part and {not_met}"
    assert said in PAGE.read_text("utf-8")


@pytest.mark.parametrize("row", ROWS, ids=[f"{level}: {name}" for level, name, *_ in ROWS])
def test_what_is_named_as_evidence_exists(row):
    *_, state, evidence = row
    links = re.findall(r"\[[^]]+\]\(([^)#]+)(?:#([^)]+))?\)", evidence)
    tests = re.findall(r"`(tests/[^`]+)`", evidence)
    commands = re.findall(r"`outcomes ([^`]+)`", evidence)
    assert links or tests or commands or state != "met", "a criterion that is met has evidence"
    for name, section in links:
        path = (PAGE.parent / name).resolve()
        assert path.is_relative_to(ROOT) and path.is_file(), name
        assert not section or section in headings(path), f"{name}#{section}"
    for name in tests:
        file, _, function = name.partition("::")
        body = ast.parse((ROOT / file).read_text("utf-8")).body
        there = {each.name for each in body if isinstance(each, ast.FunctionDef)}
        assert function in there if function else any(each.startswith("test_") for each in there)
    for words in commands:
        answers(words.split())


def answers(words: list[str]) -> None:
    """The command exists, answers when asked for help, and knows the options that are named."""
    verbs = [each for each in words if not each.startswith("-")]
    done = CliRunner().invoke(app, [*verbs, "--help"])
    assert done.exit_code == 0, done.output
    command = typer.main.get_command(app)
    for verb in verbs:
        command = command.commands[verb]
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert set(words) - set(verbs) <= known, words


def test_every_public_function_and_class_says_what_it_is():
    silent = [
        f"{path.relative_to(ROOT)}: {each.name}"
        for package in ("rules", "pipelines", "dashboard", "sample_data")
        for path in sorted((ROOT / package).rglob("*.py"))
        for each in ast.parse(path.read_text("utf-8")).body
        if isinstance(each, ast.FunctionDef | ast.ClassDef)
        and not each.name.startswith("_")
        and not ast.get_docstring(each)
    ]
    assert silent == []
