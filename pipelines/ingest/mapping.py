"""A file's coded cells as canonical, typed columns, with every problem noted.

Each distinct text of a column is judged once; rows are then a matter of codes. What a later
column of the file says of a canonical column stands before what an earlier one said.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from pipelines.errors import OutcomesError
from pipelines.ingest import contract
from pipelines.ingest.answers_long import LongAnswers
from pipelines.ingest.cast import Cast, casting, rekeyed
from pipelines.ingest.coded import MISSING, Coded, Mask, Places, combined, over
from pipelines.ingest.contract import Column
from pipelines.ingest.date_formats import month_end
from pipelines.ingest.identifiers import OPAQUE
from pipelines.ingest.issues import IDENTIFIER, Issues
from pipelines.ingest.profile import Mapped, Profile
from pipelines.ingest.records import ABSENT
from pipelines.ingest.risk import SingledOut
from pipelines.ingest.rows import Rows

KEY_VARIABLE = "OUTCOMES_ID_KEY"
LEAST_KEY = 16


@dataclass
class Mapper:
    """Maps the rows of one file and counts what it could not read."""

    profile: Profile
    file_id: str
    extract_date: dt.date
    masked: frozenset[str] = frozenset()
    filled: Counter[str] = field(default_factory=Counter)
    # Physical records that were accepted: more than rows where several make one.
    accepted: int = 0
    landed: int = 0

    def __post_init__(self) -> None:
        self.answers = LongAnswers(self.file_id)
        self.singled = SingledOut()
        self.issues = Issues(self.file_id)
        raw = self.profile.schema == "raw"
        self.columns = {} if raw else contract.columns(self.profile.stream)
        self.latest = self.extract_date + dt.timedelta(days=3653)
        self.key = _id_key() if self.profile.ids == "hmac" else None
        self.required = () if raw else contract.required(self.profile.stream)

    def map(self, rows: Rows) -> tuple[dict[str, Coded], Places, list[tuple[int, str, bytes]]]:
        """Canonical columns; the places of the rows that are accepted; records set aside.

        The latter as (line, reason, hash). A canonical column that nothing gives is left out.
        """
        found: dict[str, Coded] = {}
        extras: Coded | None = None
        self.issues.begin(rows)
        for header, column in zip(rows.header, rows.columns, strict=True):
            mapped = self.profile.columns.get(header)
            if mapped is None or mapped.drop:
                continue
            first = mapped.to[0]
            if first.startswith("x_"):
                extras = self._extra(mapped, column, extras)
            elif first.startswith("_"):
                found[first] = column.apply(self._bare)
            elif first == "onset_earliest" and mapped.codes:
                self._duration(mapped, column, found)
            else:
                self._column(mapped, column, rows, found)
        self._completed(found, len(rows))
        aside, gone = self._lacking(found, rows)
        accepted = np.nonzero(~gone)[0]
        self.landed = len(accepted)
        self.accepted = self.landed + self._parts(rows, gone)
        found["x"] = _as_json(extras, rows)
        found["cell_issues"] = self.issues.by_row()
        self._look_for_singled_out(found, accepted)
        return found, accepted, [*rows.aside, *aside]

    def _column(self, mapped: Mapped, column: Coded, rows: Rows, found: dict[str, Coded]) -> None:
        item, _, part = mapped.to[0].partition("__")
        into = self.columns[item]
        judge = self._judge(into, casting(into, mapped, self.profile, self.latest))
        clear = self._clear_ids(column.values) if into.kind == "id" else repeat(False)
        judged = [
            (raw, None) if good else (MISSING, None) if raw == ABSENT else judge(raw)
            for raw, good in zip(column.values, clear, strict=False)
        ]
        value = Coded([each for each, _ in judged], column.codes)
        if part:
            for row in np.nonzero(column.mask(lambda raw: raw != ABSENT))[0].tolist():
                self.answers.part(int(rows.lines[row]), item, part, value.at(row))
        else:
            self._place(mapped, into, value, found)
        empty = [
            n
            for n, (raw, (given, _)) in enumerate(zip(column.values, judged, strict=True))
            if given is not raw and (raw == ABSENT or not self._bare(raw))
        ]
        self.filled[mapped.to[0]] += len(rows) - int(column.counts[empty].sum())
        self.issues.note(into, column, [problem for _, problem in judged])
        if rows.several and ABSENT in column.values:
            self._several(mapped, into, judge, rows)

    def _clear_ids(self, values: Sequence[str]) -> list[bool]:
        """Which of the texts are ids as they stand: told by their signs, many at a time."""
        found: list[bool] = compute.match_substring_regex(
            pa.array(values, pa.string()), OPAQUE
        ).to_pylist()
        odd = self.masked | self.profile.null_tokens
        if odd:
            found = [good and raw not in odd for raw, good in zip(values, found, strict=True)]
        return found

    def _judge(self, column: Column, read: Cast) -> Cast:
        """`read` with empty and masked cells."""

        def judged(raw: str) -> tuple[Any, str | None]:
            bare = self._bare(raw)
            if bare is None:
                return ("not_recorded" if column.kind == "answer" else None), None
            return (None, IDENTIFIER) if raw in self.masked else read(bare)

        return judged

    def _several(self, mapped: Mapped, column: Column, judge: Cast, rows: Rows) -> None:
        """A question answered more than once: answers are all kept, other cells are unknown."""
        for row, line in enumerate(rows.lines.tolist()):
            given = rows.several.get(line, {}).get(mapped.header)
            if given is None:
                continue
            self.filled[mapped.to[0]] += 1
            if column.kind != "answer":
                self.issues.note_one(column, "several_answers", "", row)
                continue
            judged = [judge(raw) for raw in given]
            self.answers.several(line, column.name, [value for value, _ in judged])
            for (_, problem), raw in zip(judged, given, strict=True):
                if problem:
                    self.issues.note_one(column, problem, raw, row)

    def _bare(self, raw: str) -> str | None:
        text = raw.strip() if self.profile.trim else raw
        return None if text in self.profile.null_tokens else text

    def _extra(self, mapped: Mapped, column: Coded, before: Coded | None) -> Coded:
        """A column that passes through, beside those that did before it."""
        spelt: dict[str, str] = {}
        for code, texts in self.profile.codes.get(mapped.codes or "", {}).items():
            for each in texts if isinstance(texts, list) else ():
                spelt.setdefault(str(each), code)

        def extra(raw: str) -> dict[str, str]:
            text = None if raw == ABSENT else self._bare(raw)
            return {mapped.to[0]: spelt.get(text, text)} if text else {}

        found = column.apply(extra)
        return found if before is None else combined(before, found, lambda a, b: a | b)

    def _place(self, mapped: Mapped, column: Column, value: Coded, found: dict[str, Coded]) -> None:
        name = column.name
        if column.kind == "id" and self.key:
            key = self.key
            value = value.apply(lambda v: rekeyed(v, key) if isinstance(v, str) else v)
        if column.kind == "date":
            self._place_beside_date(mapped, name, value, found)
            value = value.apply(lambda v: _day(v, to_end=name == "onset_latest"))
        found[name] = over(value, found.get(name))

    def _place_beside_date(
        self, mapped: Mapped, name: str, value: Coded, found: dict[str, Coded]
    ) -> None:
        """What a date's cell says besides the day: the time of day, that it is only a month."""
        if "contact_time" in mapped.to:
            found["contact_time"] = over(value.apply(_clock), found.get("contact_time"))
        if name == "onset_date":
            precision, before = value.apply(_precision), found.get("onset_precision")
            if before is None:
                found["onset_precision"] = over(precision, None)
            elif "onset_precision" not in self.profile.targets:
                first = before.apply(lambda v: MISSING if v is None else v)
                found["onset_precision"] = over(over(first, precision), None)

    def _duration(self, mapped: Mapped, column: Coded, found: dict[str, Coded]) -> None:
        """A band of days before the contact: kept until the contact's date is known."""
        bands = self.profile.codes[mapped.codes or ""]
        bare = column.apply(self._bare)
        self.filled["onset_earliest"] += int(bare.mask(lambda text: text is not None).sum())
        unknown = [text is not None and text not in bands for text in bare.values]
        problems = ["unmapped" if each else None for each in unknown]
        self.issues.note(self.columns["onset_earliest"], column, problems)
        found["_band"] = bare.apply(bands.get)

    def _completed(self, found: dict[str, Coded], rows: int) -> None:
        """What follows from other columns, from the profile, or from nothing being said."""
        for name, value in self.profile.constants.items():
            found[name] = Coded.constant(value, rows)
        self._synthesized(found)
        if "_band" in found and "contact_date" in found:
            pair = combined(found["_band"], found["contact_date"], _banded)
            for place, name in enumerate(("onset_earliest", "onset_latest")):
                found[name] = over(pair.apply(itemgetter(place)), found.get(name))
        for column in self.columns.values():
            default = _default_answer(column.name) if column.kind == "answer" else None
            if default is not None:
                given = found.get(column.name, Coded.constant(None, rows))
                found[column.name] = Coded(
                    [default if value is None else value for value in given.values], given.codes
                )
        deleted = self.profile.delete
        if deleted and deleted["column"] in found:
            values = deleted["values"]
            found["deleted"] = found[deleted["column"]].apply(lambda v: v in values)
        else:
            found["deleted"] = Coded.constant(False, rows)

    def _synthesized(self, found: dict[str, Coded]) -> None:
        """Dates for files that have visit numbers only (the profile says so)."""
        rule = self.profile.synthesize
        if not rule or rule["by"] not in found:
            return
        visit = found[rule["by"]]
        for name, table in rule.items():
            if name != "by":
                days = {k: dt.date.fromisoformat(str(day)) for k, day in table.items()}
                given = Coded([days.get(value, MISSING) for value in visit.values], visit.codes)
                found[name] = over(given, found.get(name))

    def _lacking(
        self, found: Mapping[str, Coded], rows: Rows
    ) -> tuple[list[tuple[int, str, bytes]], Mask]:
        """Records whose row has no place without the first of the columns that it lacks."""
        gone = np.zeros(len(rows), np.bool_)
        aside: list[tuple[int, str, bytes]] = []
        for name in self.required:
            if name in found:
                lacks = found[name].mask(lambda value: value is None) & ~gone
            else:
                lacks = ~gone
            for row in np.nonzero(lacks)[0].tolist():
                line = int(rows.lines[row])
                hashed = rows.digest(row)
                each = rows.parts.get(line, (line,))
                aside.extend((one, f"no_valid_{name}", hashed) for one in each)
            gone |= lacks
        return aside, gone

    def _parts(self, rows: Rows, gone: Mask) -> int:
        """Physical records beyond the first of each accepted row."""
        if not rows.parts:
            return 0
        kept = rows.lines[~gone].tolist()
        return sum(len(rows.parts.get(line, (line,))) - 1 for line in kept)

    def _look_for_singled_out(self, found: Mapping[str, Coded], accepted: Places) -> None:
        if self.profile.stream == "triage":
            self.singled.look_at(found, accepted)


def _day(value: Any, to_end: bool) -> Any:
    """The day of a (moment, only its month is known); an interval's latest day ends the month."""
    if value is None or value is MISSING:
        return value
    moment, by_month = value
    return month_end(moment.date()) if to_end and by_month else moment.date()


def _clock(value: Any) -> Any:
    """The time of day, where there is one."""
    if value is None or value is MISSING or value[0].time() == dt.time(0):
        return MISSING
    return value[0].strftime("%H:%M:%S")


def _precision(value: Any) -> Any:
    if value is None or value is MISSING:
        return MISSING
    return "month" if value[1] else "day"


def _banded(band: Any, day: dt.date | None) -> tuple[Any, Any]:
    """First and last day of onset for a band of days before a contact."""
    if band is None or day is None:
        return MISSING, MISSING
    least, most = band
    earliest = day - dt.timedelta(days=most) if isinstance(most, int) else None
    return earliest, day - dt.timedelta(days=least)


def _as_json(extras: Coded | None, rows: Rows) -> Coded:
    """The columns that pass through as one text, with the lines of a row of several records."""
    found = Coded.constant({}, len(rows)) if extras is None else extras
    if rows.parts:
        told = [
            {"x_source_lines": _ranges(rows.parts[line])} if line in rows.parts else {}
            for line in rows.lines.tolist()
        ]
        lines = Coded(told, np.arange(len(rows), dtype=np.uint32))
        found = combined(found, lines, lambda a, b: a | b)
    return found.apply(lambda each: json.dumps(each, sort_keys=True) if each else None)


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
    if len(key) < LEAST_KEY:
        short = f"its key has {len(key)} characters only" if key else "there is no key"
        raise OutcomesError(
            f"the profile re-keys ids, but {short}",
            where=f"environment variable {KEY_VARIABLE}",
            hint=f"Set it to a secret of {LEAST_KEY} or more characters, the same at every ingest.",
        )
    return key.encode()
