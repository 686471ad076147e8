"""Every measure of the catalogue on the demo: it adds up, cuts add up, and answers agree."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import combinations

import numpy as np
import pytest

from pipelines.measures.agreement import agreement
from pipelines.measures.case_query import KEPT, case_rows, case_table, cases_sql
from pipelines.measures.catalogue import KINDS, catalogue, measure
from pipelines.measures.estimate_times import MIN_RISK
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.measures.order_statistics import quantile
from pipelines.measures.table import DIMENSIONS
from pipelines.measures.types import Estimate, MeasureError, Median, NotEstimable
from tests.measures.conftest import empty

NAMES = tuple(catalogue())
COUNTED = tuple(m.id for m in catalogue().values() if m.kind in ("share", "count"))
SPRING = Filter(date(2026, 2, 1), date(2026, 4, 30), sites=("RIV-NORTH", "MOOR-HILL"))
FILTERS = (Filter(), SPRING, Filter(sexes=("female",), cohorts=("incident",)))


def figures(table):
    return [(row.by, row.part, row.result) for row in table.rows]


def counts(result) -> tuple[int, int, int]:
    """(numerator, denominator, left out); nothing for what cannot be estimated."""
    if isinstance(result, NotEstimable):
        return 0, result.denominator, result.excluded
    return result.numerator, result.denominator, result.excluded


def told(result) -> tuple:
    """The figure and its limits; for no figure the number of those who remain."""
    if isinstance(result, NotEstimable):
        return ("not estimable", result.denominator)
    return result.value, result.lower, result.upper


def test_every_kind_is_used_and_every_file_of_cases_is_a_measures():
    assert {m.kind for m in catalogue().values()} == set(KINDS)
    for entry in catalogue().values():
        assert "episode_key" in cases_sql(entry.cases)


@pytest.mark.parametrize("name", KEPT)
def test_cases_that_are_kept_are_those_that_would_be_found(demo_snapshot, name):
    kept, found = f"from {case_table(name)}", f"from ({cases_sql(name)})"
    for one, other in ((kept, found), (found, kept)):
        assert demo_snapshot.execute(f"({one}) except all ({other})").fetchall() == []
    assert demo_snapshot.execute(f"select count(*) from {case_table(name)}").fetchall()[0][0] > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flt", FILTERS, ids=("all", "spring", "women"))
def test_a_measure_is_a_figure_or_says_why_not(demo_snapshot, name, flt):
    for _, _, result in figures(evaluate(demo_snapshot, name, flt)):
        assert isinstance(result, Estimate | Median | NotEstimable)
        assert result.measure == name
        if isinstance(result, NotEstimable):
            assert result.reason.startswith("Not ")


@pytest.mark.parametrize("name", COUNTED)
def test_cuts_add_up_to_the_whole(demo_snapshot, name):
    whole = {part: counts(r) for _, part, r in figures(evaluate(demo_snapshot, name, SPRING))}
    for by in (*((d,) for d in DIMENSIONS), *list(combinations(DIMENSIONS, 2))[::5]):
        added: Counter = Counter()
        for _, part, result in figures(evaluate(demo_snapshot, name, SPRING, by)):
            for place, n in enumerate(counts(result)):
                added[part, place] += n
        for part, expected in whole.items():
            assert tuple(added[part, i] for i in range(3)) == expected, (by, part)


@pytest.mark.parametrize("name", COUNTED)
def test_a_figure_opens_the_cases_behind_it(demo_snapshot, name):
    entry = measure(name)
    for by, part, result in figures(evaluate(demo_snapshot, name, SPRING, ("site",))):
        own_part = None if entry.whole else part
        rows = case_rows(demo_snapshot, entry, SPRING, {"site": by[0]}, own_part)
        inside = [row for row in rows if row["reason"] is None]
        hits = [r for r in inside if r["hit"] and part in (None, r["part"] or "unknown")]
        found = (len(hits), len(inside), len(rows) - len(inside))
        assert found == counts(result), (by, part)
        keys = [(row["episode_key"], row["detail"], row["part"]) for row in rows]
        assert len(set(keys)) == len(keys)


def test_measures_that_split_a_whole_add_up_to_it(demo_snapshot):
    for name in [m.id for m in catalogue().values() if m.whole and m.kind == "count"]:
        rows = case_rows(demo_snapshot, measure(name), Filter(), {})
        hits = sum(bool(row["hit"]) for row in rows if row["reason"] is None)
        parts = [r for _, _, r in figures(evaluate(demo_snapshot, name, Filter()))]
        assert sum(r.numerator for r in parts) == hits > 0
    bars = [r for _, _, r in figures(evaluate(demo_snapshot, "triage_outcome_first", Filter()))]
    assert sum(r.numerator for r in bars) == bars[0].denominator
    assert sum(r.value for r in bars) == pytest.approx(1.0)


@pytest.mark.parametrize("flt", FILTERS, ids=("all", "spring", "women"))
def test_the_three_answers_are_the_same_figures(demo_snapshot, flt):
    answers = three_answers(demo_snapshot, flt)
    persistence, improvement = answers.persistence, answers.improvement
    same = {
        "escalation_confirmed": answers.escalation.confirmed,
        "escalation_not_ruled_out": answers.escalation.not_ruled_out,
        "escalation_without_cancer_history_only": answers.escalation.without_cancer_only,
        "escalation_ever": answers.escalation.ever,
        "escalation_within_56_days": answers.escalation.within_56_days,
        "screen_complete_first": answers.escalation.screen_complete_first,
        "improvement_two_scores": improvement.two_scores,
        "improvement_restricted_mean": improvement.restricted_mean,
        "time_to_improvement_median": improvement.median,
        "persistence_share_8_weeks": persistence.share_8_weeks.share,
        "persistence_share_6_weeks": persistence.share_6_weeks.share,
        "persistence_best_case": persistence.share_8_weeks.best,
        "persistence_worst_case": persistence.share_8_weeks.worst,
        "persistence_status_known": persistence.share_8_weeks.known,
        "persistence_estimated_8_weeks": persistence.estimated_8_weeks,
        "persistence_estimated_6_weeks": persistence.estimated_6_weeks,
    }
    for name, expected in same.items():
        assert told(evaluate(demo_snapshot, name, flt).rows[0].result) == told(expected), name
    by_day = evaluate(demo_snapshot, "improvement_by_day", flt).rows
    assert [told(row.result) for row in by_day] == [told(at.improved) for at in improvement.at]
    exactly = {level.code: told(level.exactly) for level in answers.escalation.levels}
    assert len(exactly) >= 4
    levels = evaluate(demo_snapshot, "escalation_level", flt).rows
    assert {r.part: told(r.result) for r in levels if r.part in exactly} == exactly
    audit = agreement(demo_snapshot, flt)
    kappa = evaluate(demo_snapshot, "agreement_kappa", flt).rows[0].result
    assert told(kappa) == told(audit.kappa)
    parts = evaluate(demo_snapshot, "persisting_now_by_arrival", flt).rows
    assert [row.result.numerator for row in parts] == [
        persistence.now.arrived,
        persistence.now.crossed,
        persistence.now.cohort_unknown,
    ]
    assert evaluate(demo_snapshot, "crossing_soon", flt).rows[0].result.numerator == (
        persistence.crossing_soon
    )


def test_an_empty_selection_is_told_for_every_measure(demo_snapshot):
    nobody = Filter(sites=("nowhere",))
    for name in NAMES:
        for _, part, result in figures(evaluate(demo_snapshot, name, nobody)):
            assert isinstance(result, NotEstimable), (name, part)
        assert evaluate(demo_snapshot, name, nobody, ("site",)).rows == ()


def test_wrong_names_are_refused_with_the_nearest(demo_snapshot):
    with pytest.raises(MeasureError, match="did you mean 'agreement'"):
        evaluate(demo_snapshot, "agrement", Filter())
    with pytest.raises(MeasureError, match="did you mean 'age_band'"):
        evaluate(demo_snapshot, "agreement", Filter(), ("ageband",))
    with pytest.raises(MeasureError, match="asked for twice"):
        evaluate(demo_snapshot, "agreement", Filter(), ("site", "site"))


def test_a_counted_case_whose_answer_is_unknown_is_refused():
    con = empty()
    con.execute("insert into episode (episode_key, n_evaluated, first_lb) values (1, 1, 2)")
    with pytest.raises(MeasureError, match="although its answer is unknown"):
        evaluate(con, "escalation_not_ruled_out", Filter())


def test_values_of_sites_are_bound_not_pasted(demo_snapshot):
    odd = Filter(sites=("x'); drop table episode; --",))
    assert evaluate(demo_snapshot, "escalation_confirmed", odd).rows[0].result.denominator == 0
    rows = case_rows(
        demo_snapshot, measure("escalation_confirmed"), Filter(), {"site": "' or true --"}
    )
    assert rows == []


def test_late_entry_begins_where_enough_are_watched(demo_snapshot):
    table = evaluate(demo_snapshot, "persistence_estimated_8_weeks", Filter(), ("site",))
    for row in table.rows:
        if isinstance(row.result, Estimate):
            assert row.result.denominator >= MIN_RISK


class TestQuantile:
    def test_against_numpy_inverted_cdf(self):
        rng = np.random.default_rng(5)
        for n in (8, 9, 20, 101, 400):
            values = rng.integers(0, 60, n)
            for q in (0.1, 0.5, 0.9):
                found = quantile("m", [(float(v), 1) for v in values], q)
                assert found.value == np.quantile(values, q, method="inverted_cdf")

    def test_limits_cover_at_their_rate(self):
        # the exact coverage of order statistics, from scipy's binomial distribution
        from scipy.stats import binom

        for n in (8, 20, 55):
            found = quantile("m", [(float(v), 1) for v in range(1, n + 1)], 0.5)
            low, high = int(found.lower), int(found.upper)
            inside = binom.cdf(high - 1, n, 0.5) - binom.cdf(low - 1, n, 0.5)
            narrower = binom.cdf(high - 2, n, 0.5) - binom.cdf(low, n, 0.5)
            assert inside >= 0.95 > narrower

    def test_a_limit_beyond_the_values_is_none(self):
        assert quantile("m", [(float(v), 1) for v in range(10)], 0.9).upper is None

    def test_counts_stand_for_repeated_values(self):
        once = quantile("m", [(1.0, 5), (7.0, 9)], 0.5)
        apart = quantile("m", [(1.0, 1)] * 5 + [(7.0, 1)] * 9, 0.5)
        assert once == apart

    def test_too_few_is_told(self):
        assert quantile("m", [(3.0, 7)], 0.5).reason.startswith("Not shown: 7 values")
        with pytest.raises(MeasureError, match="not a finite"):
            quantile("m", [(float("nan"), 9)], 0.5)
