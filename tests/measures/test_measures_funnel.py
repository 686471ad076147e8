"""Funnel limits, overdispersion and verdicts against scipy, published figures and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chi2, norm
from scipy.stats import poisson as scipy_poisson

from pipelines.measures.dispersion import Dispersion, back, dispersion, transformed, widened
from pipelines.measures.funnel import WORDS, Funnel, chance_limits, funnel
from pipelines.measures.types import MeasureError, NotEstimable

unit = st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
sites = st.lists(unit, min_size=1, max_size=12)


def named(found: list[tuple[int, int]]) -> list[tuple[str, int, float]]:
    return [(f"S{i}", x, float(n)) for i, (x, n) in enumerate(found)]


def drawn(*units: tuple[str, int, float], **settings: Any) -> Funnel:
    found = funnel("escalation", units, **settings)
    assert isinstance(found, Funnel)
    return found


def test_normal_limits_published_figure() -> None:
    # UKHSA's inverse Wilson limits: target 0.153642, n = 100. The target itself is printed to six
    # decimals, which leaves the limits uncertain by as much again
    at = chance_limits("share", 100, 0.153642, 0.95, "normal")
    assert (at.lower, at.upper) == pytest.approx((0.082965, 0.224320), abs=1.1e-6)


@pytest.mark.parametrize("confidence", [0.95, 0.998])
@pytest.mark.parametrize(("n", "p"), [(40, 0.3), (100, 0.153642), (5000, 0.02)])
def test_normal_limits_are_the_inverse_of_wilson(n: int, p: float, confidence: float) -> None:
    # the share whose Wilson limit is the target, which is how UKHSA states them
    at, z = chance_limits("share", n, p, confidence, "normal"), norm.ppf(0.5 + confidence / 2)
    for limit, sign in ((at.lower, 1), (at.upper, -1)):
        if 0 < limit < 1:
            wilson = (
                limit
                + z * z / (2 * n)
                + sign * z * math.sqrt(limit * (1 - limit) / n + (z / (2 * n)) ** 2)
            ) / (1 + z * z / n)
            assert wilson == pytest.approx(p, abs=1e-12)


def test_chi_square_limits_published_figure() -> None:
    # FunnelPlotR, 15 expected
    at = chance_limits("ratio", 15, 1.0, 0.95, "chi-square")
    assert (at.lower, at.upper) == pytest.approx((0.559692, 1.649348), abs=6e-7)


@given(st.floats(0.3, 3000), st.sampled_from([0.95, 0.998]))
@settings(max_examples=60, deadline=None)
def test_ratio_limits_equal_scipy(expected: float, confidence: float) -> None:
    tail = (1 - confidence) / 2
    smooth = chance_limits("ratio", expected, 1.0, confidence, "chi-square")
    assert smooth.lower * expected == pytest.approx(chi2.ppf(tail, 2 * expected) / 2, rel=1e-8)
    high = chi2.isf(tail, 2 * expected + 2) / 2
    assert smooth.upper * expected == pytest.approx(high, rel=1e-8)
    stepped = chance_limits("ratio", expected, 1.0, confidence)
    assert stepped.lower == scipy_poisson.ppf(tail, expected) / expected
    assert stepped.upper == scipy_poisson.isf(tail, expected) / expected


@given(unit, st.floats(0.01, 0.99))
@settings(max_examples=150, deadline=None)
def test_a_verdict_is_the_exact_tail(pair: tuple[int, int], target: float) -> None:
    x, n = pair
    found = funnel("escalation", [("A", x, n), ("B", 5, 50)], target=target)
    assert isinstance(found, Funnel)
    verdict = found.units[0].verdict
    if n < 10:
        assert verdict == ("too few" if n else "no data")
        return
    low, high = binom.cdf(x, n, target), binom.sf(x - 1, n, target)
    expected = (
        "well above"
        if high <= 0.001
        else "well below"
        if low < 0.001
        else "above"
        if high <= 0.025
        else "below"
        if low < 0.025
        else "inside"
    )
    assert verdict == expected


@given(sites)
@settings(max_examples=100, deadline=None)
def test_laws_of_a_funnel(found: list[tuple[int, int]]) -> None:
    answer = funnel("escalation", named(found))
    total, events = sum(n for _, n in found), sum(x for x, _ in found)
    if not total or events in (0, total):
        assert isinstance(answer, NotEstimable) and answer.reason.startswith(
            "Not estimable because"
        )
        return
    assert isinstance(answer, Funnel)
    assert answer.target == pytest.approx(events / total)
    # no ranking: the order is the caller's, whatever the figures are
    assert [u.code for u in answer.units] == [f"S{i}" for i in range(len(found))]
    assert answer.judged == sum(n >= 10 for _, n in found)
    assert 0.0 <= answer.expected_notes <= 0.05 * answer.judged + 1e-12
    for entry, (x, n) in zip(answer.units, found, strict=True):
        assert (entry.numerator, entry.denominator) == (x, n)
        assert entry.words.startswith(WORDS[entry.verdict])
        if not n:
            assert entry.value is None and entry.verdict == "no data"
            continue
        note, alert = entry.note_limits, entry.alert_limits
        assert note is not None and alert is not None and entry.value is not None
        assert 0 <= alert.lower <= note.lower <= answer.target + 1 / n
        assert answer.target - 1 / n <= note.upper <= alert.upper <= 1
        assert (entry.verdict == "too few") == (n < 10)
        for at in (entry.adjusted_note_limits, entry.adjusted_alert_limits):
            assert at is None or 0 <= at.lower <= answer.target <= at.upper <= 1


def test_expected_notes_is_the_chance_of_a_false_note() -> None:
    answer = drawn(("A", 12, 40), ("B", 20, 100), target=0.2)
    chance = 0.0
    for n in (40, 100):
        low, high = binom.ppf(0.025, n, 0.2), binom.isf(0.025, n, 0.2)
        chance += binom.cdf(low - 1, n, 0.2) + binom.sf(high, n, 0.2)
    assert answer.expected_notes == pytest.approx(chance, rel=1e-9)


def test_overdispersion_by_hand() -> None:
    # four clinics on the square root scale: z = 2 (sqrt(O) - sqrt(E))
    units = [(16 / 25, 25.0), (36 / 25, 25.0), (25 / 25, 25.0), (49 / 25, 25.0)]
    found = dispersion(units, 1.0, "square root")
    assert isinstance(found, Dispersion)
    # z = -2, 2, 0, 4; w = 4 * 25 = 100 each
    assert found.phi == pytest.approx((4 + 4 + 0 + 16) / 4)
    assert found.tau2 == pytest.approx((24 - 3) / (400 - 100))
    assert found.p_value == pytest.approx(chi2.sf(24, 3), rel=1e-9)
    at = widened(25.0, 1.0, 1.959964, found)
    reach = 1.959964 * math.sqrt(0.01 + 0.07)
    assert (at.lower, at.upper) == pytest.approx(((1 - reach) ** 2, (1 + reach) ** 2))
    logs = dispersion(units, 1.0, "logarithm")
    assert isinstance(logs, Dispersion)
    # the same on the logarithm: z = sqrt(E) ln(O / E), w = E
    z = [5 * math.log(value) for value, _ in units]
    assert logs.phi == pytest.approx(sum(v * v for v in z) / 4)
    assert logs.tau2 == pytest.approx((sum(v * v for v in z) - 3) / (100 - 25))


def test_winsorising_and_truncating_by_hand() -> None:
    expected = 100.0
    z = np.array([-6.0, -1.0, -0.5, 0.0, 0.2, 0.4, 0.6, 1.0, 1.4, 2.0, 9.0])
    units = [((1 + v / 20) ** 2, expected) for v in z]
    drawn_in = dispersion(units, 1.0, "square root", "winsorise")
    cut = dispersion(units, 1.0, "square root", "truncate")
    assert isinstance(drawn_in, Dispersion) and isinstance(cut, Dispersion)
    inner = z[1:-1]  # with 11 units the tenths fall on the second and the last but one
    assert drawn_in.phi == pytest.approx((np.sum(inner**2) + 1.0 + 4.0) / 11)
    assert cut.phi == pytest.approx(np.mean(inner[1:-1] ** 2)) and cut.tau2 == 0.0
    assert not cut.found and cut.units == 11


def test_chance_alone_gives_phi_near_one_and_real_spread_is_recovered() -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(100, 400, 4000)
    flat = rng.binomial(n, 0.3)
    centre = math.asin(math.sqrt(0.3))
    spread = np.sin(np.clip(rng.normal(centre, 0.06, 4000), 0, math.pi / 2)) ** 2
    uneven = rng.binomial(n, spread)
    none = dispersion(list(zip((flat / n).tolist(), n.tolist(), strict=True)), 0.3, "arcsine")
    some = dispersion(list(zip((uneven / n).tolist(), n.tolist(), strict=True)), 0.3, "arcsine")
    assert isinstance(none, Dispersion) and isinstance(some, Dispersion)
    assert none.phi == pytest.approx(1.0, abs=0.06) and none.tau2 < 0.0003
    assert none.p_value > 0.01 and some.p_value < 1e-6
    assert math.sqrt(some.tau2) == pytest.approx(0.06, rel=0.05)


def test_spread_is_told_beside_the_verdict_by_chance() -> None:
    answer = drawn(*[(f"S{i}", x, 200) for i, x in enumerate((30, 36, 60, 78, 90, 40, 66))])
    assert isinstance(answer.dispersion, Dispersion) and answer.dispersion.found
    worst = answer.units[4]
    assert worst.verdict == "well above" and worst.adjusted in ("inside", "above")
    assert "With the spread between units allowed for" in worst.words
    wide, narrow = worst.adjusted_alert_limits, worst.alert_limits
    assert wide is not None and narrow is not None
    assert wide.upper > narrow.upper and wide.lower < narrow.lower


def test_too_few_units_for_a_spread() -> None:
    answer = drawn(("A", 5, 50), ("B", 15, 50), ("C", 1, 4))
    assert isinstance(answer.dispersion, NotEstimable) and "needed" in answer.dispersion.reason
    assert all(entry.adjusted is None for entry in answer.units)
    assert answer.units[2].verdict == "too few" and answer.units[2].value == 0.25
    # too few to judge, but still part of the common figure
    assert answer.target == pytest.approx(21 / 104)


def test_no_event_and_the_logarithm() -> None:
    units = [("A", 0, 12.0), ("B", 14, 12.0), ("C", 11, 12.0), ("D", 15, 12.0)]
    log = drawn(*units, kind="ratio", target=1.0, scale="logarithm")
    assert isinstance(log.dispersion, NotEstimable) and "square root" in log.dispersion.reason
    assert log.units[0].z is None and log.units[0].verdict == "well below"
    root = drawn(*units, kind="ratio", target=1.0)
    assert isinstance(root.dispersion, Dispersion) and root.units[0].z is not None


def test_curve_for_drawing() -> None:
    answer = drawn(("A", 12, 40), ("B", 20, 100), limits="normal")
    curve = answer.curve([10, 20, 400])
    widths = [point.alert.upper - point.alert.lower for point in curve]
    assert widths == sorted(widths, reverse=True) and curve[0].adjusted_note is None


@pytest.mark.parametrize("scale", ["arcsine", "square root", "logarithm"])
def test_scales_go_there_and_back(scale: Any) -> None:
    for value in (0.01, 0.3, 0.9, 1.0):
        assert back(transformed(value, scale), scale) == pytest.approx(value)


@pytest.mark.parametrize(
    ("units", "settings", "words"),
    [
        ([("A", 5, 3)], {}, "no share"),
        ([("A", -1, 3)], {}, "not a count"),
        ([("A", 1, math.nan)], {}, "not a count"),
        ([("A", 1, math.inf)], {"kind": "ratio"}, "not a count"),
        ([("A", 1.5, 3)], {}, "not a count"),
        ([("A", 1, 3.5)], {}, "no share"),
        ([("A", 1, 3), ("A", 1, 3)], {}, "twice"),
        ([("A", 1, 3)], {"target": math.nan}, "target"),
        ([("A", 1, 3)], {"target": -0.1}, "target"),
        ([("A", 1, 3)], {"target": 1.1}, "target"),
        ([("A", 1, 3)], {"limits": "chi-square"}, "no chi-square limits"),
        ([("A", 1, 3)], {"kind": "ratio", "limits": "normal"}, "no normal limits"),
        ([("A", 1, 3)], {"scale": "logarithm"}, "does not fit"),
        ([("A", 1, 3)], {"kind": "ratio", "scale": "arcsine"}, "does not fit"),
    ],
)
def test_wrong_input_is_refused(units: Any, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(MeasureError, match=words):
        funnel("escalation", units, **settings)


@pytest.mark.parametrize("units", [[], [("A", 0, 0)], [("A", 0, 9), ("B", 0, 3)], [("A", 4, 4)]])
def test_nothing_to_compare(units: Any) -> None:
    answer = funnel("escalation", units)
    assert isinstance(answer, NotEstimable) and answer.reason.startswith("Not estimable because")
