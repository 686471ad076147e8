"""The key figures at the top of the Overview, in words. No screen library."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import text
from dashboard.charts import shown
from pipelines.measures.answers import Answers, Escalation, Improvement, Persistence
from pipelines.measures.catalogue import measure
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate, Exclusions, Median, NotEstimable, Result

NEUTRAL = "◇"
CLOCK = "◷"
KNOWN = "◑"
MORE = "▷"


@dataclass(frozen=True)
class Card:
    """A label, its value, lines that each begin with a symbol, and the measure that defines it.

    `part` is the part of the measure; `judged` the measure whose months get the verdict, where it
    is another one (a count of today has no months).
    """

    label: str
    value: str
    lines: tuple[str, ...]
    measure: str
    part: str | None = None
    judged: str = ""


def headline(found: Answers) -> tuple[Card, Card, Card]:
    """One card per question."""
    return (
        _escalation(found.escalation),
        _improvement(found.improvement),
        _persistence(found.persistence),
    )


def _escalation(found: Escalation) -> Card:
    return Card(
        "Escalation confirmed at first contact",
        text.figure(found.confirmed),
        (
            _spread(found.confirmed),
            f"{MORE} {_with('not ruled out', found.not_ruled_out)}",
            f"{NEUTRAL} Neither up nor down is good in itself",
        ),
        "escalation_confirmed",
    )


def _improvement(found: Improvement) -> Card:
    by_8_weeks = found.improved_by(56)
    return Card(
        "Improved within 8 weeks",
        text.figure(by_8_weeks.share),
        (
            _estimated(by_8_weeks.share),
            f"{NEUTRAL} {_range(by_8_weeks.least, by_8_weeks.most, 'whatever the day of each')}",
            f"{CLOCK} {_median(found.median)}",
            f"{KNOWN} {_with('of episodes have two scores', found.two_scores, counts=True)}",
        ),
        "improvement_by_day_interval",
        "day 56",
        "time_to_improvement_median",
    )


def _persistence(found: Persistence) -> Card:
    share = found.share_8_weeks
    known = share.known
    status = f"{KNOWN} {_with('of those due have a known status', known, counts=True)}"
    if isinstance(known, Estimate) and not share.known_enough:
        status = f"△ Status known in only {text.percent(known.value)} ({text.ratio(known)})"
    if isinstance(share.share, Estimate):
        status += f"; of these {text.figure(share.share)} were past 8 weeks"
    estimate = found.by_interval_8_weeks
    past = _with("of those seen within 8 weeks were past 8 weeks", estimate)
    if isinstance(estimate, Estimate):
        past = (
            f"{text.figure(estimate)} of those seen within 8 weeks were past 8 weeks, whenever "
            f"the end was seen ({_estimated(estimate)})"
        )
    unseen = "whatever became of those without later information"
    return Card(
        "Open now and past 8 weeks",
        text.plural(found.now.total, "episode"),
        (
            f"{MORE} {past}",
            f"{NEUTRAL} {_range(share.best, share.worst, unseen)}",
            status,
        ),
        "persisting_now",
        judged="persistence_share_8_weeks",
    )


def red_flags(confirmed: Shown, possible: Shown, share: Shown) -> Card:
    """A&E and urgent triggers without a recorded action in time; the possible ones beside."""
    entry = measure("red_flags_not_in_time_share")
    count = measure("red_flags_not_in_time")
    value = shown.value(confirmed)
    return Card(
        "Red flags not acted on in time",
        shown.said(confirmed, count).capitalize()
        if value is None
        else text.plural(int(value), "trigger"),
        (
            f"{MORE} {shown.said(possible, count)} more possible: when the sign began is not known",
            f"{KNOWN} {shown.whole(share, entry)} of those whose time is up",
        ),
        "red_flags_not_in_time",
        "confirmed",
        "red_flags_not_in_time_share",
    )


def _spread(result: Result) -> str:
    if isinstance(result, NotEstimable):
        return result.reason
    return f"{text.limits(result)}; {text.ratio(result)}"


def _with(words: str, result: Result, counts: bool = False) -> str:
    if isinstance(result, NotEstimable):
        return f"{words.capitalize()}: {result.reason[0].lower()}{result.reason[1:]}"
    detail = text.ratio(result) if counts else f"{text.limits(result)}; {text.ratio(result)}"
    return f"{text.figure(result)} {words} ({detail})"


def _estimated(result: Result) -> str:
    """Limits of an estimate, which is no ratio of counts, and of how many people it is."""
    if isinstance(result, NotEstimable):
        return result.reason
    return f"{text.limits(result)}; estimated from {text.count(result.denominator)}"


def _range(low: Result, high: Result, whatever: str) -> str:
    if isinstance(low, Estimate) and isinstance(high, Estimate):
        return f"Between {text.figure(low)} and {text.figure(high)} {whatever}"
    return "No range: nobody is due yet"


def _median(found: Median | Result) -> str:
    """The median, which dates an improvement on the day of the score that shows it."""
    if not isinstance(found, Median):
        return found.reason if isinstance(found, NotEstimable) else _spread(found)
    n = f"{text.limits(found)}; {text.count(found.events)} improved of {text.count(found.n)}"
    if found.value is None:
        return f"Median time until it was seen not reached ({n})"
    return f"Median time until it was seen: {text.days(found.value)} ({n})"


def left_out(results: list[Result | Median]) -> list[tuple[str, Exclusions]]:
    """Each result's measure with those whom it leaves out."""
    return [(result.measure, result.exclusions) for result in results]


def escalation_results(found: Escalation) -> list[Result | Median]:
    """The figures of the escalation section whose definitions the page lists."""
    return [
        found.confirmed,
        found.not_ruled_out,
        found.without_cancer_only,
        found.bars_first[0].share,
        found.levels[0].at_least,
        found.levels[0].not_ruled_out,
        found.screen_complete_first,
    ]


def improvement_results(found: Improvement) -> list[Result | Median]:
    """The figures of the improvement section whose definitions the page lists."""
    shares = [found.by_interval[0].share] if found.by_interval else []
    curve = [found.median, found.at[0].improved, found.at[0].escalated, found.two_scores]
    return [*shares, *curve]


def persistence_results(found: Persistence) -> list[Result | Median]:
    """The figures of the persistence section whose definitions the page lists."""
    share = found.share_8_weeks
    seen = [share.share, share.best, share.worst, share.known, found.estimated_8_weeks]
    return [found.by_interval_8_weeks, *seen]
