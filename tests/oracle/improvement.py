"""Scores, "any sign of improvement", worsening and time to improvement (5.2, 7.1, D 14, D 15)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.cleaning import Contact
from tests.oracle.params import cut
from tests.oracle.truth import Truth

CONFIRM_DAYS = 28  # data contract 4: fixed, not the age of a usable score


@dataclass(frozen=True)
class Score:
    """The score of one day."""

    date: dt.date
    value: Fraction
    diary: bool = False


@dataclass(frozen=True)
class Series:
    """Scores by day, the first being the baseline; `visits` are the contacts' scores alone."""

    measure: str
    scores: tuple[Score, ...]
    visits: tuple[Score, ...]

    def until(self, date: dt.date) -> list[Score]:
        return [score for score in self.scores if score.date <= date]


def by_day(contacts: list[Contact], name: str) -> dict[dt.date, Fraction]:
    """The largest value of a day (section 4, same-day ties)."""
    found: dict[dt.date, Fraction] = {}
    for contact in contacts:
        value = contact.scores[name]
        if value is not None:
            found[contact.date] = max(value, found.get(contact.date, value))
    return found


def series(contacts: list[Contact], logs: list[dict[str, Any]], params: dict[str, Any]) -> Series:
    """Measure type fixed at the first score, then one value a day (section 5.2, D 14)."""
    whole, leg, back = (by_day(contacts, name) for name in ("nprs", "nprs_leg", "nprs_back"))
    first = min([*whole, *leg, *back], default=None)
    measure, values = "nprs", whole
    if first is not None and first not in whole:
        measure = "max_leg_back"
        index = leg if leg.get(first, -1) >= back.get(first, -1) else back
        values = {day: max(leg.get(day, -1), back.get(day, -1)) for day in index}
    visits = [Score(day, Fraction(value)) for day, value in sorted(values.items())]
    diary = diary_by_day(logs) if measure == "nprs" and params["diary_scores"] != "off" else {}
    added = [Score(day, value, True) for day, value in diary.items() if day not in values]
    scores = sorted([*visits, *added], key=lambda score: score.date)
    return Series(measure, tuple(scores), tuple(visits))


def diary_by_day(logs: list[dict[str, Any]]) -> dict[dt.date, Fraction]:
    """`nprs_today`, the largest of a day (data contract 4)."""
    found: dict[dt.date, Fraction] = {}
    for row in logs:
        if row["score"] is not None:
            found[row["date"]] = max(row["score"], found.get(row["date"], row["score"]))
    return found


def _falls(before: Fraction, after: Fraction, points: Any, percent: Any) -> list[bool]:
    """Which of the switched-on cuts a fall meets; exact cross-multiplication (5.2, D 15)."""
    met = []
    if points is not None:
        met.append(before - after >= points)
    if percent is not None:
        met.append(before > 0 and 100 * (before - after) >= percent * before)
    return met


def any_sign(before: Fraction, after: Fraction, params: dict[str, Any]) -> bool:
    """The fall of I-any: points or percent (section 5.2)."""
    return any(_falls(before, after, cut(params, "any_sign_points"), cut(params, "any_sign_pct")))


def kpi_met(before: Fraction, after: Fraction, params: dict[str, Any]) -> bool:
    """The fall of the KPI: points and percent, or either (sections 5.2 and 7.1)."""
    met = _falls(before, after, cut(params, "kpi_points"), cut(params, "kpi_pct"))
    return any(met) if params["kpi_combine"] == "or" else bool(met) and all(met)


def _score_says(found: Series, date: dt.date, params: dict[str, Any], ever: bool) -> Truth:
    """The pain score at a date: improved, not improved, or no information (5.2, D 14, D 15)."""
    if cut(params, "any_sign_points") is None and cut(params, "any_sign_pct") is None:
        return None
    known = found.until(date)
    if len(known) < 2:
        return None
    baseline, limit = known[0].value, params["score_max_age_days"]
    if ever and any(_counts(known, at, params) for at in range(1, len(known))):
        return True
    for at in range(len(known) - 1, 0, -1):
        if (date - known[at].date).days > limit:
            return None
        met = any_sign(baseline, known[at].value, params)
        if met and not _counts(known, at, params):
            continue
        return None if baseline == 0 and known[at].value == 0 else met
    return None


def _counts(known: list[Score], at: int, params: dict[str, Any]) -> bool:
    """Whether a score shows improvement: a diary's needs a neighbour within 28 days (D 14)."""
    baseline, score = known[0].value, known[at]
    if not any_sign(baseline, score.value, params):
        return False
    if not score.diary:
        return True
    limit = CONFIRM_DAYS
    near = [known[at - 1]] if at > 1 else []
    near += known[at + 1 : at + 2]
    return any(
        abs((other.date - score.date).days) <= limit and any_sign(baseline, other.value, params)
        for other in near
    )


def _latest(contacts: list[Contact], date: dt.date, read: Any) -> list[tuple[dt.date, Any]]:
    """What contacts up to a date recorded, oldest first."""
    found = [(c.date, read(c)) for c in contacts if c.date <= date]
    return sorted((pair for pair in found if pair[1] is not None), key=lambda pair: pair[0])


def _one_of_day(values: list[tuple[dt.date, Any]], pick: Any) -> dict[dt.date, Any]:
    found: dict[dt.date, Any] = {}
    for day, value in values:
        found[day] = pick(value, found[day]) if day in found else value
    return found


def _pgic_says(contacts: list[Contact], date: dt.date, params: Any, ever: bool) -> Truth:
    """PGIC of at most 3 says improved (section 5.2); the worse of a day stands."""
    days = _one_of_day(_latest(contacts, date, lambda c: c.scores["pgic"]), max)
    if ever and any(value <= 3 for value in days.values()):
        return True
    if not days or (date - max(days)).days > params["score_max_age_days"]:
        return None
    return bool(days[max(days)] <= 3)


def _mskhq_says(contacts: list[Contact], date: dt.date, params: Any, ever: bool) -> Truth:
    """MSK-HQ risen by its cut since its first value (section 5.2)."""
    needed = cut(params, "mskhq_mic")
    days = _one_of_day(_latest(contacts, date, lambda c: c.scores["msk_hq"]), min)
    if needed is None or len(days) < 2:
        return None
    first, last = min(days), max(days)
    rises = {day: value - days[first] >= needed for day, value in days.items() if day > first}
    if ever and any(rises.values()):
        return True
    return rises[last] if (date - last).days <= params["score_max_age_days"] else None


def _patient_says(contacts: list[Contact], date: dt.date, at: Any, ever: bool) -> Truth:
    """`help_improving`: the answer of the contact that is judged, or the last known (5.2, 6.5)."""
    answers = _latest(contacts, date, lambda c: c.value("help_improving"))
    if ever and any(value for _, value in answers):
        return True
    if at is not None:
        return at.value("help_improving")
    days = _one_of_day(answers, lambda one, other: one or other)
    return days[max(days)] if days else None


def improved(
    contacts: list[Contact],
    found: Series,
    date: dt.date,
    params: dict[str, Any],
    at: Contact | None = None,
    current: bool = False,
) -> Truth:
    """I-any at a contact (`at`) or a date: yes if any says so, no if one is informative (5.2)."""
    ever = params["h4_improvement_window"] == "ever" and not current
    says = [
        _score_says(found, date, params, ever),
        _patient_says(contacts, date, at, ever),
        _pgic_says(contacts, date, params, ever),
        _mskhq_says(contacts, date, params, ever),
    ]
    known = [value for value in says if value is not None]
    return any(known) if known else None


def worse_by_score(found: Series, date: dt.date, params: dict[str, Any]) -> Truth:
    """Worsening by contact scores: yes or unknown, never no (section 3.5 H3, D 14)."""
    visits = [score for score in found.visits if score.date <= date]
    if len(visits) < 3 or (date - visits[-1].date).days > params["score_max_age_days"]:
        return None
    base, before, last = visits[0].value, visits[-2].value, visits[-1].value
    return True if before >= base + 2 and last >= base + 2 and last >= before else None


def time_to_improvement(
    found: Series, escalated: dt.date | None, params: dict[str, Any]
) -> dict[str, Any]:
    """Event, days and reason (section 7.1); an escalation wins a tie (section 4)."""
    if not found.scores:
        return _tti("excluded", None, "no_baseline")
    base = found.scores[0]
    if escalated is not None and escalated <= base.date:
        return _tti("excluded", None, "escalated_at_entry")
    if base.value < Fraction(str(params["min_baseline_nprs"])):
        return _tti("excluded", None, "baseline_floor")
    first = next(
        (s.date for at, s in enumerate(found.scores) if at and _event(found, at, params)), None
    )
    if escalated is not None and (first is None or escalated <= first):
        return _tti("escalated", (escalated - base.date).days, None)
    if first is not None:
        return _tti("improved", (first - base.date).days, None)
    if len(found.scores) < 2:
        return _tti("excluded", None, "no_followup")
    last = found.scores[-1]
    if last.diary and kpi_met(base.value, last.value, params):
        last = found.scores[-2]
    return _tti("censored", (last.date - base.date).days, None)


def _event(found: Series, at: int, params: dict[str, Any]) -> bool:
    """Whether the score of a day is the event; a diary's needs the next to confirm it (D 14)."""
    base, score = found.scores[0].value, found.scores[at]
    if not kpi_met(base, score.value, params):
        return False
    if not score.diary:
        return True
    after = found.scores[at + 1 : at + 2]
    return any(
        (nxt.date - score.date).days <= CONFIRM_DAYS and kpi_met(base, nxt.value, params)
        for nxt in after
    )


def _tti(event: str, days: int | None, reason: str | None) -> dict[str, Any]:
    return {"event": event, "time_days": days, "reason": reason}
