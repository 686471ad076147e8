"""Medians of many groups at once: one pass over all of them instead of a curve for each month.

Every figure is that of `survival.kaplan_meier(...).median()` to the last place. On the days on
which nobody of a group leaves S is multiplied by 1 and 0 is added to its variance, which changes
neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pipelines.measures.coded import CASES, Row, Sums
from pipelines.measures.risk import Floats
from pipelines.measures.survival import HALF, log_log_limits

MEDIAN: Final = "median"
"""Where the row of a group has its own."""
MOST_CELLS: Final = 2**18
"""Groups by days that are worked out in one go; beyond them each group gets a curve."""


@dataclass(frozen=True, slots=True)
class GroupMedian:
    """`n` people, `events` of them with the event; days of median and limits, None: not reached."""

    n: int
    events: int
    value: float | None
    lower: float | None
    upper: float | None


def with_medians(found: list[Row], cause: int) -> list[Row]:
    """Rows of counted cases, each that is a group of its own with its median as `MEDIAN`.

    As they are where somebody comes under observation late, or a time is not known or negative.
    """
    places = [i for i, row in enumerate(found) if row["reason"] is None and CASES in row]
    medians = _medians([found[i][CASES] for i in places], cause)
    if medians is None:
        return found
    told = list(found)
    for i, median in zip(places, medians, strict=True):
        told[i] = {**told[i], MEDIAN: median}
    return told


def _medians(groups: Sequence[Sums], cause: int) -> list[GroupMedian] | None:
    """One for each group; None where only a curve can tell."""
    if len(groups) < 2:
        return None
    exits, events = groups[0].columns["exit"], groups[0].columns["event"]
    times, kinds = exits.floats, events.floats
    if times is None or kinds is None or len(groups) * len(times) > MOST_CELLS:
        return None
    if any(bool((each.numbers("entry") > 0.0).any()) for each in groups):
        return None
    day = np.concatenate([each.columns["exit"].codes for each in groups]).astype(np.int64)
    kind = kinds[np.concatenate([each.columns["event"].codes for each in groups])]
    if bool(np.isnan(times[day]).any() or np.isnan(kind).any() or (times[day] < 0.0).any()):
        return None
    n = np.concatenate([each.n for each in groups])
    sizes = [len(each.n) for each in groups]
    place = np.repeat(np.arange(len(groups)), sizes) * len(times) + day
    shape = (len(groups), len(times))
    # whole numbers far below 2^53, so exact
    leave = np.bincount(place, n, len(groups) * len(times)).reshape(shape)
    own = kind == cause
    event = np.bincount(place[own], n[own], len(groups) * len(times)).reshape(shape)
    total = leave.sum(axis=1)
    at_risk: Floats = np.asarray(total[:, None] - np.cumsum(leave, axis=1) + leave, np.float64)
    surv, se = _product_limit(at_risk, event)
    lower, upper = log_log_limits(surv, se, 0.95)
    reached = [
        _first(times, values)
        for values in (
            surv,
            np.where(np.isnan(lower), np.inf, lower),
            np.where(np.isnan(upper), np.inf, upper),
        )
    ]
    counts = zip(total.tolist(), event.sum(axis=1).tolist(), strict=True)
    return [
        GroupMedian(int(n), int(x), *(column[i] for column in reached))
        for i, (n, x) in enumerate(counts)
    ]


def _product_limit(at_risk: Floats, event: Any) -> tuple[Floats, Floats]:
    """As `survival._product_limit`, group by group."""
    there = at_risk > 0.0
    step = np.ones_like(at_risk)
    np.divide(at_risk - event, at_risk, out=step, where=there)
    surv = np.cumprod(step, axis=1).astype(np.float64)
    terms = np.zeros_like(at_risk)
    np.divide(event, at_risk * (at_risk - event), out=terms, where=at_risk > event)
    return surv, (surv * np.sqrt(np.cumsum(terms, axis=1))).astype(np.float64)


def _first(times: Floats, values: Floats) -> list[float | None]:
    """The first time at which each group's values are at or below one half."""
    below = values <= HALF
    first = times[below.argmax(axis=1)].tolist()
    reached: list[bool] = np.any(below, axis=1).tolist()
    return [time if yes else None for time, yes in zip(first, reached, strict=True)]
