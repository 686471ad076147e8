"""Worked cases through the same models that production runs.

A case gives an episode's contacts, diary and referrals, parameter overrides and some expected
results. Each case is staged as a source of its own with its own parameter set and extract
date, so that hundreds run in one go.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pipelines import params
from pipelines.assure_results import results
from pipelines.assure_schema import CaseCheck, CaseError, near
from pipelines.assure_stage import stage
from pipelines.assure_why import published_views, reasons
from pipelines.engines.duck import connect, run_models
from pipelines.engines.project import models
from rules.errors import RulesError
from rules.ruleset import Ruleset, load

Case = tuple[str, Mapping[str, Any], Mapping[str, Any]]

CASE_KEYS = {"id", "title", "why", "group", "params", "input", "expected"}


@dataclass
class CaseResult:
    """What one worked case gave: empty `differences` means that it passed.

    `reasons` explains the results of a case that differs, in lines for a terminal.
    """

    id: str
    title: str
    differences: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    actual: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """No expected result differed."""
        return not self.differences


def assure(document: Mapping[str, Any], ruleset: Ruleset | None = None) -> list[CaseResult]:
    """Run the cases of a case file and compare each with what it expects.

    `document` has `cases`: a list of {id, title, params, input, expected}. Raises CaseError
    for a case that is malformed, RulesError for an impossible parameter.
    """
    cases = document.get("cases") if isinstance(document, Mapping) else None
    if not isinstance(cases, list) or not cases:
        raise CaseError("the file has no list `cases`")
    for number, case in enumerate(cases, start=1):
        _check(number, case)
    for case_id, n in Counter(case["id"] for case in cases).items():
        if n > 1:
            raise CaseError(f"case {case_id}: the id stands {n} times", case_id)
    ruleset = ruleset or load()
    listed = [(case["id"], case["input"], case.get("params", {})) for case in cases]
    with modelled(listed, ruleset) as con:
        actual = results(con, [case["id"] for case in cases])
        found = [
            CaseResult(
                case["id"],
                case.get("title", ""),
                list(differences(case.get("expected", {}), actual[case["id"]])),
                actual=actual[case["id"]],
            )
            for case in cases
        ]
        if not all(result.passed for result in found):
            published_views(con)
        for result, (case_id, content, overrides) in zip(found, listed, strict=True):
            if not result.passed:
                own = ruleset.with_values(overrides)
                result.reasons = reasons(con, case_id, content, own)
    return found


def _check(number: int, case: Any) -> None:
    """What surrounds a case's input; the input itself is checked where it is staged."""
    if not isinstance(case, Mapping) or not {"id", "input"} <= set(case):
        raise CaseError(f"entry {number} of `cases` needs `id` and `input`")
    case_id = case["id"]
    if not isinstance(case_id, str) or not case_id:
        raise CaseError(f"entry {number} of `cases`: the id is a text", case_id, ("id",))
    for name in case:
        if name not in CASE_KEYS:
            why = f"case {case_id}: unknown field '{name}'{near(name, CASE_KEYS)}"
            raise CaseError(why, case_id, (name,))
    check = CaseCheck(case_id)
    check.table(case.get("params", {}), ("params",))
    check.expected(case.get("expected", {}))
    if not case.get("expected"):
        check.fail("it expects nothing, so it proves nothing", ())


def evaluate(cases: Iterable[Case], ruleset: Ruleset | None = None) -> dict[str, dict[str, Any]]:
    """Every output field of each (id, input, parameter overrides), by case id."""
    listed = list(cases)
    with modelled(listed, ruleset) as con:
        return results(con, [case_id for case_id, _, _ in listed])


@contextlib.contextmanager
def modelled(
    cases: Iterable[Case], ruleset: Ruleset | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """All models of the cases in a database in memory, gone afterwards.

    Each case is a source of its own, named by its id. Raises CaseError.
    """
    ruleset = ruleset or load()
    listed = list(cases)
    rows = []
    for number, (case_id, _, overrides) in enumerate(listed, start=1):
        try:
            rows.append(params.row(number, ruleset.with_values(overrides).values))
        except RulesError as error:
            raise CaseError(f"case {case_id}: {error}", case_id, ("params",)) from None
    con = connect()
    try:
        params.create(con, rows)
        with tempfile.TemporaryDirectory(prefix="outcomes-assure-") as folder:
            stage(con, Path(folder), listed)
        run_models(con, models(ruleset))
        yield con
    finally:
        con.close()


def differences(expected: Any, actual: Any, path: str = "") -> Iterable[str]:
    """Where a partial expectation is not met, in words."""
    if isinstance(expected, Mapping):
        for key, wanted in expected.items():
            name, _, how = key.partition("__")
            place = f"{path}.{name}".lstrip(".")
            if not isinstance(actual, Mapping) or name not in actual:
                yield f"{place}: expected {wanted!r}, there is no such result"
            elif how == "contains":
                for each in wanted:
                    if each not in (actual[name] or []):
                        yield f"{place}: {each!r} is missing from {actual[name]!r}"
            elif how == "lacks":
                for each in wanted:
                    if each in (actual[name] or []):
                        yield f"{place}: {each!r} must not be in {actual[name]!r}"
            else:
                yield from differences(wanted, actual[name], place)
    elif isinstance(expected, list) and expected and isinstance(expected[0], Mapping):
        if not isinstance(actual, list) or len(actual) != len(expected):
            yield f"{path}: expected {expected!r}, got {actual!r}"
        else:
            for number, (wanted, got) in enumerate(zip(expected, actual, strict=True), start=1):
                yield from differences(wanted, got, f"{path}[{number}]")
    elif not _same(expected, actual):
        yield f"{path}: expected {expected!r}, got {actual!r}"


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return abs(expected - actual) < 1e-9
    return bool(expected == actual)


__all__ = ["CaseError", "CaseResult", "assure", "differences", "evaluate", "modelled"]
