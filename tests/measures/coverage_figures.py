"""How often intervals hold their truth, as docs/estimators.md reports it.

    python -m tests.measures.coverage_figures [SERVICES]

The tests of `test_measures_coverage.py` ask whether these figures are as they should be; this
prints them, from as many generated services (100 unless told otherwise), for the document.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from pipelines.measures.catalogue import catalogue
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import charted
from pipelines.measures.spc import p_chart
from pipelines.measures.types import Estimate
from tests.measures.replicates import replicates
from tests.measures.test_measures_coverage import (
    LONG_RUN,
    SEED,
    SIZE,
    WHOLE,
    by_service,
    coverage,
    holds,
)


def long_run(con, services):
    """Against the same measure over all services: all figures, headline ones, clustered shares."""
    every = {}
    for entry in catalogue().values():
        if entry.kind not in ("count", "incidence_range") and not entry.stock:
            for part, (x, n) in coverage(con, entry.id).items():
                if n == services:
                    every[entry.id, part] = x / n
    for words, names in (
        ("all figures with an interval", catalogue()),
        ("headline measures", LONG_RUN),
        ("shares clustered by person", [e.id for e in catalogue().values() if e.clustered]),
    ):
        rates = [rate for (name, _), rate in every.items() if name in names]
        print(f"{words}: {len(rates)} figures, {np.mean(rates):.1%}, least {min(rates):.0%}")
    for at in sorted(every, key=every.get)[:8]:
        print(f"  lowest: {at}: {every[at]:.0%}")


def latent(con, truth):
    """Against what no export shows."""
    past = {d: truth[f"past_{w}_weeks_of_those_seen_within_8_weeks"] for d, w in ((42, 6), (56, 8))}
    every = truth["past_8_weeks_of_all_who_got_it"]["share"]
    asked = [("persistence_share_8_weeks", None, past[56]["share"])]
    asked.append(("persistence_estimated_8_weeks", None, every))
    for day, found in past.items():
        asked.append(("persistence_by_interval", f"day {day}", found["share"]))
    for day in ("42", "56", "84"):
        for name in ("improvement_by_day_interval", "improvement_by_day"):
            asked.append((name, f"day {day}", truth[WHOLE][day]["share"]))
    for name, part, share in asked:
        results = by_service(con, name)[part]
        held = sum(holds(result, share) for result in results)
        mean = np.mean([result.value for result in results])
        print(f"{name} {part}: truth {share:.1%}, mean {mean:.1%}, held {held} of {len(results)}")
    between(con, "persistence", past[56]["share"], ("persistence_best_case", None),
            ("persistence_worst_case", None))  # fmt: skip
    share = truth["gp_or_above_at_first_contact"]["share"]
    between(con, "escalation", share, ("escalation_confirmed", None),
            ("escalation_not_ruled_out", None), limits=True)  # fmt: skip
    for day in ("42", "56", "84"):
        ends = (
            ("improvement_by_day_range", f"day {day}, {end}") for end in ("at least", "at most")
        )
        between(con, f"improvement by day {day}", truth[WHOLE][day]["share"], *ends)


def between(con, words, share, low, high, limits=False):
    """How often the truth lies between two figures, with their own limits or without."""
    least, most = (by_service(con, name)[part] for name, part in (low, high))
    inside = sum(
        (a.lower if limits else a.value) <= share <= (b.upper if limits else b.value)
        for a, b in zip(least, most, strict=True)
    )
    print(f"{words} between {low[0]} and {high[0]}: truth {share:.1%}, {inside} of {len(least)}")


def alarms(con, services):
    """Charts of a constant persistence that signal improvement, and by chance alone."""
    rng, signalled, chance = np.random.default_rng(1), 0, 0
    for service in range(services):
        flt = Filter(age_bands=(str(service),))
        (found,) = charted(con, "persistence_share_8_weeks", flt)
        signalled += any(point.state == "improve" for point in found.chart.points)
        rows = [row.result if row is not None else None for row in found.rows]
        sizes = [each.denominator if isinstance(each, Estimate) else 0 for each in rows]
        mature = [point.mature for point in found.chart.points]
        for _ in range(20):
            drawn = [int(rng.binomial(n, found.chart.centre)) for n in sizes]
            chart = p_chart(drawn, sizes, direction="down", mature=mature)
            chance += any(point.state == "improve" for point in chart.points)
    print(
        f"improvement signalled: {signalled} of {services}; by chance {chance / 20 / services:.1%}"
    )


def main() -> None:
    """Make the services and print all figures."""
    services = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        con, truth = replicates(Path(folder), services, SIZE, SEED)
        print(f"{services} services of {SIZE} episodes")
        long_run(con, services)
        latent(con, truth["headline"])
        alarms(con, services)
        con.close()


if __name__ == "__main__":
    main()
