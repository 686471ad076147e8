"""Assurance: whether the process as it is now will meet a target."""

from __future__ import annotations

from pipelines.measures.spc_rules import Direction
from pipelines.measures.spc_types import Assurance, AssuranceState, SpcPoint


def assure(target: float | None, direction: Direction, last: SpcPoint | None) -> Assurance:
    """The target against the limits at the last point that takes part.

    A target beyond the limit on the good side is consistently missed, beyond the one on the bad
    side consistently met; on a limit or between them it is hit or miss (strict comparisons, as
    NHSRplotthedots). No answer without a target, for a neutral direction, or without limits in
    the last phase. A side on which the method knows no limit rules out only that the target lies
    beyond it.
    """
    if target is None:
        return Assurance("none", "No target is set.")
    if direction == "neutral":
        return Assurance(
            "none", "Neither direction is better, so a target has no good side.", target
        )
    if last is None or last.centre is None:
        return Assurance("none", "The last phase has no limits to hold the target against.", target)
    if last.upper is not None and target > last.upper:
        above = True
    elif last.lower is not None and target < last.lower:
        above = False
    else:
        return Assurance("hit_or_miss", "The target lies between the limits.", target)
    where = "above the upper limit" if above else "below the lower limit"
    fails = above == (direction == "up")
    state: AssuranceState = "consistently_fails" if fails else "consistently_meets"
    return Assurance(state, f"The target lies {where}.", target)
