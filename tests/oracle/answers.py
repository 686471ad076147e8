"""From what a row says to a truth value (sections 2.3 and 3.2, D 7)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.params import SAFETY
from tests.oracle.truth import Truth, all_, any_, told

YES = {"yes", "y", "true", "1"}
NO = {"no", "n", "false", "0"}
UNKNOWN = {"unknown", "", "not_asked", "not_recorded", "declined", "na", "not_taking"}


@dataclass(frozen=True)
class Row:
    """One row of an item: the statements it makes, and what it says about timing."""

    said: tuple[Truth, ...]
    since: dt.date | None = None
    changed: Truth = None


@dataclass
class Answer:
    """An item at one contact: its value after section 3.2, its rows, and other marks."""

    value: Truth = None
    rows: list[Row] = field(default_factory=list)
    not_taking: bool = False
    composite: bool = False


def as_date(value: Any) -> dt.date | None:
    """ISO text to a date; missing or empty gives None."""
    if value is None or value == "":
        return None
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def code(value: Any) -> str:
    """The code of a raw answer: case and spaces do not matter (section 2.3)."""
    return "" if value is None else "".join(str(value).split()).lower()


class Reader:
    """Reads the answers of one contact; `flags` collects what was noticed."""

    def __init__(self, raw: dict[str, Any], params: dict[str, Any]) -> None:
        self.raw, self.params = raw, params
        self.flags: set[str] = set()

    def read(self) -> dict[str, Answer]:
        """Every item given, plus the items a composite box stands for (data contract 1)."""
        found = {item: self._item(item, value) for item, value in self.raw.items()}
        box = found.get("red_flags_summary", Answer()).value
        if box is False and self.params["composite_no_means"] == "no":
            for item in SAFETY:
                if found.setdefault(item, Answer()).value is None:
                    found[item].value, found[item].composite = False, True
        return found

    def _item(self, item: str, value: Any) -> Answer:
        rows = value if isinstance(value, list) else [value]
        plain = [code(row.get("value") if isinstance(row, dict) else row) for row in rows]
        if any(word in YES | NO for word in plain):
            # Beside an answer, "not applicable" carries no information (3.2).
            rows = [row for row, word in zip(rows, plain, strict=True) if word != "na"]
        answer = Answer(rows=[self._row(item, row) for row in rows])
        said = {truth for row in answer.rows for truth in row.said}
        answer.value = told(said)
        if {True, False} <= said:
            self.flags.add("contradictory_answer")
            if self.params["contradiction_policy"] != "worst":
                answer.value = None
        codes = [code(row.get("value") if isinstance(row, dict) else row) for row in rows]
        answer.not_taking = item == "help_2_med_helps" and "not_taking" in codes
        return answer

    def _row(self, item: str, row: Any) -> Row:
        if not isinstance(row, dict):
            return Row(self._said(item, row))
        since, changed = as_date(row.get("since")), self._changed(row)
        if "parts" not in row:
            return Row(self._said(item, row.get("value")), since, changed)
        parts = [told(self._said(item, part)) for part in row["parts"].values()]
        join = all_ if row.get("op", "any") == "all" else any_
        return Row((join(parts),), since, changed)

    @staticmethod
    def _changed(row: dict[str, Any]) -> Truth:
        text = code(row.get("changed_since_onset"))
        return True if text in YES else False if text in NO else None

    def _said(self, item: str, raw: Any) -> tuple[Truth, ...]:
        text = code(raw)
        if text in YES:
            return (True,)
        if text in NO:
            return (False,)
        if text == "conflict":
            return (True, False)
        if text == "na" and item in self.params["na_as_no"] and self._saddle_denied():
            self.flags.add("na_mapped")
            return (False,)
        if text not in UNKNOWN:
            self.flags.add("unrecognised_value")
        return (None,)

    def _saddle_denied(self) -> bool:
        """`na` counts as no only beside a denied saddle item of the same contact (2.3)."""
        plain = Reader({}, self.params | {"na_as_no": []})
        return plain._item("ces_1_saddle", self.raw.get("ces_1_saddle")).value is False
