"""Latent episodes: what is true of each person before anything is asked or lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sample_data import world

Contact = dict[str, Any]


@dataclass
class Episode:
    """One latent episode; days are counted from onset unless said otherwise."""

    number: int
    site: world.Site
    first: dt.date
    delay: int
    resolves: float
    kind: str
    start_score: float
    reviews: int
    has_app: bool
    signs: dict[str, bool]
    help: dict[str, str]
    person: dict[str, str]
    onset_known: str
    contacts: list[Contact] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    referrals: list[dict[str, Any]] = field(default_factory=list)
    story: bool = False

    @property
    def onset(self) -> dt.date:
        """The true first day of pain."""
        return self.first - dt.timedelta(days=self.delay)

    @property
    def id(self) -> str:
        """Pseudonym of the episode; no ten digits in a row, so never an NHS number."""
        return f"{self.site.service[0].upper()}E-{self.number * 7919 % 16777213:06x}"

    def score(self, days_since_first: float) -> float:
        """The noise-free pain score so many days after the first contact."""
        if self.kind == "persistent":
            return self.start_score
        left = max(self.resolves - self.delay, 1.0)
        share = max(0.0, 1.0 - days_since_first / left)
        if self.kind == "fluctuating":
            wave = 0.9 + 0.16 * np.sin(days_since_first / 9.0 + self.number)
            return float(max(0.0, self.start_score * wave)) if share > 0 else 0.0
        power = {"fast": 0.55, "steady": 0.45, "slow": 0.5}[self.kind]
        return float(self.start_score * share**power)

    def whole_score(self, days_since_first: int) -> int:
        """The noise-free score as a whole number from 0 to 10; 0 only once resolved."""
        if days_since_first + self.delay >= self.resolves:
            return 0
        return int(np.clip(round(self.score(days_since_first)), 1, 10))

    def first_scored(self) -> int | None:
        """Days from the first contact to the first recorded score, None where there is none."""
        days = [c["contact_date"] for c in self.contacts if c["nprs"] is not None]
        days += [log["log_date"] for log in self.logs if log["nprs_today"] is not None]
        return min(((day - self.first).days for day in days), default=None)

    def improves_on(self) -> int | None:
        """First day after the first score with a fall of 2 points and 30 %, up to 84 days."""
        for day in range(1, 85):
            fall = self.start_score - self.score(day)
            if fall >= 2 and fall >= 0.3 * self.start_score:
                return day
        return None

    def level(self) -> int:
        """The leaflet's level on complete answers at the first contact (0 to 4)."""
        if any(self.signs[code] for code in world.CES):
            return 4
        if any(self.signs[code] for code in world.URGENT):
            return 3
        if self.delay <= 84 and any(self.signs[code] for code in world.GP):
            return 2
        said = self.help
        tried = said["help_tried"] == "yes"
        sleep = said["help_2_sleep_impact"] == "yes" and said["help_2_med_helps"] != "yes"
        stuck = self.delay > 56 and tried and said["help_improving"] == "no"
        worse = said["help_3_worsening"] == "yes" and tried
        return int(said["help_1_unmanageable"] == "yes" or sleep or worse or stuck)


def draw(rng: np.random.Generator, first_number: int, n: int) -> list[Episode]:
    """`n` latent episodes, drawn as arrays."""
    sites = rng.choice(len(world.SITES), n, p=[s.share for s in world.SITES])
    days = rng.integers(0, world.DAYS, n)
    delays = np.clip(np.round(rng.lognormal(np.log(27), 0.95, n)), 0, 900).astype(int)
    kinds = rng.choice(len(world.CLASSES), n, p=[c[1] for c in world.CLASSES])
    medians = np.array([c[2] for c in world.CLASSES])[kinds]
    spreads = np.array([c[3] for c in world.CLASSES])[kinds]
    resolves = rng.lognormal(np.log(medians), spreads)
    # Whoever comes is still in pain: a course that would have ended goes on a little.
    resolves = np.where(resolves > delays + 2, resolves, delays + 5 + rng.exponential(30.0, n))
    scores = np.clip(np.round(rng.normal(6.1, 1.8, n)), 1, 10)
    reviews = rng.choice(4, n, p=world.REVIEW_RATES)
    app = rng.random(n) < world.APP_RATE
    precision = rng.choice(3, n, p=[0.79, 0.11, 0.10])
    uniform = rng.random((n, 15))
    rates = np.array([*world.CES_RATES, *world.URGENT_RATES, *world.GP_RATES])
    said = rng.random((n, 8))
    who = rng.random((n, 4))
    found = []
    for i in range(n):
        first = _weekday(world.START + dt.timedelta(days=int(days[i])))
        raised = world.RISE_FROM <= first <= world.RISE_TO
        factor = np.ones(15)
        factor[:12] = world.RISE_FACTOR if raised else 1.0
        signs = uniform[i] < rates * factor
        found.append(
            Episode(
                number=first_number + i,
                site=world.SITES[sites[i]],
                first=first,
                delay=int(delays[i]),
                resolves=float(resolves[i]),
                kind=world.CLASSES[kinds[i]][0],
                start_score=float(scores[i]),
                reviews=int(reviews[i]),
                has_app=bool(app[i]),
                signs=dict(zip(world.SCREEN, map(bool, signs), strict=True)),
                help=_help(said[i], world.CLASSES[kinds[i]][0], float(scores[i])),
                person=_person(who[i]),
                onset_known=("day", "month", "missing")[precision[i]],
            )
        )
    return found


def _weekday(day: dt.date) -> dt.date:
    """Clinics work on weekdays; a weekend becomes the Friday before."""
    return max(day - dt.timedelta(days=max(0, day.weekday() - 4)), world.START)


def _help(u: np.ndarray, kind: str, score: float) -> dict[str, str]:
    hard = score >= 8
    return {
        "help_1_unmanageable": "yes" if u[0] < (0.24 if hard else 0.05) else "no",
        "help_2_sleep_impact": "yes" if u[1] < (0.42 if hard else 0.17) else "no",
        "help_2_med_helps": "yes" if u[2] < 0.55 else "no" if u[2] < 0.92 else "not_taking",
        "help_3_worsening": "yes" if u[3] < 0.13 else "no",
        "help_tried": "yes" if u[4] < 0.48 else "no",
        "help_improving": "yes"
        if u[5] < (0.15 if kind in ("slow", "persistent") else 0.45)
        else "no",
        "has_back_pain": "yes" if u[6] < 0.88 else "no",
        "has_leg_pain": "yes" if u[7] < 0.96 else "no",
    }


def _person(u: np.ndarray) -> dict[str, str]:
    def pick(values: tuple[str, ...], shares: tuple[float, ...], at: float) -> str:
        return values[min(int(np.searchsorted(np.cumsum(shares), at)), len(values) - 1)]

    return {
        "age_band": pick(world.AGE_BANDS, world.AGE_SHARES, u[0]),
        "sex": pick(world.SEXES, world.SEX_SHARES, u[1]),
        "ethnic_group": pick(world.ETHNIC, world.ETHNIC_SHARES, u[2]),
        "imd_quintile": pick(world.IMD, world.IMD_SHARES, u[3]),
    }
