"""One episode from raw input to every field of section 2.5."""

from __future__ import annotations

from typing import Any

from tests.oracle.audit import Audit
from tests.oracle.cleaning import clean
from tests.oracle.contact import fields, tried
from tests.oracle.dose import doses
from tests.oracle.episode import Days, parts_of, summary
from tests.oracle.improvement import time_to_improvement
from tests.oracle.params import RANK, resolve
from tests.oracle.persistence import Part, entry_cohort, status
from tests.oracle.truth import Truth, all_, any_, letter, not_, told


def evaluate(case_input: dict[str, Any], params: dict[str, Any] | None = None) -> dict[str, Any]:
    """All results of one episode; later parts of a recurrence under `parts` (section 4, D 16)."""
    settings = resolve(params)
    episode = clean(case_input, settings)
    parts = parts_of(episode, settings)
    days = [Days(part, episode.contacts, settings) for part in parts]
    results = [_part(part, found, settings) for part, found in zip(parts, days, strict=True)]
    flags = set(episode.flags).union(*(contact.flags for contact in episode.contacts))
    first = results[0]
    first["dq_flags"] = sorted(flags)
    if len(results) > 1:
        first["parts"] = dict(enumerate(results[1:], start=2))
    return first


def _part(part: Part, days: Days, params: dict[str, Any]) -> dict[str, Any]:
    """Results of one part of an episode."""
    worst = summary(days)
    audit = Audit(days, params).result(worst["worst_lb"], worst["worst_ub"])
    last = max((contact.date for contact in part.contacts), default=None)
    return {
        "contacts": {one.contact.id: fields(one) for one in days.judged},
        "n_contacts": len(part.contacts),
        "n_evaluated": len(days.judged),
        **worst,
        "persist_6w": status(part, params["w_lo_days"], params),
        "persist_8w": status(part, params["w_hi_days"], params),
        "entry_cohort": entry_cohort(part, params),
        "resolved_date": part.resolved and part.resolved.isoformat(),
        "recurrence_date": part.recurrence and part.recurrence.isoformat(),
        "tti": time_to_improvement(part.scores, _escalation(days, params), params),
        "phenotype": phenotype(part),
        "tried_last": letter(tried(part, last, params)) if last else "U",
        "audit": audit,
        "doses": doses(part.logs, params),
    }


def _escalation(days: Days, params: dict[str, Any]) -> Any:
    """First competing event: a level reached or a referral made (section 7.1)."""
    dates = [
        row["date"]
        for row in days.part.referrals
        if row["destination"] in params["competing_referrals"]
    ]
    reached = days.reached(RANK[params["competing_level"]])
    return min([*dates, reached] if reached else dates, default=None)


def phenotype(part: Part) -> str:
    """The pattern on the first evaluated day; of its answers a yes stands (section 3.8)."""
    if not part.evaluated:
        return "UNKNOWN"
    first = min(contact.date for contact in part.evaluated)
    rows = [contact for contact in part.evaluated if contact.date == first]

    def answer(item: str) -> Truth:
        return told(contact.value(item) for contact in rows)

    below, shooting = answer("ph_below_knee"), answer("ph_shooting_burning_electric")
    pins, weak = answer("ph_pins_numbness"), answer("ph_leg_weakness")
    worse = answer("ph_leg_worse_than_back")
    no_back = not_(answer("has_back_pain"))
    sciatica = all_([below, any_([shooting, worse, no_back, pins, weak])])
    referred = all_([not_(any_([below, shooting, pins, weak])), answer("ph_ache_or_sharp")])
    return _pattern(sciatica, referred)


def _pattern(sciatica: Truth, referred: Truth) -> str:
    if sciatica:
        return "SCIATICA_PATTERN"
    if referred:
        return "REFERRED_PATTERN"
    return "MIXED" if sciatica is False and referred is False else "UNKNOWN"
