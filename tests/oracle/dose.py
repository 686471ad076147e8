"""How much of the leaflet's dose a diary entry reports (section 7.3)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def targets(params: dict[str, Any]) -> dict[str, dict[str, tuple[Fraction, Fraction | None]]]:
    """Lower and upper end of each field of each exercise."""
    tolerance = Fraction(str(params["dose_around_tol"]))
    minute = (60 * (1 - tolerance), 60 * (1 + tolerance))
    one = Fraction(1)
    return {
        "knees_to_chest": {"hold_s": (20 * one, 20 * one), "reps": (5 * one, 5 * one)},
        "crawl_stretch": {"hold_s": (20 * one, 30 * one)},
        "knees_side_to_side": {"reps": (10 * one, 15 * one)},
        "bridge": {"reps": (5 * one, 10 * one)},
        "seated_knee_extension": {"duration_s": minute, "sets": (2 * one, 2 * one)},
        "squat": {"reps": (10 * one, 10 * one)},
        "march_in_place": {"duration_s": (30 * one, 60 * one)},
        "walk": {"duration_s": (Fraction(0), None)},
    }


def dose(row: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Fraction, whether it is met, whether it is exceeded; a missing field makes it unknown."""
    fields = targets(params)[row["exercise"]]
    if any(row.get(name) is None for name in fields):
        return {"dose_fraction": None, "dose_met": None, "over_dose": None}
    fraction, over = Fraction(1), False
    for name, (low, high) in fields.items():
        value = Fraction(str(row[name]))
        fraction *= (min(Fraction(1), value / low)) if low else Fraction(value > 0)
        over = over or (high is not None and value > high)
    return {"dose_fraction": float(fraction), "dose_met": fraction == 1, "over_dose": over}


def exact_fraction(row: dict[str, Any], params: dict[str, Any]) -> Fraction | None:
    """The share of the leaflet's amount, exactly; None where a field is missing."""
    fields = targets(params)[row["exercise"]]
    if any(row.get(name) is None for name in fields):
        return None
    fraction = Fraction(1)
    for name, (low, _) in fields.items():
        value = Fraction(str(row[name]))
        fraction *= (min(Fraction(1), value / low)) if low else Fraction(value > 0)
    return fraction


def doses(logs: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    """Every diary entry that reports one of the leaflet's exercises."""
    return {row["log_id"]: dose(row, params) for row in logs if row["exercise"]}
