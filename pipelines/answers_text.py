"""The three answers for a terminal: every figure with its n and interval."""

from __future__ import annotations

import datetime as dt

from pipelines.console import say
from pipelines.measures.answers import Answers, CountParts, Escalation, Improvement, Persistence
from pipelines.measures.types import Estimate, Exclusions, Median, NotEstimable, Result
from pipelines.snapshot import SnapshotInfo

LABELS = {
    "A_AND_E": "A&E",
    "URGENT": "Urgent care",
    "GP": "GP",
    "TIMS": "MSK appointment",
    "SELF_MANAGE": "Self-manage",
    "NOT_SETTLED": "Not settled",
}
REASONS = {
    "no_contact": "no evaluated contact",
    "no_baseline": "no score",
    "escalated_at_entry": "escalated at the first score",
    "baseline_floor": "first score too low to improve",
    "no_followup": "one score only",
}


def print_answers(answers: Answers, snapshot: SnapshotInfo) -> None:
    """Print the three answers and what they rest on."""
    meta = snapshot.meta()
    day = dt.date.fromisoformat(meta["data_to"])
    say("")
    say(f"Data to {day:%d/%m/%Y} · data as published on {snapshot.created_at:%d/%m/%Y %H:%M} UTC")
    say(
        f"Rules as of {meta['ruleset_version']}, from a leaflet marked {meta['leaflet_status']} "
        f"with review date {meta['leaflet_review']} (past)"
    )
    for line in (
        *_escalation(answers.escalation),
        *_improvement(answers.improvement),
        *_persistence(answers.persistence),
    ):
        say(line)
    say("")


def _escalation(found: Escalation) -> list[str]:
    lines = [
        "",
        f"[bold]1. How often is more than self-management called for?[/bold]  "
        f"{found.n_episodes:,} episodes",
        f"   GP or above at first contact, confirmed      {_share(found.confirmed)}",
        f"   the same, not ruled out                      {_share(found.not_ruled_out)}",
    ]
    for bar in found.bars_first:
        lines.append(f"     {LABELS[bar.code]:<43}{_share(bar.share)}")
    lines.append(
        f"   First screen complete, 15 of 15              {_share(found.screen_complete_first)}"
    )
    return lines + _left_out(found.exclusions)


def _improvement(found: Improvement) -> list[str]:
    lines = [
        "",
        f"[bold]2. How soon do people get better?[/bold]  {found.n_followed:,} of "
        f"{found.n_episodes:,} episodes with two scores to compare",
        f"   Two or more scores                           {_share(found.two_scores)}",
    ]
    for by in found.by_interval:
        label = f"   Improved by day {by.day}, whenever it was seen"
        lines.append(f"{label:<48}{_share(by.share)}")
        label = "     at least and at most, whatever the day"
        lines.append(f"{label:<48}{_ends(by.least, by.most)}")
    lines.append("   By the day of the score that shows it (late, and high where few are left):")
    for at in found.at:
        label = f"     improved by day {at.day}"
        lines.append(f"{label:<48}{_share(at.improved, followed=True)}")
    lines.append(f"     median days from first score               {_median(found.median)}")
    if found.median_gap_days is not None:
        lines.append(f"   Median days between scores                   {found.median_gap_days:g}")
    return lines + _left_out(found.exclusions)


def _persistence(found: Persistence) -> list[str]:
    now = found.now
    share = found.share_8_weeks
    return [
        "",
        f"[bold]3. How many are still symptomatic past 8 weeks?[/bold]  "
        f"{found.ever.total:,} ever, {now.total:,} open now",
        *_parts(now),
        f"   Share, seen within 8 weeks of onset          {_share(found.by_interval_8_weeks)}",
        "     estimated whenever the end was seen; as seen:",
        f"     if all without information had recovered   {_share(share.best)}",
        f"     if all without information persist         {_share(share.worst)}",
        f"     of those whose status is known, as seen    {_share(share.share)}",
        f"     status known                               {_share(share.known)}",
        f"   Kaplan-Meier from onset, dated as seen       {_share(found.estimated_8_weeks)}",
        f"   Crossing 8 weeks in the next 14 days         {found.crossing_soon:,}",
    ]


def _parts(parts: CountParts) -> list[str]:
    return [
        f"     open now: arrived past 8 weeks {parts.arrived:,}, crossed while with us "
        f"{parts.crossed:,}, onset too uncertain {parts.cohort_unknown:,}",
        f"     of these not improved {parts.not_improved:,}, improved {parts.improved:,}, "
        f"not known {parts.improvement_unknown:,}",
    ]


def _share(result: Result, followed: bool = False) -> str:
    """A share with its counts; an estimate over time (`followed`) is no ratio of its counts."""
    if isinstance(result, NotEstimable):
        return f"not estimable: {result.reason}"
    if result.numerator is None:
        counted = f"n = {result.denominator:,}"
    elif followed:
        counted = f"{result.numerator:,} seen to improve, {result.denominator:,} followed"
    else:
        counted = f"{result.numerator:,} of {result.denominator:,}"
    limits = ""
    if result.lower is not None and result.upper is not None:
        limits = f" (95% CI {result.lower:.1%} to {result.upper:.1%})"
    return f"{result.value:.1%}{limits}, {counted}"


def _ends(least: Result, most: Result) -> str:
    if isinstance(least, Estimate) and isinstance(most, Estimate):
        return f"{least.value:.1%} to {most.value:.1%}"
    return _share(least)


def _median(found: Median | Result) -> str:
    if isinstance(found, NotEstimable):
        return f"not estimable: {found.reason}"
    if isinstance(found, Estimate):
        return f"{found.value:g} days"
    if found.value is None:
        return f"not reached (n = {found.n:,}, {found.events:,} improved)"
    upper = "not reached" if found.upper is None else f"{found.upper:g}"
    lower = "not reached" if found.lower is None else f"{found.lower:g}"
    return f"{found.value:g} (95% CI {lower} to {upper}), n = {found.n:,}"


def _left_out(exclusions: Exclusions) -> list[str]:
    told = ", ".join(
        f"{REASONS.get(r.lower(), r.lower().replace('_', ' '))} {n:,}" for r, n in exclusions if n
    )
    return [f"   Left out: {told}"] if told else []
