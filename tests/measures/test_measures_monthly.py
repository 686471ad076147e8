"""Any measure as a control chart, and the targets that a service sets."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.monthly import charted, months_between, shape_of
from pipelines.measures.series import ChartAs, escalation_by_month
from pipelines.measures.spc import p_chart
from pipelines.measures.spc_rare import t_chart
from pipelines.measures.targets import target_of, targets
from pipelines.measures.types import Estimate, MeasureError
from tests.measures.conftest import empty, insert

ALL = Filter()


@pytest.mark.parametrize("name", ["escalation_confirmed", "escalation_not_ruled_out"])
def test_a_share_is_charted_as_on_the_page(demo_snapshot, name):
    (found,) = charted(demo_snapshot, name, ALL)
    page = escalation_by_month(demo_snapshot, ALL, name)
    assert found.chart == page.chart
    assert found.days == tuple(point.month for point in page.points)


def test_a_target_and_a_profile_are_those_of_the_page(demo_snapshot):
    chart_as = ChartAs("nhse_excel", target=0.2)
    (found,) = charted(demo_snapshot, "screen_completeness", ALL, chart_as)
    months = evaluate(demo_snapshot, "screen_completeness", ALL, ("month",)).rows
    assert found.chart == p_chart(
        [month.result.numerator for month in months],
        [month.result.denominator for month in months],
        mature=[month.mature for month in months],
        direction="up",
        settings="nhse_excel",
        target=0.2,
    )
    assert found.chart.assurance.state == "consistently_meets"
    assert "Target 20%: consistently met" in found.reading.text


def test_the_built_in_rise_breaks_a_rule_in_its_months(demo_snapshot):
    (found,) = charted(demo_snapshot, "escalation_confirmed", ALL)
    broken = [
        day
        for day, point in zip(found.days, found.chart.points, strict=True)
        if point.rule == "outside"
    ]
    assert broken and set(broken) <= set(months_between(date(2025, 9, 1), date(2025, 11, 1)))


def test_missed_red_flags_are_charted_by_the_days_between_them(demo_snapshot):
    charts = {each.part: each for each in charted(demo_snapshot, "red_flags_not_in_time", ALL)}
    assert set(charts) == {"confirmed", "possible"}
    ((until,),) = demo_snapshot.execute("select max(extract_date) from episode").fetchall()
    for part, found in charts.items():
        events = [
            day
            for (day,) in demo_snapshot.execute(
                "select breach_date from breach where level >= 3 and possible = ? "
                "and (result = 'MISSED' or (result = 'COVERED' and not timely)) order by 1",
                [part == "possible"],
            ).fetchall()
        ]
        # fewer events are better, so longer gaps are
        assert found.rare == t_chart(events, until=until, direction="up")
        assert found.shape == "t_chart" and len(found.days) == len(events) - 1


def test_cases_between_warning_signs_leave_unknown_ones_out(demo_snapshot):
    (found,) = charted(demo_snapshot, "ces_present", ALL)
    counted = [
        ces
        for (ces,) in demo_snapshot.execute(
            "select ces from contact where evaluated and ces is not null "
            "order by contact_date, episode_key, contact_key::varchar"
        ).fetchall()
    ]
    places = [i for i, ces in enumerate(counted) if ces]
    gaps = [b - a - 1 for a, b in pairwise(places)]
    assert [point.value for point in found.chart.points] == gaps
    assert found.rare.open_gap.length == len(counted) - places[-1] - 1
    # neither direction of a warning sign is better
    assert found.chart.direction == "neutral"


def test_every_measure_but_a_state_has_charts(demo_snapshot):
    for entry in catalogue().values():
        if entry.stock:
            with pytest.raises(MeasureError, match="state on the day the data end"):
                charted(demo_snapshot, entry.id, ALL)
            continue
        found = charted(demo_snapshot, entry.id, ALL)
        # Of a month of the demo too few are seen again in each week of arrival.
        assert found or entry.id == "persistence_by_interval", entry.id
        for each in found:
            assert each.shape == shape_of(entry)
            assert len(each.labels) == len(each.chart.points) == len(each.days)


def test_persistence_has_mature_months_and_the_last_three_are_not(demo_snapshot):
    (found,) = charted(demo_snapshot, "persistence_share_8_weeks", ALL)
    mature = [point.mature for point in found.chart.points if point.value is not None]
    assert sum(mature) >= 20
    ripe = [row for row in found.rows if row is not None and row.mature]
    assert ripe[-1].by[0] < "2026-04"


def test_a_month_without_a_case_has_no_value():
    con = empty()
    for key, month in enumerate((1, 2, 5), 1):
        day = date(2026, month, 9)
        insert(con, "episode", [
            {"episode_key": key, "n_evaluated": 1, "first_lb": 2, "first_ub": 2,
             "first_contact_date": day, "extract_date": date(2026, 6, 30)}
        ])  # fmt: skip
    (found,) = charted(con, "escalation_confirmed", ALL)
    assert [point.value for point in found.chart.points] == [1.0, 1.0, None, None, 1.0]
    assert found.rows[2] is None
    assert charted(con, "escalation_confirmed", Filter(sites=("nowhere",))) == ()


def test_a_median_is_charted_by_its_value(demo_snapshot):
    (found,) = charted(demo_snapshot, "wait_referral_to_triage", ALL)
    rows = evaluate(demo_snapshot, "wait_referral_to_triage", ALL, ("month",)).rows
    values = [row.result.value for row in rows if isinstance(row.result, Estimate)]
    assert [point.value for point in found.chart.points] == values
    assert found.chart.method == "XmR"


class TestTargets:
    def test_good_ones_are_numbers_in_the_measure_s_unit(self):
        found = targets({"did_not_attend": 0.05, "days_to_action": 7, "agreement_kappa": 0.8})
        assert found == {"did_not_attend": 0.05, "days_to_action": 7.0, "agreement_kappa": 0.8}
        assert target_of("did_not_attend", found) == 0.05
        assert target_of("agreement", found) is None

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("did_not_atend", 0.05, "no measure 'did_not_atend'; did you mean 'did_not_attend'"),
            ("xyzzy", 0.05, "see outcomes measures --list"),
            ("did_not_attend", 5, "5 is impossible; write a share from 0 to 1"),
            ("did_not_attend", -0.1, "impossible"),
            ("did_not_attend", "5%", "'5%' is no number; write a share"),
            ("did_not_attend", True, "True is no number"),
            ("did_not_attend", float("nan"), "is no number"),
            ("days_to_action", -1, "write days"),
            ("agreement_kappa", 80, "write a kappa"),
            ("escalation_confirmed", 0.1, "neither direction of this figure is better"),
        ],
    )
    def test_others_are_refused_with_the_place_and_the_remedy(self, name, value, words):
        with pytest.raises(MeasureError, match=words) as refused:
            targets({name: value})
        assert str(refused.value).startswith("outcomes.toml, [targets]")
