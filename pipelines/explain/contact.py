"""One contact explained: every rule's value, the answers behind it, and those that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.explain.dates import uk
from pipelines.explain.facts import History, facts, to_settle
from pipelines.explain.reading import Row
from pipelines.words import ANSWERS, APPOINTMENT, CONTACT_TYPES, FLAGS, TRUTH, outcome, said
from rules.condition import Atom, Truth, atoms
from rules.explain import Outcome, needed, outcomes
from rules.parts import CONSTANTS
from rules.ruleset import Ruleset

# Why a sign counts as having developed, or not, by the state of its timing.
TIMING = {
    "yes": "it began or changed after the pain did",
    "assumed": "no usable start date, so taken as after the pain began",
    "untimed": "no usable start date",
    "unconfirmed": "it may have been there before the pain, and whether it changed is not known",
    "predates": "it was there before the pain, and is unchanged",
    "not_recent": "it is not recent, and is unchanged",
    "perhaps_not_recent": "it is not recent, and whether it changed is not known",
}
UNSETTLED = {
    "untimed": "when it began, or whether it changed since the pain began",
    "unconfirmed": "whether it changed since the pain began",
    "perhaps_not_recent": "whether it changed since the pain began",
}
NOT_SAID = (
    "No answer settles it: the leaflet does not say what this sign means when the pain did not "
    "begin recently"
)


@dataclass(frozen=True)
class Book:
    """The rules of the snapshot, and its labels of the levels by rank and by code."""

    ruleset: Ruleset
    ranks: Mapping[int, str]
    codes: Mapping[str, str]

    @property
    def constants(self) -> dict[str, Truth]:
        """The predicates that are a parameter."""
        values = self.ruleset.values
        return {
            "gp_not_recent": False if values["gp_not_recent_means"] == "no" else None,
            "h3_require_advice": values["h3_require_advice"],
            "h4_at_lower_bound": values["h4_bound"] == "lower",
        }

    def label(self, rank: int | None) -> str | None:
        """A level's label by its rank."""
        return None if rank is None else self.ranks[rank]

    def outcome(self, lb: int | None, ub: int | None, advisory: Sequence[str] = ()) -> str:
        """The interval of levels in words; self-management names its advisories beside it."""
        lowest = self.ranks[0]
        told = outcome(self.label(lb), self.label(ub), lowest)
        if told == lowest and advisory:
            told += f" by the leaflet, advisory: {', '.join(advisory).lower()}"
        return told

    def contact_type(self, code: str) -> str:
        """A kind of contact; the appointment under the name that the service gives it."""
        return self.codes["TIMS"] if code == "appointment" else said(CONTACT_TYPES, code)


def explained(contact: Row, history: History, book: Book) -> Row:
    """Everything about one contact as plain data."""
    evaluated = contact["evaluated"]
    told = facts(contact, history) if evaluated else {}
    advisory = _advisory(contact, book.ruleset)
    return {
        "contact_id": contact["contact_id"],
        "date": contact["contact_date"],
        "type": contact["contact_type"],
        "kind": book.contact_type(contact["contact_type"]),
        "evaluated": evaluated,
        "confirmed": book.label(contact["lb"]),
        "not_ruled_out": book.label(contact["ub"]),
        "outcome": book.outcome(contact["lb"], contact["ub"], advisory),
        "status": contact["status"],
        "screen_answered": contact["screen_answered"],
        "appointment_criterion": APPOINTMENT.get(contact["h4_state"]),
        "rules": _rules(contact, history, book, told) if evaluated else [],
        "not_asked": _not_asked(contact, book.ruleset) if evaluated else [],
        "advisory": advisory,
        "facts": list(told.values()),
        "flags": [said(FLAGS, flag) for flag in (contact["flags"] or "").split(",") if flag],
        "source": {"file": contact["file"], "line": contact["line"]},
    }


def values_of(contact: Row, book: Book) -> dict[str, Truth]:
    """The value of every atom that the rules read, at one contact."""
    constants = book.constants
    return {
        column: constants[column] if column in CONSTANTS else contact[column]
        for column in sorted(needed(book.ruleset))
    }


def _rules(contact: Row, history: History, book: Book, told: Mapping[str, str]) -> list[Row]:
    found = []
    for each in outcomes(book.ruleset, values_of(contact, book)):
        rule = each.rule
        found.append(
            {
                "rule": rule.id,
                "title": rule.title,
                "description": rule.description,
                "leads_to": rule.leads_to,
                "leads_to_label": book.codes[rule.leads_to],
                "place": rule.place,
                "value": TRUTH[each.value],
                "because": _because(each, contact, history, book.ruleset, told),
                "would_settle": _would_settle(each, contact, history, book.ruleset),
            }
        )
    return found


def answered_no(rule: Row) -> bool:
    """Whether a rule is no because its one question was answered so, and nothing else."""
    because = rule["because"]
    return rule["value"] == "no" and len(because) == 1 and because[0].endswith(": no")


def _because(
    found: Outcome, contact: Row, history: History, ruleset: Ruleset, told: Mapping[str, str]
) -> list[str]:
    """What decided the rule; of an open one everything that it reads, what is open first."""
    read = list(found.decided_by)
    if found.value is None:
        read += [atom for atom, _ in atoms(found.rule.condition)]
    reasons = [
        _reason(atom, contact, history, ruleset, told)
        for atom in read
        if atom.column not in CONSTANTS
    ]
    return list(dict.fromkeys(reasons))


def settle(rule: Row) -> str:
    """`To settle it: …` for a rule that is open, or that no answer settles it."""
    if rule["would_settle"] == [NOT_SAID]:
        return NOT_SAID
    return f"To settle it: {'; '.join(rule['would_settle'])}"


def _reason(
    atom: Atom, contact: Row, history: History, ruleset: Ruleset, told: Mapping[str, str]
) -> str:
    """The answer to a question with its timing, or the sentence of a derived fact."""
    if atom.name not in ruleset.items:
        return told["persisted_hi" if atom.name.startswith("persisted") else atom.name]
    code, value = contact[f"{atom.name}_code"], contact[atom.name]
    answer = ANSWERS.get(code, "not recorded")
    if value is not None and code != TRUTH[value]:
        answer += f", counted as {TRUTH[value]}{_whence(atom.name, contact, history)}"
    reason = f"{ruleset.items[atom.name].wording}: {answer}"
    state = contact[f"{atom.name}_state"] if atom.call else None
    if not state or not _is_timed(atom.name, ruleset):
        return reason
    if ruleset.values["sign_timing_policy"] == "ignore_timing":
        return f"{reason}; when it began is not looked at"
    since = contact.get(f"{atom.name}_since")
    began = f"; since {uk(since)}" if since else ""
    return f"{reason}{began}; {TIMING[state]}"


def _is_timed(item: str, ruleset: Ruleset) -> bool:
    """Whether a sign must have developed: all of cauda equina, and the urgent ones so set."""
    if ruleset.items[item].group == "cauda_equina":
        return True
    return item in ruleset.values["urg_timing_items"]


def _whence(item: str, contact: Row, history: History) -> str:
    """Where an answer was carried from, or what stands in for it."""
    code = contact[f"{item}_code"]
    if item == "gp_1_cancer":
        before = [
            each["contact_date"]
            for each in history.elsewhere
            if each["contact_date"] < contact["contact_date"]
            and each[f"{item}_code"] in ("yes", "conflict", "no")
            and each[item] is contact[item]
        ]
        return f", as on {uk(before[0] if contact[item] else before[-1])}" if before else ""
    if code not in ("na", "conflict", "not_taking") and contact["red_flags_summary"] is False:
        return ", from the one box for all red flags"
    return ""


def _would_settle(found: Outcome, contact: Row, history: History, ruleset: Ruleset) -> list[str]:
    if found.value is not None:
        return []
    wanted = [_missing(atom, contact, history, ruleset) for atom in found.open]
    return list(dict.fromkeys(wanted)) or [NOT_SAID]


def _missing(atom: Atom, contact: Row, history: History, ruleset: Ruleset) -> str:
    """The answer that is missing: the question, the timing of a sign that is there, or a fact."""
    if atom.name not in ruleset.items:
        return to_settle(atom.name, history.values)
    wording = ruleset.items[atom.name].wording
    state = contact[f"{atom.name}_state"] if atom.call else None
    return f"{wording}: {UNSETTLED[state]}" if state in UNSETTLED else wording


def _not_asked(contact: Row, ruleset: Ruleset) -> list[Row]:
    """The safety questions without a yes or no of their own at this contact."""
    return [
        {"item": code, "wording": ruleset.items[code].wording, "answer": contact[f"{code}_code"]}
        for code in ruleset.screen_items
        if contact[f"{code}_code"] not in ("yes", "no", "conflict")
        and not (contact[f"{code}_code"] == "na" and contact[code] is not None)
    ]


def _advisory(contact: Row, ruleset: Ruleset) -> list[str]:
    """What lies outside the leaflet and never sets a level, but that a reader should know."""
    found = [
        item.wording
        for code, item in ruleset.items.items()
        if item.group == "advisory" and contact[code]
    ]
    if contact["significant_weakness"] and not contact["urg_1_weak_trip"]:
        found.append(ruleset.items["significant_weakness"].wording)
    return found
