"""An attacker who keeps every release and subtracts one from another.

Unknowns are the people of each month and value; every line that any release shows is an equation.
The engine's own account of what a span holds is not used: months are read off the names of lines.
"""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from pipelines.measures.disclosure.attack import nobody
from pipelines.measures.disclosure.release import TIME_ALONE, UP_TO, Frozen, extend
from pipelines.measures.disclosure.rules import Rules
from tests.measures.test_disclosure_attack import months_of

MONTHS = [f"2025-{m:02d}" for m in range(11, 13)] + [f"2026-{m:02d}" for m in range(1, 6)]


def drawn(seed):
    """Counts of two kinds of people by month and site, from dense to sparse; sites come later."""
    r = random.Random(seed)
    mean, share = r.choice([4, 12, 40]), r.choice([0.1, 0.4])
    counts = {}
    for i, month in enumerate(MONTHS):
        for site in "abc" if i < 3 else "abcd":
            size = r.choice([0.0, 0.5, 1, 2])
            counts[month, site] = {
                "hit": int(r.expovariate(1) * mean * share * size),
                "not": int(r.uniform(0.5, 1.5) * mean * size),
            }
    return counts


def alone(counts):
    found = {}
    for (month, _), kinds in counts.items():
        own = found.setdefault((month, None), {})
        for kind, n in kinds.items():
            own[kind] = own.get(kind, 0) + n
    return found


def of(counts, months):
    return {at: kinds for at, kinds in counts.items() if at[0] in months}


def released(counts, steps, rules=None):
    """The releases of these months step by step; `steps` are numbers of months."""
    found, place = [Frozen()], 0
    for step in steps:
        months = tuple(MONTHS[place : place + step])
        place += step
        new = {TIME_ALONE: of(alone(counts), months), "site": of(counts, months)}
        found.append(extend(found[-1], months, new, rules or Rules()))
    return found[1:]


def inside(line, months):
    span = line[0]
    if span.startswith(UP_TO):
        return [m for m in months if m <= span.removeprefix(UP_TO)]
    return months_of(span, months)


def attack(counts, tables):
    """Per withheld line and kind, the values it may have: (smallest, largest, truth).

    `tables`: lines of each table seen -> whether they are withheld.
    """
    months, cells = sorted({m for m, _ in counts}), sorted(counts)

    def row(line):
        held = inside(line, months)
        return np.array([float(m in held and line[1] in (None, v)) for m, v in cells])

    shown = {line for table in tables for line, hidden in table.items() if not hidden}
    hidden = {line for table in tables for line, h in table.items() if h} - shown
    found = {}
    for kind in ("hit", "not"):
        truth = np.array([counts[c].get(kind, 0) for c in cells])
        known = []
        if shown:
            a = np.unique([row(line) for line in shown], axis=0)
            known = [LinearConstraint(a, a @ truth, a @ truth)]
        for line in hidden:
            own = row(line)
            ends = [
                milp(sign * own, constraints=known, bounds=Bounds(0, truth.sum() + 50),
                     integrality=np.ones(len(cells)))
                for sign in (1, -1)
            ]  # fmt: skip
            low, high = (round(s * e.fun) for s, e in zip((1, -1), ends, strict=True))
            found[line, kind] = (low, high, int(own @ truth))
    return found


def narrow(found):
    """Withheld counts with fewer than 8 possible values; a zero that is given away is none."""
    return {at: v for at, v in found.items() if v[1] - v[0] + 1 < 8 and v[1] > 0}


@pytest.mark.parametrize(("seed", "steps"), [(s, (4, 3) if s % 2 else (3, 2, 2)) for s in range(8)])
def test_two_and_three_releases_leave_every_withheld_count_eight_values(seed, steps):
    counts = drawn(seed)
    made = released(counts, steps)
    seen = [each.hidden[cut] for each in made for cut in (TIME_ALONE, "site")]
    assert any(hidden for table in seen for hidden in table.values())
    assert not narrow(attack(counts, seen))


def test_releases_decided_without_those_before_are_broken():
    """What the joint decision is for: each table by itself is safe, two of them are not."""
    broken = 0
    for seed in range(8):
        counts = drawn(seed)
        tables = []
        for last in (4, 6, 7):
            whole = released(counts, (last,))[0]
            tables += [whole.hidden[TIME_ALONE], whole.hidden["site"]]
        broken += bool(narrow(attack(counts, tables)))
    assert broken


@pytest.mark.parametrize("seed", range(4))
def test_what_was_shown_or_withheld_stays_so(seed):
    made = released(drawn(seed), (3, 2, 2))
    for before, after in pairwise(made):
        for cut, lines in before.hidden.items():
            assert lines.items() <= after.hidden[cut].items()
        assert before.months == after.months[: len(before.months)]


def test_lines_of_the_same_people_are_one_line():
    """A quarter of one month, and a value that everybody has: withheld and shown as one."""
    months = ("2026-03", "2026-04")
    counts = {(m, "a"): {"hit": 20, "not": 3 if m == "2026-03" else 30} for m in months}
    found = extend(Frozen(), months, {TIME_ALONE: alone(counts), "site": counts}, Rules())
    lines = found.hidden["site"]
    same = {
        lines["2026-03", None],
        lines["2026-03", "a"],
        lines["2026-Q1", "a"],
        lines["..2026-03", None],
    }
    assert same == {True}
    assert lines["2026-04", "a"] == lines["2026-04", None]


def test_only_complete_quarters_are_lines_and_all_data_end_with_one():
    found = released(drawn(1), (4, 3))
    spans = [{span for span, _ in each.hidden[TIME_ALONE]} for each in found]
    assert "2025-Q4" in spans[0] and "2026-Q1" not in spans[0]
    assert {"2026-Q1", "..2026-03", "..2025-12"} <= spans[1] and "2026-Q2" not in spans[1]
    assert found[1].latest == "..2026-03"


def test_where_earlier_lines_leave_no_room_nothing_new_is_shown():
    """Shown by hand against the rules: the engine cannot mend it and must not add to it."""
    months = ("2026-01", "2026-02")
    counts = {
        (m, None): {"hit": 3 if m == "2026-01" else 40} for m in ("2026-01", "2026-02", "2026-03")
    }
    bad = Frozen(
        months,
        {TIME_ALONE: of(counts, months)},
        {
            TIME_ALONE: {
                ("2026-01", None): True,
                ("2026-02", None): False,
                ("..2026-02", None): False,
            }
        },
    )
    new = extend(bad, ("2026-03",), {TIME_ALONE: of(counts, ("2026-03",))}, Rules())
    added = {
        line: h for line, h in new.hidden[TIME_ALONE].items() if line not in bad.hidden[TIME_ALONE]
    }
    assert added and all(added.values())


def split(counts, seed):
    """The same people as two kinds drawn anew: what another family makes of them."""
    r = random.Random(seed)
    found = {}
    for at, kinds in counts.items():
        n = sum(kinds.values())
        hit = sum(r.random() < 0.3 for _ in range(n))
        found[at] = {"hit": hit, "not": n - hit}
    return found


def families(seed, joined):
    """(people by cell, lines of two families of the same people as released together, lines whose
    number of people has to be withheld)."""
    first = drawn(seed)
    people = {at: {"hit": sum(kinds.values())} for at, kinds in first.items()}
    whole = released(people, (7,))[0]
    tables = []
    for counts in (first, split(first, seed)):
        new = {TIME_ALONE: alone(counts), "site": counts}
        made = extend(Frozen(), tuple(MONTHS), new, Rules(), whole if joined else None)
        tables += [made.hidden[TIME_ALONE], made.hidden["site"]]
    small = {line for lines in whole.hidden.values() for line, hidden in lines.items() if hidden}
    return people, tables, small


def narrow_numbers(people, tables, small):
    found = attack({at: {**kinds, "not": 0} for at, kinds in people.items()}, tables)
    told = {line for table in tables for line, hidden in table.items() if not hidden} & small
    return (
        told
        | narrow({at: v for at, v in found.items() if at[1] == "hit" and at[0] in small}).keys()
    )


def test_families_of_the_same_people_give_no_number_of_people_away():
    """Each shows, where it shows a line, how many people there are, those left out included."""
    broken = 0
    for seed in range(8):
        assert not narrow_numbers(*families(seed, joined=True))
        broken += bool(narrow_numbers(*families(seed, joined=False)))
    assert broken


def attack_beside(counts, made, whole):
    """The values that withheld counts may have where the others tell how many people there are.

    Unknowns are both kinds at once; every line that `whole` shows is an equation for their sum.
    """
    months, cells = sorted({m for m, _ in counts}), sorted(counts)
    kinds = ("hit", "not")
    truth = np.array([counts[c].get(kind, 0) for kind in kinds for c in cells])

    def row(line, which):
        held = inside(line, months)
        own = [float(m in held and line[1] in (None, v)) for m, v in cells]
        return np.concatenate([np.array(own) * (kind in which) for kind in kinds])

    rows, asked = [], []
    for cut in (TIME_ALONE, "site"):
        for line, withheld in made.hidden[cut].items():
            if not whole.hidden[cut][line]:
                rows.append(row(line, kinds))
                if withheld:
                    asked += [row(line, (kind,)) for kind in kinds]
            if not withheld:
                rows += [row(line, (kind,)) for kind in kinds]
    a = np.unique(rows, axis=0)
    known = [LinearConstraint(a, a @ truth, a @ truth)]
    found = []
    for own in asked:
        low, high = (
            round(s * milp(s * own, constraints=known, bounds=Bounds(0, truth.sum() + 50),
                           integrality=np.ones(len(truth))).fun)
            for s in (1, -1)
        )  # fmt: skip
        found.append((low, high))
    return found


def beside_each_other(seed, joined):
    """How many withheld counts of a family have fewer than 8 values beside another, and of how
    many."""
    counts = drawn(seed)
    people = {at: {"people": sum(kinds.values())} for at, kinds in counts.items()}
    whole = released(people, (4, 3))[-1]
    made = released(counts, (4, 3))[-1]
    if joined:
        made = Frozen()
        for months in (tuple(MONTHS[:4]), tuple(MONTHS[4:])):
            new = {TIME_ALONE: of(alone(counts), months), "site": of(counts, months)}
            made = extend(made, months, new, Rules(), released(people, (4, 3))[bool(made.months)])
    found = attack_beside(counts, made, whole)
    return sum(high - low + 1 < 8 and high > 0 for low, high in found), len(found)


def narrow_beside(seeds):
    """Of these tables: narrow counts of families decided alone, of those decided together, all."""
    alone_, joined, of_all = 0, 0, 0
    for seed in seeds:
        alone_ += beside_each_other(seed, joined=False)[0]
        narrow_, every = beside_each_other(seed, joined=True)
        joined, of_all = joined + narrow_, of_all + every
    return alone_, joined, of_all


def test_a_family_is_protected_where_another_tells_how_many_people_there_are():
    """In the last three tables no choice of lines protects the second release, but none new."""
    alone_, joined, of_all = narrow_beside((17, 26, 27, 35))
    assert alone_ and of_all > 50
    assert not joined, (joined, of_all)


@pytest.mark.deep
def test_families_are_protected_beside_each_other_in_many_tables():
    alone_, joined, of_all = narrow_beside(range(60))
    assert alone_ > 20 and of_all > 2000
    assert not joined, (joined, of_all)


def test_cells_are_known_to_be_nobody_where_the_shown_lines_leave_nothing_else():
    cells = np.array([5, 0, 0, 0, 3])
    shown = np.array([[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 1]])
    # The second is told by subtraction, the third may be some of the fifth, the fourth is in none.
    assert nobody(shown, cells).tolist() == [False, True, False, False, False]
    assert not nobody(shown[:0], cells).any()
