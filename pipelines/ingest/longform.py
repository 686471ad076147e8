"""Long questionnaires: one row per answer, put together to one record per questionnaire.

The profile's `[long]` table names the columns: `key` (one or more, what makes a questionnaire),
`question` and `answer`. Every other column that the profile maps must agree within a
questionnaire. What a questionnaire has no row for was not asked of that person: its cell is
ABSENT, which is not the same as an empty answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.errors import Refusal
from pipelines.ingest.profile import Profile
from pipelines.ingest.records import ABSENT, Record
from pipelines.ingest.source import Source


@dataclass
class _Form:
    """One questionnaire while its rows are collected."""

    lines: list[int]
    carried: list[str]
    answers: dict[str, list[str]] = field(default_factory=dict)
    rows: set[tuple[str, ...]] = field(default_factory=set)
    problem: str | None = None


def pivot(source: Source, profile: Profile, found: Iterator[Record]) -> Iterator[Record]:
    """Records of one questionnaire each, after what was dropped or could not be read.

    Every row of the file is part of exactly one record given here (`Record.parts`). The whole
    file is held in memory: its answers, not its other columns. Raises Refusal when a named
    column or a mapped question is missing, or a question is not known to the profile.
    """
    forms: dict[tuple[str, ...], _Form] = {}
    shape: _Shape | None = None
    for record in found:
        if record.drop or (shape is None and record.line < profile.header_row):
            yield record
        elif shape is None:
            shape = _Shape(source, profile, [cell.strip() for cell in record.cells])
            yield Record(record.line, shape.wide)
        elif record.problem or shape.passes(record.cells):
            yield record
        else:
            aside = shape.take(record, forms)
            if aside is not None:
                yield aside
    if shape is not None:
        shape.check_questions(forms)
        for form in forms.values():
            yield shape.record(form)


class _Shape:
    """Which column is what, in this file."""

    def __init__(self, source: Source, profile: Profile, header: list[str]) -> None:
        self.source, self.profile, self.header = source, profile, header
        options = profile.long or {}
        key = options["key"]
        self.key = [self._place(name) for name in ([key] if isinstance(key, str) else key)]
        self.question = self._place(options["question"])
        self.answer = self._place(options["answer"])
        taken = {self.question, self.answer}
        self.carried = [n for n in range(len(header)) if n not in taken]
        known = set(header)
        self.questions = [name for name in profile.columns if name not in known]
        self.wide = [header[n] for n in self.carried] + self.questions
        self.wanted = self._wanted()

    def _place(self, name: str) -> int:
        if name in self.header:
            return self.header.index(name)
        near = difflib.get_close_matches(name, self.header, 1)
        raise Refusal(
            self.source.path.name,
            f"line {self.profile.header_row}",
            f"the header lacks '{name}'" + (f" (nearest: '{near[0]}')" if near else ""),
            f"Profile {self.profile.id} names it under [long].",
        )

    def _wanted(self) -> tuple[int, frozenset[str]] | None:
        chosen: dict[str, Any] | None = self.profile.filter
        if not chosen:
            return None
        return self._place(chosen["column"]), frozenset(map(str, chosen["in"]))

    def passes(self, cells: list[str]) -> bool:
        """Is this no answer: a blank line, a footer?"""
        footer = self.profile.footer
        return not any(c.strip() for c in cells) or bool(footer and footer.search(cells[0]))

    def take(self, record: Record, forms: dict[tuple[str, ...], _Form]) -> Record | None:
        """Add a row to its questionnaire; what does not belong to one comes back."""
        cells = record.cells
        if [cell.strip() for cell in cells] == self.header:
            return Record(record.line, cells, drop="repeated_header")
        if len(cells) != len(self.header):
            few = len(cells) < len(self.header)
            return Record(record.line, [], "too_few_cells" if few else "too_many_cells")
        if self.wanted and cells[self.wanted[0]].strip() not in self.wanted[1]:
            return Record(record.line, cells, drop="filtered")
        key = tuple(cells[n].strip() for n in self.key)
        if not all(key):
            return Record(record.line, [], "no_questionnaire_key")
        question = cells[self.question].strip()
        if question not in self.profile.columns and self.profile.extra_columns == "drop":
            return Record(record.line, cells, drop="unmapped_question")
        carried = [cells[n] for n in self.carried]
        kept = [c if self._read(n) else "" for n, c in zip(self.carried, carried, strict=True)]
        form = forms.setdefault(key, _Form([], kept))
        row = tuple(cells)
        if row in form.rows:
            return Record(record.line, cells, drop="exact_duplicate")
        form.rows.add(row)
        form.lines.append(record.line)
        if kept != form.carried:
            form.problem = "differs_within_questionnaire"
        answers = form.answers.setdefault(question, [])
        if cells[self.answer] not in answers:
            answers.append(cells[self.answer])
        return None

    def _read(self, place: int) -> bool:
        mapped = self.profile.columns.get(self.header[place])
        return bool(mapped and not mapped.drop)

    def check_questions(self, forms: dict[tuple[str, ...], _Form]) -> None:
        """A question that the profile does not know, or one of its own that never comes."""
        asked: dict[str, int] = {}
        for form in forms.values():
            for question in form.answers:
                asked.setdefault(question, form.lines[0])
        strange = [line for question, line in asked.items() if question not in self.questions]
        if strange:
            raise Refusal(
                self.source.path.name,
                f"questionnaire from line {min(strange)}",
                f"{len(strange)} question(s) that profile {self.profile.id} does not know",
                'Map or drop them in the profile, or set extra_columns = "drop".',
            )
        needed = (self.profile.long or {}).get("require", [])
        missing = [question for question in needed if forms and question not in asked]
        if missing:
            raise Refusal(
                self.source.path.name,
                None,
                f"no row answers {', '.join(repr(name) for name in missing[:5])}",
                "Was the questionnaire changed? Adapt the profile to its new wording.",
            )

    def record(self, form: _Form) -> Record:
        """The questionnaire as one wide record."""
        parts = tuple(form.lines)
        if form.problem:
            return Record(parts[0], [], form.problem, parts=parts)
        cells = list(form.carried)
        several: dict[str, tuple[str, ...]] = {}
        for question in self.questions:
            answers = form.answers.get(question)
            cells.append(answers[0] if answers and len(answers) == 1 else ABSENT)
            if answers and len(answers) > 1:
                several[question] = tuple(answers)
        return Record(parts[0], cells, parts=parts, several=several)
