"""Cleaning in the order of section 2.4, before anything is judged."""

from __future__ import annotations

import calendar
import datetime as dt
import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.answers import Answer, Reader, as_date, code
from tests.oracle.params import EXERCISES, OTHER_EXERCISES
from tests.oracle.truth import Truth

DAY = dt.timedelta(days=1)


@dataclass
class Contact:
    """A kept contact: scores in range or None, answers as given at this contact only."""

    id: str
    date: dt.date
    time: str
    seq: int
    type: str
    evaluated: bool
    scores: dict[str, Fraction | None]
    answers: dict[str, Answer]
    raw: dict[str, Any]
    flags: set[str] = field(default_factory=set)

    def value(self, item: str) -> Truth:
        """Answer of this contact alone; a missing row is unknown (section 2.3)."""
        return self.answers.get(item, Answer()).value

    @property
    def order(self) -> tuple[Any, ...]:
        """Order for display (section 2.4 step 7)."""
        return (self.date, self.time == "", self.time, self.seq, self.id)


@dataclass(frozen=True)
class Onset:
    """Interval of onset; `earliest` None means unknown, that is any time before (2.4 step 5)."""

    earliest: dt.date | None
    latest: dt.date | None

    @property
    def known(self) -> bool:
        return self.earliest is not None


STREAMS = ("triage", "exercise_log", "referral")


@dataclass
class Clean:
    """An episode after cleaning; `flags` counts what was noticed (`dq_flags`)."""

    extract: dt.date
    contacts: list[Contact]
    logs: list[dict[str, Any]]
    referrals: list[dict[str, Any]]
    onset: Onset
    close_date: dt.date | None
    close_reason: str | None
    flags: set[str]
    streams: frozenset[str] = frozenset(STREAMS)


def clean(case: dict[str, Any], params: dict[str, Any]) -> Clean:
    """All steps of section 2.4 for one episode."""
    extract, flags = as_date(case["extract_date"]), set()
    assert extract is not None
    streams = frozenset(case.get("streams", STREAMS))
    diary = case.get("exercise_logs") if "exercise_log" in streams else []
    sent = case.get("referrals") if "referral" in streams else []
    episode = case.get("episode") or {}
    rows = _until(case.get("contacts"), "contact_date", extract, "future_contact_excluded", flags)
    rows = _merge(_without_duplicates(rows, flags), flags)
    contacts = sorted((_contact(row, params) for row in rows), key=lambda c: c.order)
    onset = _onset(episode, contacts, extract, params, flags)
    logs = _until(diary, "log_date", extract, "log_future_excluded", flags)
    referrals = _until(sent, "referral_date", extract, "future_referral_excluded", flags)
    close = as_date(episode.get("close_date"))
    return Clean(
        extract,
        contacts,
        _logs(logs, onset, flags),
        _distinct(referrals + _advice(contacts, extract)),
        onset,
        close if close and close <= extract else None,
        episode.get("close_reason"),
        flags,
        streams,
    )


def _until(rows: Any, key: str, extract: dt.date, flag: str, flags: set[str]) -> list[Any]:
    """Step 1: rows dated after the extract do not exist; on the day itself they do."""
    kept = [row for row in rows or [] if as_date(row[key]) <= extract]
    if len(kept) < len(rows or []):
        flags.add(flag)
    return kept


def _without_duplicates(rows: list[Any], flags: set[str]) -> list[Any]:
    """Step 2: contacts equal but for their id are one; the smallest id stands for them."""
    kept: dict[str, Any] = {}
    for row in sorted(rows, key=lambda r: r["contact_id"]):
        content = {k: v for k, v in row.items() if k != "contact_id" and v is not None}
        content["answers"] = dict(row.get("answers") or {})
        key = json.dumps(content, sort_keys=True, default=str)
        if key in kept:
            flags.add("dup_contact_removed")
        kept.setdefault(key, row)
    return list(kept.values())


def _merge(rows: list[Any], flags: set[str]) -> list[Any]:
    """Step 3: one id, different content: answers become lists, the larger score stays."""
    merged: dict[str, Any] = {}
    for row in rows:
        earlier = merged.get(row["contact_id"])
        if earlier is None:
            merged[row["contact_id"]] = dict(row, answers=dict(row.get("answers") or {}))
            continue
        flags.add("contact_id_conflict")
        for name in ("nprs", "nprs_leg", "nprs_back"):
            both = [v for v in (earlier.get(name), row.get(name)) if v is not None]
            # The door makes a score out of range unknown (data contract 5), so it wins nothing;
            # where no other is left, it stays to be flagged.
            usable = [v for v in both if 0 <= Fraction(str(v)) <= 10]
            if len(usable) < len(both):
                earlier["beyond_scale"] = True
            earlier[name] = max(usable or both, default=None)
        for item, value in (row.get("answers") or {}).items():
            before = earlier["answers"].get(item, [])
            earlier["answers"][item] = _listed(before) + _listed(value)
    return list(merged.values())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _contact(row: dict[str, Any], params: dict[str, Any]) -> Contact:
    """One contact with its scores in range and its answers read (steps 6 and 8)."""
    reader = Reader(row.get("answers") or {}, params)
    kind = row.get("contact_type") or "triage"
    contact = Contact(
        id=row["contact_id"],
        date=as_date(row["contact_date"]),
        time=row.get("contact_time") or "",
        seq=row.get("seq") or 0,
        type=kind,
        evaluated=kind in params["screen_contact_types"] and not _missed(row.get("attendance")),
        scores={},
        answers=reader.read(),
        raw=row,
        flags=reader.flags,
    )
    if row.get("beyond_scale"):
        contact.flags.add("nprs_out_of_range")
    for name, low, high in SCALES:
        contact.scores[name] = _in_range(row.get(name), low, high)
        if name.startswith("nprs") and row.get(name) is not None and contact.scores[name] is None:
            contact.flags.add("nprs_out_of_range")
    return contact


SCALES = (
    ("nprs", 0, 10),
    ("nprs_leg", 0, 10),
    ("nprs_back", 0, 10),
    ("pgic", 1, 7),
    ("msk_hq", 0, 56),
)


def _in_range(value: Any, low: int, high: int) -> Fraction | None:
    exact = None if value is None or value == "" else Fraction(str(value))
    return exact if exact is not None and low <= exact <= high else None


def _missed(attendance: Any) -> bool:
    """A contact not attended or cancelled is not evaluated (6.6); NHS attendance codes 2-4, 7."""
    return code(attendance) in {"did_not_attend", "cancelled", "dna", "2", "3", "4", "7"}


def _onset(episode: Any, contacts: list[Contact], extract: dt.date, params: Any, flags: Any) -> Any:
    """Steps 4 and 5: the interval in which the pain began, the first valid claim being kept.

    A contact may give an onset of its own, and then the episode's is not asked (D 6).
    """
    first = min((contact.date for contact in contacts), default=None)
    claims = [c.raw if "onset_date" in c.raw else episode for c in contacts] or [episode]
    valid: list[tuple[dt.date, dt.date]] = []
    faults: set[str] = set()
    for claim in claims:
        found = _claimed(claim, first, extract, params)
        if isinstance(found, str):
            faults.add(found)
        else:
            valid.append(found)
    flags |= faults - {"onset_missing"}
    if not valid:
        flags |= {"onset_missing"} if faults == {"onset_missing"} else set()
        return Onset(None, first)
    if len(set(valid)) > 1:
        flags.add("onset_conflict")
    earliest, latest = valid[0]
    return Onset(earliest, latest if first is None else min(latest, first))


def _claimed(
    claim: Any, first: dt.date | None, extract: dt.date, params: Any
) -> tuple[dt.date, dt.date] | str:
    """What one row says of the onset: its two ends, or why it says nothing."""
    text = claim.get("onset_date")
    day = as_date(text)
    ends = as_date(claim.get("onset_earliest")), as_date(claim.get("onset_latest"))
    if (day is None and None in ends) or str(text) in params["placeholder_dates"]:
        return "onset_missing"
    earliest, latest = ends[0] or day, ends[1] or day
    assert earliest is not None and latest is not None
    if claim.get("onset_precision") == "month" and day is not None and None in ends:
        earliest = day.replace(day=1)
        latest = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    if (day or earliest) > extract:
        return "onset_future_invalid"
    if first is not None and earliest > first:
        return "onset_after_first_contact"
    return earliest, latest


def _logs(rows: list[Any], onset: Onset, flags: set[str]) -> list[dict[str, Any]]:
    """Step 6 for the diary: a bad code loses the exercise, not the day's score (D 10)."""
    kept = []
    for row in rows:
        row = dict(row, date=as_date(row["log_date"]))
        if onset.earliest is not None and row["date"] < onset.earliest:
            flags.add("log_before_onset_excluded")
            continue
        known = row.get("exercise_code")
        if known not in EXERCISES + OTHER_EXERCISES:
            if known is not None:
                flags.add("unknown_exercise_code")
            known = None
        done = code(row.get("performed", "yes")) not in {"no", "n", "false", "0"}
        row["exercise"] = known if known in EXERCISES and done else None
        row["score"] = _in_range(row.get("nprs_today"), 0, 10)
        if row.get("nprs_today") is not None and row["score"] is None:
            flags.add("nprs_out_of_range")
        kept.append(row)
    return kept


def _advice(contacts: list[Contact], extract: dt.date) -> list[dict[str, Any]]:
    """Evidence of action that is not a referral row (6.6): advice given, appointments."""
    found = []
    for contact in contacts:
        given = [(contact.raw.get("disposition_recorded"), contact.date, "advice")]
        if contact.type == "appointment" and not _missed(contact.raw.get("attendance")):
            given.append(("TIMS", contact.date, "appointment"))
        seen = as_date(contact.raw.get("first_appointment_date"))
        if seen and seen <= extract:
            given.append(("TIMS", seen, "first_appointment"))
        for destination, date, kind in given:
            if destination:
                found.append(
                    {
                        "referral_id": f"{contact.id}:{kind}",
                        "referral_date": date,
                        "destination": destination,
                        "kind": kind,
                    }
                )
    return found


def _distinct(rows: list[Any]) -> list[dict[str, Any]]:
    """Referrals deduplicated by destination and date (D 6); the smallest id stands for them."""
    kept: dict[Any, Any] = {}
    ordered = sorted(rows, key=lambda r: ("kind" in r, str(r.get("referral_id"))))
    for row in ordered:
        row = dict(row, date=as_date(row["referral_date"]))
        kept.setdefault((row["destination"], row["date"]), row)
    return sorted(kept.values(), key=lambda r: (r["date"], str(r["referral_id"])))
