"""An explained episode as text for a terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from pipelines.explain.audit import sentence, when
from pipelines.explain.contact import answered_no, settle
from pipelines.explain.dates import uk
from pipelines.explain.reading import Row
from pipelines.words import ANSWERS, APPOINTMENT

WIDTH = 100


def render(found: dict[str, Any]) -> str:
    """The explanation of `explain` as lines of at most 100 characters, but for long names."""
    lines: list[str] = []
    for part in found["parts"]:
        lines += _head(part)
        for contact in part["contacts"]:
            lines += _contact(contact)
            lines += _behind(contact)
        if part["diary_said"]:
            lines += ["", *_wrapped(f"Diary: {part['diary_said']}", 2)]
        lines += _audit(part)
        lines.append("")
    return "\n".join([*lines, f"Rules as of {found['rules_as_of']}"])


def brief(found: dict[str, Any]) -> list[str]:
    """Why the results are what they are: outcomes, rules that are yes or open, facts, audit."""
    lines: list[str] = []
    for part in found["parts"]:
        lines += _head(part)[1:]
        for contact in part["contacts"]:
            lines += _contact(contact)[1:]
        lines += _audit(part)[1:]
    return lines


def _wrapped(text: str, indent: int, hanging: int = 2) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _head(part: Row) -> list[str]:
    lines = [
        f"Episode {part['episode_id']} · site {part['site_id']} · "
        f"data to {uk(part['extract_date'])}",
        f"  Triage outcome over the episode: {part['outcome']}",
        f"  Onset: {_onset(part)}",
    ]
    for told in part["course"]:
        lines += _wrapped(told, 2)
    if part["notes"]:
        lines += _wrapped(f"Notes on the data: {'; '.join(part['notes'])}", 2)
    return lines


def _onset(part: Row) -> str:
    if not part["onset_known"]:
        return "not known"
    if part["onset_earliest"] == part["onset_latest"]:
        return uk(part["onset_earliest"])
    return f"between {uk(part['onset_earliest'])} and {uk(part['onset_latest'])}"


def _contact(contact: Row) -> list[str]:
    lines = ["", f"  {uk(contact['date'])} {contact['kind']} ({contact['contact_id']})"]
    if not contact["evaluated"]:
        lines.append("    not judged (administrative, or not attended)")
    else:
        answered = f"{contact['screen_answered']} of 15 safety questions answered"
        lines += _wrapped(f"{contact['outcome']}; {answered}", 4)
    if contact["appointment_criterion"] == APPOINTMENT["permitted"]:
        lines.append("    Between 6 and 8 weeks: an appointment is permitted, not yet due")
    if contact["advisory"]:
        told = ", ".join(contact["advisory"])
        lines += _wrapped(f"Advisory, outside the leaflet: {told} (sets no level)", 4)
    for value in ("yes", "not known"):
        for rule in contact["rules"]:
            if rule["value"] == value:
                lines += _rule(rule)
    lines += _facts(contact)
    return lines


def _behind(contact: Row) -> list[str]:
    """What a contact's outcome does not rest on, and the row that it came from."""
    lines = _ruled_out(contact)
    if contact["not_asked"]:
        listed = "; ".join(
            f"{q['wording']} ({ANSWERS.get(q['answer'], 'not recorded')})"
            for q in contact["not_asked"]
        )
        lines += _wrapped(f"Without a yes or no: {listed}", 4)
    if contact["flags"]:
        lines += _wrapped(f"Notes on the data: {'; '.join(contact['flags'])}", 4)
    lines.append(f"    Source: {contact['source']['file']}, line {contact['source']['line']}")
    return lines


def _facts(contact: Row) -> list[str]:
    lines = []
    if contact["facts"]:
        lines.append("    What follows from scores, dates and diary:")
        for fact in contact["facts"]:
            lines += _wrapped(fact, 6)
    return lines


def _rule(rule: Row) -> list[str]:
    """A rule that is yes or not known, with what decided it and what would settle it."""
    yes = rule["value"] == "yes"
    leads = f"{'leads' if yes else 'would lead'} to {rule['leads_to_label']}"
    lines = _wrapped(f"{'YES' if yes else 'OPEN':<5} {rule['title']}, {leads}", 4, 6)
    lines += _wrapped(f"Leaflet: {rule['place']}", 10)
    for reason in rule["because"]:
        lines += _wrapped(reason, 10)
    if rule["would_settle"]:
        lines += _wrapped(settle(rule), 10)
    return lines


def _ruled_out(contact: Row) -> list[str]:
    """The rules that are no: together where one question was answered no, else with the reason."""
    lines, plain = [], []
    for rule in contact["rules"]:
        if rule["value"] != "no":
            continue
        if answered_no(rule):
            plain.append(rule["title"])
        else:
            lines += _wrapped(
                f"NO    {rule['title']}, would lead to {rule['leads_to_label']}", 4, 6
            )
            for reason in rule["because"]:
                lines += _wrapped(reason, 10)
    if plain:
        lines += _wrapped(f"NO    answered no: {'; '.join(plain)}", 4, 6)
    return lines


def _audit(part: Row) -> list[str]:
    found = part["audit"]
    reason = f", as {found['reason']}" if found["reason"] else ""
    lines = ["", "  What was done"]
    lines += _wrapped(f"{found['said']}{reason}; {found['done']}", 4)
    if found["notes"]:
        lines += _wrapped(f"To note: {'; '.join(found['notes'])}", 4)
    for row in part["triggers"]:
        by = f" ({row['answered_by']})" if row["answered_by"] else ""
        told = f"{row['level']}, {row['certainty']}; {row['said']}{by}"
        lines += _wrapped(f"Trigger {uk(row['breach_date'])}: {told}", 4)
    for row in part["actions"]:
        source = f"{row['file']}, line {row['line']}"
        lines += _wrapped(f"On record {when(row)}: {sentence(row)}. Source: {source}", 4)
    return lines
