"""Stage worked cases as landing rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import landing_tables as landing
from pipelines.assure_schema import CaseCheck
from rules.ruleset import load

YES = {"yes", "y", "true", "1"}
NO = {"no", "n", "false", "0"}
OPEN = {"unknown", "not_asked", "not_recorded", "declined", "na", "not_taking", "conflict"}
# What `"others": "no"` in a contact's answers stands for: every safety question and the three
# help questions that open a criterion.
OTHERS = (
    *landing.SCREEN,
    "help_1_unmanageable",
    "help_2_sleep_impact",
    "help_3_worsening",
)
EXERCISES = {
    "knees_to_chest", "crawl_stretch", "knees_side_to_side", "bridge", "seated_knee_extension",
    "squat", "march_in_place", "walk", "other", "none",
}  # fmt: skip


def stage(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    cases: Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]],
) -> None:
    """Fill the landing tables and `source_params` of `con` with one source per case.

    `folder` takes the Parquet files in between; parameter set n belongs to the n-th case.
    """
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in landing.TABLES}
    sources = []
    for number, (case_id, content, _) in enumerate(cases, start=1):
        _Case(case_id, number, content, rows).add()
        sources.append((case_id, number))
    for table, listed in rows.items():
        landing.create(con, table)
        if listed:
            path = folder / f"{table}.parquet"
            pq.write_table(pa.Table.from_pylist(listed, landing.arrow_schema(table)), path)
            con.execute(f"insert into {table} select * from read_parquet(?)", [str(path)])
    con.execute("create or replace table source_params (source varchar, ps integer)")
    con.executemany("insert into source_params values (?, ?)", sources)


class _Case:
    """One case's rows, appended to the shared lists."""

    def __init__(
        self,
        case_id: str,
        number: int,
        content: Mapping[str, Any],
        rows: dict[str, list[dict[str, Any]]],
    ) -> None:
        CaseCheck(case_id).input(content)
        self.id, self.number, self.content, self.rows = case_id, number, content, rows
        self.episode = content.get("episode", {})
        # A stream that is left out was never supplied: what depends on it is unknown, not absent.
        self.streams = tuple(content.get("streams", landing.STREAMS))
        self.extract_date = self.date(content.get("extract_date"))

    def add(self) -> None:
        """Append the case's files, contacts, diary entries and referrals."""
        for stream in self.streams:
            self.file(stream)
        for line, contact in enumerate(self.content.get("contacts", []), start=1):
            self.contact(line, contact)
        for line, entry in enumerate(self.content.get("exercise_logs", []), start=1):
            self.log(line, entry)
        for line, entry in enumerate(self.content.get("referrals", []), start=1):
            self.referral(line, entry)

    def file(self, stream: str) -> None:
        self.rows["landing_file"].append(
            {
                "file_id": self.file_id(stream),
                "name": f"{self.id} {stream}",
                "source": self.id,
                "stream": stream,
                "supply": "append",
                "profile": "assure",
                "extract_date": self.extract_date,
                "sequence": self.number,
                "action_source": stream == "referral",
                "current": True,
            }
        )

    def file_id(self, stream: str) -> str:
        return f"{self.number}-{stream}"

    def provenance(self, stream: str, line: int) -> dict[str, Any]:
        return {
            "deleted": False,
            "source": self.id,
            "file_id": self.file_id(stream),
            "line": line,
            "episode_id": self.episode.get("episode_id", "e1"),
        }

    def contact(self, line: int, contact: Mapping[str, Any]) -> None:
        row: dict[str, Any] = self.provenance("triage", line)
        row |= {k: v for k, v in contact.items() if k not in ("answers", "contact_date")}
        row["contact_date"] = self.date(contact.get("contact_date"))
        for name in ("first_appointment_date", "close_date"):
            row[name] = self.date(row.get(name))
        row["patient_id"] = self.episode.get("patient_id")
        onset = contact if "onset_date" in contact else self.episode
        row["onset_date"] = self.date(onset.get("onset_date"))
        row["onset_precision"] = onset.get("onset_precision") or "day"
        for name in ("onset_earliest", "onset_latest"):
            row[name] = self.date(row.get(name))
        if self.episode.get("close_date"):
            row["close_date"] = self.date(self.episode["close_date"])
            row["close_reason"] = self.episode.get("close_reason")
        row["site_id"] = contact.get("site_id", self.episode.get("site_id"))
        row["age_band"] = self.episode.get("age_band")
        for name in ("nprs", "nprs_leg", "nprs_back"):
            row[name] = self.number_of(row.get(name))
        row |= dict.fromkeys(landing.ANSWERS, "not_asked")
        issues: list[str] = []
        answers = dict(contact.get("answers", {}))
        if "others" in answers:
            others = answers.pop("others")
            answers = dict.fromkeys(OTHERS, others) | {"has_back_pain": "yes"} | answers
        for item, given in answers.items():
            self.answer(row, line, item, given, issues)
        row["cell_issues"] = ";".join(issues) or None
        self.rows["landing_triage"].append(row)

    def answer(
        self, row: dict[str, Any], line: int, item: str, given: Any, issues: list[str]
    ) -> None:
        if isinstance(given, list) or (isinstance(given, Mapping) and "parts" in given):
            several = given if isinstance(given, list) else [given]
            for number, each in enumerate(several, start=1):
                self.long_answer(line, item, number, each, issues)
            return
        if isinstance(given, Mapping):
            row[item] = self.code(item, given.get("value"), issues)
            if item in landing.TIMED:
                row[f"{item}_since"] = self.date(given.get("since"))
                row[f"{item}_changed"] = given.get("changed_since_onset")
        else:
            row[item] = self.code(item, given, issues)

    def long_answer(self, line: int, item: str, number: int, given: Any, issues: list[str]) -> None:
        base = {"file_id": self.file_id("triage"), "line": line, "item": item}
        base["answer_number"] = number
        if not isinstance(given, Mapping):
            given = {"value": given}
        if "parts" in given:
            op = given.get("op") or load().items[item].op
            for part, value in given["parts"].items():
                code = self.code(item, value, issues)
                self.rows["landing_answer"].append(base | {"part": part, "op": op, "answer": code})
            return
        self.rows["landing_answer"].append(
            base
            | {
                "answer": self.code(item, given.get("value"), issues),
                "since": self.date(given.get("since")),
                "changed": given.get("changed_since_onset"),
            }
        )

    def code(self, item: str, value: Any, issues: list[str]) -> str:
        """The answer code of a raw value; anything else is unknown and noted."""
        if value is None:
            return "not_recorded"
        text = str(value).strip().casefold()
        if text == "":
            return "not_recorded"
        if text in YES:
            return "yes"
        if text in NO:
            return "no"
        if text in OPEN:
            return text
        issues.append(f"{item}:unmapped")
        return "unknown"

    def log(self, line: int, entry: Mapping[str, Any]) -> None:
        row = self.provenance("exercise_log", line) | dict(entry)
        row["log_date"] = self.date(entry.get("log_date"))
        if row.get("exercise_code") not in EXERCISES:
            row["exercise_code"] = None
            row["cell_issues"] = "exercise_code:unmapped"
        row["performed"] = entry.get("performed") or "yes"
        for name in ("hold_s", "duration_s", "distance_m"):
            row[name] = float(row[name]) if row.get(name) is not None else None
        for name in ("pain_during", "nprs_today"):
            row[name] = self.number_of(row.get(name))
        self.rows["landing_exercise_log"].append(row)

    def referral(self, line: int, entry: Mapping[str, Any]) -> None:
        row = self.provenance("referral", line) | dict(entry)
        row["referral_date"] = self.date(entry.get("referral_date"))
        self.rows["landing_referral"].append(row)

    @staticmethod
    def date(value: Any) -> dt.date | None:
        return None if value in (None, "") else dt.date.fromisoformat(str(value))

    @staticmethod
    def number_of(value: Any) -> Decimal | None:
        return None if value is None else Decimal(str(value))
