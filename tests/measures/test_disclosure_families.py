"""An attacker who sees several measures of the same people at once, and subtracts them.

Unknowns are the finest parts of the people (by month, value and what each measure makes of them);
every shown number of every measure of the family is an equation.
"""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from pipelines.measures.case_query import jointly
from pipelines.measures.catalogue import catalogue, measure
from pipelines.measures.disclosure.families import FAMILIES, NOT_SHARED, family_of
from pipelines.measures.disclosure.lattice import LEFT_OUT, lattice
from pipelines.measures.filter import Filter
from pipelines.measures.shared_tables import evaluate_for
from pipelines.measures.table import Suppressed
from pipelines.measures.types import Estimate
from tests.measures.test_disclosure_attack import months_of

# Nested: the second holds the first; the third is of them alone; the last is left out of all.
STATES = ("hit|hit|hit", "hit|hit|not", "not|hit|out", "not|not|out", "out|out|out")
MEASURES = 3


def drawn(seed):
    """Parts of a family by month and value, from dense to sparse."""
    r = random.Random(seed)
    months = [f"2026-{m:02d}" for m in range(1, r.choice([2, 3, 4]) + 1)]
    mean = r.choice([4, 12, 40])
    return {
        (m, v): {
            ("out: all" if state == STATES[-1] else state): int(r.expovariate(1) * mean)
            for state in STATES
        }
        for m in months
        for v in "ab"
    }


def parts_of(place, count):
    """Parts in the count ("hit" or "of") of the measure at this place of the states."""
    wanted = {"hit"} if count == "hit" else {"hit", "not"}
    return [s for s in STATES[:-1] if s.split("|")[place] in wanted]


def alone(counts, place):
    """The kinds of one measure by itself, as if it had no family."""
    found = {}
    for key, own in counts.items():
        kinds = {"hit": 0, "not": 0, "out: X": own.get("out: all", 0)}
        for state in STATES[:-1]:
            told = state.split("|")[place]
            kinds["out: X" if told == "out" else told] += own.get(state, 0)
        found[key] = kinds
    return found


def attack(counts, hidden):
    """Smallest number of values that a withheld number of any measure keeps.

    `hidden`: for each measure its withheld lines; its other lines show numerator and denominator.
    """
    months, values = sorted({m for m, _ in counts}), sorted({v for _, v in counts})
    cells = [(m, v, s) for m in months for v in values for s in STATES[:-1]]
    quarters = dict.fromkeys(f"2026-Q{(int(m[5:]) + 2) // 3}" for m in months)
    lines = [(span, value) for span in ("", *quarters, *months) for value in (None, *values)]
    truth = np.array([counts[m, v].get(s, 0) for m, v, s in cells])

    def row(line, parts):
        span, value = line
        inside = months_of(span, months)
        return np.array(
            [float(m in inside and value in (None, v) and s in parts) for m, v, s in cells]
        )

    shown, withheld = [], []
    for place in range(MEASURES):
        for line in lines:
            for count in ("hit", "of"):
                own = row(line, parts_of(place, count))
                (withheld if line in hidden[place] else shown).append(own)
    known = []
    if shown:
        a = np.array(shown)
        known = [LinearConstraint(a, a @ truth, a @ truth)]
    box, least = Bounds(0, truth.sum() + 60), 99
    for own in withheld:
        ends = [
            round(sign * milp(sign * own, constraints=known, bounds=box,
                              integrality=np.ones(len(cells))).fun)
            for sign in (1, -1)
        ]  # fmt: skip
        if ends[1] > 0:  # a zero that a shown zero gives away is no small number
            least = min(least, ends[1] - ends[0] + 1)
    return least


@pytest.mark.parametrize("seed", range(8))
def test_what_a_family_withholds_keeps_eight_values_against_all_its_measures(seed):
    counts = drawn(seed)
    hidden = lattice(counts, "site").hidden
    assert attack(counts, [hidden] * MEASURES) >= 8


def test_measures_decided_one_by_one_are_broken():
    broken = 0
    for seed in range(8):
        counts = drawn(seed)
        hidden = [lattice(alone(counts, place), "site").hidden for place in range(MEASURES)]
        broken += attack(counts, hidden) < 8
    assert broken >= 2


def test_families_are_of_one_file_of_cases_and_no_measure_is_in_two():
    members = [name for family in FAMILIES for name in family]
    assert len(set(members)) == len(members) and not set(members) & set(NOT_SHARED)
    for family in FAMILIES:
        entries = [measure(name) for name in family]
        assert len({entry.cases for entry in entries}) == 1
        for entry in entries:
            assert entry.kind in ("share", "count") and not entry.part
            assert family_of(entry.id) == family
    for name, instead in NOT_SHARED.items():
        assert measure(name).cases == measure(instead).cases and instead not in NOT_SHARED
    assert family_of("agreement") == ("agreement",)


def test_the_parts_of_a_family_add_up_to_each_of_its_measures(demo_snapshot):
    for family in FAMILIES:
        rows = jointly(demo_snapshot, [measure(name) for name in family], ("site",))
        for place, name in enumerate(family):
            shown = evaluate_for(demo_snapshot, name, Filter(), ("site",), "service").rows
            for line in shown:
                own = [r for r in rows if r["by_0"] == line.by[0]]
                told = [(r["states"].split("|")[place], r["n"]) for r in own]
                hits = sum(n for state, n in told if state == "hit")
                of = sum(n for state, n in told if state in ("hit", "not"))
                if isinstance(line.result, Estimate):
                    assert (line.result.numerator, line.result.denominator) == (hits, of), name
                else:
                    assert of == 0


def test_two_shown_measures_of_the_demo_differ_by_no_small_number(demo_snapshot):
    for family in (FAMILIES[0], FAMILIES[2]):
        tables = [evaluate_for(demo_snapshot, n, Filter(), ("month",), "shared") for n in family]
        shown = {}
        for table in tables:
            for row in table.rows:
                if isinstance(row.result, Estimate):
                    own = shown.setdefault(row.by, set())
                    own |= {row.result.numerator, row.result.denominator}
        assert len(shown) > 10
        for numbers in shown.values():
            told = sorted(numbers)
            assert not any(0 < b - a < 8 for a, b in pairwise(told)), family


def test_what_can_be_subtracted_from_the_shared_one_is_not_shared(demo_snapshot):
    for name, instead in NOT_SHARED.items():
        for row in evaluate_for(demo_snapshot, name, Filter(), (), "shared").rows:
            assert isinstance(row.result, Suppressed) and instead in row.result.reason
        assert evaluate_for(demo_snapshot, instead, Filter(), (), "shared").rows
    assert set(NOT_SHARED) < set(catalogue())
    assert LEFT_OUT.strip() in "out: all"
