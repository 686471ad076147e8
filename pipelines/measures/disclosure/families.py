"""Which measures are shared, and which of them are decided together.

Whoever sees that 40 of 60 were dealt with as advised, 9 too late and 8 too much knows that it was
too little for 3, whatever that measure's own line withholds. Measures of the same people of which
one can be subtracted from another are therefore either a family, decided by the parts into which
all of them together cut their people and with the same lines withheld for each, or only one of
them is shared.
"""

from __future__ import annotations

from typing import Final

from pipelines.measures.catalogue import Measure

GROUPS: Final = {
    "episodes": (
        ("escalation_confirmed", "escalation_not_ruled_out"),
        ("screen_complete_first",),
        ("escalation_recorded",),
        ("improvement_two_scores",),
        (
            "persistence_share_8_weeks",
            "persistence_best_case",
            "persistence_worst_case",
            "persistence_status_known",
        ),
        ("no_review_around_8_weeks",),
        ("help_4_due",),
        ("safety_known",),
        ("agreement", "not_judged"),
        ("recurrence",),
        ("diary_kept",),
        ("msk_hq_gain", "msk_hq_paired"),
        ("global_change_better", "global_change_recorded"),
    ),
    "contacts": (
        ("screen_completeness", "screened_again"),
        ("ces_asked",),
        ("leaflet_given",),
    ),
    "appointments": (("did_not_attend", "cancelled"),),
    "red flags": (("red_flags_not_in_time_share",),),
    "referrals": (("over_referral",),),
}
"""Families by the people (or contacts) that they count, those left out included.

Each family is of one file of cases, without parts, told as so many out of so many. The months of a
group are released together, since otherwise its families would tell of the same people as they were
known on different days; a line whose number of people has to be withheld is so in all of them.
"""
FAMILIES: Final = tuple(family for families in GROUPS.values() for family in families)

SUBTRACTED: Final = "not shared, since it can be subtracted from {}"
INSTEAD: Final = {
    "agreement_late": "agreement",
    "agreement_under": "agreement",
    "agreement_over": "agreement",
    "agreement_same_level": "agreement",
    "audit_categories": "agreement",
    "audit_certain_despite_gaps": "agreement",
    "screen_sufficiency": "screen_completeness",
    "screen_completeness_by_contact_type": "screen_completeness",
    "persistence_share_6_weeks": "persistence_share_8_weeks",
    "persistence_not_improved": "persistence_share_8_weeks",
    "persisting_ever": "persistence_share_8_weeks",
    "persisting_ever_6_weeks": "persistence_share_8_weeks",
    "persisting_ever_by_pain": "persistence_share_8_weeks",
    "symptomatic_past_91_days": "persistence_share_8_weeks",
    "persistence_needs_appointment": "help_4_due",
    "help_4_due_or_permitted": "help_4_due",
    "escalation_without_cancer_history_only": "escalation_confirmed",
    "escalation_level": "escalation_confirmed",
    "escalation_level_at_least": "escalation_confirmed",
    "escalation_level_not_ruled_out": "escalation_confirmed",
    "triage_outcome_first": "escalation_confirmed",
    "triage_outcome_ever": "escalation_confirmed",
    "escalation_ever": "escalation_confirmed",
    "escalation_within_56_days": "escalation_confirmed",
    "escalation_events": "escalation_confirmed",
    "red_flags_not_in_time": "red_flags_not_in_time_share",
    "global_change": "global_change_better",
    "safety_netted": "leaflet_given",
    "back_within_12_weeks": "recurrence",
}
"""Measure -> the one that is shared in its place. Deciding them together would withhold nearly
every month of both; so the one that people ask for is shown, and the other inside the service."""

STOCK: Final = "not shared: a state on one day, and two days in succession tell who left"
CURVE: Final = (
    "not shared: figures of times are no counts, and tell more of each person than their number"
)
FINE: Final = "not shared: most of its groups are too small"


COUNTS: Final = ("share", "count")
"""Kinds of measures whose figure is a ratio of two counts."""


def why_not(entry: Measure) -> str | None:
    """In words, why a measure is not shared; None for one that is."""
    if family_of(entry.id):
        return None
    if entry.id in INSTEAD:
        return SUBTRACTED.format(INSTEAD[entry.id])
    if entry.stock:
        return STOCK
    return FINE if entry.kind in COUNTS else CURVE


def group_of(family: tuple[str, ...]) -> str:
    """The group that a family belongs to; its first measure for one of no group."""
    return next((name for name, families in GROUPS.items() if family in families), family[0])


def family_of(name: str) -> tuple[str, ...]:
    """The family of a measure, itself among them; nothing for one that is not shared."""
    return next((family for family in FAMILIES if name in family), ())
