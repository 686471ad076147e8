"""A comparison of two rule sets as text and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.compare.changes import Change
from pipelines.compare.run import Comparison, Headline
from pipelines.measures.catalogue import measure
from pipelines.measures.figures import figure
from pipelines.measures.table import Shown
from pipelines.measures.types import Estimate, Median

SHOWN = 20


def lines(found: Comparison) -> Iterator[str]:
    """What differs, what moved, what changed from what to what, and the first episodes with why."""
    yield f"Rules as of {found.before_version} against {found.after_version}; nothing is published."
    for line in found.differences or ("The rules and parameters are the same.",):
        yield f"  {line}"
    yield ""
    for each in found.headline:
        yield from _measure(each)
    yield ""
    yield f"{found.n_changed:,} of {found.n_episodes:,} episodes change"
    for (what, old, new), n in found.transitions.counts:
        yield f"  {n:>6,}  {what}: {old} -> {new}" if old else f"  {n:>6,}  {what}: another value"
    for change in found.changes[:SHOWN]:
        yield from _episode(change)
    if found.n_changed > SHOWN:
        yield ""
        yield f"and {found.n_changed - SHOWN:,} more; all of them with --json"


def _measure(each: Headline) -> Iterator[str]:
    name = f"{each.name}{f', {each.part}' if each.part else ''}"
    before, after = (figure_text(result, each.measure) for result in (each.before, each.after))
    if before == after:
        yield f"  {name}: {before}, unmoved"
    else:
        yield f"  {name}: {before} -> {after}"


def figure_text(result: Shown, name: str) -> str:
    """`20.0% (95% CI 19.0% to 21.0%), 1,204 of 6,009`."""
    told = figure(result, measure(name))
    if isinstance(result, Median):
        return f"{told}, n = {result.n:,}"
    if not isinstance(result, Estimate) or result.unit == "count":
        return told
    if result.numerator is None:
        return f"{told}, n = {result.denominator:,}"
    return f"{told}, {result.numerator:,} of {result.denominator:,}"


def _episode(change: Change) -> Iterator[str]:
    yield ""
    yield f"{change.episode_id} ({change.site_id})"
    for what, old, new in change.fields:
        yield f"  {what}: {old} -> {new}"
    for what, old, new in change.reasons:
        yield f"    {what}, before: {old}"
        yield f"    {what}, after: {new}"
    for contact, title, old, new in (*change.rules, *change.facts):
        yield f"    because at {contact}: {title}: {old} -> {new}"
    for day, level, old, new in change.triggers:
        yield f"    trigger of {day}, {level}: {old} -> {new}"


def as_plain(found: Comparison) -> dict[str, Any]:
    """The comparison as plain data for JSON."""
    return {
        "before": found.before_version,
        "after": found.after_version,
        "differences": list(found.differences),
        "episodes": found.n_episodes,
        "headline": [
            {
                "measure": each.measure,
                "name": each.name,
                "part": each.part,
                "before": figure_text(each.before, each.measure),
                "after": figure_text(each.after, each.measure),
            }
            for each in found.headline
        ],
        "changes": [as_plain_change(change) for change in found.changes],
    }


def as_plain_change(change: Change) -> dict[str, Any]:
    """One changed episode as plain data."""
    return {
        "episode_id": change.episode_id,
        "site_id": change.site_id,
        "fields": [{"what": what, "before": a, "after": b} for what, a, b in change.fields],
        "reasons": [{"what": what, "before": a, "after": b} for what, a, b in change.reasons],
        "rules": [
            {"contact_id": c, "rule": title, "before": a, "after": b}
            for c, title, a, b in change.rules
        ],
        "facts": [
            {"contact_id": c, "fact": fact, "before": a, "after": b}
            for c, fact, a, b in change.facts
        ],
        "triggers": [
            {"date": day, "level": level, "before": a, "after": b}
            for day, level, a, b in change.triggers
        ],
    }
