"""What a worked case may hold: every field with its kind, so that a slip is refused."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn

from pipelines import landing_tables as landing
from pipelines.errors import OutcomesError

Path = tuple[str | int, ...]
Kind = Callable[[Any], str | None]

DESTINATIONS = (
    *("A_AND_E", "URGENT", "GP", "TIMS", "SELF_MANAGE", "MRI", "INJECTION", "SURGERY"),
    *("SPINAL", "PAIN", "OTHER"),
)
REASONS = ("resolved", "completed", "pifu", "dna", "transferred", "discharged_unresolved", "other")


class CaseError(OutcomesError):
    """A worked case that cannot be read; `path` leads to the field inside the case."""

    def __init__(self, why: str, case: Any = None, path: Path = ()) -> None:
        super().__init__(why)
        self.case, self.path = case, path


def text(value: Any) -> str | None:
    """What is wrong with a value that must be text and not empty; None for nothing."""
    return None if isinstance(value, str) and value else "text is needed"


def day(value: Any) -> str | None:
    """What is wrong with a value that must be a date as 2024-01-31; None for nothing."""
    try:
        dt.date.fromisoformat(str(value))
    except ValueError:
        return "is no date; write 2024-01-31"
    return None if isinstance(value, str) and len(value) == 10 else "is no date; write 2024-01-31"


def blank_or_day(value: Any) -> str | None:
    """As `day`; an empty text stands for an unknown date."""
    return None if value == "" else day(value)


def time(value: Any) -> str | None:
    """What is wrong with a value that must be a time of day as 09:30; None for nothing."""
    try:
        dt.time.fromisoformat(str(value))
    except ValueError:
        return "is no time; write 09:30"
    return None


def number(value: Any) -> str | None:
    """What is wrong with a value that must be a finite number; None for nothing."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return None if fits else "a number is needed"


def whole(value: Any) -> str | None:
    """What is wrong with a value that must be a whole number; None for nothing."""
    fits = isinstance(value, int) and not isinstance(value, bool)
    return None if fits else "a whole number is needed"


def one_of(*allowed: str) -> Kind:
    """A check that a value is one of the allowed ones, which names the nearest."""

    def check(value: Any) -> str | None:
        if value in allowed:
            return None
        return f"is not one of {', '.join(allowed)}{near(value, allowed)}"

    return check


def answer(value: Any) -> str | None:
    """What is wrong with a value that must be an answer to a question; None for nothing."""
    return None if isinstance(value, str | bool | int) else 'an answer is needed, as "yes"'


def near(word: Any, known: Collection[str]) -> str:
    """'; did you mean …?' where something known looks like it."""
    found = difflib.get_close_matches(str(word), list(known), 1)
    return f"; did you mean '{found[0]}'?" if found else ""


ONSET: dict[str, Kind] = {
    "onset_date": blank_or_day,
    "onset_precision": one_of("day", "month"),
    "onset_earliest": day,
    "onset_latest": day,
}
CLOSE: dict[str, Kind] = {"close_date": blank_or_day, "close_reason": one_of(*REASONS)}
EPISODE: dict[str, Kind] = {
    **dict.fromkeys(("episode_id", "patient_id", "site_id", "age_band"), text),
    **ONSET,
    **CLOSE,
}
CONTACT: dict[str, Kind] = {
    **dict.fromkeys(("contact_id", "site_id", "attendance"), text),
    **ONSET,
    **CLOSE,
    "contact_date": day,
    "contact_time": time,
    "contact_type": one_of("triage", "review", "phone", "self_report", "appointment", "admin"),
    "referral_source": one_of("gp", "self", "fcp", "ed", "other"),
    "disposition_recorded": one_of(*DESTINATIONS),
    "first_appointment_date": day,
    **dict.fromkeys(("nprs", "nprs_leg", "nprs_back"), number),
    **dict.fromkeys(("seq", "pgic", "msk_hq"), whole),
}
LOG: dict[str, Kind] = {
    "log_id": text,
    "log_date": day,
    "exercise_code": text,
    "performed": answer,
    "sleep_disturbed": answer,
    **dict.fromkeys(("sets", "reps"), whole),
    **dict.fromkeys(("hold_s", "duration_s", "distance_m", "pain_during", "nprs_today"), number),
}
REFERRAL: dict[str, Kind] = {
    "referral_id": text,
    "referral_date": day,
    "destination": one_of(*DESTINATIONS),
    "setting": text,
}
# Table of an input: its fields, and the ones that every row needs.
TABLES: dict[str, tuple[str, dict[str, Kind], tuple[str, ...]]] = {
    "contacts": ("contact", CONTACT, ("contact_id", "contact_date")),
    "exercise_logs": ("diary entry", LOG, ("log_id", "log_date")),
    "referrals": ("referral", REFERRAL, ("referral_id", "referral_date", "destination")),
}
INPUT = ("extract_date", "streams", "episode", *TABLES)
TIMING = ("value", "since", "changed_since_onset", "parts", "op")

# What a case may expect: the names of the results, `*` standing for an id, a level or a number.
FIELDS: dict[str, Any] = {
    **dict.fromkeys(
        ("n_contacts", "n_evaluated", "worst_lb", "worst_ub", "worst_status", "escalated_later")
    ),
    **dict.fromkeys(("first_contact_disposition_lb", "dq_flags", "persist_6w", "persist_8w")),
    **dict.fromkeys(
        ("entry_cohort", "resolved_date", "recurrence_date", "phenotype", "tried_last")
    ),
    "first_date": {"*": None},
    "tti": dict.fromkeys(("event", "time_days", "reason")),
    "audit": {
        **dict.fromkeys(("category", "reason", "late", "permitted", "expected_lb", "expected_ub")),
        **dict.fromkeys(("recorded", "missed_red_flag")),
        "breaches": dict.fromkeys(("level", "breach_date", "result", "days_to_referral", "timely")),
        "referrals": dict.fromkeys(("referral_id", "result", "reasons", "soft")),
    },
    "contacts": {
        "*": dict.fromkeys(
            (
                *("ces", "urg", "gp", "tims", "h1", "h2", "h3", "h4", "tried", "improved"),
                *("h4_state", "fired_rules", "disposition_lb", "disposition_ub"),
                *("disposition_status", "disposition", "screen_answered", "screen_complete"),
                "flags",
            )
        )
    },
    "doses": {"*": dict.fromkeys(("dose_fraction", "dose_met", "over_dose"))},
}


class CaseCheck:
    """Checks one case; the first thing that is wrong raises CaseError."""

    def __init__(self, case_id: Any) -> None:
        self.id = case_id

    def fail(self, why: str, path: Path) -> NoReturn:
        raise CaseError(f"case {self.id}: {why}", self.id, path)

    def input(self, content: Any) -> None:
        """The whole input of a case."""
        self.table(content, ("input",))
        self.known(content, INPUT, "input", ("input",))
        if content.get("extract_date") is None:
            self.fail("input needs 'extract_date'", ("input",))
        self.field(day, content["extract_date"], "extract_date", ("input", "extract_date"))
        streams = content.get("streams", list(landing.STREAMS))
        if not isinstance(streams, list) or not set(map(str, streams)) <= set(landing.STREAMS):
            self.fail(f"streams are some of {', '.join(landing.STREAMS)}", ("input", "streams"))
        if "triage" not in streams:
            self.fail("the triage stream is always there", ("input", "streams"))
        episode = content.get("episode", {})
        self.table(episode, ("input", "episode"))
        self.row(episode, EPISODE, "episode", ("input", "episode"))
        for name, (what, fields, needed) in TABLES.items():
            rows = content.get(name, [])
            if not isinstance(rows, list):
                self.fail(f"{name} is a list", ("input", name))
            for index, row in enumerate(rows):
                path: Path = ("input", name, index)
                self.table(row, path)
                label = f"{what} {row.get(needed[0], index + 1)}"
                self.row({k: v for k, v in row.items() if k != "answers"}, fields, label, path)
                if "answers" in row and name == "contacts":
                    self.answers(row["answers"], (*path, "answers"))
                elif "answers" in row:
                    self.fail(f"{label} has the unknown field 'answers'", (*path, "answers"))
                for key in needed:
                    if row.get(key) in (None, ""):
                        self.fail(f"{label} needs '{key}'", path)

    def answers(self, given: Any, path: Path) -> None:
        self.table(given, path)
        for item, value in given.items():
            if item != "others" and item not in landing.ANSWERS:
                self.fail(
                    f"there is no question '{item}'{near(item, landing.ANSWERS)}", (*path, item)
                )
            for each in value if isinstance(value, list) else [value]:
                self.answer(item, each, (*path, item))

    def answer(self, item: str, given: Any, path: Path) -> None:
        if not isinstance(given, Mapping):
            self.field(answer, given, item, path)
            return
        self.known(given, TIMING, item, path)
        if ("value" in given) == ("parts" in given):
            self.fail(f"{item} needs 'value', or else 'parts'", path)
        self.field(answer, given.get("value"), item, path)
        self.field(day, given.get("since"), f"{item} since", (*path, "since"))
        self.field(answer, given.get("changed_since_onset"), f"{item} changed", path)
        self.field(one_of("any", "all"), given.get("op"), f"{item} op", (*path, "op"))
        parts = given.get("parts", {"": "no"})
        if not isinstance(parts, Mapping) or not parts:
            self.fail(f"{item} parts is a table of answers", (*path, "parts"))
        for part, value in parts.items():
            self.field(answer, value, f"{item} {part}", (*path, "parts"))

    def row(
        self, given: Mapping[str, Any], fields: Mapping[str, Kind], what: str, at: Path
    ) -> None:
        self.known(given, fields, what, at)
        for name, value in given.items():
            self.field(fields[name], value, name, (*at, name))

    def field(self, kind: Kind, value: Any, name: str, path: Path) -> None:
        """A value of its kind; `null` says nothing, so it is always allowed."""
        why = None if value is None else kind(value)
        if why:
            self.fail(f"{name} {value!r}: {why}" if "needed" in why else f"{name} '{value}' {why}",
                      path)  # fmt: skip

    def table(self, given: Any, path: Path) -> None:
        if not isinstance(given, Mapping):
            self.fail(f"{path[-1]} is a table of fields in {{ }}", path)

    def known(
        self, given: Mapping[str, Any], allowed: Collection[str], what: str, path: Path
    ) -> None:
        """Refuse a field that nobody reads: a slip there would pass unnoticed."""
        for name in given:
            if name not in allowed:
                self.fail(
                    f"{what} has the unknown field '{name}'{near(name, allowed)}", (*path, name)
                )

    def expected(self, given: Any, fields: Any = None, path: Path = ("expected",)) -> None:
        """Names of results only; a name that no result has would never be compared."""
        if fields is None:
            fields = {**FIELDS, "parts": {"*": FIELDS}}
        self.table(given, path)
        for key, value in given.items():
            name = str(key).partition("__")[0]
            if name not in fields and "*" not in fields:
                self.fail(f"no result is called '{name}'{near(name, fields)}", (*path, key))
            inner = fields.get(name, fields.get("*"))
            if inner is None:
                continue
            for each in value if isinstance(value, list) else [value]:
                self.expected(each, inner, (*path, key))
