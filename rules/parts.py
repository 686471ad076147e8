"""What a rule set is made of, and the names that a condition may use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rules.condition import Condition, parse

# What a condition may name besides items: each is a column that the models compute once.
PREDICATES = {
    "pain": "back or leg pain",
    "recent": "the pain began recently",
    "gp_not_recent": "what a sign means when the pain is not recent",
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
