"""Control charts of real series, and what the guide says of them.

NHS England's A&E attendances by organisation and month, 2016 to 2019 (NHSRdatasets, CC0), lie
beside the repository. NHSRplotthedots publishes what it finds in two of them.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.measures.spc import SpcChart, p_chart, xmr_chart
from pipelines.measures.spc_phases import Rebase, phase_starts

ROOT = Path(__file__).parents[2]
FILE = ROOT / ".." / "shared" / "data" / "nhs" / "ae_attendances.csv"
Monthly = dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    if not FILE.exists():
        pytest.skip("the public A&E figures are read beside the repository")
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def guide() -> str:
    text = (ROOT / "docs" / "spc.md").read_text(encoding="utf-8")
    return text.split("<!-- real -->")[1].split("<!-- end -->")[0]


def monthly(rows: list[dict[str, str]], keep: Callable[[dict[str, str]], bool]) -> Monthly:
    """Month -> (attendances, breaches), summed over the rows kept."""
    out: Monthly = {}
    for row in filter(keep, rows):
        a, b = out.get(row["period"], (0, 0))
        out[row["period"]] = (a + int(row["attendances"]), b + int(row["breaches"]))
    return dict(sorted(out.items()))


def breaches(rows: list[dict[str, str]], org: str, before: str = "2020") -> Monthly:
    return monthly(
        rows,
        lambda r: r["org_code"] == org and r["type"] == "1" and r["period"] < before,
    )


def broken(chart: SpcChart) -> int:
    return sum(point.rule is not None for point in chart.points)


def limits(chart: SpcChart, form: str) -> tuple[str, str, str]:
    point = chart.points[-1]
    assert chart.centre is not None and point.lower is not None and point.upper is not None
    return format(chart.centre, form), format(point.lower, form), format(point.upper, form)


def test_a_trust_that_the_package_describes(rows: list[dict[str, str]], guide: str) -> None:
    # README: RQM, type 1, before April 2018, decrease is good, target 1200:
    # variation common_cause, assurance inconsistent
    values = [b for _, b in breaches(rows, "RQM", "2018-04").values()]
    chart = xmr_chart([float(v) for v in values], direction="down", target=1200)
    assert len(values) == 24
    assert chart.state == "common" and chart.assurance.state == "hit_or_miss"
    # the limits once more, from the file alone
    moves = [abs(b - a) for a, b in pairwise(values)]
    kept = [r for r in moves if r * len(moves) * 1000 < 3267 * sum(moves)]
    half = Fraction(266, 100) * Fraction(sum(kept), len(kept))
    mean = Fraction(sum(values), len(values))
    assert chart.points[0].lower == pytest.approx(float(mean - half), rel=1e-12)
    assert chart.points[0].upper == pytest.approx(float(mean + half), rel=1e-12)
    centre, lower, upper = limits(chart, ",.0f")
    assert f"centre {centre}, limits {lower} to {upper}. Common cause, hit or miss." in guide


def test_another_one_before_its_merger(rows: list[dict[str, str]], guide: str) -> None:
    # vignette intro.Rmd: RRK, type 1, before April 2018: eight points in a row on one side
    found = breaches(rows, "RRK", "2018-04")
    chart = xmr_chart([float(b) for _, b in found.values()], direction="down")
    shift = [s for s in chart.signals if s.rule == "shift"]
    assert [(len(s.points), s.side, s.state) for s in shift] == [(8, "low", "improve")]
    months = list(found)
    assert (months[shift[0].start], months[shift[0].end]) == ("2017-02-01", "2017-09-01")
    assert "8 months below the mean, February to September 2017" in guide


def test_the_merger_as_a_phase(rows: list[dict[str, str]], guide: str) -> None:
    found = breaches(rows, "RRK")
    values = [float(b) for _, b in found.values()]
    merger = Rebase(date(2018, 7, 1), "merger with a three-hospital trust")
    starts = phase_starts([date.fromisoformat(month) for month in found], [merger])
    one = xmr_chart(values, direction="down")
    two = xmr_chart(values, direction="down", phases=starts)
    assert two.phases[1].start == 27 and two.phases[1].trial
    last = two.phases[1].n_points
    said = (
        f"without a phase {broken(one)} of 36 months break a rule. Two trusts merged; with a "
        f"phase from July 2018 it is {broken(two)}, and the last phase has {last} points"
    )
    assert said in guide


def test_england(rows: list[dict[str, str]], guide: str) -> None:
    found = monthly(rows, lambda r: True)
    attended, late = [a for a, _ in found.values()], [b for _, b in found.values()]
    volume = xmr_chart([float(a) for a in attended])
    assert (
        "centre {}, limits {} to {}. Common cause throughout.".format(*limits(volume, ",.0f"))
        in guide
        and not volume.signals
    )
    shares = [1 - b / a for a, b in found.values()]
    chart = xmr_chart(shares, direction="up", target=0.95)
    other = xmr_chart(shares, direction="up", target=0.95, settings="nhse_excel")
    centre, lower, upper = limits(chart, ".1%")
    _, low, high = limits(other, ".1%")
    assert (
        f"centre {centre}, limits {lower} to {upper} (`nhse_excel`: {low} to {high}). "
        f"{broken(chart)} of 36 months break a rule"
    ) in guide
    latest = chart.latest_signal
    assert latest is not None and (latest.rule, latest.start, latest.end) == ("outside", 33, 34)
    assert list(found)[33] == "2019-01-01" and chart.state == "common"
    assert chart.assurance.state == "consistently_fails"
    in_time = [a - b for a, b in found.values()]
    wide = p_chart(in_time, attended, direction="up")
    narrow = p_chart(in_time, attended, direction="up", spread="binomial")
    outside = sum(p.rule == "outside" for p in narrow.points)
    assert wide.method == "p (Laney)" and sum(late) > 0
    assert f"sigma_z is {wide.sigma_z:.0f}. Limits by chance alone leave {outside} of 36" in guide
    assert "Laney's are {1} to {2}.".format(*limits(wide, ".1%")) in guide


def test_every_unit_with_a_whole_series(rows: list[dict[str, str]], guide: str) -> None:
    series: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        if int(row["attendances"]):
            share = 1 - int(row["breaches"]) / int(row["attendances"])
            series.setdefault((row["org_code"], row["type"]), {})[row["period"]] = share
    whole = [[s[m] for m in sorted(s)] for s in series.values() if len(s) == 36]
    assert len(whole) == 281
    counts = []
    for profile in ("nhsr", "nhse_excel"):
        charts = [xmr_chart(s, direction="up", target=0.95, settings=profile) for s in whole]
        state = Counter(chart.state for chart in charts)
        counts.append([state[s] for s in ("common", "concern", "improve", "not_enough_variation")])
        for chart in charts:
            # without limits there is no verdict, with limits there is one
            assert (chart.assurance.state == "none") == (chart.centre is None)
    flat = [s for s in whole if xmr_chart(s).state == "not_enough_variation"]
    spoilt = [len(s) - s.count(1.0) for s in flat]
    assert (len(spoilt), spoilt.count(0), max(spoilt)) == (29, 22, 3)
    a, b = counts
    assert (
        f"{a[0]} common cause, {a[1]} concern, {a[2]} improvement, {a[3]} not enough variation "
        f"(`nhse_excel`: {', '.join(map(str, b))})"
    ) in guide
