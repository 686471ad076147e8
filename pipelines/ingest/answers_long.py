"""Answers that a wide row cannot hold: questions in parts, questions answered more than once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pipelines import landing_tables as landing
from rules.ruleset import load


@dataclass
class LongAnswers:
    """Collects rows of landing_answer for one file."""

    file_id: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    def part(self, line: int, item: str, part: str, answer: str | None) -> None:
        """One part of a question that is asked in parts; how they join is the item's."""
        self._add(line, item, 1, part, operator(item), answer or "not_recorded")

    def several(self, line: int, item: str, answers: list[str | None]) -> None:
        """Every answer to a question that was answered more than once."""
        for number, answer in enumerate(answers, start=1):
            self._add(line, item, number, None, None, answer or "not_recorded")

    def _add(
        self, line: int, item: str, number: int, part: str | None, op: str | None, answer: str
    ) -> None:
        row = dict.fromkeys(landing.ANSWER)
        row |= {"file_id": self.file_id, "line": line, "item": item, "answer_number": number}
        row |= {"part": part, "op": op, "answer": answer}
        self.rows.append(row)


@cache
def operator(item: str) -> str | None:
    """How the parts of a question join (any, all), or None where it has no parts."""
    found = load().items.get(item)
    return found.op if found else None


@cache
def parts(item: str) -> tuple[str, ...]:
    """The parts that a question may be asked in."""
    found = load().items.get(item)
    return found.parts if found else ()
