"""What a rule set is made of, and the names that a condition may use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rules.condition import Condition, parse

# What a condition may name besides items: each is a column that the models compute once.
PREDICATES = {
    "pain": "back or leg pain",
    "recent": "the pain began recently",
    "gp_not_recent": "older pain leaves it open",
    "persisted_lo": "more than six weeks since onset",
    "persisted_hi": "more than eight weeks since onset",
    "symptomatic": "still has symptoms",
    "improved": "some improvement",
    "tried": "the exercises were tried",
    "worsening": "symptoms are getting worse",
    "h3_require_advice": "the advice must have been tried too",
    "h4_at_lower_bound": "an appointment is due from six weeks",
}
# Predicates that are a parameter, the same for every contact.
CONSTANTS = frozenset({"gp_not_recent", "h3_require_advice", "h4_at_lower_bound"})
CALLS = {"developed": "the sign is present and developed after onset"}
# How each of them is worked out, for people; names in backticks are parameters.
WORKED_OUT = {
    "developed": "Yes where the sign is there and began, or changed, on or after the day on which "
    "the pain began. An earlier start counts as no only where the sign is said to be unchanged; "
    "where nobody asked about a change it stays unknown. Without a usable start date the sign is "
    "taken as later than the pain, and flagged (`sign_timing_policy`, `ces_recent_days`). This "
    "binds the nine warning signs, and of the urgent list those in `urg_timing_items`; the others "
    "count wherever they are there.",
    "pain": "No only where both are denied; where neither is recorded it is taken as there, since "
    "everyone in this pathway has it (`entry_implies_pain`).",
    "recent": "From the onset to the first contact (`gp_recency_mode`) at most `gp_recency_days`. "
    "With an unknown onset it is taken as recent, and flagged (`gp_unknown_recency`).",
    "gp_not_recent": "Not about a person: unknown for all, or no for all (`gp_not_recent_means`). "
    "It keeps the GP not ruled out for someone unwell or losing weight whose pain is not recent.",
    "persisted_lo": "More than `w_lo_days` days from the onset to this contact; unknown where the "
    "onset is too uncertain to say.",
    "persisted_hi": "The same with `w_hi_days`.",
    "symptomatic": "Yes with a pain score of 1 or more at this contact, or where the person says "
    "so; no with a score of 0 or the person's no; unknown without either.",
    "improved": "Any one suffices: the latest pain score down from the first by `any_sign_points` "
    "or by `any_sign_pct` per cent, the person's own view, a global change of 1 to 3, the MSK-HQ "
    "up by `mskhq_mic`. No where at least one tells and none says so. What is older than "
    "`score_max_age_days` days does not count; a diary's fall counts once the next score confirms "
    "it (`diary_scores`). Judged on the latest evidence (`h4_improvement_window`).",
    "tried": "Yes with exercises on `tried_min_log_days` days of the diary over at least "
    "`tried_min_span_days` days, or where the person says so; no where the person denies it and "
    "the diary does not show it; else unknown (`tried_def`, `no_logs_means`).",
    "worsening": "The person's answer; where it was not asked, yes if the last two scores at "
    "contacts are both at least 2 points above the first and not falling (`worsening_source`).",
    "h3_require_advice": "Not about a person: a parameter, off by default.",
    "h4_at_lower_bound": "Not about a person: the parameter `h4_bound` is `lower`.",
}
# What else than the rule's own questions they are read from: questions, and data without one.
READ_FROM: dict[str, tuple[tuple[str, ...], str]] = {
    "developed": ((), "when the sign began and whether it changed"),
    "pain": (("has_back_pain", "has_leg_pain"), ""),
    "recent": ((), "onset date"),
    "persisted_lo": ((), "onset date"),
    "persisted_hi": ((), "onset date"),
    "symptomatic": (("symptoms_present",), "pain scores"),
    "improved": (("help_improving",), "pain scores, global change, MSK-HQ"),
    "tried": (("help_tried",), "exercise diary"),
    "worsening": (("help_3_worsening",), "pain scores"),
}
# The fields of a diary entry that the leaflet gives an amount for.
DOSE_FIELDS = ("hold_s", "reps", "duration_s", "sets")


@dataclass(frozen=True)
class Level:
    """A triage outcome; `rank` 0 is the least urgent."""

    rank: int
    code: str
    label: str
    role: str
    action: str


@dataclass(frozen=True)
class Item:
    """A question of the export; `screen` marks the fifteen safety questions."""

    code: str
    group: str
    wording: str
    rule: bool
    screen: bool = False
    parts: tuple[str, ...] = ()
    op: str | None = None


@dataclass(frozen=True)
class Exercise:
    """One of the leaflet's exercises with its amounts: [least, most] of each field that it names.

    `around` lists the fields whose amount is approximate; `any_of` is a field of which any
    amount above nothing counts.
    """

    code: str
    title: str
    section: str
    entry: int
    hold_s: tuple[int, int] | None = None
    reps: tuple[int, int] | None = None
    duration_s: tuple[int, int] | None = None
    sets: tuple[int, int] | None = None
    around: tuple[str, ...] = ()
    daily: bool = False
    any_of: str | None = None

    @property
    def amounts(self) -> dict[str, tuple[int, int]]:
        """The fields with an amount, in the order in which people read them."""
        given = {name: getattr(self, name) for name in DOSE_FIELDS}
        return {name: amount for name, amount in given.items() if amount is not None}


@dataclass(frozen=True)
class Rule:
    """One criterion of the leaflet with its place there and its condition."""

    id: str
    title: str
    leads_to: str
    section: str
    list: str
    entry: int
    description: str
    when: str
    reading: str
    note: str = ""

    @cached_property
    def condition(self) -> Condition:
        """The parsed condition."""
        return parse(self.when)

    @property
    def place(self) -> str:
        """Where the leaflet has it, for people."""
        return f"{self.section}, {self.list}, item {self.entry}"
