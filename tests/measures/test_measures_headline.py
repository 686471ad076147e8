"""The three answers: by hand on nine episodes, and recomputed with pandas on random ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.measures.agreement import agreement
from pipelines.measures.catalogue import catalogue
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.measures.series import (
    escalation_by_month,
    escalation_by_site,
    persistence_by_month,
    persistence_by_site,
)
from pipelines.measures.types import Estimate, Exclusions, MeasureError, Median, NotEstimable

Build = Callable[..., Any]
X = date(2026, 6, 30)


def one(key: int, first: date, **more: Any) -> dict[str, Any]:
    """An episode at S1 whose every answer is no, unless told otherwise."""
    return {
        "episode_key": key,
        "site_id": "S1",
        "patient_id": f"p{key}",
        "extract_date": X,
        "first_contact_date": first,
        "last_contact_date": first,
        "n_evaluated": 1,
        "first_lb": 0,
        "first_ub": 0,
        "worst_lb": 0,
        "worst_ub": 0,
        "first_cancer_only": False,
        "screen_complete_first": True,
        "entry_cohort": "incident",
        "mature_8w": True,
        "persist_6w": "NOT_PERSISTENT",
        "persist_8w": "NOT_PERSISTENT",
        "tti_event": "excluded",
        "tti_reason": "no_baseline",
        **more,
    }


def nine() -> list[dict[str, Any]]:
    jan, feb, jun = date(2026, 1, 10), date(2026, 2, 5), date(2026, 6, 20)
    return [
        one(1, jan, first_lb=4, first_ub=4, worst_lb=4, worst_ub=4, first_date_gp=jan),
        one(2, jan, first_lb=2, first_ub=2, worst_lb=2, worst_ub=2, first_cancer_only=True,
            first_date_gp=jan),
        one(3, jan, first_ub=3, worst_ub=3, screen_complete_first=False),
        one(4, jan, first_lb=1, first_ub=1, worst_lb=1, worst_ub=1, persist_8w="PERSISTENT",
            persist_6w="PERSISTENT", persisting_now=True, tti_event="censored", tti_days=60,
            tti_reason=None, n_score_days=2),
        one(5, feb, worst_lb=3, worst_ub=3, first_date_gp=date(2026, 4, 20), persist_8w="LOST",
            persist_6w="LOST", tti_event="escalated", tti_days=74, tti_reason=None,
            n_score_days=1),
        one(6, feb, entry_cohort="prevalent", persist_8w="PERSISTENT", persisting_now=True,
            tti_event="improved", tti_days=20, tti_reason=None, n_score_days=3),
        one(7, feb, entry_cohort=None, mature_8w=None, persist_8w="ONSET_UNKNOWN"),
        one(8, jun, mature_8w=False, persist_8w="NOT_YET_DUE", crossing_soon=True, first_ub=1,
            worst_ub=1, tti_reason="no_followup", n_score_days=1, site_id="S2"),
        {"episode_key": 9, "site_id": "S1", "extract_date": X, "n_evaluated": 0,
         "last_contact_date": date(2026, 2, 20)},
    ]  # fmt: skip


def ratio(result: object) -> tuple[int | None, int]:
    assert isinstance(result, Estimate), result
    return result.numerator, result.denominator


def test_escalation_by_hand(snapshot: Build) -> None:
    found = three_answers(snapshot(episode=nine()), Filter()).escalation
    assert found.n_episodes == 8 and dict(found.exclusions) == {"NO_CONTACT": 1, "NO_RESULT": 0}
    assert ratio(found.confirmed) == (2, 8)
    assert ratio(found.without_cancer_only) == (1, 8) and found.cancer_only == 1
    assert ratio(found.not_ruled_out) == (3, 8)  # the open screen of 3 counts here only
    assert ratio(found.ever) == (3, 8)
    # 8 was first seen ten days before the data end; 5 reached URGENT on day 74
    assert ratio(found.within_56_days) == (2, 7)
    assert ratio(found.screen_complete_first) == (7, 8)
    assert [(bar.code, bar.n) for bar in found.bars_first] == [
        ("A_AND_E", 1), ("URGENT", 0), ("GP", 1), ("TIMS", 1), ("SELF_MANAGE", 3),
        ("NOT_SETTLED", 2),
    ]  # fmt: skip
    assert [(bar.code, bar.n) for bar in found.bars_ever] == [
        ("A_AND_E", 1), ("URGENT", 1), ("GP", 1), ("TIMS", 1), ("SELF_MANAGE", 2),
        ("NOT_SETTLED", 2),
    ]  # fmt: skip
    urgent = found.levels[1]
    assert urgent.code == "URGENT" and ratio(urgent.exactly) == (0, 8)
    assert ratio(urgent.at_least) == (1, 8) and ratio(urgent.not_ruled_out) == (2, 8)


def test_improvement_by_hand(snapshot: Build) -> None:
    scores = [
        {"episode_key": 4, "score_date": date(2026, 1, 10)},
        {"episode_key": 4, "score_date": date(2026, 3, 11)},  # 60 days
        {"episode_key": 6, "score_date": date(2026, 2, 5)},
        {"episode_key": 6, "score_date": date(2026, 2, 5)},  # the same day once more
        {"episode_key": 6, "score_date": date(2026, 2, 15)},  # 10 days
        {"episode_key": 6, "score_date": date(2026, 2, 25)},  # 10 days: improved
        {"episode_key": 6, "score_date": date(2026, 5, 25)},  # after it: no matter
    ]
    rows = nine()
    rows[3]["baseline_date"], rows[5]["baseline_date"] = date(2026, 1, 10), date(2026, 2, 5)
    found = three_answers(snapshot(episode=rows, score=scores), Filter()).improvement
    assert (found.n_episodes, found.n_followed) == (8, 3)
    assert (found.n_improved, found.n_escalated) == (1, 1)
    assert dict(found.exclusions) == {"NO_CONTACT": 1, "no_baseline": 4, "no_followup": 1}
    assert ratio(found.two_scores) == (2, 8)
    assert found.median_gap_days == 10.0
    # 20 improved (3 at risk), 60 censored, 74 escalated (1 at risk)
    assert [(s.day, s.n_at_risk) for s in found.curve] == [(0, 3), (20, 3), (60, 2), (74, 1)]
    last = found.curve[-1]
    assert (last.improved, last.escalated, last.still_open) == pytest.approx((1 / 3, 2 / 3, 0))
    assert found.n_at_risk == ((0, 3), (14, 3), (28, 2), (42, 2), (56, 2), (84, 0))
    at_56 = found.at[1]
    assert at_56.day == 56 and isinstance(at_56.improved, Estimate)
    assert at_56.improved.value == pytest.approx(1 / 3) and at_56.improved.denominator == 3
    assert isinstance(at_56.escalated, Estimate) and at_56.escalated.value == 0
    assert at_56.escalated.lower is None  # nobody escalated yet: no limits, not (0, 0)
    assert isinstance(found.median, NotEstimable) and "at least 8 and 3" in found.median.reason
    # the area under 1, then 2/3 from day 20, to the longest follow-up (day 74)
    assert isinstance(found.restricted_mean, Estimate) and found.restricted_mean_days == 74
    assert found.restricted_mean.value == pytest.approx(20 + 54 * 2 / 3)


def test_persistence_by_hand(snapshot: Build) -> None:
    found = three_answers(snapshot(episode=nine()), Filter()).persistence
    assert found.n_episodes == 8 and found.crossing_soon == 1
    now, ever = found.now, found.ever
    assert (now.total, now.arrived, now.crossed, now.cohort_unknown) == (2, 1, 1, 0)
    assert (now.improved, now.not_improved, now.improvement_unknown) == (1, 1, 0)
    assert (ever.total, ever.measure) == (2, "persisting_ever")
    # incident and mature: 1 2 3 4 5; of them 4 persists and 5 is lost
    share = found.share_8_weeks
    assert ratio(share.share) == (1, 4)
    assert ratio(share.best) == (1, 5) and ratio(share.worst) == (2, 5)
    assert ratio(share.known) == (4, 5)
    assert isinstance(share.share, Estimate)
    assert dict(share.share.exclusions) == {
        "NO_CONTACT": 1, "ARRIVED_PAST_8_WEEKS": 1, "COHORT_UNKNOWN": 1, "NOT_MATURE": 1, "LOST": 1
    }  # fmt: skip
    assert share.share.denominator + share.share.excluded == 9
    assert isinstance(found.share_due.share, Estimate)
    assert dict(found.share_due.share.exclusions)["NOT_YET_DUE"] == 1
    assert found.mature_months == (date(2026, 1, 1), date(2026, 2, 1))
    assert found.immature_months == (date(2026, 6, 1),)
    status = {s.status: s for s in found.statuses}
    assert (status["PERSISTENT"].n, status["PERSISTENT"].seen_within_8_weeks) == (2, 1)
    assert sum(s.n for s in found.statuses) == 8
    assert isinstance(found.estimated_8_weeks, NotEstimable)


def test_estimated_persistence_with_delayed_entry(snapshot: Build) -> None:
    day = date(2026, 1, 10)
    rows = [
        one(k, day, res_entry=5, res_exit=30 if k < 4 else 70, res_event=k < 4) for k in range(10)
    ]
    rows += [one(20, day, res_entry=2, res_exit=4, res_event=True)]  # before eight are at risk
    rows += [one(21, day, res_entry=9, res_exit=9, res_event=True)]  # recovered when first seen
    rows += [one(22, day, res_entry=None, res_exit=None)]
    rows += [one(23, day, res_entry=9, res_exit=3, res_event=True)]  # by the diary, before seen
    rows += [one(24, day, res_entry=9, res_exit=3, res_event=False)]  # never seen from then on
    found = three_answers(snapshot(episode=rows), Filter()).persistence
    estimate = found.estimated_8_weeks
    assert isinstance(estimate, Estimate)
    assert estimate.value == pytest.approx(0.6) and estimate.denominator == 10
    assert found.estimated_from_day == 5 and found.events_before_start == 1
    assert "given still symptomatic after day 5" in estimate.method
    assert dict(estimate.exclusions) == {
        "NO_CONTACT": 0, "ONSET_UNKNOWN": 1, "RESOLVED_BEFORE_SEEN": 1, "NO_FOLLOW_UP": 2,
        "LEFT_BEFORE_START": 1,
    }  # fmt: skip
    assert dict(found.n_at_risk)[56] == 6


def test_periods_and_sites(snapshot: Build) -> None:
    con = snapshot(episode=nine())
    winter = Filter(date(2026, 1, 1), date(2026, 1, 31))
    spring = Filter(date(2026, 2, 1), date(2026, 5, 31))
    late = Filter(date(2026, 6, 1), None)
    parts = [three_answers(con, flt).escalation for flt in (winter, spring, late)]
    assert [p.n_episodes for p in parts] == [4, 3, 1]
    assert [dict(p.exclusions)["NO_CONTACT"] for p in parts] == [0, 1, 0]
    assert three_answers(con, Filter(sites=("S2",))).escalation.n_episodes == 1
    assert three_answers(con, Filter(sites=("S1", "S2"))).escalation.n_episodes == 8
    both_ends = Filter(date(2026, 1, 10), date(2026, 1, 10))
    assert three_answers(con, both_ends).escalation.n_episodes == 4
    with pytest.raises(MeasureError, match="before it begins"):
        Filter(date(2026, 2, 1), date(2026, 1, 1))


def everything(con: Any, flt: Filter) -> list[object]:
    return [
        three_answers(con, flt),
        agreement(con, flt),
        escalation_by_month(con, flt),
        persistence_by_month(con, flt),
        escalation_by_site(con, flt),
        persistence_by_site(con, flt),
    ]


def results_in(value: object) -> list[Estimate | NotEstimable | Median]:
    """Every result anywhere inside nested dataclasses and tuples."""
    if isinstance(value, Estimate | NotEstimable | Median):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [r for f in fields(value) for r in results_in(getattr(value, f.name))]
    if isinstance(value, tuple | list):
        return [r for item in value for r in results_in(item)]
    return []


@pytest.mark.parametrize("size", [0, 1, 300])
def test_every_result_is_in_the_catalogue(
    size: int, snapshot: Build, episodes_at_random: Build
) -> None:
    rows = episodes_at_random(5, size)
    contacts = [
        {"contact_key": r["episode_key"], "episode_key": r["episode_key"], "evaluated": True,
         "contact_date": r["first_contact_date"], "screen_complete": True}
        for r in rows if r["first_contact_date"]
    ]  # fmt: skip
    con = snapshot(episode=rows, contact=contacts)
    found = results_in(everything(con, Filter()))
    assert len(found) > 30
    known = catalogue()
    for result in found:
        entry = known[result.measure]
        assert result.measure == entry.id
        allowed = set(entry.exclusions)
        assert {code for code, _ in result.exclusions} <= allowed, (entry.id, result.exclusions)
        if isinstance(result, Estimate):
            assert result.unit == entry.unit, entry.id
        if isinstance(result, NotEstimable):
            assert result.reason.startswith("Not ") and result.reason.endswith("."), entry.id


def test_an_empty_snapshot_is_not_estimable_everywhere(snapshot: Build) -> None:
    found = results_in(everything(snapshot(), Filter()))
    assert found and all(isinstance(result, NotEstimable) for result in found)


# -- the same figures once more, from the same rows, with pandas ------------------------------


def frame_of(rows: list[dict[str, Any]], flt: Filter) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    placed = pd.to_datetime(frame["first_contact_date"].fillna(frame["last_contact_date"]))
    keep = pd.Series(True, index=frame.index)
    if flt.period_from:
        keep &= placed >= pd.Timestamp(flt.period_from)
    if flt.period_to:
        keep &= placed <= pd.Timestamp(flt.period_to)
    if flt.sites:
        keep &= frame["site_id"].isin(flt.sites)
    return frame[keep]


def product_limit(entry: Any, exit: Any, event: Any, at: float, start: float) -> float:
    """S(at) given S(start) = 1, by comparing every person with every event time."""
    entry = np.where(np.asarray(entry) <= 0, -1, entry)
    surv = 1.0
    for t in np.unique(exit[event]):
        if start < t <= at:
            n = ((entry < t) & (exit >= t)).sum()
            surv *= 1 - ((exit == t) & event & (entry < t)).sum() / n
    return surv


@pytest.mark.parametrize(
    "flt",
    [
        Filter(),
        Filter(date(2025, 11, 3), date(2026, 3, 15)),
        Filter(sites=("S1", "S3")),
        Filter(date(2026, 1, 1), None, ("S2",)),
    ],
    ids=["all", "period", "sites", "both"],
)
def test_recomputed_with_pandas(flt: Filter, snapshot: Build, episodes_at_random: Build) -> None:
    rows = episodes_at_random(42, 600)
    answers = three_answers(snapshot(episode=rows), flt)
    frame = frame_of(rows, flt)
    seen = frame[frame["n_evaluated"] > 0]
    esc, per, imp = answers.escalation, answers.persistence, answers.improvement
    no_contact = dict(esc.exclusions)["NO_CONTACT"]
    assert (esc.n_episodes, no_contact) == (len(seen), len(frame) - len(seen))
    assert ratio(esc.confirmed)[0] == (seen["first_lb"] >= 2).sum()
    assert ratio(esc.not_ruled_out)[0] == (seen["first_ub"] >= 2).sum()
    cancer = (seen["first_lb"] >= 2) & seen["first_cancer_only"].astype(bool)
    assert esc.cancer_only == cancer.sum()
    assert {bar.code: bar.n for bar in esc.bars_ever}["GP"] == (seen["worst_lb"] == 2).sum()
    assert sum(bar.n for bar in esc.bars_first) == len(seen)

    timed = seen[seen["tti_event"] != "excluded"]
    assert imp.n_followed == len(timed)
    exit = timed["tti_days"].to_numpy(float)
    improved = (timed["tti_event"] == "improved").to_numpy()
    escalated = (timed["tti_event"] == "escalated").to_numpy()
    incidence, surv = 0.0, 1.0
    for t in np.unique(exit[improved | escalated]):
        if t <= 56:
            n = (exit >= t).sum()
            incidence += surv * ((exit == t) & improved).sum() / n
            surv *= 1 - ((exit == t) & (improved | escalated)).sum() / n
    at_56 = imp.at[1].improved
    assert isinstance(at_56, Estimate) and at_56.value == pytest.approx(incidence, abs=1e-12)

    cohort = seen[(seen["entry_cohort"] == "incident") & (seen["mature_8w"] == True)]  # noqa: E712
    status = cohort["persist_8w"].value_counts()
    persistent, recovered = status.get("PERSISTENT", 0), status.get("NOT_PERSISTENT", 0)
    assert ratio(per.share_8_weeks.share) == (persistent, persistent + recovered)
    now = seen[seen["persisting_now"].astype(bool)]
    assert per.now.total == len(now)
    assert per.now.crossed == (now["entry_cohort"] == "incident").sum()
    assert per.now.not_improved == now["tti_event"].isin(["censored", "escalated"]).sum()

    known = seen[seen["res_entry"].notna()]
    begins, ends = known["res_entry"].to_numpy(float), known["res_exit"].to_numpy(float)
    events = known["res_event"].to_numpy(bool)
    assert per.estimated_from_day is not None and isinstance(per.estimated_8_weeks, Estimate)
    start = float(per.estimated_from_day)
    at_risk = [int(((begins <= e) & (ends > e)).sum()) for e in range(int(start) + 1)]
    assert at_risk[-1] >= 8 and all(n < 8 for n in at_risk[:-1])
    expected = product_limit(begins, ends, events, 56, start)
    assert per.estimated_8_weeks.value == pytest.approx(expected, abs=1e-12)


def test_monthly_series_recomputed_with_pandas(snapshot: Build, episodes_at_random: Build) -> None:
    rows = episodes_at_random(9, 500)
    con = snapshot(episode=rows, site=[{"site_id": "S1", "name": "North"}])
    frame = frame_of(rows, Filter())
    seen = frame[frame["n_evaluated"] > 0].copy()
    seen["month"] = pd.to_datetime(seen["first_contact_date"]).dt.to_period("M")
    series = escalation_by_month(con, Filter())
    by_month = seen.groupby("month")["first_lb"]
    for point in series.points:
        group = by_month.get_group(pd.Period(point.month, "M"))
        assert (point.numerator, point.denominator) == ((group >= 2).sum(), len(group))
    assert len(series.chart.points) == len(series.points)
    assert series.points[-1].mature == (series.points[-1].month <= date(2026, 6, 1))

    past = persistence_by_month(con, Filter())
    incident = seen[seen["entry_cohort"] == "incident"]
    for point in past.points:
        group = incident[incident["month"] == pd.Period(point.month, "M")]
        assert point.numerator == (group["persist_8w"] == "PERSISTENT").sum()
        month_over = pd.Period(point.month, "M").end_time.date() <= X
        assert point.mature == (bool((group["mature_8w"] == True).all()) and month_over)  # noqa: E712
        assert point.bounds is not None
    young = [p for p in past.points if not p.mature]
    assert young, "the data must hold immature months for this test to mean something"
    assert past.chart.n_points == sum(p.mature and p.denominator > 0 for p in past.points)

    sites = {p.site_id: p for p in escalation_by_site(con, Filter())}
    assert sites["S1"].site_name == "North" and sites["S2"].site_name == "S2"
    assert sites["unknown"].denominator == seen["site_id"].isna().sum()
    assert sum(p.denominator for p in sites.values()) == len(seen)


def test_gaps_between_months_are_kept(snapshot: Build) -> None:
    days = [date(2025, 11, 3), date(2025, 12, 1), date(2026, 2, 1)]
    con = snapshot(episode=[one(k, day) for k, day in enumerate(days)])
    series = escalation_by_month(con, Filter())
    assert [(p.month.month, p.denominator) for p in series.points] == [
        (11, 1), (12, 1), (1, 0), (2, 1)
    ]  # fmt: skip
    assert isinstance(series.points[2].estimate, NotEstimable)
    assert series.chart.points[2].value is None


def test_last_month_is_immature_until_it_is_over(snapshot: Build) -> None:
    rows = [one(1, date(2026, 5, 4)), one(2, date(2026, 6, 4))]
    for row in rows:
        row["extract_date"] = date(2026, 6, 29)
    series = escalation_by_month(snapshot(episode=rows), Filter())
    assert [p.mature for p in series.points] == [True, False]


def statements() -> dict[str, str]:
    folder = resources.files("pipelines.measures").joinpath("sql")
    return {f.name: f.read_text(encoding="utf-8") for f in folder.iterdir()}


def test_statements_share_one_filter() -> None:
    def filter_of(text: str) -> str:
        return text.split("filtered as (")[1].split("\n),")[0]

    whole = {"case_origin.sql", "data_until.sql", "episode_names.sql"}
    whole |= {"snapshot_files.sql", "snapshot_meta.sql"}
    assert whole <= statements().keys()
    for name, text in statements().items():
        if name in whole:  # what a snapshot says of itself: no selection applies
            assert "$" not in text, name
            continue
        condition = filter_of(text).replace("contact_date", "placed_date")
        condition = condition.replace("from contacts", "from episodes")
        assert condition == filter_of(statements()["escalation.sql"]), name
        # exact sums, stable answers, and nothing that DuckDB 2.0 reads otherwise than 1.5
        assert "any_value" not in text and "mode(" not in text and "//" not in text, name
        assert text.rstrip().split("\n")[-1].startswith("select * from final"), name


def test_exclusions_are_typed_as_pairs() -> None:
    reasons: Exclusions = (("LOST", 1),)
    assert NotEstimable("Not estimable.", "agreement", 0, reasons).excluded == 1
