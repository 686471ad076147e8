"""Measures of the same cases, of which one can be subtracted from another.

Whoever sees that 40 of 60 were dealt with as advised, 9 too late and 8 too much knows that it was
too little for 3, whatever that measure's own line withholds. The measures of a family are therefore
decided together: by the parts into which all of them cut their cases, and with the same lines
withheld for each.
"""

from __future__ import annotations

from typing import Final

FAMILIES: Final = (
    (
        "escalation_confirmed",
        "escalation_not_ruled_out",
        "escalation_without_cancer_history_only",
    ),
    ("escalation_ever", "escalation_within_56_days"),
    (
        "persistence_share_8_weeks",
        "persistence_best_case",
        "persistence_worst_case",
        "persistence_status_known",
    ),
    (
        "persisting_now",
        "persisting_ever",
        "persisting_ever_6_weeks",
        "crossing_soon",
        "symptomatic_past_91_days",
    ),
    (
        "ces_present",
        "ces_sent_same_day",
        "ces_outcome_known",
        "ces_confirmed",
        "ces_safety_netted",
    ),
    ("did_not_attend", "cancelled"),
    ("msk_hq_gain", "msk_hq_paired"),
    ("global_change_better", "global_change_recorded"),
)
"""Each of one file of cases, without parts, told as so many out of so many."""

NOT_SHARED: Final = {
    "agreement_late": "agreement",
    "agreement_under": "agreement",
    "agreement_over": "agreement",
    "screen_sufficiency": "screen_completeness",
    "persistence_share_6_weeks": "persistence_share_8_weeks",
    "persistence_needs_appointment": "help_4_due",
    "help_4_due_or_permitted": "help_4_due",
}
"""Measure -> the one that is shared in its place. Deciding them together would withhold nearly
every month of both; so the one that people ask for is shown, and the other inside the service."""


def family_of(name: str) -> tuple[str, ...]:
    """The family of a measure, itself among them; the measure alone where it has none."""
    return next((family for family in FAMILIES if name in family), (name,))
