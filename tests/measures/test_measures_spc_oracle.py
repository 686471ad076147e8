"""Control charts against published figures and a transcription of the published algorithm.

The transcription works in exact fractions, window by window as the algorithm is described, and
shares no code with the charts.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures.spc import SpcChart, p_chart, xmr_chart
from pipelines.measures.spc_types import PhaseStart

Label = tuple[str, str] | None

# NHSRplotthedots (commit 8aac323, tests/testthat: 20 values of R's rnorm after set.seed(123)) and
# the figures of its snapshot _snaps/ptd_spc_standard.md (commit ea2177d), seven digits each.
SEED_123 = [
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621,
    -1.26506123, -0.68685285, -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272,
    -0.55584113, 1.78691314, 0.49785048, -1.96661716, 0.70135590, -0.47279141,
]  # fmt: skip
OUTLIER = [*SEED_123[:14], 10.0, *SEED_123[15:]]


@pytest.mark.parametrize(
    ("values", "profile", "mean", "lower", "upper"),
    [
        (SEED_123, "nhsr", 0.1416238, -3.01138, 3.294627),
        (OUTLIER, "nhsr", 0.6694159, -2.383666, 3.722497),
        (OUTLIER, "nhse_excel", 0.6694159, -4.596625, 5.935457),
    ],
)
def test_limits_of_the_package_s_own_tests(
    values: list[float], profile: str, mean: float, lower: float, upper: float
) -> None:
    chart = xmr_chart(values, settings=profile)
    found = (chart.centre, chart.points[0].lower, chart.points[0].upper)
    assert found == pytest.approx((mean, lower, upper), abs=6e-7)
    assert (chart.rule is None) and (chart.points[14].rule == "outside") == (values is OUTLIER)


def test_two_facets_of_the_package_s_own_tests() -> None:
    # _snaps/ptd_spc.md: ten values each, three digits; here as two phases
    chart = xmr_chart(SEED_123, phases=[PhaseStart(10)], direction="up")
    found = [(p.centre, p.lower, p.upper) for p in (chart.points[0], chart.points[10])]
    assert found[0] == pytest.approx((0.0746, -2.60, 2.75), abs=5e-3)
    assert found[1] == pytest.approx((0.209, -3.28, 3.70), abs=5e-3)
    assert {p.rule for p in chart.points} == {None}


def test_the_outlier_of_the_vignette() -> None:
    # vignettes/deviations.Rmd: 35/18, ranges 15 ones, one 8, one 9; 3.267 x 32/17 = 6.15
    values = [1.0, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    screened, plain = xmr_chart(values), xmr_chart(values, settings="nhse_excel")
    mean = 35 / 18
    assert screened.points[0].upper == pytest.approx(mean + 2.66)
    assert screened.points[0].lower == pytest.approx(mean - 2.66)
    assert plain.points[0].upper == pytest.approx(mean + 2.66 * 32 / 17)
    for chart in (screened, plain):
        # the outlier is the only signal, in either profile
        assert [i for i, p in enumerate(chart.points) if p.rule] == [4]
        assert chart.points[4].rule == "outside" and chart.state == "common"


def test_near_limits_on_opposite_sides_are_no_signal() -> None:
    # tests/testthat/test-ptd_spc_standard.R: 14 points of +-1, then 5.5 and -5.5
    chart = xmr_chart([*[1.0, -1.0] * 7, 5.5, -5.5])
    assert [p.rule for p in chart.points[-2:]] == [None, None]


@pytest.mark.parametrize(
    ("values", "rising"),
    [
        ([1, 2, 3, 3, 4, 5, 6], []),
        ([1, 2, 3, 4, 5, 6, 7], list(range(7))),
        ([2, 1, 2, 3, 4, 5, 6, 7, 3], list(range(1, 8))),
    ],
)
def test_trends_of_the_package_s_own_tests(values: list[float], rising: list[int]) -> None:
    # test-ptd_calculate_point_type.R, after 24 points that keep the limits wide
    base = [0.0, 12.0] * 12
    points = xmr_chart([*base, 9.0, 8.5, *map(float, values)]).points[26:]
    assert [i for i, p in enumerate(points) if p.rule == "trend"] == rising


# ---- the algorithm as described, in exact fractions --------------------------------------------


def transcribed(
    values: list[int | None], screen: bool, bridge: bool = True
) -> tuple[list[Label], Fraction, Fraction, Fraction] | None:
    """(label of each point, mean, lower, upper) of one phase; None where the ranges are all 0."""
    there = [i for i, v in enumerate(values) if v is not None]
    y = [Fraction(values[i]) for i in there]  # type: ignore[arg-type]
    pairs = [k for k in range(1, len(y)) if bridge or there[k] == there[k - 1] + 1]
    mr = [abs(y[k] - y[k - 1]) for k in pairs]
    if len(y) < 3 or not mr:
        return None
    m = sum(y) / len(y)
    average = sum(mr) / len(mr)
    kept = [r for r in mr if r < Fraction(3267, 1000) * average]
    if not kept or not sum(kept):
        return None  # flat: no limits, in either profile
    if screen:
        average = sum(kept) / len(kept)
    upper, lower = m + Fraction(266, 100) * average, m - Fraction(266, 100) * average
    near = Fraction(2, 3) * Fraction(266, 100) * average
    out: list[Label] = [None] * len(values)
    cut = [0, *[k for k in range(1, len(y)) if k not in pairs], len(y)]
    for a, b in pairwise(cut):
        outside = [v > upper or v < lower for v in y[a:b]]
        close = [abs(v - m) > near for v in y[a:b]]
        for k, label in enumerate(windows(y[a:b], m, outside, close)):
            out[there[a + k]] = label
    return out, m, lower, upper


def sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def windows(
    y: list[Fraction], m: Fraction, outside: list[bool], beyond_near: list[bool]
) -> list[Label]:
    """Labels of points that follow each other, by windows of seven and of three."""
    n = len(y)
    close = [near and not out for near, out in zip(beyond_near, outside, strict=True)]
    trend, shift, two = [False] * n, [False] * n, [False] * n
    inside: set[int] = set()  # moves, by the point before them, that a trend holds
    for end in range(6, n):
        seven = range(end - 6, end + 1)
        if abs(sum(sign(y[i] - y[i - 1]) for i in seven[1:])) == 6:
            inside.update(seven[:-1])
            for i in seven:
                trend[i] = True
        if abs(sum(sign(y[i] - m) for i in seven)) == 7:
            for i in seven:
                shift[i] = True
    for end in range(2, n):
        three = range(end - 2, end + 1)
        if abs(sum(sign(y[i] - m) for i in three)) == 3 and sum(close[i] for i in three) >= 2:
            for i in three:
                two[i] = two[i] or close[i]
    out: list[Label] = []
    for i in range(n):
        above = "high" if y[i] > m else "low"
        if outside[i]:
            out.append(("outside", above))
        elif trend[i]:
            out.append(("trend", "high" if movement(y, inside, i) > 0 else "low"))
        elif two[i]:
            out.append(("two_in_three", above))
        else:
            out.append(("shift", above) if shift[i] else None)
    return out


def movement(y: list[Fraction], inside: set[int], i: int) -> int:
    """Direction at a point of a trend: the move after it if a run holds that move, else before.

    The package takes the move after a point whenever the next point is in any trend. Where two
    trends stand side by side without sharing a point it gives the last point of the first one the
    direction of a move that belongs to neither.
    """
    return sign(y[i + 1] - y[i]) if i in inside else sign(y[i] - y[i - 1])


def named(chart: SpcChart) -> list[Label]:
    return [(p.rule, p.side) if p.rule and p.side else None for p in chart.points]


def compare(values: list[int | None], starts: list[int], profile: str, bridge: bool) -> float:
    """Labels equal; the largest relative difference of a limit."""
    chart = xmr_chart(
        values,
        settings=profile,
        phases=[PhaseStart(i) for i in starts],
        gaps="bridge" if bridge else "break",
    )
    expected: list[Label] = []
    worst = 0.0
    for a, b in zip([0, *starts], [*starts, len(values)], strict=True):
        part = transcribed(values[a:b], profile == "nhsr", bridge)
        expected += part[0] if part else [None] * (b - a)
        for point in chart.points[a:b]:
            if part is None or point.value is None:
                assert point.centre is point.lower is point.upper is None
                continue
            scale = max(1.0, *(abs(v) for v in values if v is not None))
            for mine, exact in zip((point.centre, point.lower, point.upper), part[1:], strict=True):
                assert mine is not None
                worst = max(worst, abs(mine - float(exact)) / scale)
    assert named(chart) == expected
    assert chart.n_points == sum(v is not None for v in values)
    return worst


SERIES = st.lists(
    st.one_of(
        st.lists(st.integers(-20, 20), min_size=1, max_size=9),
        st.builds(
            lambda first, step, n: [first + step * k for k in range(n)],
            st.integers(-20, 20), st.integers(-4, 4), st.integers(1, 9),
        ),
        st.builds(lambda level, wobble: [level + w for w in wobble],
                  st.integers(-15, 15), st.lists(st.integers(0, 2), min_size=5, max_size=9)),
        st.just([None]),
    ),
    min_size=1,
    max_size=6,
).map(lambda parts: [value for part in parts for value in part])  # fmt: skip


@given(
    SERIES,
    st.sets(st.integers(1, 40), max_size=2),
    st.sampled_from(["nhsr", "nhse_excel"]),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_limits_and_every_label_against_the_transcription(
    values: list[int | None], places: set[int], profile: str, bridge: bool
) -> None:
    starts = sorted(i for i in places if i < len(values))
    assert compare(values, starts, profile, bridge) < 1e-12


def random_series(rng: random.Random) -> list[int | None]:
    out: list[int | None] = []
    while len(out) < rng.randrange(8, 48):
        kind = rng.randrange(4)
        n, level, step = rng.randrange(1, 10), rng.randrange(-15, 16), rng.choice((-3, -1, 1, 2))
        if kind == 0:
            out += [rng.randrange(-20, 21) for _ in range(n)]
        elif kind == 1:
            out += [level + step * k for k in range(n)]
        elif kind == 2:
            out += [level + rng.randrange(3) for _ in range(n)]
        elif rng.random() < 0.3:
            out.append(None)
    return out


def test_many_series_at_random_hold_every_rule_on_both_sides() -> None:
    rng = random.Random(20261125)
    seen: dict[Label, int] = {}
    worst = 0.0
    for k in range(1500):
        values = random_series(rng)
        starts = sorted({rng.randrange(1, len(values)) for _ in range(rng.randrange(3))})
        profile = ("nhsr", "nhse_excel")[k % 2]
        worst = max(worst, compare(values, starts, profile, bridge=k % 3 > 0))
        for label in named(xmr_chart(values, settings=profile)):
            seen[label] = seen.get(label, 0) + 1
    assert worst < 1e-12
    # a comparison in which a rule hardly ever fires would prove nothing about it
    assert len(seen) == 9 and min(seen.values()) > 50, seen


def test_a_range_on_the_screening_bound_is_left_out() -> None:
    # 27 ranges that add up to 1000: the bound is 3.267 x 1000/27 = 121 exactly
    rest = [33] * 12 + [34] * 13 + [41]
    assert len([121, *rest]) == 27 and 121 + sum(rest) == 1000
    values, up = [0], True
    for step in [121, *rest]:
        values.append(values[-1] + (step if up else -step))
        up = not up
    compare(list(values), [], "nhsr", bridge=True)
    chart = xmr_chart([float(v) for v in values])
    assert chart.centre is not None and chart.points[0].upper is not None
    assert chart.points[0].upper - chart.centre == pytest.approx(2.66 * 879 / 26)


@pytest.mark.parametrize("meet", [[7, 6, 5, 4, 3, 2, 1], [6, 7, 8, 9, 10, 11, 12]])
def test_trends_side_by_side_keep_their_directions(meet: list[int]) -> None:
    # seven up, then a tie or a step down, then seven of another run: no point is in both.
    # The package calls the last of the rise "decreasing", from a move that is in neither run.
    values = [*[-9.0, 30.0] * 5, *[float(v) for v in (1, 2, 3, 4, 5, 6, 7, *meet)]]
    points = xmr_chart(values).points[10:]
    assert [p.rule for p in points] == ["trend"] * 14
    assert [p.side for p in points] == ["high"] * 7 + ["low" if meet[0] == 7 else "high"] * 7


# ---- shares ------------------------------------------------------------------------------------


@given(
    st.lists(
        st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        min_size=3,
        max_size=40,
    ),
    st.sets(st.integers(1, 39), max_size=2),
)
@settings(max_examples=200, deadline=None)
def test_p_chart_against_exact_fractions(pairs: list[tuple[int, int]], places: set[int]) -> None:
    """Binomial limits by squares of fractions: no root, no rounding."""
    starts = sorted(i for i in places if i < len(pairs))
    chart = p_chart(
        [x for x, _ in pairs],
        [n for _, n in pairs],
        spread="binomial",
        phases=[PhaseStart(i) for i in starts],
    )
    expected: list[Label] = []
    for a, b in zip([0, *starts], [*starts, len(pairs)], strict=True):
        part = pairs[a:b]
        centre = Fraction(sum(x for x, _ in part), sum(n for _, n in part))
        if len(part) < 3 or centre in (0, 1):
            expected += [None] * len(part)
            continue
        y = [Fraction(x, n) for x, n in part]
        var = [centre * (1 - centre) / n for _, n in part]
        square = [(v - centre) ** 2 / s for v, s in zip(y, var, strict=True)]
        # 3 sigma is 9 in squares, two thirds of it 4
        expected += windows(y, centre, [q > 9 for q in square], [q > 4 for q in square])
        for point, s in zip(chart.points[a:b], var, strict=True):
            assert point.upper == pytest.approx(min(1.0, float(centre) + 3 * float(s) ** 0.5))
            assert point.lower == pytest.approx(max(0.0, float(centre) - 3 * float(s) ** 0.5))
    assert named(chart) == expected


def test_laney_widths_by_hand_in_two_phases() -> None:
    # level .3 +-.1, then .5 +-.05, n = 1000: within a phase |z1 - z2| = .2 / sigma and .1 / sigma
    xs = [200, 400] * 6 + [450, 550] * 3
    chart = p_chart(xs, [1000] * 18, phases=[PhaseStart(12)])
    first = 0.2 / (0.3 * 0.7 / 1000) ** 0.5 / 1.128
    second = 0.1 / (0.5 * 0.5 / 1000) ** 0.5 / 1.128
    assert [p.sigma_z for p in chart.phases] == pytest.approx([first, second])
    assert chart.method == "p (Laney)" and [p.trial for p in chart.phases] == [False, True]
    assert chart.points[0].upper == pytest.approx(0.3 + 3 * 0.2 / 1.128)
    # six points are too few for a spread of their own: all ranges together, 11 and 5 of them
    pooled = (11 * first + 5 * second) / 16
    upper = 0.5 + 3 * (0.25 / 1000) ** 0.5 * pooled
    assert upper < 1 and chart.points[-1].upper == pytest.approx(upper)


@pytest.mark.parametrize(("low", "high", "method"), [(490, 510, "p"), (489, 511, "p (Laney)")])
def test_the_bound_of_overdispersion(low: int, high: int, method: str) -> None:
    # p = .5, n = 1000: sigma_z = (high - low) / 1000 / .015811 / 1.128 = 1.12 and 1.23
    chart = p_chart([low, high] * 7, [1000] * 14)
    assert chart.sigma_z == pytest.approx((high - low) / 1000 / 0.0158114 / 1.128, rel=1e-5)
    assert chart.method == method
