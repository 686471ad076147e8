"""How figures, dates and codes are written on screen. British English, no screen library."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from pipelines.explain_words import ANSWER_WORDS
from pipelines.measures.catalogue import reason_text
from pipelines.measures.types import Estimate, Median, NotEstimable, Result

NONE: Final = "\N{EN DASH}"

LEVEL_CODES: Final = ("SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E")
ACTIONS: Final = {
    "COVERED": "Action recorded",
    "MISSED": "No action recorded",
    "PENDING": "Awaiting information",
    "NOT_AUDITABLE": "Cannot be judged",
}
JUDGED: Final = {
    "JUSTIFIED": "In line with the leaflet",
    "PERMITTED": "Permitted by the leaflet",
    "OVER": "Beyond the leaflet",
    "BEYOND_SUPPORTED": "Beyond the leaflet, supported by an advisory sign",
    "NOT_AUDITABLE": "Cannot be judged",
    "UNKNOWN": "Cannot be judged",
    "PASS": "Meets the leaflet's conditions",
    "FAIL": "Does not meet the leaflet's conditions",
    "NOT_APPLICABLE": "Not judged",
}
KINDS: Final = {
    "referral": "Referral",
    "advice": "Advice given",
    "appointment": "Appointment",
    "gp_source": "Came from the GP",
}
DESTINATIONS: Final = {
    "MRI": "MRI",
    "INJECTION": "Injection",
    "SURGERY": "Surgery",
    "SPINAL": "Spinal service",
    "PAIN": "Pain service",
    "OTHER": "Other",
}
CATEGORIES: Final = {
    "AGREE": "Agrees with the leaflet",
    "UNDER": "Less urgent than the leaflet",
    "LATE": "Acted on late",
    "OVER": "Beyond the leaflet",
    "PENDING": "Awaiting information",
    "NOT_AUDITABLE": "Cannot be audited",
}
PERSISTENCE: Final = {
    "PERSISTENT": "Still symptomatic past 8 weeks",
    "NOT_PERSISTENT": "Resolved within 8 weeks",
    "LOST": "No later information",
    "PENDING": "Awaiting information",
    "NOT_YET_DUE": "Too early to say",
    "ONSET_UNKNOWN": "Onset not known",
    "NO_DATA": "No contacts",
}
IMPROVEMENT: Final = {
    "improved": "Clinically important improvement",
    "escalated": "Escalated first",
    "censored": "Not improved by the last score",
    "excluded": "Not measured",
}
COHORTS: Final = {
    "incident": "Seen within 8 weeks of onset",
    "prevalent": "Arrived past 8 weeks",
    None: "Not known",
}
CONTACT_TYPES: Final = {
    "triage": "Triage",
    "review": "Review",
    "phone": "Telephone review",
    "self_report": "Self-report",
    "appointment": "MSK appointment",
    "admin": "Administrative",
}
PATTERNS: Final = {
    "SCIATICA_PATTERN": "Sciatica pattern",
    "REFERRED_PATTERN": "Referred pain pattern",
    "MIXED": "Mixed",
    "UNKNOWN": "Not known",
}


def said(codes: Mapping[str, str], code: str | None) -> str:
    """The words for a code; a code without words is shown in plain letters, never dropped."""
    if code is None:
        return NONE
    return codes.get(code, code.replace("_", " ").lower())


def count(n: int) -> str:
    """12,345."""
    return f"{n:,}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 episode`, `12,345 episodes`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percent(value: float, places: int = 1) -> str:
    """12.3%."""
    return f"{value * 100:.{places}f}%"


def days(value: float | None) -> str:
    """`56 days`, or "not reached" for a time that the data do not reach."""
    if value is None:
        return "not reached"
    return f"{value:g} day{'' if value == 1 else 's'}"


def day(value: date | None) -> str:
    """`3 Nov 2025`."""
    return NONE if value is None else f"{value.day} {value:%b %Y}"


def month(value: date) -> str:
    """`November 2025`."""
    return f"{value:%B %Y}"


def short_month(value: date) -> str:
    """`Nov 2025`."""
    return f"{value:%b %Y}"


def iso_day(value: str | None) -> str:
    """`3 Nov 2025` from `2025-11-03`."""
    return day(date.fromisoformat(value)) if value else NONE


def moment(value: datetime) -> str:
    """`3 Nov 2025, 10:04`."""
    return f"{day(value.date())}, {value:%H:%M}"


def figure(result: Result | Median) -> str:
    """The figure alone: `12.3%`, `42 days`, or "not estimable"."""
    if isinstance(result, NotEstimable):
        return "Not estimable"
    if isinstance(result, Median):
        return days(result.value)
    if result.unit == "share":
        return percent(result.value)
    return days(round(result.value, 1)) if result.unit == "days" else f"{result.value:,.1f}"


def limits(result: Result | Median) -> str:
    """`95% CI 11.0% to 13.7%`, `95% CI 25 days to not reached`; empty without an estimate."""
    if isinstance(result, NotEstimable):
        return ""
    share = isinstance(result, Estimate) and result.unit == "share"

    def end(value: float | None) -> str:
        if value is None:
            return "not reached"
        return percent(value) if share else f"{round(value, 1):g}"

    said = f"{end(result.lower)} to {end(result.upper)}"
    if not share and result.upper is not None:
        said += " days"
    elif not share and result.lower is not None:
        said = f"{days(round(result.lower, 1))} to not reached"
    return f"{result.confidence:.0%} CI {said}"


def ratio(result: Result) -> str:
    """`612 of 6,240`, or the denominator alone where the figure is no simple ratio."""
    if isinstance(result, NotEstimable):
        return f"n = {count(result.denominator)}"
    if result.numerator is None:
        return f"n = {count(result.denominator)}"
    return f"{count(result.numerator)} of {count(result.denominator)}"


def whole(result: Result) -> str:
    """Figure, interval and n in one line; for no estimate its reason."""
    if isinstance(result, NotEstimable):
        return result.reason
    return f"{figure(result)} ({limits(result)}; {ratio(result)})"


def listed(words: list[str], final: str = "and") -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {final} {words[-1]}"


def answer(code: str | None) -> str:
    """Why a question has no yes or no, in lower case: `not asked`, `declined`."""
    return ANSWER_WORDS.get(code or "", "not recorded")


def why(code: str | None) -> str:
    """A reason of exclusion in the catalogue's words."""
    return reason_text(code) if code else "reason not recorded"
