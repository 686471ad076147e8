"""The rules at one contact (sections 3.5-3.7 and 5.3)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.cleaning import Contact
from tests.oracle.dose import exact_fraction
from tests.oracle.improvement import improved, worse_by_score
from tests.oracle.params import CES, GP, LEVELS, RANK, SAFETY, URG
from tests.oracle.persistence import Part, symptomatic
from tests.oracle.timing import more_than, recent, sign
from tests.oracle.truth import Truth, all_, any_, letter, not_

RULES = ("A_AND_E", "URGENT", "GP", "TIMS")
RULE_FIELD = {"A_AND_E": "ces", "URGENT": "urg", "GP": "gp", "TIMS": "tims"}


@dataclass
class Judged:
    """A contact with its signs and rules; `lb`, `ub` are ranks of levels."""

    contact: Contact
    signs: dict[str, Truth] = field(default_factory=dict)
    facts: dict[str, Truth] = field(default_factory=dict)
    h4_state: str = "unknown"
    answered: int = 0

    @property
    def lb(self) -> int:
        return max((RANK[r] for r in RULES if self.facts[RULE_FIELD[r]] is True), default=0)

    @property
    def ub(self) -> int:
        return max((RANK[r] for r in RULES if self.facts[RULE_FIELD[r]] is not False), default=0)


def adherent(part: Part, date: dt.date, params: dict[str, Any]) -> bool:
    """Adherence index of at least 0.80 over at least four complete weeks (5.3, 7.3)."""
    if not part.evaluated:
        return False
    start = min(contact.date for contact in part.evaluated)
    end = min(date, start + dt.timedelta(days=83))
    weeks = ((end - start).days + 1) // 7
    rows = [row for row in part.logs if row["exercise"] and start <= row["date"] <= end]
    fractions = [exact_fraction(row, params) for row in rows]
    known = [fraction for fraction in fractions if fraction is not None]
    if weeks < 4 or not known:
        return False
    counts = [0] * (weeks + 1)
    for day in {row["date"] for row in rows}:
        counts[min((day - start).days // 7, weeks)] += 1
    target = params["target_days_per_week"]
    frequency = sum(min(Fraction(1), Fraction(n, target)) for n in counts[:weeks]) / weeks
    return bool(frequency * sum(known) / len(known) >= Fraction(8, 10))


def tried(part: Part, date: dt.date, params: dict[str, Any]) -> Truth:
    """TRIED(t): logs above the threshold or a self-report (section 5.3)."""
    days = {row["date"] for row in part.logs if row["exercise"] and row["date"] <= date}
    said = [c.value("help_tried") for c in part.contacts if c.date <= date]
    by_log = False
    if params["tried_def"] == "any_log":
        by_log = bool(days)
    elif params["tried_def"] == "log_threshold" and days:
        span = (max(days) - min(days)).days + 1
        enough = len(days) >= params["tried_min_log_days"]
        by_log = enough and span >= params["tried_min_span_days"]
    elif params["tried_def"] == "dose_adherent":
        by_log = adherent(part, date, params)
    if by_log or True in said:
        return True
    if False in said:
        return False
    # A diary that was never supplied shows nothing (D 1).
    silent = not days and "exercise_log" in part.streams
    return False if silent and params["no_logs_means"] == "not_tried" else None


def cancer(contact: Contact, history: list[Contact]) -> Truth:
    """gp_1: a yes is permanent, an unasked one keeps the last known value (section 3.5)."""
    own = contact.value("gp_1_cancer")
    before = [c for c in history if c.date < contact.date and c.value("gp_1_cancer") is not None]
    if any(c.value("gp_1_cancer") for c in before):
        if own is False:
            contact.flags.add("contradictory_answer")
        return True
    return False if own is None and before else own


def gp_rule(judged: Judged, part: Part, params: dict[str, Any]) -> Truth:
    """PAIN AND RECENT AND ANY(gp signs), with the two assumptions (section 3.5)."""
    contact, values = judged.contact, [judged.signs[item] for item in GP]
    pain = any_([contact.value("has_back_pain"), contact.value("has_leg_pain")])
    if pain is None and params["entry_implies_pain"]:
        pain = True
    assert part.first_contact is not None
    now = recent(contact.date, part.first_contact, part.onset, params)
    if now is None and params["gp_unknown_recency"] == "assume_recent":
        now = True
        if True in values:
            contact.flags.add("timing_assumed")
    if now is False and True in values:
        contact.flags.add("gp_sign_not_recent")
    if now is False and params["gp_not_recent_means"] == "unknown":
        # Only a history of cancer is ruled out; knowing less about the others must not narrow
        # the interval, so an open answer leaves the rule as open as a yes does (D 18).
        return any_([False, all_([pain, None, any_(values[1:])])])
    return all_([pain, now, any_(values)])


def helps(contact: Contact, part: Part, params: dict[str, Any]) -> dict[str, Truth]:
    """The first three appointment criteria (section 3.5)."""
    answer = contact.answers.get("help_2_med_helps")
    not_helped = not_(contact.value("help_2_med_helps"))
    if answer is not None and answer.not_taking and not_helped is None:
        not_helped = bool(params["h2_no_medication_counts"])
    worsening = contact.value("help_3_worsening")
    if worsening is None and params["worsening_source"] == "self_report_then_nprs":
        worsening = worse_by_score(part.scores, contact.date, params)
    done = tried(part, contact.date, params)
    third = [worsening, done]
    if params["h3_require_advice"]:
        third.append(contact.value("advice_tried"))
    if worsening is True and done is False:
        contact.flags.add("worsening_untried")
    return {
        "h1": contact.value("help_1_unmanageable"),
        "h2": all_([contact.value("help_2_sleep_impact"), not_helped]),
        "h3": all_(third),
        "tried": done,
    }


def fourth(judged: Judged, part: Part, params: dict[str, Any]) -> None:
    """H4 at both bounds, and its state (sections 3.5 and 5.1)."""
    contact, facts = judged.contact, judged.facts
    facts["improved"] = improved(part.contacts, part.scores, contact.date, params, at=contact)
    rest = [symptomatic(contact), not_(facts["improved"]), facts["tried"]]
    low, high = (
        all_([more_than(contact.date, part.onset, params[name]), *rest])
        for name in ("w_lo_days", "w_hi_days")
    )
    facts["h4"] = high if params["h4_bound"] == "upper" else low
    if high is True:
        judged.h4_state = "due"
    elif low is True:
        judged.h4_state = "permitted"
    elif low is False:
        judged.h4_state = "not_met"


def judge(contact: Contact, part: Part, history: list[Contact], params: dict[str, Any]) -> Judged:
    """Every rule at one evaluated contact (section 3.5); `history` is the whole episode's."""
    judged = Judged(contact)
    for item in SAFETY:
        onset = part.sign_onset if item in CES else part.onset
        judged.signs[item] = sign(contact, item, onset, params)
    judged.signs["gp_1_cancer"] = cancer(contact, history)
    judged.answered = sum(_recorded(contact, item) for item in SAFETY)
    facts = judged.facts
    facts["ces"] = any_(judged.signs[item] for item in CES)
    facts["urg"] = any_(judged.signs[item] for item in URG)
    facts["gp"] = gp_rule(judged, part, params)
    facts.update(helps(contact, part, params))
    fourth(judged, part, params)
    facts["tims"] = any_(facts[name] for name in ("h1", "h2", "h3", "h4"))
    return judged


def _recorded(contact: Contact, item: str) -> bool:
    """Whether yes or no was recorded for the item itself, not through a composite box (3.7)."""
    answer = contact.answers.get(item)
    return answer is not None and answer.value is not None and not answer.composite


def verdict(lb: int, ub: int) -> str:
    """The label of an interval (section 3.7)."""
    if lb == ub:
        return "DETERMINATE"
    return "INCOMPLETE_SAFETY" if ub >= RANK["GP"] else "INCOMPLETE_HELP"


def fields(judged: Judged) -> dict[str, Any]:
    """The result of one contact under the names of section 2.5."""
    lb, ub = judged.lb, judged.ub
    names = ("ces", "urg", "gp", "tims", "h1", "h2", "h3", "h4", "tried", "improved")
    return {
        **{name: letter(judged.facts[name]) for name in names},
        "h4_state": judged.h4_state,
        "fired_rules": [rule for rule in RULES if judged.facts[RULE_FIELD[rule]] is True],
        "disposition_lb": LEVELS[lb],
        "disposition_ub": LEVELS[ub],
        "disposition_status": verdict(lb, ub),
        "disposition": LEVELS[lb] if lb == ub else "INDETERMINATE",
        "screen_answered": judged.answered,
        "screen_complete": judged.answered == len(SAFETY),
        "flags": sorted(judged.contact.flags),
    }
