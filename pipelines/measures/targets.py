"""Targets that a service has set for its measures, checked before anything is held against them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any, Final

from pipelines.measures.catalogue import Measure, catalogue, measure
from pipelines.measures.types import MeasureError

WHERE: Final = "outcomes.toml, [targets]"
BOUNDS: Final = {
    "share": (0.0, 1.0),
    "days": (0.0, 3650.0),
    "count": (0.0, math.inf),
    "kappa": (-1.0, 1.0),
    "points": (-56.0, 56.0),
}
"""Unit -> the values that a figure of it can have."""


def targets(found: Mapping[str, Any], where: str = WHERE) -> dict[str, float]:
    """The section [targets]: measure id -> value in the measure's unit (a share lies in 0..1).

    `where` is the place that a message names.

    MeasureError, with the place and what to do, for an unknown measure (the nearest is named), a
    value that is no number or that the figure can never have, and a measure of which neither
    direction is better, since a target would have no good side.
    """
    return {name: _target(name, value, where) for name, value in found.items()}


def _target(name: str, value: Any, where: str) -> float:
    if name not in catalogue():
        near = difflib.get_close_matches(name, catalogue(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; see outcomes measures --list"
        raise MeasureError(f"{where}: there is no measure {name!r}{hint}")
    entry = measure(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MeasureError(f"{where}, {name}: {value!r} is no number; write {_example(entry)}")
    if entry.direction == "neutral":
        raise MeasureError(
            f"{where}, {name}: neither direction of this figure is better, so a target would have "
            "no good side; take it out"
        )
    low, high = BOUNDS.get(entry.unit, (-math.inf, math.inf))
    if not low <= value <= high:
        raise MeasureError(f"{where}, {name}: {value:g} is impossible; write {_example(entry)}")
    return float(value)


def _example(entry: Measure) -> str:
    if entry.unit == "share":
        return "a share from 0 to 1, as 0.95"
    return {
        "days": "days, as 14",
        "count": "a number from 0",
        "kappa": "a kappa from -1 to 1, as 0.8",
        "points": "points, as 6",
    }.get(entry.unit, "a number")


def target_of(name: str, chosen: Mapping[str, float]) -> float | None:
    """The service's target of a measure, else the catalogue's, else None."""
    return chosen.get(name, measure(name).target)
