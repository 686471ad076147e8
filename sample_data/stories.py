"""A dozen named episodes that tell the rules; complete screens, so each has one answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sample_data import world
from sample_data.people import Contact, Episode

SITE = world.SITES[0]
ONSET = dt.date(2026, 1, 5)
NO = dict.fromkeys(world.SCREEN, "no")
HELP = {
    "help_1_unmanageable": "no", "help_2_sleep_impact": "no", "help_2_med_helps": "no",
    "help_3_worsening": "no", "help_tried": "no", "help_improving": "not_asked",
    "has_back_pain": "yes", "has_leg_pain": "yes", "symptoms_present": "yes",
}  # fmt: skip


def day(number: int) -> dt.date:
    """So many days after the stories' onset."""
    return ONSET + dt.timedelta(days=number)


def visit(story: str, number: int, on: int, kind: str = "review", **answers: Any) -> Contact:
    """One contact with a complete, clear screen but for `answers`."""
    return {
        "contact_id": f"{story}-{number}", "episode_id": story, "patient_id": f"P-{story}",
        "site_id": SITE.id, "contact_date": day(on), "contact_time": "10:00",
        "contact_type": "triage" if number == 1 else kind, "age_band": "45-54", "sex": "female",
        "ethnic_group": "White", "imd_quintile": "2", "onset_date": ONSET,
        "onset_precision": "day", "nprs": 6, "adv_bilateral": "no", "safety_net_given": "yes",
        "ph_below_knee": "yes", "ph_shooting_burning_electric": "yes", "ph_pins_numbness": "no",
        **NO, **HELP, **answers,
    }  # fmt: skip


def sent(destination: str, on: int) -> dict[str, Any]:
    """A referral on record."""
    return {"referral_destination": destination, "referral_date": day(on)}


def diary(story: str, days: range, score: int | None = None) -> list[dict[str, Any]]:
    """Knees to chest, the leaflet's amount, on these days."""
    return [
        {"episode_id": story, "log_date": day(on), "synced_date": day(on), "performed": "yes",
         "exercise_code": "knees_to_chest", "hold_s": 20, "reps": 5, "pain_during": 2,
         "nprs_today": score}
        for on in days
    ]  # fmt: skip


def stories() -> tuple[list[Episode], dict[str, str]]:
    """The named episodes, and what each one is to show."""
    told = [*_red_flags(), *_cancer(), *_twins(), *_course()]
    return [story.episode() for story in told], {story.name: story.shows for story in told}


@dataclass(frozen=True)
class Story:
    """A named episode: what it is to show, its contacts and its diary."""

    name: str
    shows: str
    contacts: list[Contact]
    logs: list[dict[str, Any]] = field(default_factory=list)

    def episode(self) -> Episode:
        """As the generator's other episodes; of its latent course nothing is used."""
        made = Episode(
            number=0, site=SITE, first=self.contacts[0]["contact_date"], delay=5, resolves=999.0,
            kind="persistent", start_score=6.0, reviews=0, has_app=bool(self.logs), signs={},
            help={}, person={}, onset_known="day", story=True,
        )  # fmt: skip
        made.contacts, made.logs = self.contacts, self.logs
        return made


def _red_flags() -> Iterator[Story]:
    name = "STORY-01-LATE-AE"
    yield Story(
        name,
        "A&E at day 5, acted on 39 days later: acted on late",
        [visit(name, 1, 5, ces_1_saddle="yes", **sent("A_AND_E", 44))],
    )
    name = "STORY-02-SECOND-FLAG"
    yield Story(
        name,
        "A second red flag after the first was dealt with: no action recorded",
        [
            visit(name, 1, 5, ces_1_saddle="yes", **sent("A_AND_E", 5)),
            visit(name, 2, 60, ces_6_urine_leak="yes"),
        ],
    )
    name = "STORY-03-BILATERAL"
    yield Story(
        name,
        "Bilateral pain sent to A&E: beyond the leaflet, supported by an advisory item",
        [visit(name, 1, 5, adv_bilateral="yes", **sent("A_AND_E", 5))],
    )
    name = "STORY-04-OLD-LEAK"
    old: dict[str, Any] = {
        "ces_6_urine_leak_since": dt.date(2024, 1, 10),
        "ces_6_urine_leak_changed": "no",
    }
    yield Story(
        name,
        "A leak since two years before, unchanged: not a sign of this episode",
        [visit(name, 1, 5, ces_6_urine_leak="yes", **old)],
    )
    name = "STORY-05-FOOT-BLANK"
    yield Story(
        name,
        "Floppy foot with one box blank: urgent care confirmed, A&E not ruled out",
        [visit(name, 1, 5, urg_3_floppy_foot="yes", ces_2_wiping="", **sent("URGENT", 5))],
    )


def _cancer() -> Iterator[Story]:
    name = "STORY-06-CANCER-BY-GP"
    yield Story(
        name,
        "Cancer fifteen years ago, referred in by the GP: action recorded",
        [visit(name, 1, 5, gp_1_cancer="yes", referral_source="gp")],
    )
    name = "STORY-07-CANCER-GAIT"
    yield Story(
        name,
        "Cancer with a change of gait: urgent care, no action recorded",
        [visit(name, 1, 5, gp_1_cancer="yes", urg_2_gait="yes")],
    )


def _twins() -> Iterator[Story]:
    for twin, due in ((42, "not met"), (43, "permitted"), (56, "permitted"), (57, "due")):
        name = f"STORY-08-DAY-{twin}"
        yield Story(
            name,
            f"Not improved on day {twin} despite the exercises: an appointment is {due}",
            [
                visit(name, 1, 7, nprs=6),
                visit(name, 2, twin, nprs=6, help_tried="yes", help_improving="no"),
            ],
        )


def _course() -> Iterator[Story]:
    name = "STORY-09-BETTER-NOT-WELL"
    yield Story(
        name,
        "From 8 to 3 but still symptomatic past 8 weeks: improved, and persisting",
        [
            visit(name, 1, 7, nprs=8),
            visit(name, 2, 70, nprs=3, help_tried="yes", help_improving="yes"),
        ],
    )
    name = "STORY-10-SIX-DIARY-DAYS"
    yield Story(
        name,
        "Six diary days within 13 days: whether the exercises were tried is not known",
        [
            visit(name, 1, 7, nprs=6, help_tried="not_asked"),
            visit(name, 2, 60, nprs=6, help_tried="not_asked", help_improving="no"),
        ],
        diary(name, range(8, 20, 2)),
    )
    name = "STORY-11-DID-NOT-ATTEND"
    blank: dict[str, Any] = dict.fromkeys((*world.SCREEN, *HELP), "")
    yield Story(
        name,
        "An appointment not attended is not evaluated",
        [
            visit(name, 1, 7, help_1_unmanageable="yes", **sent("TIMS", 8)),
            visit(name, 2, 30, "appointment", attendance="3", nprs=None, **blank),
        ],
    )
