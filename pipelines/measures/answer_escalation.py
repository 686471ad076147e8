"""How often is care above self-management needed? (K1, K2)"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelines.measures.answers import Bar, Escalation, LevelRange
from pipelines.measures.proportion import share
from pipelines.measures.query import Row
from pipelines.measures.types import (
    A_AND_E,
    GP,
    LEVELS,
    NOT_SETTLED,
    SELF_MANAGE,
    TIMS,
    Exclusions,
    Result,
)

EMPTY = "no episode in the selection has an evaluated contact"


def escalation(found: Sequence[Row]) -> Escalation:
    """Rows of `sql/escalation.sql` -> the answer."""
    seen = [row for row in found if row["seen"] and row["first_lb"] is not None]
    no_contact = sum(row["n"] for row in found if not row["seen"])
    no_result = sum(row["n"] for row in found if row["seen"] and row["first_lb"] is None)
    left_out: Exclusions = (("NO_CONTACT", no_contact), ("NO_RESULT", no_result))
    n = sum(row["n"] for row in seen)

    def of(measure: str, holds: Callable[[Row], bool]) -> Result:
        return share(measure, _count(seen, holds), n, left_out, empty=EMPTY)

    return Escalation(
        n_episodes=n,
        exclusions=left_out,
        confirmed=of("escalation_confirmed", lambda row: row["first_lb"] >= GP),
        not_ruled_out=of("escalation_not_ruled_out", lambda row: row["first_ub"] >= GP),
        without_cancer_only=of(
            "escalation_without_cancer_history_only",
            lambda row: row["first_lb"] >= GP and not row["cancer_only"],
        ),
        cancer_only=_count(seen, lambda row: row["first_lb"] >= GP and row["cancer_only"]),
        levels=tuple(_level(level, of) for level in range(A_AND_E, SELF_MANAGE, -1)),
        bars_first=_bars("triage_outcome_first", seen, "first", n, left_out),
        bars_ever=_bars("triage_outcome_ever", seen, "worst", n, left_out),
        ever=of("escalation_ever", lambda row: row["worst_lb"] >= GP),
        within_56_days=_within_56(seen, left_out),
        screen_complete_first=of("screen_complete_first", lambda row: row["screen_complete"]),
    )


def _count(found: Sequence[Row], holds: Callable[[Row], bool]) -> int:
    return sum(row["n"] for row in found if holds(row))


def _level(level: int, of: Callable[[str, Callable[[Row], bool]], Result]) -> LevelRange:
    return LevelRange(
        LEVELS[level],
        of("escalation_level", lambda row: row["first_lb"] == level),
        of("escalation_level_at_least", lambda row: row["first_lb"] >= level),
        of("escalation_level_not_ruled_out", lambda row: row["first_ub"] >= level),
    )


def _bars(
    measure: str, seen: Sequence[Row], which: str, n: int, left_out: Exclusions
) -> tuple[Bar, ...]:
    """Bars that add up to n: an episode counts as self-manage only when that is settled."""
    low, high = f"{which}_lb", f"{which}_ub"

    def bar(code: str, holds: Callable[[Row], bool]) -> Bar:
        x = _count(seen, holds)
        return Bar(code, x, share(measure, x, n, left_out, empty=EMPTY))

    above = [
        bar(LEVELS[level], lambda row, level=level: row[low] == level)  # type: ignore[misc]
        for level in range(A_AND_E, TIMS - 1, -1)
    ]
    settled = bar(LEVELS[SELF_MANAGE], lambda row: row[low] == 0 and row[high] == 0)
    unsettled = bar(NOT_SETTLED, lambda row: row[low] == 0 and row[high] != 0)
    return (*above, settled, unsettled)


def _within_56(seen: Sequence[Row], left_out: Exclusions) -> Result:
    """Share with GP or above within 56 days, among those whose 56 days are over.

    Without that restriction recent months would look better for lack of time alone.
    """
    followed = [row for row in seen if row["followed_56"]]
    early = _count(seen, lambda row: not row["followed_56"])
    return share(
        "escalation_within_56_days",
        _count(followed, lambda row: row["gp_by_56"]),
        _count(followed, lambda row: True),
        (*left_out, ("NOT_YET_DUE", early)),
        empty="nobody was first seen 56 days or more before the data end",
    )
