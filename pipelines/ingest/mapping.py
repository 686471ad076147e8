"""A batch of text cells as canonical, typed rows, with every problem noted."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pipelines import landing_tables as landing
from pipelines.errors import OutcomesError
from pipelines.ingest import contract
from pipelines.ingest.answers_long import LongAnswers
from pipelines.ingest.cast import Cast, casting, rekeyed, shown
from pipelines.ingest.contract import Column
from pipelines.ingest.date_formats import month_end
from pipelines.ingest.profile import Mapped, Profile
from pipelines.ingest.reading import Batch
from pipelines.ingest.records import ABSENT
from pipelines.ingest.risk import SingledOut

KEY_VARIABLE = "OUTCOMES_ID_KEY"
IDENTIFIER = "identifier_like"


@dataclass
class Mapper:
    """Maps the batches of one file and counts what it could not read."""

    profile: Profile
    file_id: str
    extract_date: dt.date
    masked: frozenset[str] = frozenset()
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    cell_rows: list[dict[str, Any]] = field(default_factory=list)
    # Physical records that were accepted: more than rows where several make one.
    accepted: int = 0
    landed: int = 0

    def __post_init__(self) -> None:
        self.answers = LongAnswers(self.file_id)
        self.singled = SingledOut()
        raw = self.profile.schema == "raw"
        self.columns = {} if raw else contract.columns(self.profile.stream)
        self.latest = self.extract_date + dt.timedelta(days=3653)
        self.key = _id_key() if self.profile.ids == "hmac" else None
        self.required = () if raw else contract.required(self.profile.stream)

    def map(self, batch: Batch) -> tuple[list[dict[str, Any]], list[tuple[int, str, bytes]]]:
        """Canonical rows, and records set aside as (line, reason, hash)."""
        rows: list[dict[str, Any]] = [{} for _ in batch.lines]
        issues: list[list[str]] = [[] for _ in batch.lines]
        extras: list[dict[str, str]] = [{} for _ in batch.lines]
        for place, header in enumerate(batch.header):
            mapped = self.profile.columns.get(header)
            if mapped is None or mapped.drop:
                continue
            values = [row[place] for row in batch.rows]
            self._column(mapped, values, batch, rows, issues, extras)
        return self._finished(batch, rows, issues, extras)

    def _column(
        self,
        mapped: Mapped,
        values: list[str],
        batch: Batch,
        rows: list[dict[str, Any]],
        issues: list[list[str]],
        extras: list[dict[str, str]],
    ) -> None:
        first = mapped.to[0]
        if first.startswith(("x_", "_")):
            for n, value in enumerate(values):
                if first.startswith("x_") and self._bare(value):
                    extras[n][first] = self._extra(mapped, self._bare(value))
                elif first.startswith("_"):
                    rows[n][first] = self._bare(value)
            return
        item, _, part = first.partition("__")
        column = self.columns[item]
        if first == "onset_earliest" and mapped.codes:
            self._duration(mapped, values, rows, issues, batch)
            return
        read = casting(column, mapped, self.profile, self.latest)
        judge = self._judge(column, read)
        for n, raw in enumerate(values):
            line = batch.lines[n]
            if raw == ABSENT:
                if mapped.header in batch.several[n]:
                    self._several(mapped, column, judge, batch, n, issues[n])
                continue
            value, problem = judge(raw)
            if part:
                self.answers.part(line, item, part, value)
            else:
                self._place(mapped, column, value, rows[n])
            if self._bare(raw) is not None:
                self.filled[first] += 1
            if problem:
                self._note(column, problem, raw, line, issues[n])

    def _judge(self, column: Column, read: Cast) -> Cast:
        """`read` with empty and masked cells, each distinct text once."""

        @cache
        def judged(raw: str) -> tuple[Any, str | None]:
            bare = self._bare(raw)
            if bare is None:
                return ("not_recorded" if column.kind == "answer" else None), None
            return (None, IDENTIFIER) if raw in self.masked else read(bare)

        return judged

    def _several(
        self,
        mapped: Mapped,
        column: Column,
        judge: Cast,
        batch: Batch,
        n: int,
        issues: list[str],
    ) -> None:
        """A question answered more than once: answers are all kept, other cells are unknown."""
        line, given = batch.lines[n], batch.several[n][mapped.header]
        self.filled[mapped.to[0]] += 1
        if column.kind != "answer":
            self._note(column, "several_answers", "", line, issues)
            return
        judged = [judge(raw) for raw in given]
        self.answers.several(line, column.name, [value for value, _ in judged])
        for (_, problem), raw in zip(judged, given, strict=True):
            if problem:
                self._note(column, problem, raw, line, issues)

    def _bare(self, raw: str) -> str | None:
        text = raw.strip() if self.profile.trim else raw
        return None if text in self.profile.null_tokens else text

    def _extra(self, mapped: Mapped, text: str | None) -> str:
        if mapped.codes:
            table = self.profile.codes[mapped.codes]
            for code, spelt in table.items():
                if isinstance(spelt, list) and text in [str(each) for each in spelt]:
                    return code
        return text or ""

    def _place(self, mapped: Mapped, column: Column, value: Any, row: dict[str, Any]) -> None:
        if column.kind == "id" and value is not None and self.key:
            value = rekeyed(value, self.key)
        if column.kind != "date" or value is None:
            row[column.name] = value
            return
        moment, by_month = value
        row[column.name] = moment.date()
        if "contact_time" in mapped.to and moment.time() != dt.time(0):
            row["contact_time"] = moment.strftime("%H:%M:%S")
        if column.name == "onset_date":
            row.setdefault("onset_precision", "month" if by_month else "day")
        if column.name == "onset_latest" and by_month:
            row[column.name] = month_end(moment.date())

    def _duration(
        self,
        mapped: Mapped,
        values: list[str],
        rows: list[dict[str, Any]],
        issues: list[list[str]],
        batch: Batch,
    ) -> None:
        """A band of days before the contact: kept until the contact's date is known."""
        bands = self.profile.codes[mapped.codes or ""]
        for n, raw in enumerate(values):
            bare = self._bare(raw)
            if bare is None:
                continue
            self.filled["onset_earliest"] += 1
            band = bands.get(bare)
            if band is None:
                self._note(
                    self.columns["onset_earliest"], "unmapped", raw, batch.lines[n], issues[n]
                )
            else:
                rows[n]["_band"] = band

    def _note(self, column: Column, problem: str, raw: str, line: int, issues: list[str]) -> None:
        self.cells[column.name, problem] += 1
        issues.append(f"{column.name}:{problem}")
        value = None if problem == IDENTIFIER else shown(raw.strip(), column)
        self.cell_rows.append(
            {"file_id": self.file_id, "line": line, "column": column.name, "reason": problem,
             "value": value}
        )  # fmt: skip

    def _finished(
        self,
        batch: Batch,
        rows: list[dict[str, Any]],
        issues: list[list[str]],
        extras: list[dict[str, str]],
    ) -> tuple[list[dict[str, Any]], list[tuple[int, str, bytes]]]:
        accepted = []
        aside = list(batch.aside)
        for n, row in enumerate(rows):
            row |= dict(self.profile.constants.items())
            self._synthesized(row)
            self._banded(row)
            lacking = next((name for name in self.required if row.get(name) is None), None)
            if lacking:
                why = f"no_valid_{lacking}"
                aside.extend((line, why, batch.hashes[n]) for line in batch.parts[n])
                continue
            if len(batch.parts[n]) > 1:
                extras[n]["x_source_lines"] = _ranges(batch.parts[n])
            self._completed(row, batch.lines[n], issues[n], extras[n])
            self.accepted += len(batch.parts[n])
            accepted.append(row)
        self.landed += len(accepted)
        return accepted, aside

    def _synthesized(self, row: dict[str, Any]) -> None:
        """Dates for files that have visit numbers only (the profile says so)."""
        rule = self.profile.synthesize
        if not rule:
            return
        visit = row.get(rule["by"])
        for name, table in rule.items():
            if name != "by" and visit in table:
                row[name] = dt.date.fromisoformat(str(table[visit]))

    def _banded(self, row: dict[str, Any]) -> None:
        band = row.pop("_band", None)
        day = row.get("contact_date")
        if band is None or day is None:
            return
        least, most = band
        row["onset_latest"] = day - dt.timedelta(days=least)
        row["onset_earliest"] = day - dt.timedelta(days=most) if isinstance(most, int) else None

    def _completed(
        self, row: dict[str, Any], line: int, issues: list[str], extras: dict[str, str]
    ) -> None:
        for column in self.columns.values():
            if column.kind == "answer" and row.get(column.name) is None:
                row[column.name] = _default_answer(column.name)
        deleted = self.profile.delete
        row["deleted"] = deleted is not None and row.get(deleted["column"]) in deleted["values"]
        # A row that lacks part of its key has none: otherwise all such rows would be one, and a
        # correction of one would replace them all.
        key = [row.get(name) for name in self.profile.key]
        row["row_key"] = None if None in key or not key else "|".join(map(str, key))
        row["x"] = json.dumps(extras, sort_keys=True) if extras else None
        row["cell_issues"] = ";".join(issues) or None
        row["source"], row["file_id"], row["line"] = self.profile.source, self.file_id, line
        for name in [name for name in row if name.startswith("_")]:
            del row[name]


def _ranges(lines: tuple[int, ...]) -> str:
    """Line numbers as people write them: 2-8, 11."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{a}-{b}" if b > a else str(a) for a, b in runs)


def _default_answer(name: str) -> str | None:
    if name == "performed":
        return "yes"
    return None if name.endswith("_changed") else "not_asked"


def _id_key() -> bytes:
    key = os.environ.get(KEY_VARIABLE, "")
    if len(key) < 16:
        raise OutcomesError(
            "the profile re-keys ids, but there is no key",
            where=f"environment variable {KEY_VARIABLE}",
            hint="Set it to a secret of at least 16 characters, the same at every ingest.",
        )
    return key.encode()


def empty_columns(stream: str) -> dict[str, str]:
    """The landing table's columns and types for a stream."""
    return landing.TABLES[landing.STREAMS[stream]]
