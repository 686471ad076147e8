"""The SQL models against the plain-Python oracle, on random episodes full of edges."""

from __future__ import annotations

import collections

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.assure import evaluate as models
from pipelines.assure import modelled
from rules.ruleset import load
from rules.sql import rule_column
from tests.generative.cases import OVERRIDES, Case, episodes, random_cases, seeded_cases
from tests.oracle.evaluate import evaluate as oracle
from tests.oracle.matching import differences


def disagreements(cases: list[Case]) -> list[str]:
    """Every field of every case in which the two differ, in words."""
    found = models(cases)
    told = []
    for name, case, overrides in cases:
        if not found[name]["n_contacts"]:
            # Nothing but rows after the extract date: the models take nothing from them, not even
            # the onset that the oracle is handed beside them.
            assert found[name]["worst_status"] == "NO_CONTACT"
            continue
        told += [
            f"{name} {overrides} {path}: oracle {one!r}, models {other!r}"
            for path, one, other in differences(oracle(case, overrides), found[name])
        ]
    return told


@settings(
    max_examples=3,
    derandomize=True,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(st.lists(st.integers(0, 2**31), min_size=500, max_size=500, unique=True))
def test_models_and_oracle_agree_on_every_field(seeds):
    """Hypothesis chooses 1,500 episodes by seed; a disagreement names the seed and the field."""
    assert disagreements(list(seeded_cases(seeds))) == []


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 9))
def test_models_and_oracle_agree_on_many_more(seed):
    assert disagreements(list(random_cases(seed, 5000))) == []


LEVELS = {"SELF_MANAGE", "TIMS", "GP", "URGENT", "A_AND_E"}
REACHED = {
    "disposition_lb": LEVELS,
    "disposition_ub": LEVELS,
    "disposition_status": {"DETERMINATE", "INCOMPLETE_SAFETY", "INCOMPLETE_HELP"},
    "h4_state": {"not_met", "permitted", "due", "unknown"},
    **{rule: {"T", "F", "U"} for rule in ("ces", "urg", "gp", "tims", "h1", "h2", "h3", "h4")},
    "tried": {"T", "F", "U"},
    "improved": {"T", "F", "U"},
    "persist_8w": {
        "PERSISTENT", "NOT_PERSISTENT", "NOT_YET_DUE", "PENDING", "LOST", "ONSET_UNKNOWN",
        "NO_DATA",
    },
    "worst_status": {"DETERMINATE", "INCOMPLETE_SAFETY", "INCOMPLETE_HELP", "NO_CONTACT"},
    "entry_cohort": {"incident", "prevalent", None},
    "tti": {
        "improved", "escalated", "censored", "no_baseline", "baseline_floor", "escalated_at_entry",
        "no_followup",
    },
    "category": {"UNDER", "LATE", "OVER", "PENDING", "NOT_AUDITABLE", "AGREE"},
    "breach": {"COVERED", "MISSED", "PENDING", "NOT_AUDITABLE"},
    "referral": {
        "JUSTIFIED", "PERMITTED", "OVER", "BEYOND_SUPPORTED", "NOT_AUDITABLE", "PASS", "FAIL",
        "UNKNOWN", "NOT_APPLICABLE", None,
    },
    "phenotype": {"SCIATICA_PATTERN", "REFERRED_PATTERN", "MIXED", "UNKNOWN"},
    "dose_met": {True, False, None},
    "flags": {
        "contradictory_answer", "gp_sign_not_recent", "na_mapped", "not_recent", "predates_onset",
        "predates_onset_unconfirmed", "since_after_contact", "timing_assumed", "worsening_untried",
        "nprs_out_of_range", "unrecognised_value", "dup_contact_removed", "future_contact_excluded",
        "future_referral_excluded", "log_future_excluded", "log_before_onset_excluded",
        "unknown_exercise_code", "onset_missing", "onset_future_invalid",
        "onset_after_first_contact", "onset_conflict", "contact_id_conflict",
    },
    "audit_reason": {
        "no_action_source", "no_contact", "screen_not_settled", "action_not_judged", None,
    },
    "route_reasons": {
        "no_contact_before", "emergency_pathway", "outside_leaflet_situations", "not_severe",
        "improving", "conservative_not_tried", "no_significant_weakness", "not_debilitating",
        "not_resistant",
    },
    "route_soft": {"no_prior_mri", "mri_not_explaining", "setting_not_hospital"},
}  # fmt: skip


def test_the_generator_reaches_every_value_and_every_parameter():
    cases = list(random_cases(20260630, 5000))
    seen = collections.defaultdict(set)
    overridden = set()
    for name, result in models(cases).items():
        assert name
        for contact in result["contacts"].values():
            for field in REACHED.keys() & contact.keys():
                if field == "flags":
                    seen[field] |= set(contact[field])
                else:
                    seen[field].add(contact[field])
        for field in ("persist_8w", "worst_status", "entry_cohort", "phenotype"):
            seen[field].add(result.get(field))
        if result["n_contacts"]:
            seen["tti"].add(result["tti"]["reason"] or result["tti"]["event"])
        seen["category"].add(result["audit"].get("category"))
        seen["audit_reason"].add(result["audit"].get("reason"))
        for referral in result["audit"]["referrals"]:
            seen["route_reasons"] |= set(referral["reasons"])
            seen["route_soft"] |= set(referral["soft"])
        seen["breach"] |= {breach["result"] for breach in result["audit"]["breaches"]}
        seen["referral"] |= {referral["result"] for referral in result["audit"]["referrals"]}
        seen["dose_met"] |= {dose["dose_met"] for dose in result["doses"].values()}
        seen["flags"] |= set(result["dq_flags"])
    for _, _, overrides in cases:
        overridden |= set(overrides)
    missing = {field: wanted - seen[field] for field, wanted in REACHED.items()}
    assert {field: left for field, left in missing.items() if left} == {}
    untouched = {
        *("suppress_below", "maturity_grace_days", "tims_label"),
        *("excessive_pain_nprs", "no_referral_means"),
    }
    assert overridden == set(load().parameters) - untouched


def test_the_generator_reaches_every_rule_as_yes_no_and_unknown():
    columns = {rule.id: rule_column(rule.id) for rule in load().rules}
    assert len(columns) == 19
    with modelled(random_cases(20260630, 3000)) as con:
        for rule, column in columns.items():
            found = con.execute(f"select distinct {column} from contact_result").fetchall()
            assert {value for (value,) in found} == {True, False, None}, rule


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted(OVERRIDES))
def test_every_value_of_a_parameter_changes_some_random_episode(name):
    cases = [(i, c) for i, c, _ in random_cases(20260630, 4000)]
    # Adherence alone asks how many days a week are meant.
    basis = {"tried_def": "dose_adherent"} if name == "target_days_per_week" else {}
    before = models([(i, c, basis) for i, c in cases])
    for value in OVERRIDES[name]:
        after = models([(i, c, basis | {name: value}) for i, c in cases])
        assert any(before[i] != after[i] for i, _ in cases), value


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(st.lists(episodes(), min_size=1, max_size=3))
def test_models_and_oracle_agree_where_hypothesis_looks(batch):
    cases = [(f"h{n}", case, overrides) for n, (case, overrides) in enumerate(batch)]
    found = models(cases)
    for name, case, overrides in cases:
        if found[name]["n_contacts"]:
            assert list(differences(oracle(case, overrides), found[name])) == []
