"""Coverage over seeds: over many generated services the intervals are right at their rate.

Two questions. Does the interval of a measure hold the value that the same measure has in the long
run (all services together)? And what does the measure say of the latent truth, which no export
shows: the confirmed and the not-ruled-out share, the best and the worst case, and the least and the
most improved must hold it between them, and the limits of the estimates from intervals hold it at
their rate. `docs/estimators.md` reports the figures, and those of curves that date what is seen.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import charted
from pipelines.measures.spc import p_chart
from pipelines.measures.types import Estimate, Median
from tests.measures.replicates import replicates

pytestmark = pytest.mark.deep

SERVICES, SIZE, SEED = 60, 2000, 815
ALL = Filter()
LONG_RUN = (
    *("escalation_confirmed", "escalation_not_ruled_out", "escalation_within_56_days"),
    *("improvement_by_day", "time_to_improvement_median", "improvement_restricted_mean"),
    *("persistence_share_8_weeks", "persistence_best_case", "persistence_worst_case"),
    *("persistence_estimated_8_weeks", "agreement", "agreement_kappa", "over_referral"),
    *("red_flags_not_in_time_share", "screen_completeness", "did_not_attend", "msk_hq_gain"),
)
LATENT = {
    *("escalation_confirmed", "escalation_not_ruled_out"),
    *("persistence_best_case", "persistence_worst_case", "persistence_by_interval"),
    "improvement_by_day_interval",
}
"""Headline measures of what no export shows; the others are of what the pathway itself does."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    con, truth = replicates(tmp_path_factory.mktemp("coverage"), SERVICES, SIZE, SEED)
    yield con, truth["headline"]
    con.close()


def by_service(con, name):
    """part -> the results of all services that have one."""
    found = {}
    for row in evaluate(con, name, ALL, ("age_band",)).rows:
        if isinstance(row.result, Estimate | Median) and row.result.value is not None:
            found.setdefault(row.part, []).append(row.result)
    return found


def holds(result, value):
    low = -np.inf if result.lower is None else result.lower
    high = np.inf if result.upper is None else result.upper
    return low <= value <= high


def coverage(con, name):
    """(services whose interval holds the long-run value, services) per part."""
    long_run = {
        row.part: row.result.value
        for row in evaluate(con, name, ALL).rows
        if isinstance(row.result, Estimate | Median)
    }
    return {
        part: (sum(holds(result, long_run[part]) for result in results), len(results))
        for part, results in by_service(con, name).items()
        if long_run.get(part) is not None
    }


def test_every_headline_measure_with_an_interval_is_held_against_its_truth():
    headline = {entry.id for entry in catalogue().values() if entry.truth}
    counts = {name for name in headline if catalogue()[name].kind == "count"}
    assert headline - counts <= LATENT | set(LONG_RUN)
    assert headline >= LATENT


def test_shares_with_several_rows_of_one_person_hold_the_long_run_value_at_their_rate(made):
    con, _ = made
    inside = total = 0
    for entry in catalogue().values():
        if entry.clustered:
            for part, (x, n) in coverage(con, entry.id).items():
                if n == SERVICES:  # a part that some services lack rests on a handful of rows
                    assert binom.cdf(x, n, 0.95) > 0.0005, (entry.id, part, x, n)
                    inside, total = inside + x, total + n
    assert total >= 30 * SERVICES
    assert inside / total > 0.94, inside / total


def test_intervals_of_what_the_pathway_does_hold_the_long_run_value_at_their_rate(made):
    con, _ = made
    inside = total = 0
    for name in LONG_RUN:
        for part, (x, n) in coverage(con, name).items():
            # less often than in one of a thousand runs, were it 95 %
            assert binom.cdf(x, n, 0.95) > 0.001, (name, part, x, n)
            inside, total = inside + x, total + n
    assert total >= 15 * SERVICES
    assert inside / total > 0.935, inside / total


def test_all_intervals_together_hold_at_their_rate(made):
    con, _ = made
    rates = {}
    for entry in catalogue().values():
        if entry.kind not in ("count", "incidence_range") and not entry.stock:
            for part, (x, n) in coverage(con, entry.id).items():
                if n == SERVICES:
                    rates[entry.id, part] = x / n
    assert len(rates) > 200
    assert np.mean(list(rates.values())) > 0.94
    # A single one can be low by chance; none is far off.
    assert min(rates.values()) > 0.8, min(rates, key=rates.get)


def test_what_is_latent_lies_between_confirmed_and_not_ruled_out(made):
    con, truth = made
    share = truth["gp_or_above_at_first_contact"]["share"]
    confirmed = by_service(con, "escalation_confirmed")[None]
    open_ones = by_service(con, "escalation_not_ruled_out")[None]
    pairs = zip(confirmed, open_ones, strict=True)
    inside = sum(low.lower <= share <= high.upper for low, high in pairs)
    # Where little is left open, the lower end is an ordinary limit and can miss by chance.
    assert binom.cdf(inside, SERVICES, 0.95) > 0.001, inside


def test_latent_persistence_lies_within_the_bounds(made):
    con, truth = made
    share = truth["past_8_weeks_of_those_seen_within_8_weeks"]["share"]
    low, high = (by_service(con, f"persistence_{case}_case")[None] for case in ("best", "worst"))
    assert all(a.value <= share <= b.value for a, b in zip(low, high, strict=True))
    # Kaplan-Meier with late entry is about all who got it, whether they ever came or not.
    share = truth["past_8_weeks_of_all_who_got_it"]["share"]
    names = ("persistence_estimated_8_weeks_earliest", "persistence_estimated_8_weeks")
    low, high = (by_service(con, name)[None] for name in names)
    assert all(a.lower <= share <= b.upper for a, b in zip(low, high, strict=True))


WHOLE = "improved_by_day_in_whole_scores_from_first_score"


@pytest.mark.parametrize("day", ["42", "56", "84"])
def test_improvement_by_intervals_is_recovered(made, day):
    con, truth = made
    share = truth[WHOLE][day]["share"]
    results = by_service(con, "improvement_by_day_interval")[f"day {day}"]
    inside = sum(holds(result, share) for result in results)
    assert len(results) == SERVICES
    assert binom.cdf(inside, SERVICES, 0.95) > 0.001, inside


@pytest.mark.parametrize(("day", "weeks"), [("42", 6), ("56", 8)])
def test_persistence_by_intervals_is_recovered(made, day, weeks):
    con, truth = made
    share = truth[f"past_{weeks}_weeks_of_those_seen_within_8_weeks"]["share"]
    results = by_service(con, "persistence_by_interval")[f"day {day}"]
    inside = sum(holds(result, share) for result in results)
    # A week of arrival of whom too few were seen again leaves a service without an estimate.
    assert len(results) >= 0.95 * SERVICES
    assert binom.cdf(inside, len(results), 0.95) > 0.001, inside


@pytest.mark.parametrize("day", ["42", "56", "84"])
def test_latent_improvement_lies_between_the_least_and_the_most(made, day):
    con, truth = made
    share = truth[WHOLE][day]["share"]
    found = by_service(con, "improvement_by_day_range")
    ends = (found[f"day {day}, at least"], found[f"day {day}, at most"])
    inside = [low.value <= share <= high.value for low, high in zip(*ends, strict=True)]
    assert binom.cdf(sum(inside), SERVICES, 0.95) > 0.001, sum(inside)


def test_constant_persistence_signals_improvement_no_more_often_than_chance(made):
    con, _ = made
    rng = np.random.default_rng(1)
    signalled = simulated = 0
    months = []
    for service in range(SERVICES):
        flt = Filter(age_bands=(str(service),))
        (found,) = charted(con, "persistence_share_8_weeks", flt)
        improved = [point.state == "improve" for point in found.chart.points]
        signalled += any(improved)
        months.append([p.value for p in found.chart.points if p.mature and p.value is not None])
        sizes = [
            row.result.denominator if row is not None and isinstance(row.result, Estimate) else 0
            for row in found.rows
        ]
        mature = [point.mature for point in found.chart.points]
        for _ in range(20):
            drawn = [int(rng.binomial(n, found.chart.centre)) for n in sizes]
            chart = p_chart(drawn, sizes, direction="down", mature=mature)
            simulated += any(point.state == "improve" for point in chart.points)
    chance = simulated / (20 * SERVICES)
    assert binom.sf(signalled - 1, SERVICES, chance) > 0.001, (signalled, chance)
    # and the youngest mature months are not lower than the others
    young = np.mean([np.mean(values[-3:]) for values in months])
    older = [np.mean(values[:-3]) for values in months]
    assert abs(young - np.mean(older)) < 0.02
