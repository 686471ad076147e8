"""What the three questions are answered with. Values only; `headline` fills them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from pipelines.measures.persistence import LandmarkShare
from pipelines.measures.types import Exclusions, Median, NotEstimable, Result

NOT_ASKED: Final = NotEstimable("Not estimated here.", "persistence_by_interval")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a set of bars that add up to their denominator; `code` is a level code or
    NOT_SETTLED."""

    code: str
    n: int
    share: Result


@dataclass(frozen=True, slots=True)
class LevelRange:
    """One level at first contact: exactly it, at least it, and at least it not ruled out."""

    code: str
    exactly: Result
    at_least: Result
    not_ruled_out: Result


@dataclass(frozen=True, slots=True)
class Escalation:
    """How often is care above self-management needed, by the leaflet's rules?

    `confirmed` and `not_ruled_out` are GP or above at the first contact. `bars_first` and
    `bars_ever` run from A_AND_E to SELF_MANAGE and end with NOT_SETTLED; each set adds up to n.
    `without_cancer_only` keeps the same denominator and drops from the numerator those whose only
    sign is a history of cancer (`cancer_only` of them).
    """

    n_episodes: int
    exclusions: Exclusions
    confirmed: Result
    not_ruled_out: Result
    without_cancer_only: Result
    cancer_only: int
    levels: tuple[LevelRange, ...]
    bars_first: tuple[Bar, ...]
    bars_ever: tuple[Bar, ...]
    ever: Result
    within_56_days: Result
    screen_complete_first: Result


@dataclass(frozen=True, slots=True)
class IncidenceStep:
    """One day of the improvement curve; shares in 0..1, improved + escalated + still_open = 1."""

    day: int
    n_at_risk: int
    improved: float
    improved_lower: float | None
    improved_upper: float | None
    escalated: float
    escalated_lower: float | None
    escalated_upper: float | None
    still_open: float


@dataclass(frozen=True, slots=True)
class IncidenceAt:
    """Share improved and share escalated first, by one day."""

    day: int
    improved: Result
    escalated: Result


@dataclass(frozen=True, slots=True)
class ImprovedBy:
    """Share improved by a day, whenever it was seen, and the least and the most it can be."""

    day: int
    share: Result
    least: Result
    most: Result


@dataclass(frozen=True, slots=True)
class Improvement:
    """How soon do people get better? Clock: the first pain score.

    `by_interval` are the headline shares; `curve`, `at`, `median` and `restricted_mean` date an
    improvement on the day of the score that shows it. Under another definition of improvement
    than that of the data there are none `by_interval`.

    `n_followed` have a time; the rest are in `exclusions` by reason. `n_at_risk` is
    (day, number) at the days of a risk table. `median` is cause-specific: escalation before
    improvement counts as the end of follow-up there, so read the shares in `at` first.
    `last_day` is the longest follow-up; the curve ends there.
    """

    n_episodes: int
    n_followed: int
    n_improved: int
    n_escalated: int
    exclusions: Exclusions
    two_scores: Result
    curve: tuple[IncidenceStep, ...]
    n_at_risk: tuple[tuple[int, int], ...]
    at: tuple[IncidenceAt, ...]
    median: Median | Result
    restricted_mean: Result
    restricted_mean_days: int | None
    median_gap_days: float | None
    last_day: int | None
    by_interval: tuple[ImprovedBy, ...] = ()

    def improved_by(self, day: int) -> ImprovedBy:
        """The headline share by a day; not estimable where these answers have none."""
        none = NotEstimable("Not estimated here.", "improvement_by_day_interval")
        found = (each for each in self.by_interval if each.day == day)
        return next(found, ImprovedBy(day, none, none, none))


@dataclass(frozen=True, slots=True)
class CountParts:
    """People past 8 weeks, in parts.

    total = arrived + crossed + cohort_unknown, and total = improved + not_improved +
    improvement_unknown. `arrived` were first seen past 8 weeks, `crossed` passed 8 weeks while
    with us. `not_improved` includes the `escalated_first`.
    """

    measure: str
    total: int
    arrived: int
    crossed: int
    cohort_unknown: int
    improved: int
    not_improved: int
    escalated_first: int
    improvement_unknown: int


@dataclass(frozen=True, slots=True)
class StatusCount:
    """Episodes with one status at 8 weeks: all, those seen within 8 weeks, and mature of those."""

    status: str
    n: int
    seen_within_8_weeks: int
    seen_within_8_weeks_and_mature: int


@dataclass(frozen=True, slots=True)
class ResolutionStep:
    """One day of the curve of those still symptomatic, counted from onset."""

    day: int
    n_at_risk: int
    still: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Persistence:
    """How many are still symptomatic past 8 weeks?

    `now` = open and past 8 weeks; `ever` = everyone known to be symptomatic past 8 weeks.
    `by_interval_8_weeks` and `by_interval_6_weeks` are the headline shares, whenever the end was
    seen; they lie between `share_8_weeks.best` and `.worst` whatever became of those unseen.
    `share_8_weeks` and `share_6_weeks`: seen within 8 weeks of onset and mature, on the same
    episodes; `share_due` also takes those whose next visit may still be to come (biased low).
    `estimated_8_weeks` and `estimated_6_weeks` use partial follow-up from onset; the curve begins
    after `estimated_from_day`, where the minimum risk set is first reached, and
    `events_before_start` resolutions before that are left out of it.
    """

    n_episodes: int
    exclusions: Exclusions
    now: CountParts
    ever: CountParts
    crossing_soon: int
    share_8_weeks: LandmarkShare
    share_6_weeks: LandmarkShare
    share_due: LandmarkShare
    estimated_8_weeks: Result
    estimated_6_weeks: Result
    estimated_from_day: int | None
    events_before_start: int
    n_at_risk: tuple[tuple[int, int], ...]
    curve: tuple[ResolutionStep, ...]
    statuses: tuple[StatusCount, ...]
    mature_months: tuple[date, ...]
    immature_months: tuple[date, ...]
    by_interval_8_weeks: Result = NOT_ASKED
    by_interval_6_weeks: Result = NOT_ASKED


@dataclass(frozen=True, slots=True)
class Answers:
    """The three answers for one filter."""

    escalation: Escalation
    improvement: Improvement
    persistence: Persistence
