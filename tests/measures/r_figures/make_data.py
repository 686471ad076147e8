"""Writes the small cohorts that `make.R` reads: python tests/measures/r_figures/make_data.py

One row per person: cohort, entry and exit in days (entry -1 = observed from the start), cause
(0 censored, 1 and 2 the two events). The seed is fixed, so a second run writes the same file.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

Person = tuple[int, int, int]
FROM_START = -1


def fixed() -> dict[str, list[Person]]:
    """Cohorts written out by hand: the corners."""
    start = FROM_START
    vector = zip(
        [7, 14, 14, 21, 28, 35, 42, 56, 56, 70], [1, 1, 2, 1, 0, 2, 1, 0, 1, 0], strict=True
    )
    return {
        "worked_vector": [(start, day, cause) for day, cause in vector],
        "one_event": [(start, 10, 1)],
        "one_censored": [(start, 10, 0)],
        "no_events": [(start, day, 0) for day in (3, 3, 9, 30, 61)],
        "only_the_other_event": [(start, 5, 2), (start, 5, 0), (start, 9, 2), (start, 80, 0)],
        "nobody_censored": [(start, day, 1 + day % 2) for day in (1, 2, 2, 3, 5, 8, 8, 13)],
        "same_day": [(start, 14, 1)] * 6 + [(start, 14, 2)] * 3 + [(start, 14, 0)],
        "same_day_all_events": [(start, 14, 1)] * 5,
        "day_nought": [(start, 0, 1), (start, 0, 0), (start, 0, 2), (start, 4, 1), (start, 90, 0)],
        "half_exactly": [(start, 10, 1), (start, 20, 1), (start, 30, 1), (start, 40, 1)],
        "nought_while_entering": [
            (start, 2, 1),
            (10, 20, 1),
            (10, 25, 2),
            (12, 40, 0),
            (15, 60, 1),
        ],
        "late_start": [(5, 9, 1), (5, 12, 0), (6, 12, 2), (8, 30, 1), (8, 44, 0)],
    }


def random(rng: np.random.Generator, n: int, *, days: int, delayed: bool) -> list[Person]:
    """People at random on whole days; with `delayed`, half of them enter later."""
    entry = np.where(rng.random(n) < 0.5, FROM_START, rng.integers(1, 40, n))
    entry = entry if delayed else np.full(n, FROM_START)
    exit = np.maximum(entry, 0) + rng.integers(1, days, n)
    cause = rng.choice([0, 1, 2], size=n, p=[0.35, 0.45, 0.2])
    return list(zip(entry.tolist(), exit.tolist(), cause.tolist(), strict=True))


def main() -> None:
    """Write `data.csv` beside this file."""
    rng = np.random.default_rng(20220531)
    cohorts = fixed()
    cohorts["ties_30"] = random(rng, 30, days=6, delayed=False)
    cohorts["ties_entry_30"] = random(rng, 30, days=6, delayed=True)
    cohorts["random_200"] = random(rng, 200, days=100, delayed=False)
    cohorts["random_entry_200"] = random(rng, 200, days=100, delayed=True)
    with Path(__file__).with_name("data.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["cohort", "entry", "exit", "cause"])
        for name, rows in cohorts.items():
            out.writerows([name, *row] for row in rows)


if __name__ == "__main__":
    main()
