"""The figures copied into these tests are still those of the specification, where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.measures.agreement import weighted_kappa
from pipelines.measures.persistence import landmark_share
from pipelines.measures.proportion import wilson
from pipelines.measures.survival import aalen_johansen, kaplan_meier
from pipelines.measures.types import Estimate

SHARED = Path(__file__).parents[3] / "shared" / "spec" / "edge_cases.json"


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    if not SHARED.is_file():
        pytest.skip("the specification's vectors are not beside this repository")
    found: dict[str, Any] = json.loads(SHARED.read_text(encoding="utf-8"))["kpi_vectors"]
    return found


def test_proportions(vectors: dict[str, Any]) -> None:
    vector = vectors["wilson_95"]
    for one in (vector, vector["zero"]):
        limits = wilson(*one["input"])
        assert limits is not None
        assert [limits.lower, limits.upper] == pytest.approx(one["expected"], abs=6e-7)
    vector = vectors["escalation_rate"]
    given, wanted = vector["input"], vector["expected"]
    limits = wilson(given["worst_lb_ge_GP"], given["n"])
    assert limits is not None
    assert [limits.lower, limits.upper] == pytest.approx(wanted["ci"], abs=6e-7)


def test_curves(vectors: dict[str, Any]) -> None:
    vector = vectors["kaplan_meier"]
    improved = [event == 1 for event in vector["input"]["event"]]
    curve = kaplan_meier(vector["input"]["time"], improved)
    for j, row in enumerate(vector["expected"]["rows_t_n_d_S_lo_hi"]):
        got = [curve.time[j], curve.n_risk[j], curve.n_event[j], curve.surv[j]]
        assert [*got, curve.lower[j], curve.upper[j]] == pytest.approx(row, abs=6e-7)
    assert list(curve.median()) == [
        vector["expected"]["median"],
        *vector["expected"]["median_ci"],
    ]
    vector = vectors["aalen_johansen"]
    both = aalen_johansen(vector["input"]["time"], vector["input"]["event"])
    for j, row in enumerate(vector["expected"]["rows_t_n_d1_d2_S_F1_F2"]):
        got = [both.time[j], both.n_risk[j], *both.n_event[:, j], both.surv[j], *both.cif[:, j]]
        assert got == pytest.approx(row, abs=1e-9)
    vector = vectors["days_to_referral"]
    waits = kaplan_meier(vector["input"]["days"], vector["input"]["covered"])
    assert waits.median()[0] == vector["expected"]["km_median"]


def test_persistence(vectors: dict[str, Any]) -> None:
    vector = vectors["persistence_share"]
    answer, wanted = landmark_share(vector["input"]), vector["expected"]
    for result, name in (
        (answer.share, "share"),
        (answer.best, "lower_bound"),
        (answer.worst, "upper_bound"),
        (answer.known, "known_status_share"),
    ):
        assert isinstance(result, Estimate)
        assert result.value == pytest.approx(wanted[name], abs=6e-7)


def test_kappa(vectors: dict[str, Any]) -> None:
    vector = vectors["weighted_kappa"]
    table = vector["input"]["rows_expected_cols_recorded"]
    for weights, name in (("none", "unweighted"), ("linear", "linear"), ("quadratic", "quadratic")):
        found = weighted_kappa(table, weights)  # type: ignore[arg-type]
        assert found == pytest.approx(vector["expected"][name], abs=6e-7)
    assert weighted_kappa(vector["degenerate"]["input"]) is vector["degenerate"]["expected"]
