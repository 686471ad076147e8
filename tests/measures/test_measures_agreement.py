"""Weighted kappa against worked figures and a bootstrap written out in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipelines.measures.agreement import agreement, kappa_limits, weighted_kappa
from pipelines.measures.filter import Filter
from pipelines.measures.types import Estimate, MeasureError, NotEstimable

# worked vector weighted_kappa of the specification
TABLE = [
    [40, 3, 1, 0, 1],
    [4, 12, 1, 0, 0],
    [2, 1, 9, 1, 0],
    [0, 0, 1, 6, 0],
    [0, 0, 0, 1, 5],
]


def table_of(expected: list[int], recorded: list[int]) -> list[list[int]]:
    table = [[0] * 5 for _ in range(5)]
    for i, j in zip(expected, recorded, strict=True):
        table[i][j] += 1
    return table


def test_worked_kappa() -> None:
    assert weighted_kappa(TABLE, "none") == pytest.approx(0.726814, abs=6e-7)
    assert weighted_kappa(TABLE, "linear") == pytest.approx(0.808089, abs=6e-7)
    assert weighted_kappa(TABLE, "quadratic") == pytest.approx(0.859155, abs=6e-7)


def test_unused_levels_keep_their_distance() -> None:
    # worked vector kappa_label_trap: 0.4 when levels without episodes are dropped
    table = table_of([0, 0, 1, 4, 4, 1], [0, 1, 1, 4, 1, 4])
    assert weighted_kappa(table) == pytest.approx(0.322581, abs=6e-7)


def test_not_estimable() -> None:
    assert weighted_kappa([[10, 0], [0, 0]]) is None
    assert weighted_kappa([[0] * 5] * 5) is None
    with pytest.raises(MeasureError):
        weighted_kappa([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(MeasureError):
        weighted_kappa([[1, -2], [4, 5]])


def test_limits_equal_a_plain_bootstrap_of_patients() -> None:
    """Patients drawn one by one, with other random numbers: the same limits but for chance."""
    rng = np.random.default_rng(0)
    patients = []
    for _ in range(150):
        level = int(rng.integers(0, 5))
        cells = [5 * level + int(np.clip(level + rng.integers(-1, 2), 0, 4)) for _ in range(2)]
        patients.append(sorted(cells))
    folded: dict[tuple[int, ...], int] = {}
    for cells in patients:
        folded[tuple(cells)] = folded.get(tuple(cells), 0) + 1
    limits = kappa_limits(list(folded.items()))
    drawn = []
    for _ in range(2000):
        flat = [c for i in rng.integers(0, 150, 150) for c in patients[i]]
        drawn.append(weighted_kappa(table_of([c // 5 for c in flat], [c % 5 for c in flat])))
    assert limits == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.012)  # type: ignore[arg-type]
    assert limits == kappa_limits(list(folded.items()))  # the seed is fixed
    # taking a patient's two episodes for two patients would narrow the limits
    single = [((cell,), n) for cells, n in folded.items() for cell in cells]
    narrow = kappa_limits(single)
    assert limits is not None and narrow is not None
    assert limits[1] - limits[0] > narrow[1] - narrow[0]
    assert kappa_limits([]) is None


def test_agreement_from_a_snapshot(snapshot: Callable[..., Any]) -> None:
    def episode(key: int, category: str | None, low: int, high: int, recorded: int) -> Any:
        return {
            "episode_key": key,
            "patient_id": f"p{key // 2}",
            "site_id": "S1",
            "n_evaluated": 1,
            "worst_lb": low,
            "worst_ub": high,
            "recorded": recorded,
            "audit_category": category,
        }

    con = snapshot(
        episode=[
            episode(0, "AGREE", 0, 0, 0),
            episode(1, "AGREE", 4, 4, 4),
            episode(2, "LATE", 3, 3, 3),
            episode(3, "UNDER", 4, 4, 0),
            episode(4, "OVER", 0, 0, 2),
            episode(5, "UNDER", 3, 4, 0),  # certain, but the screen is incomplete: apart
            episode(6, "PENDING", 2, 2, 0),
            episode(7, "NOT_AUDITABLE", 0, 4, 0),
            episode(8, None, 1, 1, 1),
            {"episode_key": 9, "n_evaluated": 0, "site_id": "S1"},
        ]
    )
    found = agreement(con, Filter())
    assert isinstance(found.agree, Estimate) and isinstance(found.under, Estimate)
    assert (found.agree.numerator, found.agree.denominator) == (2, 5)
    assert (found.under.numerator, found.under.denominator) == (1, 5)
    assert dict(found.unsettled) == {"LATE": 0, "UNDER": 1, "OVER": 0}
    assert dict(found.agree.exclusions) == {
        "NO_CONTACT": 1,
        "NOT_SETTLED": 2,
        "PENDING": 1,
        "NOT_AUDITABLE": 1,
    }
    assert found.agree.denominator + found.agree.excluded == 10
    assert found.matrix[4] == (1, 0, 0, 0, 1) and found.matrix[0] == (1, 0, 1, 0, 0)
    assert isinstance(found.same_level, Estimate) and found.same_level.numerator == 3
    assert isinstance(found.kappa, Estimate)
    assert found.kappa.value == pytest.approx(weighted_kappa(found.matrix))
    assert dict(found.categories)["NOT_AUDITABLE"] == 2


def test_agreement_of_nothing(snapshot: Callable[..., Any]) -> None:
    found = agreement(snapshot(), Filter())
    assert isinstance(found.agree, NotEstimable) and isinstance(found.kappa, NotEstimable)
    assert found.matrix == ((0,) * 5,) * 5
