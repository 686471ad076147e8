"""People written by hand, as rows of the canonical exports: contacts with scores, and a diary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

ONSET = date(2024, 1, 1)
NO_SIGN = {
    **dict.fromkeys([f"ces_{n}" for n in ("1_saddle", "2_wiping", "3_urine_start")], "no"),
    **dict.fromkeys([f"ces_{n}" for n in ("4_urine_stop", "5_void_feeling")], "no"),
    **dict.fromkeys([f"ces_{n}" for n in ("6_urine_leak", "7_bladder_fullness")], "no"),
    **dict.fromkeys(["ces_8_bowel_control", "ces_9_sexual", "urg_1_weak_trip"], "no"),
    **dict.fromkeys(["urg_2_gait", "urg_3_floppy_foot", "gp_1_cancer", "gp_2_unwell"], "no"),
    **dict.fromkeys(["gp_3_weight_loss", "help_1_unmanageable", "help_2_sleep_impact"], "no"),
    "help_3_worsening": "no", "has_back_pain": "yes", "has_leg_pain": "yes",
}  # fmt: skip


def contacts(
    name: str,
    site: str,
    scores: Sequence[int],
    days: Sequence[int],
    first: Row | None = None,
    last: Row | None = None,
) -> Iterator[Row]:
    """One person's contacts on days from onset, nothing wrong but the pain; `last`: what else the
    last contact holds."""
    for number, (day, score) in enumerate(zip(days, scores, strict=True)):
        row = {
            **NO_SIGN,
            **({"episode_id": f"{site}-{name}", "patient_id": f"{site}-{name}"}),
            **({"contact_id": f"{site}-{name}-{number}", "contact_type": "review"}),
            **({"contact_date": ONSET + timedelta(day), "onset_date": ONSET, "nprs": score}),
            **({"onset_precision": "day", "site_id": site}),
        }
        if number == 0:
            row |= first or {}
        if number == len(scores) - 1:
            row |= last or {}
        yield row


def diary(name: str, site: str, days: Sequence[int]) -> Iterator[Row]:
    """One exercise in full on each of these days from onset."""
    for day in days:
        yield {
            "episode_id": f"{site}-{name}",
            "log_id": f"{site}-{name}-{day}",
            "log_date": ONSET + timedelta(day),
            "exercise_code": "knees_side_to_side",
            "reps": 10,
        }
