"""Over raw answers, knowing more can lower a level in a few named ways; each is meant."""

from __future__ import annotations

import datetime as dt

from pipelines.assure import evaluate

ONSET = dt.date(2025, 3, 3)


def day(number):
    return (ONSET + dt.timedelta(days=number)).isoformat()


def episode(*contacts, logs=(), onset=0):
    """Contacts as (day, answers, fields); every other question answered no."""
    return {
        "extract_date": day(365),
        "episode": {"episode_id": "e1", "onset_date": None if onset is None else day(onset)},
        "contacts": [
            {"contact_id": f"c{n}", "contact_date": day(on), "contact_type": "review",
             **fields, "answers": {"others": "no", **answers}}
            for n, (on, answers, fields) in enumerate(contacts, start=1)
        ],
        "exercise_logs": [
            {"log_id": f"l{n}", "log_date": day(on), "exercise_code": "bridge", "reps": 8}
            for n, on in enumerate(logs, start=1)
        ],
    }  # fmt: skip


def pair(before, after):
    found = evaluate([("before", before, {}), ("after", after, {})])
    return found["before"], found["after"]


STUCK = {"help_tried": "yes", "symptoms_present": "yes"}


def test_saying_that_it_improves_lowers():
    before, after = pair(
        episode((60, STUCK | {"help_improving": "no"}, {})),
        episode((60, STUCK | {"help_improving": "yes"}, {})),
    )
    assert (before["worst_lb"], after["worst_lb"]) == ("TIMS", "SELF_MANAGE")


def test_saying_that_medication_helps_the_sleep_lowers():
    answers = {"help_2_sleep_impact": "yes"}
    before, after = pair(
        episode((4, answers | {"help_2_med_helps": "no"}, {})),
        episode((4, answers | {"help_2_med_helps": "yes"}, {})),
    )
    assert (before["worst_lb"], after["worst_lb"]) == ("TIMS", "SELF_MANAGE")


def test_denying_worsening_lowers_what_scores_had_shown():
    scores = [(3, {"help_tried": "yes"}, {"nprs": 4}), (13, {}, {"nprs": 6})]
    before, after = pair(
        episode(*scores, (23, {"help_3_worsening": "not_asked"}, {"nprs": 7})),
        episode(*scores, (23, {"help_3_worsening": "no"}, {"nprs": 7})),
    )
    assert (before["worst_lb"], after["worst_lb"]) == ("TIMS", "SELF_MANAGE")


def test_diary_days_raise_what_the_person_denied():
    answers = {"help_3_worsening": "yes", "help_tried": "no"}
    before, after = pair(
        episode((30, answers, {})), episode((30, answers, {}), logs=range(2, 20, 3))
    )
    assert (before["worst_lb"], after["worst_lb"]) == ("SELF_MANAGE", "TIMS")


def test_a_cancer_history_told_once_outweighs_a_later_no():
    _, after = pair(
        episode((4, {}, {}), (11, {}, {})), episode((4, {"gp_1_cancer": "yes"}, {}), (11, {}, {}))
    )
    assert after["contacts"]["c2"]["disposition_lb"] == "GP"


def test_a_later_no_settles_an_open_question_for_the_episode():
    before, after = pair(
        episode((4, {"ces_2_wiping": "not_asked"}, {})),
        episode((4, {"ces_2_wiping": "not_asked"}, {}), (18, {}, {})),
    )
    assert (before["worst_ub"], after["worst_ub"]) == ("A_AND_E", "SELF_MANAGE")


def test_a_start_date_before_the_pain_lowers_what_was_assumed():
    before, after = pair(
        episode((4, {"ces_6_urine_leak": "yes"}, {})),
        episode((4, {"ces_6_urine_leak": {"value": "yes", "since": day(-90)}}, {})),
    )
    assert (before["worst_lb"], after["worst_lb"]) == ("A_AND_E", "SELF_MANAGE")
    assert after["worst_ub"] == "A_AND_E", "but it is not ruled out"


def test_knowing_the_onset_lowers_what_was_assumed_recent():
    answers = {"gp_1_cancer": "yes", "help_improving": "yes"}
    before, after = pair(episode((120, answers, {}), onset=None), episode((120, answers, {})))
    assert (before["worst_lb"], after["worst_lb"]) == ("GP", "SELF_MANAGE")
