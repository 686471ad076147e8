"""What the counts of a snapshot say is what counting its cases says, for any selection."""

from __future__ import annotations

import dataclasses
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.measures import case_query
from pipelines.measures.case_query import COLUMNS_OF_KIND, case_rows, events_in_order, grouped
from pipelines.measures.catalogue import KINDS, catalogue, measure
from pipelines.measures.coded import CASES
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.measures.held_counts import OF_PEOPLE, HeldCounts, holding
from pipelines.measures.kept_counts import FIELD_OF, GROUPS, cut_of, question, whole_months
from pipelines.measures.monthly import months_between
from pipelines.measures.query import KEPT_COUNTS, KEPT_MONTHS, from_kept, rows, run, statement
from pipelines.measures.spc_rare import cases_between
from pipelines.measures.table import DIMENSIONS

COUNTED = list(catalogue())
MONTHS = months_between(date(2023, 12, 1), date(2026, 12, 1))
SHARED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def from_counts(con, entry, flt, by):
    """What the tables of counts say; None where they cannot tell."""
    text = case_query.counting_text(entry, False)
    asked = question(entry, text, COLUMNS_OF_KIND[entry.kind], flt, by)
    return None if asked is None else run(con, asked[0], None, asked[1])


def from_cases(con, entry, flt, by):
    """The same, counted case by case."""
    return run(con, case_query._grouping(entry, by, False), flt)


def last_day(month: date) -> date:
    return date.fromordinal(
        date(month.year + month.month // 12, month.month % 12 + 1, 1).toordinal() - 1
    )


@pytest.fixture
def values(demo_snapshot):
    """Every value of every dimension in the data, unknown among them, and one that is not."""
    columns = {"sites": "site_id", "patterns": "phenotype", "cohorts": "entry_cohort"}
    columns |= {FIELD_OF[name]: name for name in ("age_band", "sex", "ethnic_group")}
    columns["imd_quintiles"] = "imd_quintile"
    found = {}
    for field, column in columns.items():
        text = f"select distinct coalesce({column}, 'unknown') from episode order by 1"
        found[field] = ["elsewhere", *(row[0] for row in demo_snapshot.execute(text).fetchall())]
    return found


@pytest.fixture(scope="module")
def held():
    return HeldCounts()


def typed(found):
    return [[(name, type(value), value) for name, value in row.items()] for row in found]


def from_memory(held, con, entry, flt, by):
    """What the counts in memory say; None where they cannot tell."""
    text = case_query.counting_text(entry, False)
    found = held.sums(con, entry, text, COLUMNS_OF_KIND[entry.kind], flt, by)
    return None if found is None else found.rows()


@SHARED
@given(data=st.data())
def test_counts_say_what_the_cases_say(demo_snapshot, held, values, data):
    entry = measure(data.draw(st.sampled_from(COUNTED)))
    ends = sorted(data.draw(st.lists(st.sampled_from(MONTHS), min_size=2, max_size=2)))
    open_ends = data.draw(st.tuples(st.booleans(), st.booleans()))
    fields = {"sites": data.draw(st.lists(st.sampled_from(values["sites"]), max_size=3))}
    further = data.draw(st.sampled_from([None, *FIELD_OF]))
    if further is not None:
        field = FIELD_OF[further]
        fields[field] = data.draw(st.lists(st.sampled_from(values[field]), max_size=3))
    flt = Filter(
        None if open_ends[0] else ends[0],
        None if open_ends[1] else last_day(ends[1]),
        **{field: tuple(chosen) for field, chosen in fields.items()},
    )
    cuts = ["month", "site", *([further] if further else [])]
    by = tuple(data.draw(st.permutations(cuts))[: data.draw(st.integers(0, len(cuts)))])
    found = from_counts(demo_snapshot, entry, flt, by)
    expected = from_cases(demo_snapshot, entry, flt, by)
    if found is not None:
        assert found == expected
    assert grouped(demo_snapshot, entry, flt, by) == expected
    remembered = from_memory(held, demo_snapshot, entry, flt, by)
    assert (remembered is None) == (found is None or GROUPS[entry.kind] == OF_PEOPLE)
    if remembered is not None:
        assert typed(remembered) == typed(found)
    with holding(held):
        assert grouped(demo_snapshot, entry, flt, by) == expected


@pytest.mark.parametrize("name", (*KEPT_COUNTS, *KEPT_MONTHS))
@pytest.mark.parametrize("begins", (None, date(2025, 2, 1)))
@pytest.mark.parametrize("ends", (None, date(2025, 11, 30)))
def test_kept_answers_are_those_that_would_be_found(
    demo_snapshot, held, values, name, begins, ends
):
    for sites in ((), ("unknown",), tuple(values["sites"][:3])):
        flt = Filter(begins, ends, sites=sites)
        given = {"period_from": begins, "period_to": ends, "sites": list(sites)}
        text = from_kept(name, flt)
        kept = run(demo_snapshot, text, None, {k: v for k, v in given.items() if f"${k}" in text})
        assert kept == run(demo_snapshot, statement(name), flt) == rows(demo_snapshot, name, flt)
        with holding(held):
            assert typed(rows(demo_snapshot, name, flt)) == typed(kept)


def test_an_answer_for_what_is_not_kept_comes_from_the_episodes(demo_snapshot):
    for flt in (Filter(sexes=("female",)), Filter(date(2025, 3, 5))):
        assert from_kept("escalation", flt) is None
        found = rows(demo_snapshot, "escalation", flt)
        assert found == run(demo_snapshot, statement("escalation"), flt)


@pytest.mark.parametrize("name", COUNTED)
def test_every_measure_is_counted_by_month_and_site(demo_snapshot, held, name):
    found = from_counts(demo_snapshot, measure(name), Filter(), ("month", "site"))
    assert found == from_cases(demo_snapshot, measure(name), Filter(), ("month", "site"))
    assert found
    if GROUPS[measure(name).kind] != OF_PEOPLE:
        remembered = from_memory(held, demo_snapshot, measure(name), Filter(), ("month", "site"))
        assert typed(remembered) == typed(found)


@pytest.mark.parametrize(
    "name", [name for name, entry in catalogue().items() if entry.kind in case_query.BUNDLED]
)
def test_estimates_from_memory_are_those_from_the_engine(demo_snapshot, held, name):
    entry = measure(name)
    for flt, by in (
        (Filter(), ()),
        (Filter(date(2025, 2, 1), sites=("RIV-SOUTH", "unknown")), ("month",)),
        (Filter(sites=("nowhere",)), ()),
    ):
        expected = evaluate(demo_snapshot, name, flt, by)
        with holding(held):
            rows = case_query.bundled(demo_snapshot, entry, flt, by)
            assert all(CASES in row for row in rows)
            assert repr(evaluate(demo_snapshot, name, flt, by)) == repr(expected)
    assert rows == []


def test_the_three_answers_from_memory_are_those_from_the_engine(demo_snapshot, held):
    for flt in (
        Filter(),
        Filter(None, date(2025, 11, 30), sites=("unknown",)),
        Filter(sexes=("F",)),
    ):
        expected = three_answers(demo_snapshot, flt)
        with holding(held):
            assert repr(three_answers(demo_snapshot, flt)) == repr(expected)


def test_what_is_read_ahead_is_what_is_read_when_asked(demo_snapshot, held):
    ahead, small = HeldCounts(), HeldCounts(most=0)
    case_query.read_ahead(demo_snapshot, ahead)
    for name in ("escalation_confirmed", "improvement_by_day", "wait_referral_to_triage"):
        for flt in (Filter(), Filter(date(2025, 2, 1), sites=("unknown",))):
            told = [
                from_memory(each, demo_snapshot, measure(name), flt, ("month",))
                for each in (ahead, small, held)
            ]
            assert told[0] == told[1] == told[2]
    assert small.bytes == 0 < held.bytes


def test_counts_that_a_snapshot_lacks_are_not_made_up(demo_snapshot):
    entry = dataclasses.replace(measure("escalation_confirmed"), hit="not_ruled_out")
    other, held = dataclasses.replace(entry, hit="screen_complete", only="confirmed"), HeldCounts()
    assert from_memory(held, demo_snapshot, other, Filter(), ()) is None
    assert held.answer(demo_snapshot, "answer_none", Filter()) is None
    assert held.months(demo_snapshot, "answer_none", Filter()) is None
    with holding(held):
        found = grouped(demo_snapshot, other, Filter(), ())
    assert found == from_cases(demo_snapshot, other, Filter(), ())


def test_what_counts_cannot_tell_is_counted_from_cases(demo_snapshot):
    entry = measure("escalation_confirmed")
    part_of_a_month = Filter(date(2025, 3, 5), date(2025, 6, 18))
    two_dimensions = Filter(sexes=("F",), age_bands=("50-59",))
    for flt, by in ((part_of_a_month, ()), (two_dimensions, ()), (Filter(), ("sex", "age_band"))):
        assert from_counts(demo_snapshot, entry, flt, by) is None
        assert grouped(demo_snapshot, entry, flt, by) == from_cases(demo_snapshot, entry, flt, by)


def test_another_definition_finds_no_counts_and_is_counted_from_cases(demo_snapshot):
    entry = dataclasses.replace(measure("escalation_confirmed"), hit="not_ruled_out")
    other = dataclasses.replace(entry, hit="screen_complete", only="confirmed")
    assert from_counts(demo_snapshot, other, Filter(), ()) == []
    found = grouped(demo_snapshot, other, Filter(), ())
    assert found == from_cases(demo_snapshot, other, Filter(), ())
    assert found


@pytest.mark.parametrize(
    "begins, ends, whole",
    [
        (None, None, True),
        (date(2024, 2, 1), date(2024, 2, 29), True),
        (date(2024, 2, 1), date(2024, 2, 28), False),
        (date(2023, 2, 2), None, False),
        (None, date(2023, 2, 28), True),
    ],
)
def test_whole_months(begins, ends, whole):
    assert whole_months(Filter(begins, ends)) is whole


def test_every_kind_has_its_table():
    assert set(GROUPS) == set(KINDS)


def test_one_further_dimension_at_a_time():
    assert cut_of(Filter(sites=("A",)), ("month", "site")) == ""
    assert cut_of(Filter(sexes=("F",)), ("month", "sex")) == "sex"
    assert cut_of(Filter(sexes=("F",)), ("age_band",)) is None
    assert set(FIELD_OF) | {"month", "site"} == set(DIMENSIONS)


@pytest.mark.parametrize(
    "name", [n for n, e in catalogue().items() if e.chart in ("t_chart", "g_chart")]
)
@pytest.mark.parametrize("flt", (Filter(), Filter(date(2025, 3, 5), sexes=("female",))))
def test_events_in_order_are_those_of_the_cases(demo_snapshot, name, flt):
    entry = measure(name)
    cases = [row for row in case_rows(demo_snapshot, entry, flt, {}) if row["clock_date"]]
    found = events_in_order(demo_snapshot, entry, flt)
    assert set(found) == {row["part"] for row in cases}
    for part, (n, hits) in found.items():
        own = [row for row in cases if row["part"] == part]
        told = [row["hit"] if row["reason"] is None else None for row in own]
        expected = cases_between(told)
        places = [row["place"] for row in hits]
        assert tuple(b - a - 1 for a, b in pairwise(places)) == expected.gaps
        assert (n - places[-1] if places else None) == expected.open_cases
        days = [row["clock_date"] for row, hit in zip(own, told, strict=True) if hit]
        assert [row["clock_date"] for row in hits] == days
        assert n + expected.unknown == len(own)
