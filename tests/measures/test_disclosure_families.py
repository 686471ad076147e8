"""An attacker who sees several measures of the same people at once, and subtracts them.

Unknowns are the finest parts of the people (by month, value and what each measure makes of them);
every shown number of every measure of the family is an equation.
"""

from __future__ import annotations

import random
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from pipelines import releases
from pipelines.measures.case_query import jointly
from pipelines.measures.catalogue import catalogue, measure
from pipelines.measures.disclosure.counts import counted, told
from pipelines.measures.disclosure.families import FAMILIES, GROUPS, INSTEAD, family_of, why_not
from pipelines.measures.disclosure.lattice import lattice
from pipelines.measures.filter import Filter
from pipelines.measures.shared_tables import evaluate_for, shared_table
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
    assert len(set(members)) == len(members) and not set(members) & set(INSTEAD)
    for family in FAMILIES:
        entries = [measure(name) for name in family]
        assert len({entry.cases for entry in entries}) == 1
        for entry in entries:
            assert entry.kind in ("share", "count") and not entry.part and not entry.stock
            assert family_of(entry.id) == family
    assert set(INSTEAD) < set(catalogue()) and set(INSTEAD.values()) <= set(members)
    assert family_of("agreement_late") == ()


def test_families_of_a_group_are_of_the_same_people(demo_snapshot):
    """By month and site, those left out included."""
    for name, families in GROUPS.items():
        numbers = []
        for family in families:
            rows = jointly(demo_snapshot, [measure(each) for each in family], ("month", "site"))
            own = {at: sum(kinds.values()) for at, kinds in counted(rows, cut=True).items()}
            numbers.append(own)
        assert all(own == numbers[0] for own in numbers), name
        assert sum(numbers[0].values()) > 300


def test_every_measure_is_shared_or_says_why_it_is_not():
    for entry in catalogue().values():
        why = why_not(entry)
        assert (why is None) == bool(family_of(entry.id))
        if why is not None:
            assert why.startswith("not shared")
            rows = shared_table({}, entry.id, Filter()).rows
            assert [row.result for row in rows] == [Suppressed(entry.id, why)]


def test_the_parts_of_a_family_add_up_to_each_of_its_measures(demo_snapshot):
    for family in FAMILIES:
        rows = jointly(demo_snapshot, [measure(name) for name in family], ("site",))
        for place, name in enumerate(family):
            shown = evaluate_for(demo_snapshot, name, Filter(), ("site",), "service").rows
            for line in shown:
                kinds = {r["states"]: r["n"] for r in rows if r["by_0"] == line.by[0]}
                hits, of, out = told(kinds, place)
                if isinstance(line.result, Estimate):
                    assert (line.result.numerator, line.result.denominator) == (hits, of), name
                else:
                    assert of == 0
                assert line.result.excluded == out


def test_two_shown_measures_of_a_release_differ_by_no_small_number(released_home):
    families = releases.released(released_home).families
    family = FAMILIES[0]
    shown = {}
    for name in family:
        for row in shared_table(families, name, Filter(), ("month", "site")).rows:
            if isinstance(row.result, Estimate):
                own = shown.setdefault(row.by, set())
                own |= {row.result.numerator, row.result.denominator}
                own.add(row.result.denominator + row.result.excluded)
    assert len(shown) > 10
    for numbers in shown.values():
        assert not any(0 < b - a < 8 for a, b in pairwise(sorted(numbers)))


def test_a_figure_of_a_release_is_that_of_the_snapshot_over_the_same_months(
    released_home, demo_snapshot
):
    """The sums from the record against the engine of the measures, cut and alone."""
    families = releases.released(released_home).families
    june = Filter(date(2026, 4, 1), date(2026, 6, 30))
    whole = Filter(date(2024, 1, 1), date(2026, 6, 30))
    same = 0
    for by in ((), ("month",), ("site",), ("sex",)):
        for asked, of in ((june, june), (Filter(), whole)):
            exact = evaluate_for(demo_snapshot, "escalation_confirmed", of, by, "service")
            known = {row.by: row.result for row in exact.rows}
            for row in shared_table(families, "escalation_confirmed", asked, by).rows:
                if isinstance(row.result, Estimate):
                    own = known[row.by]
                    assert (row.result.value, row.result.lower) == (own.value, own.lower)
                    assert row.result.denominator == own.denominator
                    same += 1
    assert same > 30
