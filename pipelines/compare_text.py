"""A comparison of two rule sets as text and as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pipelines.compare import Change, Comparison
from pipelines.measures.types import NotEstimable, Result

SHOWN = 20


def lines(found: Comparison) -> Iterator[str]:
    """What moved, what changed from what to what, and the first episodes with the reason."""
    yield f"Rules as of {found.before_version} against {found.after_version}; nothing is published."
    yield ""
    yield f"{len(found.changes):,} of {found.n_episodes:,} episodes change"
    for name, before, after in headline(found):
        mark = "" if before == after else "   (moved)"
        yield f"  {name:<46} {before} -> {after}{mark}"
    transitions = Counter(field for change in found.changes for field in change.fields)
    if transitions:
        yield ""
    for (what, old, new), n in transitions.most_common():
        yield f"  {n:>6,}  {what}: {old} -> {new}"
    for change in found.changes[:SHOWN]:
        yield from _episode(change)
    if len(found.changes) > SHOWN:
        yield f"and {len(found.changes) - SHOWN:,} more; all of them with --json"


def _episode(change: Change) -> Iterator[str]:
    yield ""
    yield f"{change.episode_id} ({change.site_id})"
    for what, old, new in change.fields:
        yield f"  {what}: {old} -> {new}"
    for contact, title, old, new in change.rules:
        yield f"    because at {contact}: {title}: {old} -> {new}"


def headline(found: Comparison) -> list[tuple[str, str, str]]:
    """The headline measures before and after: (name, before, after)."""
    old, new = found.before, found.after
    pairs: list[tuple[str, Result, Result]] = [
        (
            "GP or above at first contact, confirmed",
            old.escalation.confirmed,
            new.escalation.confirmed,
        ),
        (
            "the same, not ruled out",
            old.escalation.not_ruled_out,
            new.escalation.not_ruled_out,
        ),
        *(
            (f"improved by day {a.day}", a.improved, b.improved)
            for a, b in zip(old.improvement.at, new.improvement.at, strict=True)
        ),
        (
            "past 8 weeks, of those seen within 8 weeks",
            old.persistence.share_8_weeks.share,
            new.persistence.share_8_weeks.share,
        ),
    ]
    counts = ("ever past 8 weeks", old.persistence.ever.total, new.persistence.ever.total)
    shown = [(name, _share(a), _share(b)) for name, a, b in pairs]
    return [*shown, (counts[0], f"{counts[1]:,}", f"{counts[2]:,}")]


def _share(result: Result) -> str:
    return "not estimable" if isinstance(result, NotEstimable) else f"{result.value:.1%}"


def as_plain(found: Comparison) -> dict[str, Any]:
    """The comparison as plain data for JSON."""
    return {
        "before": found.before_version,
        "after": found.after_version,
        "episodes": found.n_episodes,
        "headline": [
            {"measure": name, "before": before, "after": after}
            for name, before, after in headline(found)
        ],
        "changes": [
            {
                "episode_id": change.episode_id,
                "site_id": change.site_id,
                "fields": [
                    {"what": what, "before": old, "after": new} for what, old, new in change.fields
                ],
                "rules": [
                    {"contact_id": c, "rule": title, "before": old, "after": new}
                    for c, title, old, new in change.rules
                ],
            }
            for change in found.changes
        ],
    }
