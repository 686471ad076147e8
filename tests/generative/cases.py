"""Random episodes in the format of the worked cases, heavy on the edges of the rules.

`random_cases(seed, n)` gives the same cases for the same seed; `episodes` is the same maker under
Hypothesis, so that a failing case shrinks. Days are counted from the true onset.
"""

from __future__ import annotations

import copy
import datetime as dt
import random
from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import strategies as st

ONSET = dt.date(2024, 1, 15)  # the eighth week crosses a leap day
EDGES = (-3, 0, 1, 7, 14, 41, 42, 43, 55, 56, 57, 70, 83, 84, 85, 98, 112, 113, 130)
STEPS = (0, 0, 1, 2, 7, 8, 13, 14, 15, 27, 28, 29, 30, 31)
CES = (
    "ces_1_saddle",
    "ces_2_wiping",
    "ces_3_urine_start",
    "ces_4_urine_stop",
    "ces_5_void_feeling",
    "ces_6_urine_leak",
    "ces_7_bladder_fullness",
    "ces_8_bowel_control",
    "ces_9_sexual",
)
URG = ("urg_1_weak_trip", "urg_2_gait", "urg_3_floppy_foot")
GP = ("gp_1_cancer", "gp_2_unwell", "gp_3_weight_loss")
HELP = (
    "help_1_unmanageable",
    "help_2_sleep_impact",
    "help_2_med_helps",
    "help_3_worsening",
    "help_tried",
    "help_improving",
    "advice_tried",
    "symptoms_present",
)
PATTERN = (
    "ph_below_knee",
    "ph_shooting_burning_electric",
    "ph_leg_worse_than_back",
    "ph_pins_numbness",
    "ph_leg_weakness",
    "ph_ache_or_sharp",
)
ROUTE = (
    "analgesia_tried",
    "physio_tried",
    "significant_weakness",
    "debilitating",
    "mri_explains_pain",
)
ADVISORY = (
    *("adv_bilateral", "adv_trauma", "adv_steroids"),
    *("adv_immunosuppressed", "adv_anticoagulant", "adv_pregnant"),
)
PAIN = ("has_back_pain", "has_leg_pain")
ITEMS = CES + URG + GP + HELP + PAIN + PATTERN + ROUTE + ADVISORY + ("red_flags_summary",)
SILENT = ("unknown", "not_asked", "not_recorded", "declined", "na", "not_taking", "")
TYPES = ("triage", "review", "phone", "self_report", "admin", "appointment")
DESTINATIONS = (
    "A_AND_E", "URGENT", "GP", "TIMS", "SELF_MANAGE", "MRI", "INJECTION", "SURGERY",
    "SPINAL", "PAIN", "OTHER",
)  # fmt: skip
EXERCISES = (
    "knees_to_chest", "crawl_stretch", "knees_side_to_side", "bridge", "seated_knee_extension",
    "squat", "march_in_place", "walk",
)  # fmt: skip
OVERRIDES: dict[str, tuple[Any, ...]] = {
    "w_lo_days": (35,),
    "w_hi_days": (55, 60),
    "h4_bound": ("lower",),
    "sign_timing_policy": ("strict_kleene", "ignore_timing"),
    "urg_timing_items": ([], list(URG)),
    "ces_recent_days": (14,),
    "contradiction_policy": ("unknown",),
    "na_as_no": ([], ["ces_9_sexual", "ces_6_urine_leak"]),
    "gp_recency_days": (42, 85),
    "gp_recency_mode": ("at_contact", "ignore"),
    "gp_unknown_recency": ("unknown",),
    "gp_not_recent_means": ("no",),
    "entry_implies_pain": (False,),
    "h2_no_medication_counts": (False,),
    "h3_require_advice": (True,),
    "worsening_source": ("self_report",),
    "tried_def": ("any_log", "self_report_only", "dose_adherent"),
    "tried_min_log_days": (3,),
    "tried_min_span_days": (7, 15),
    "no_logs_means": ("not_tried",),
    "h4_improvement_window": ("ever",),
    "any_sign_points": (1, 3, 99, None),
    "any_sign_pct": (50, 999, None),
    "mskhq_mic": (5, 99, None),
    "score_max_age_days": (14, 29),
    "kpi_points": (1, 3, 99, None),
    "kpi_pct": (20, 50, 999, None),
    "kpi_combine": ("or",),
    "min_baseline_nprs": (0, 4),
    "competing_level": ("GP", "A_AND_E", "TIMS"),
    "competing_referrals": ([], ["GP", "INJECTION"]),
    "recurrence_gap_days": (29, 14),
    "landmark_grace_days": (0, 27),
    "matured_only": (False,),
    "backfill_no_days": (0, 13),
    "screen_contact_types": (["triage", "review"],),
    "placeholder_dates": ([ONSET.isoformat()],),
    "referral_window_days": ({"A_AND_E": 1, "URGENT": 2, "GP": 14, "TIMS": 28},),
    "referral_lookback_days": ({"A_AND_E": 0, "URGENT": 0, "GP": 0, "TIMS": 0},),
    "persistent_permits_tims": (False,),
    "severe_nprs": (5, 8),
    "conservative_required": (["exercises"], ["exercises", "medication", "physio"]),
    "dose_around_tol": (0.1,),
    "diary_scores": ("off",),
    "target_days_per_week": (1, 2),
    "composite_no_means": ("no",),
}

Case = tuple[str, dict[str, Any], dict[str, Any]]


class Maker:
    """Makes one episode from a source of random numbers."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.days: list[int] = []

    def chance(self, share: float) -> bool:
        return self.rng.randrange(1000) < share * 1000

    def pick(self, *values: Any) -> Any:
        return values[self.rng.randrange(len(values))]

    def iso(self, day: int) -> str:
        return (ONSET + dt.timedelta(days=day)).isoformat()

    def day(self) -> int:
        """A day on an edge, near an earlier contact, or anywhere."""
        if self.days and self.chance(0.45):
            return min(self.pick(*self.days) + self.pick(*STEPS), 130)
        return self.pick(*EDGES) if self.chance(0.6) else self.rng.randrange(-3, 131)

    def episode(self) -> dict[str, Any]:
        self.days = []
        for _ in range(self.pick(1, 2, 2, 3, 3, 4, 5)):
            self.days.append(self.day())
        self.days.sort()
        self.trend = self.pick(*range(11), 3, 7, 8)
        self.style = self.pick("none", "nprs", "nprs", "nprs", "leg_back", "mixed")
        contacts = [self.contact(f"c{n}", day) for n, day in enumerate(self.days, start=1)]
        if self.chance(0.12):
            twin = copy.deepcopy(self.pick(*contacts)) | {"contact_id": "c9"}
            contacts.insert(self.rng.randrange(len(contacts) + 1), twin)
        if self.chance(0.06):
            contacts.append(self.version(self.pick(*contacts)))
        logs = self.logs()
        return {
            "extract_date": self.extract(),
            **self.streams(),
            "episode": self.attributes(),
            "contacts": contacts,
            "exercise_logs": logs,
            "referrals": self.referrals(),
        }

    def version(self, contact: dict[str, Any]) -> dict[str, Any]:
        """The same contact once more with other scores and answers."""
        day = (dt.date.fromisoformat(contact["contact_date"]) - ONSET).days
        kept = {
            name: value
            for name, value in contact.items()
            if not name.startswith("nprs") and name not in ("answers", "pgic", "msk_hq")
        }
        return kept | {"answers": self.answers(day)} | self.scores()

    def streams(self) -> dict[str, Any]:
        """Mostly all three; sometimes a service supplies no diary, or no referrals."""
        if not self.chance(0.08):
            return {}
        others = self.pick(["exercise_log"], ["referral"], [])
        return {"streams": ["triage", *others]}

    def onset(self) -> dict[str, Any]:
        """An onset of the contact's own: missing, another day, a month, or an interval."""
        day = self.pick(-30, -1, 0, 0, 1, 16)
        return self.pick(
            {"onset_date": None},
            {"onset_date": self.iso(day)},
            {"onset_date": self.iso(day), "onset_precision": "month"},
            {
                "onset_date": None,
                "onset_earliest": self.iso(day),
                "onset_latest": self.iso(day + 27),
            },
            {"onset_date": "1900-01-01"},
        )

    def extract(self) -> str:
        """Long after everything, or on an edge of maturity, or cutting off the last contact."""
        if self.chance(0.6):
            return "2024-12-31"
        if self.chance(0.5):
            return self.iso(self.pick(42, 43, 56, 57, 70, 71, 84, 85, 112))
        return self.iso(self.pick(*self.days) + self.pick(-1, 0, 1, 2, 6, 7, 13, 14))

    def attributes(self) -> dict[str, Any]:
        """Onset as a day, a month, an interval, missing or impossible; sometimes a closure."""
        onset: dict[str, Any] = {"onset_date": ONSET.isoformat(), "onset_precision": "day"}
        if self.chance(0.35):
            day = self.pick(-20, 0, 16, 17, self.days[0], self.days[0] + 1)
            onset = self.pick(
                {"onset_date": self.iso(day), "onset_precision": "month"},
                {"onset_date": self.iso(day), "onset_precision": "day"},
                {"onset_date": None, "onset_precision": "day"},
                {"onset_date": "1900-01-01", "onset_precision": "day"},
                {"onset_date": "2025-06-01", "onset_precision": "day"},
                {"onset_date": "", "onset_precision": "day"},
            )
        found = {"episode_id": "e1", "patient_id": "p1"} | onset
        if self.chance(0.25):
            found["close_date"] = self.iso(self.days[-1] + self.pick(-20, -1, 0, 1, 30, 200))
            found["close_reason"] = self.pick("resolved", "resolved", "dna", "completed", "pifu")
        return found

    def contact(self, name: str, day: int) -> dict[str, Any]:
        kind = self.pick(*TYPES) if self.chance(0.3) else self.pick("triage", "review", "review")
        found: dict[str, Any] = {
            "contact_id": name,
            "contact_date": self.iso(day),
            "contact_type": kind,
            "answers": self.answers(day),
        }
        if self.chance(0.3):
            found["contact_time"] = self.pick("09:00", "10:30", "15:00")
        for key, share, values in (
            ("pgic", 0.08, (1, 3, 4, 7)),
            ("msk_hq", 0.12, (20, 25, 26, 30, 31)),
            ("disposition_recorded", 0.05, DESTINATIONS[:5]),
            ("referral_source", 0.05, ("gp", "self")),
            ("attendance", 0.05, ("attended", "did_not_attend", "cancelled", "5", "3")),
        ):
            if self.chance(share):
                found[key] = self.pick(*values)
        if self.chance(0.05):
            found |= self.onset()
        if self.chance(0.03):
            found["first_appointment_date"] = self.iso(day + self.pick(-3, 0, 10))
        return found | self.scores()

    def scores(self) -> dict[str, Any]:
        """Pain scores along a trend that may fall, rise, vanish or come back."""
        if self.style == "none" or self.chance(0.15):
            return {}
        self.trend = min(10, max(0, self.trend + self.pick(-4, -3, -2, -1, 0, 0, 1, 2, 3)))
        value = self.pick(0, 11) if self.chance(0.12) else self.trend
        if self.style == "nprs" or (self.style == "mixed" and self.chance(0.5)):
            return {"nprs": value}
        found = {"nprs_leg": value, "nprs_back": self.pick(*range(11))}
        if self.chance(0.35):
            del found[self.pick("nprs_leg", "nprs_back")]
        return found

    def answers(self, day: int) -> dict[str, Any]:
        """A clear screen with a few changes, a sparse one, or anything goes."""
        mood = self.pick("clear", "clear", "clear", "positive", "positive", "sparse", "wild")
        found: dict[str, Any] = {}
        if mood in ("clear", "positive"):
            found = dict.fromkeys(CES + URG + GP + HELP[:2] + HELP[3:4], "no")
            found |= {"has_back_pain": "yes", "has_leg_pain": "yes"}
        changes = {"clear": self.pick(0, 0, 1, 2), "positive": 2, "sparse": 3, "wild": 12}[mood]
        for _ in range(changes):
            item = self.pick(*self.pick(CES, URG, GP, HELP, HELP, PAIN))
            found[item] = self.answer(item, day)
        for group, share in ((HELP[4:], 0.3), (PATTERN, 0.25), (ROUTE, 0.25), (ADVISORY, 0.02)):
            for item in group:
                if self.chance(share):
                    found[item] = self.pick("yes", "no", "no", "yes", *SILENT[:2])
        if self.chance(0.06):
            found |= dict.fromkeys(PATTERN, "no") | {"ph_ache_or_sharp": "yes"}
        if self.chance(0.05):
            found["ces_6_urine_leak"] = {"value": "yes", "since": self.iso(day - 15)}
        if self.chance(0.05):
            found["red_flags_summary"] = self.pick("no", "yes", "unknown")
        return found

    def answer(self, item: str, day: int) -> Any:
        """One answer: plain, with timing, in parts, or contradicting itself."""
        value = self.pick("yes", "yes", "yes", "no", *SILENT)
        if self.chance(0.02):
            value = self.pick("maybe", " YES ", "conflict")
        if item == "help_2_med_helps":
            value = self.pick("yes", "no", "not_taking", "unknown")
        timed = item in CES or item == "urg_3_floppy_foot"  # data contract, section 1
        if self.chance(0.06):
            return [value, self.pick("yes", "no", "unknown")]
        if timed and self.chance(0.08):
            return [self.dated(value, day), self.dated(self.pick("yes", "yes", "no", "na"), day)]
        if self.chance(0.06):
            parts = {name: self.pick("yes", "no", "unknown") for name in "abc"[: self.pick(2, 3)]}
            return {"parts": parts, "op": self.pick("any", "all")}
        return self.dated(value, day) if timed and self.chance(0.6) else value

    def dated(self, value: str, day: int) -> dict[str, Any]:
        """An answer that may say since when, and whether it changed."""
        found: dict[str, Any] = {"value": value}
        if self.chance(0.75):
            found["since"] = self.since(day)
        if self.chance(0.4):
            found["changed_since_onset"] = self.pick("yes", "no", "unknown")
        return found

    def since(self, day: int) -> str:
        return self.iso(self.pick(-400, -16, -1, 0, 1, day - 15, day - 14, day - 1, day, day + 1))

    def logs(self) -> list[dict[str, Any]]:
        """A diary: a run of days, sparse or steady, sometimes with the day's pain."""
        if self.chance(0.45):
            return []
        if self.chance(0.08):
            return self.steady_logs()
        first, found = self.pick(-2, 0, 3, *self.days), []
        day, trend = first, self.pick(*range(11), 8)
        scored = self.chance(0.6)
        for number in range(1, self.pick(1, 2, 3, 5, 6, 7, 8, 9) + 1):
            row: dict[str, Any] = {"log_id": f"l{number}", "log_date": self.iso(day)}
            row |= self.exercise()
            if scored and self.chance(0.8):
                trend = min(11, max(0, trend + self.pick(-4, -3, -2, -1, 0, 1, 2)))
                row["nprs_today"] = self.pick(0, 10) if self.chance(0.15) else trend
            found.append(row)
            day += self.pick(0, 1, 2, 3, 3, 3, 14, 28, 29, 30)
        return found

    def steady_logs(self) -> list[dict[str, Any]]:
        """A diary kept up for weeks, one to three days in each, near the leaflet's amount."""
        found, first, gap = [], self.days[0] + self.pick(-1, 0, 1), self.pick(2, 3, 4, 7)
        done = self.pick(
            {"exercise_code": "knees_to_chest", "hold_s": 20, "reps": self.pick(3, 4, 5)},
            {"exercise_code": "bridge", "reps": self.pick(3, 4, 5)},
            {"exercise_code": "walk", "duration_s": 600},
        )
        for number, day in enumerate(range(first, first + self.pick(21, 28, 35, 49), gap), start=1):
            found.append({"log_id": f"l{number}", "log_date": self.iso(day), **done})
        return found

    def exercise(self) -> dict[str, Any]:
        row: dict[str, Any] = {"exercise_code": self.pick(*EXERCISES)}
        if self.chance(0.08):
            row["exercise_code"] = self.pick("EX99_PLANK", "other", "none")
        if self.chance(0.08):
            row["performed"] = self.pick("no", "yes", "unknown")
        for name, values in (
            ("sets", (1, 2, 3)),
            ("reps", (3, 4, 5, 9, 10, 15, 16)),
            ("hold_s", (10, 15, 20, 30, 31)),
            ("duration_s", (0, 15, 30, 45, 60, 61, 75, 76)),
        ):
            if self.chance(0.85):
                row[name] = self.pick(*values)
        return row

    def referrals(self) -> list[dict[str, Any]]:
        """Referrals to every destination around the contacts, sometimes twice the same."""
        found: list[dict[str, Any]] = []
        for number in range(1, self.pick(0, 0, 1, 1, 2, 3, 4) + 1):
            shift = self.pick(-29, -28, -8, -7, -3, -2, -1, 0, 0, 0, 1, 2, 7, 8, 14, 15, 40)
            row = {
                "referral_id": f"r{number}",
                "referral_date": self.iso(self.pick(*self.days) + shift),
                "destination": self.pick(*DESTINATIONS, *DESTINATIONS[:8]),
            }
            if self.chance(0.3):
                row["setting"] = self.pick("hospital", "hospital_spinal", "community")
            found.append(row)
            if self.chance(0.1):
                found.append(row | {"referral_id": f"s{number}"})
        return found

    def overrides(self) -> dict[str, Any]:
        if self.chance(0.6):
            return {}
        names = [self.pick(*OVERRIDES) for _ in range(self.pick(1, 1, 2, 3))]
        chosen = {name: self.pick(*OVERRIDES[name]) for name in names}
        if "target_days_per_week" in chosen:
            chosen["tried_def"] = "dose_adherent"  # nothing else of an episode depends on it
        return chosen


def random_cases(seed: int, n: int) -> Iterator[Case]:
    """The first n cases of a seed: (id, input, parameter overrides)."""
    for number in range(n):
        maker = Maker(random.Random(f"{seed}/{number}"))
        content = maker.episode()
        yield f"s{seed}-{number:05d}", content, maker.overrides()


def seeded_cases(seeds: Iterable[int]) -> Iterator[Case]:
    """One case for each seed, so that whoever chooses the seeds chooses the episodes."""
    for seed in seeds:
        maker = Maker(random.Random(seed))
        content = maker.episode()
        yield f"h{seed}", content, maker.overrides()


@st.composite
def episodes(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same episodes under Hypothesis, which can make a failing one smaller."""
    maker = Maker(draw(st.randoms(use_true_random=False)))
    return maker.episode(), maker.overrides()
