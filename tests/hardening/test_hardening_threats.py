"""The threat model names tests that are there, and limits that hold."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import asdict
from functools import cache
from pathlib import Path

from dashboard.entrance import limits
from dashboard.entrance.limits import Limits

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "threats.md").read_text("utf-8")
NAMED = re.compile(r"[\w/]+/test_\w+\.py::test_\w+")


def rows() -> list[list[str]]:
    """The cells of each threat: what, what stands against it, the tests, what remains."""
    table = PAGE.split("## Threats\n")[1].split("\n## ")[0]
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("| ")
    ]
    return [row for row in found[1:] if not row[0].startswith("**")]


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests in a file below `tests`."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_threat_has_a_test_that_is_there_or_a_reason_for_none() -> None:
    found = rows()
    assert len(found) > 30
    for threat, against, shown, *_ in found:
        assert threat and against, threat
        names = [each.strip() for each in shown.split(",")]
        if shown.startswith("none: "):
            assert len(shown) > 30, f"{threat}: why is there no test?"
            continue
        for name in names:
            assert NAMED.fullmatch(name), f"{threat}: {name!r} names no test"
            file, test = name.split("::")
            assert test in named_in(file), f"{threat}: {name} is not there"


def test_rows_have_four_cells() -> None:
    assert {len(row) for row in rows()} == {4}


def test_the_page_has_the_limits_that_hold() -> None:
    block = PAGE.split("```toml\n")[1].split("```")[0]
    assert tomllib.loads(block)["server"] == asdict(Limits())
    sizes = PAGE.split("| what | at most | beyond |")[1]
    assert f"{limits.ADDRESS // 1024} kB | 414" in sizes
    assert f"{limits.HEADERS // 1024} kB, {limits.HEADER_LINES} lines | 431" in sizes
    assert f"{limits.MESSAGE // 10**6} MB, {limits.FRAMES:,} pieces" in sizes
    assert f"{limits.PATIENCE:g} seconds | closed" in sizes
    assert f"after {limits.BURST:,} at once" in block
