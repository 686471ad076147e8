"""The truth file: the rates that were put in, counted on complete, latent answers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from sample_data import world
from sample_data.people import Episode
from sample_data.visits import CODES


@dataclass
class Truth:
    """Counts over latent episodes; `document` turns them into the truth file."""

    seed: int
    episodes: int
    levels: Counter[str] = field(default_factory=Counter)
    by_site: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_month: Counter[tuple[str, str]] = field(default_factory=Counter)
    incident: Counter[str] = field(default_factory=Counter)
    incident_by_month: Counter[tuple[str, str]] = field(default_factory=Counter)
    past_6_weeks: int = 0
    arrived: Counter[int] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    improved: Counter[int] = field(default_factory=Counter)
    improvable: int = 0
    improved_as_scored: Counter[int] = field(default_factory=Counter)
    improvable_as_scored: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    corrected: dict[str, int] = field(default_factory=dict)
    pathway: Counter[Any] = field(default_factory=Counter)

    def see(self, episode: Episode) -> None:
        """Count one latent episode, before anything of it is lost."""
        level = CODES[episode.level()]
        month = episode.first.strftime("%Y-%m")
        self.levels[level] += 1
        self.by_site[episode.site.id, level] += 1
        self.by_month[month, level] += 1
        self.arrived[episode.delay] += 1
        self.ended[ceil(episode.resolves)] += 1
        if episode.delay <= 56:
            past = "past" if episode.resolves > 56 else "resolved"
            self.incident[past] += 1
            self.incident_by_month[month, past] += 1
            self.past_6_weeks += episode.resolves > 42
        if episode.start_score >= 2 and episode.level() < 3:
            self.improvable += 1
            day = episode.improves_on()
            for landmark in (42, 56, 84):
                self.improved[landmark] += int(day is not None and day <= landmark)
        if episode.level() < 3:
            self._as_scored(episode)

    def _as_scored(self, episode: Episode) -> None:
        """Improvement on the scale that a person is asked for, from the day of the first score.

        Whole numbers without noise, on every day whether anybody asked or not: what the measures
        of improvement are about. The first score is the recorded one's day, not its value.
        """
        first = episode.first_scored()
        if first is None or (start := episode.whole_score(first)) < 2:
            return
        self.improvable_as_scored += 1
        for day in range(1, 85):
            fall = start - episode.whole_score(first + day)
            if fall >= 2 and 100 * fall >= 30 * start:
                for landmark in (42, 56, 84):
                    self.improved_as_scored[landmark] += int(day <= landmark)
                return

    def still(self, day: int) -> float:
        """Share past a day of all who got the pain, were they as those under observation.

        Those who were better before they would have come are in it: the product of (1 - ended /
        under observation) over the days, everybody counted from the day of arrival on. What the
        Kaplan-Meier estimate with late entry is about.
        """
        left, watched, t = 1.0, 0, 0
        while t < day:
            watched += self.arrived[t]
            t += 1
            if watched:
                left *= 1.0 - self.ended[t] / watched
            watched -= self.ended[t]
        return left

    def document(self, shows: dict[str, str], rows: dict[str, int]) -> dict[str, Any]:
        """The truth file's content."""
        n = sum(self.levels.values())
        above = sum(self.levels[code] for code in ("A_AND_E", "URGENT", "GP"))
        return {
            "about": "Invented data. Rates are counted on complete, latent answers.",
            "seed": self.seed,
            "episodes": self.episodes,
            "extract_date": world.EXTRACT.isoformat(),
            "headline": {
                "gp_or_above_at_first_contact": _rate(above, n),
                "levels_at_first_contact": {c: _rate(self.levels[c], n) for c in reversed(CODES)},
                "past_8_weeks_of_those_seen_within_8_weeks": _rate(
                    self.incident["past"], sum(self.incident.values())
                ),
                "past_6_weeks_of_those_seen_within_8_weeks": _rate(
                    self.past_6_weeks, sum(self.incident.values())
                ),
                "past_8_weeks_of_all_who_got_it": {
                    "share": round(self.still(56), 6),
                },
                "improved_by_day_in_whole_scores_from_first_score": {
                    str(day): _rate(self.improved_as_scored[day], self.improvable_as_scored)
                    for day in (42, 56, 84)
                },
                "improved_by_day_from_first_score": {
                    str(day): _rate(self.improved[day], self.improvable) for day in (42, 56, 84)
                },
            },
            "by_site": self._split(self.by_site),
            "by_month": self._split(self.by_month),
            "past_8_weeks_by_month": {
                month: _rate(
                    self.incident_by_month[month, "past"],
                    self.incident_by_month[month, "past"]
                    + self.incident_by_month[month, "resolved"],
                )
                for month in sorted({month for month, _ in self.incident_by_month})
            },
            "pathway": pathway_truth(self.pathway),
            "built_in": self._built_in(),
            "faults": dict(sorted(self.faults.items())),
            "named_episodes": shows,
            "rows": rows,
        }

    def _built_in(self) -> dict[str, Any]:
        """The situations that were put in, by what each is."""
        return {
            "refers_less_than_the_leaflet_says": world.UNDER_SITE,
            "very_few_cases": world.SMALL_SITE,
            "cauda_equina_questions_blank": _span(
                world.BLANK_SITE, world.BLANK_FROM, world.BLANK_TO
            ),
            "more_red_flags": {
                **_span("all sites", world.RISE_FROM, world.RISE_TO),
                "factor": world.RISE_FACTOR,
            },
            "correction": {
                **_span(world.CORRECTED_SITE, world.CORRECTED_FROM, world.CORRECTED_TO),
                **self.corrected,
            },
            "constant_persistence": "the course of pain does not depend on the calendar",
        }

    @staticmethod
    def _split(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (key, level), n in sorted(counts.items()):
            found.setdefault(key, {})[level] = n
        return found


def pathway_truth(put_in: Counter[Any]) -> dict[str, Any]:
    """What the pathway put in, on rows that no fault had spoilt."""

    def group(name: str) -> dict[str, int]:
        found = {str(key[1]): n for key, n in put_in.items() if key[0] == name and n}
        return dict(sorted(found.items()))

    def median(name: str) -> int:
        days = {key[1]: n for key, n in put_in.items() if key[0] == name}
        half, so_far = sum(days.values()) / 2, 0
        for day in sorted(days):
            so_far += days[day]
            if so_far >= half:
                return int(day)
        return 0

    visits = group("visits")
    missed, attended = visits.get("missed 3", 0), visits.get("attended", 0)
    return {
        "referral_source": group("source"),
        "median_days_referral_received_to_triage": median("days to triage"),
        "median_days_referral_to_first_appointment": median("days to appointment"),
        "waiting_for_first_appointment": put_in["waiting"],
        "received_after_triage": put_in["received_after_triage"],
        "visits_after_triage": visits,
        "did_not_attend": _rate(missed, missed + attended),
        "back_within_12_weeks_of_discharge": _rate(put_in["returned"], put_in["discharged"]),
        "ed_outcome": group("ed_outcome"),
        "global_change": group("pgic"),
        "msk_hq_gain_of_6": _rate(put_in["msk_hq gain of 6"], put_in["msk_hq pairs"]),
        "treatment_route_referrals": group("route"),
    }


def _rate(x: int, n: int) -> dict[str, Any]:
    return {"x": x, "n": n, "share": round(x / n, 6) if n else None}


def _span(where: str, start: dt.date, end: dt.date) -> dict[str, str]:
    return {"where": where, "from": start.isoformat(), "to": end.isoformat()}
