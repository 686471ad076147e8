"""Waits, safety panel, scores of change and exercises, recounted from somewhere else."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import ClassVar

import numpy as np
import pytest

import sample_data
from pipelines import snapshot
from pipelines.measures.case_query import case_rows
from pipelines.measures.catalogue import measure
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.types import NotEstimable
from sample_data import world
from tests.measures.conftest import empty, insert

ALL = Filter()
X = date(2026, 6, 30)


def results(con, name, flt=ALL):
    return {row.part: row.result for row in evaluate(con, name, flt).rows}


def only(con, name):
    (result,) = results(con, name).values()
    return result


def waiting(days: int, **more):
    """An episode referred to an appointment so many days ago and not seen."""
    first = X - timedelta(days=days)
    return {
        "episode_key": days, "n_evaluated": 1, "extract_date": X, "first_contact_date": first,
        "referral_received_date": first, **more,
    }  # fmt: skip


class TestWaits:
    BOUNDS = (
        (0, "0 to 1 week"), (7, "0 to 1 week"), (8, "1 to 2 weeks"), (14, "1 to 2 weeks"),
        (15, "2 to 4 weeks"), (28, "2 to 4 weeks"), (29, "4 to 12 weeks"), (84, "4 to 12 weeks"),
        (85, "12 to 18 weeks"), (126, "12 to 18 weeks"), (127, "18 to 52 weeks"),
        (364, "18 to 52 weeks"), (365, "over 52 weeks"), (366, "over 52 weeks"),
    )  # fmt: skip

    @pytest.mark.parametrize(("days", "band"), BOUNDS)
    def test_every_day_is_in_one_band_and_day_365_in_the_last(self, days, band):
        con = empty()
        insert(con, "episode", [waiting(days)])
        sent = X - timedelta(days=days)
        insert(con, "referral", [
            {"episode_key": days, "destination": "TIMS", "kind": "referral", "referral_date": sent}
        ])  # fmt: skip
        found = {part: r.numerator for part, r in results(con, "waiting_now").items()}
        assert {part for part, n in found.items() if n} == {band}
        assert sum(found.values()) == 1

    def test_who_was_seen_or_discharged_no_longer_waits(self):
        con = empty()
        insert(con, "episode", [
            waiting(50),
            waiting(60, close_date=X - timedelta(days=5)),
            waiting(70),
            waiting(80, referral_received_date=None),
            waiting(90, referral_received_date=X),
        ])  # fmt: skip
        insert(con, "referral", [
            *({"episode_key": key, "destination": "TIMS", "kind": "advice",
               "referral_date": X - timedelta(days=key)} for key in (50, 60, 70, 80, 90)),
            {"episode_key": 70, "destination": "TIMS", "kind": "appointment",
             "referral_date": X - timedelta(days=20)},
            {"episode_key": 90, "destination": "TIMS", "kind": "appointment",
             "referral_date": X - timedelta(days=20)},
        ])  # fmt: skip
        found = {part: r.numerator for part, r in results(con, "waiting_now").items()}
        assert {part: n for part, n in found.items() if n} == {
            "4 to 12 weeks": 1,
            "referral date not known": 1,
        }
        seen = results(con, "seen_by_wait")["4 to 12 weeks"]
        assert (seen.numerator, seen.denominator) == (1, 1)
        assert dict(seen.exclusions) == {
            "CLOSED_UNSEEN": 1, "STILL_WAITING": 2, "DATES_CONTRADICT": 1,
        }  # fmt: skip

    def test_a_referral_after_the_contact_is_a_contradiction_not_a_wait(self):
        con = empty()
        insert(con, "episode", [waiting(10, referral_received_date=X)])
        found = only(con, "wait_referral_to_triage")
        assert isinstance(found, NotEstimable)
        assert dict(found.exclusions) == {"DATES_CONTRADICT": 1}

    def test_the_demo_says_what_was_put_in(self, demo_snapshot):
        put_in = sample_data.truth()["pathway"]
        to_triage = only(demo_snapshot, "wait_referral_to_triage")
        assert to_triage.value == put_in["median_days_referral_received_to_triage"]
        assert dict(to_triage.exclusions)["DATES_CONTRADICT"] == put_in["received_after_triage"]
        missed = only(demo_snapshot, "did_not_attend")
        assert missed.lower <= world.DNA_RATE <= missed.upper
        back = only(demo_snapshot, "back_within_12_weeks")
        expected = put_in["back_within_12_weeks_of_discharge"]
        assert (back.numerator, back.denominator) == (expected["x"], expected["n"])


@pytest.fixture(scope="module")
def rows(demo_home):
    """Contacts as dictionaries, and the days on which somebody was sent to A&E."""
    con = snapshot.open_readonly(snapshot.current(demo_home).path)
    found = con.execute("select * from contact order by contact_key")
    names = [column[0] for column in found.description]
    contacts = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    sent = con.execute(
        "select episode_key, referral_date from referral where destination = 'A_AND_E' "
        "and kind in ('referral', 'advice')"
    ).fetchall()
    con.close()
    return contacts, sent


class TestSafetyPanel:
    def test_each_line_against_a_plain_recount(self, demo_snapshot, rows):
        contacts, sent = rows
        days = defaultdict(set)
        for key, day in sent:
            days[key].add(day)
        judged = [c for c in contacts if c["evaluated"]]
        present = [c for c in judged if c["ces"]]
        to_ae = [
            c for c in present
            if any(timedelta(0) <= d - c["contact_date"] <= timedelta(28)
                   for d in days[c["episode_key"]])
        ]  # fmt: skip

        def outcome(contact):
            later = [
                (c["contact_date"], c["ed_outcome"]) for c in contacts
                if c["episode_key"] == contact["episode_key"]
                and c["contact_date"] >= contact["contact_date"]
                and c["ed_outcome"] not in (None, "unknown")
            ]  # fmt: skip
            return min(later)[1] if later else None

        found = Counter(outcome(c) for c in to_ae)
        scanned = found["confirmed"] + found["not_confirmed"]
        expected = {
            "ces_asked": (
                sum(all(c[item] is not None for item in world.CES) for c in judged),
                len(judged),
            ),
            "ces_present": (len(present), sum(c["ces"] is not None for c in judged)),
            "ces_sent_same_day": (
                sum(c["contact_date"] in days[c["episode_key"]] for c in present),
                len(present),
            ),
            "ces_outcome_known": (len(to_ae) - found[None], len(to_ae)),
            "ces_confirmed": (found["confirmed"], scanned),
            "ces_safety_netted": (
                sum(c["safety_net_given"] is True for c in present),
                sum(c["safety_net_given"] is not None for c in present),
            ),
        }
        for name, counts in expected.items():
            result = only(demo_snapshot, name)
            assert (result.numerator, result.denominator) == counts, name
        confirmed = only(demo_snapshot, "ces_confirmed")
        assert confirmed.lower <= world.CONFIRMED_RATE <= confirmed.upper

    def test_each_question_against_a_plain_recount(self, demo_snapshot, rows):
        judged = [c for c in rows[0] if c["evaluated"]]
        asked = results(demo_snapshot, "screen_completeness_by_question")
        assert set(asked) == set(world.SCREEN)
        for item, result in asked.items():
            assert result.numerator == sum(c[item] is not None for c in judged), item

    def test_each_rule_against_a_plain_recount(self, demo_snapshot, rows):
        by_episode = defaultdict(list)
        for contact in rows[0]:
            if contact["evaluated"]:
                by_episode[contact["episode_key"]].append(contact)
        found = {name: results(demo_snapshot, name) for name in ("rule_fired", "rule_ever")}
        unknown = results(demo_snapshot, "rule_unknown")
        rules = ("help-1-unmanageable", "help-2-sleep", "help-3-worsening", "help-4-no-improvement")
        for rule, column in zip(rules, ("h1", "h2", "h3", "h4"), strict=True):
            first, ever = [], []
            for contacts in by_episode.values():
                day = min(contact["contact_date"] for contact in contacts)
                told = [c[column] for c in contacts if c["contact_date"] == day]
                first.append(True if True in told else None if None in told else False)
                ever.append(any(c[column] is True for c in contacts))
            assert found["rule_fired"][rule].numerator == first.count(True), rule
            assert unknown[rule].numerator == first.count(None), rule
            assert found["rule_ever"][rule].numerator == ever.count(True), rule
        assert len(unknown) == 19 and unknown[rule].denominator == len(by_episode)


class TestImprovementDefinitions:
    SCORES: ClassVar = {
        "M1": (6, 6, 6), "M2": (8, 6, 6), "M3": (7, 3, 7), "M4": (6, 6, 6), "M5": (6, 6, 6),
        "M6": (8, 5, 2), "M7": (6, 0, 0), "M8": (6, 6), "M9": (3, 2, 2), "M10": (6, 0, 5),
        "M11": (9, 7, 7), "M12": (6, 5, 5),
    }  # fmt: skip
    IMPROVED: ClassVar = {
        "2 points and 30%": {"M3", "M6", "M7", "M10"},
        "2 points or 30%": {"M2", "M3", "M6", "M7", "M9", "M10", "M11"},
        "30%": {"M3", "M6", "M7", "M9", "M10"},
        "2 points": {"M2", "M3", "M6", "M7", "M10", "M11"},
        "50%": {"M3", "M6", "M7", "M10"},
    }

    def test_the_specification_s_cohort_improves_as_it_says(self):
        con = empty()
        insert(con, "param_set", [{"competing_rank": 3, "competing_referrals": "|A_AND_E|"}])
        start = date(2024, 1, 8)
        for key, scores in enumerate(self.SCORES.values(), 1):
            insert(con, "episode", [
                {"episode_key": key, "n_evaluated": 1, "extract_date": X, "baseline_date": start,
                 "first_contact_date": start}
            ])  # fmt: skip
            insert(con, "score", [
                {"episode_key": key, "score_date": start + timedelta(days=day), "value": score,
                 "origin": "contact", "is_baseline": day == 0, "baseline": scores[0]}
                for day, score in zip((0, 21, 53), scores, strict=False)
            ])  # fmt: skip
        names = list(self.SCORES)
        for part, members in self.IMPROVED.items():
            cases = case_rows(con, measure("improvement_by_definition"), ALL, {}, part)
            improved = {names[row["episode_key"] - 1] for row in cases if row["event"] == 1}
            assert len(cases) == 12 and improved == members, part

    def test_the_main_definition_is_the_main_measure(self, demo_snapshot):
        by_cut = results(demo_snapshot, "improvement_by_definition")["2 points and 30%"]
        main = results(demo_snapshot, "improvement_by_day")["day 56"]
        assert (by_cut.value, by_cut.lower, by_cut.denominator, by_cut.exclusions) == (
            main.value, main.lower, main.denominator, main.exclusions,
        )  # fmt: skip
        medians = results(demo_snapshot, "median_by_definition")
        assert medians["2 points and 30%"].value == (
            only(demo_snapshot, "time_to_improvement_median").value
        )


def test_msk_hq_is_what_was_put_in_and_global_change_adds_up(demo_snapshot):
    gain = only(demo_snapshot, "msk_hq_gain")
    expected = sample_data.truth()["pathway"]["msk_hq_gain_of_6"]
    assert (gain.numerator, gain.denominator) == (expected["x"], expected["n"])
    paired = only(demo_snapshot, "msk_hq_paired")
    assert paired.numerator == gain.denominator
    bars = results(demo_snapshot, "global_change")
    better = only(demo_snapshot, "global_change_better")
    assert sum(r.numerator for r in bars.values()) == better.denominator
    assert better.numerator == sum(
        bars[part].numerator for part in ("very much improved", "much improved")
    )


def diary_rows():
    """(episode, day, seconds) of every walk that was done, straight from the app's exports."""
    for path in sample_data.demo_files():
        if "app_adherence" in path.name:
            text = gzip.decompress(path.read_bytes()).decode("utf-8")
            for row in csv.DictReader(io.StringIO(text)):
                if row["exercise_name"] == "Walking" and row["completed"] == "true":
                    yield row["patient_code"], date.fromisoformat(row["date"]), int(row["time"])


def test_walking_time_grows_by_the_slope_of_a_straight_line(demo_snapshot):
    walks = defaultdict(list)
    for episode, day, seconds in diary_rows():
        walks[episode].append((day, seconds))
    rows = demo_snapshot.execute(
        "select e.episode_id, e.first_contact_date, e.n_weeks, x.walk_slope, x.n_days, "
        "x.n_window_days from exercise as x join episode as e using (episode_key) "
        "where exercise_code = 'walk'"
    ).fetchall()
    checked = 0
    for episode, first, n_weeks, slope, n_days, n_window_days in rows:
        inside = [
            ((day - first).days, seconds) for day, seconds in walks[episode]
            if 0 <= (day - first).days < n_window_days
        ]  # fmt: skip
        assert n_days == len({day for day, _ in inside}), episode
        if slope is None:
            continue
        weekly = np.zeros(n_weeks)
        for day, seconds in inside:
            if day // 7 < n_weeks:
                weekly[day // 7] += seconds
        assert slope == pytest.approx(np.polyfit(np.arange(n_weeks), weekly, 1)[0], abs=1e-6)
        checked += 1
    assert checked > 100


def test_a_diary_of_full_amounts_reaches_them(demo_snapshot):
    rows = demo_snapshot.execute(
        "select exercise_code, n_days, n_assessed, mean_dose, n_dose_met, n_over_dose "
        "from exercise join episode using (episode_key) "
        "where episode_id = 'STORY-10-SIX-DIARY-DAYS'"
    ).fetchall()
    assert rows == [("knees_to_chest", 6, 6, 1.0, 6, 0)]


def test_open_episodes_by_time_since_onset_add_up(demo_snapshot):
    ((n_open,),) = demo_snapshot.execute(
        "select count(*) from episode where open_now and n_evaluated > 0"
    ).fetchall()
    bands = results(demo_snapshot, "open_by_time_since_onset")
    assert sum(r.numerator for r in bands.values()) == n_open
    soon = only(demo_snapshot, "crossing_soon")
    assert bands["6 to 8 weeks"].numerator == soon.numerator
    past = results(demo_snapshot, "persisting_now_by_age")
    assert (
        sum(r.numerator for r in past.values()) == only(demo_snapshot, "persisting_now").numerator
    )


def test_route_results_add_up_to_the_share(demo_snapshot):
    counted = results(demo_snapshot, "route_results")
    by_route = results(demo_snapshot, "route_appropriate")
    assert counted["PASS"].numerator == sum(r.numerator for r in by_route.values())
    assert counted["PASS"].numerator + counted["FAIL"].numerator == sum(
        r.denominator for r in by_route.values()
    )
