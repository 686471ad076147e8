"""An attacker sees all shared views of a table and solves for what is hidden.

The attacker here is written apart from the engine: integer programmes (milp) over the finest
cells, with each shown line as an equation, for one kind of people after the other.
"""

from __future__ import annotations

import random
from dataclasses import fields, is_dataclass
from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from pipelines.measures.disclosure import Rules, protect
from pipelines.measures.disclosure.lattice import View, lattice
from pipelines.measures.disclosure.shared import shared_view
from pipelines.measures.filter import Filter
from pipelines.measures.table import MeasureRow, MeasureTable, Suppressed
from pipelines.measures.types import Estimate, MeasureError, NotEstimable

A5 = {"r1": (42, 12, 3, 6), "r2": (31, 9, 15, 20), "r3": (55, 22, 11, 2)}
CELLS = {(r, c): {"n": n} for r, row in A5.items() for c, n in zip("abcd", row, strict=True)}


def months_of(span, months):
    """Months of a span, worked out here from its name."""
    if span == "":
        return months
    if "-Q" in span:
        year, q = span.split("-Q")
        return [m for m in months if m[:4] == year and (int(m[5:]) - 1) // 3 + 1 == int(q)]
    return [span]


def attack(counts, hidden, lines):
    """{(line, kind): (smallest, largest, truth)} for each hidden line, by integer programming."""
    months, kinds = sorted({m for m, _ in counts}), sorted({k for v in counts.values() for k in v})
    values = sorted({v for _, v in counts if v is not None}) or [None]
    cells = [(m, v) for m in months for v in values]
    index = {c: i for i, c in enumerate(cells)}

    def row(line):
        span, value = line
        found = np.zeros(len(cells))
        for m in months_of(span, months):
            for v in values if value is None else [value]:
                found[index[m, v]] = 1
        return found

    matrix = {line: row(line) for line in lines}
    shown = [line for line in lines if line not in hidden]
    result = {}
    for kind in kinds:
        truth = np.array([counts.get(c, {}).get(kind, 0) for c in cells])
        known = []
        if shown:
            a = np.array([matrix[line] for line in shown])
            known = [LinearConstraint(a, a @ truth, a @ truth)]
        box = Bounds(0, truth.sum() + 50)
        for line in hidden:
            ends = []
            for sign in (1, -1):
                answer = milp(
                    sign * matrix[line],
                    constraints=known,
                    bounds=box,
                    integrality=np.ones(len(cells)),
                )
                assert answer.status == 0
                ends.append(round(sign * answer.fun))
            result[line, kind] = (ends[0], ends[1], int(matrix[line] @ truth))
    return result


def narrow(found):
    """Hidden counts with fewer than 8 possible values; a zero that is given away is none."""
    return {k: v for k, v in found.items() if v[1] - v[0] + 1 < 8 and v[2] + v[1] > 0}


def test_worked_example_has_its_known_ranges():
    made = lattice(CELLS, "c", quarters=False)
    assert made.hidden == {("r1", "c"), ("r1", "d"), ("r3", "c"), ("r3", "d")}
    found = {line: v[:2] for (line, _), v in attack(CELLS, made.hidden, made.lines).items()}
    assert found == {
        ("r1", "c"): (1, 9),
        ("r1", "d"): (0, 8),
        ("r3", "c"): (5, 13),
        ("r3", "d"): (0, 8),
    }


def test_hiding_the_small_numbers_alone_is_broken():
    made = lattice(CELLS, "c", Rules(secondary=False), quarters=False)
    found = attack(CELLS, made.hidden, made.lines)
    assert {line: v for (line, _), v in found.items()} == {
        ("r1", "c"): (3, 3, 3),
        ("r1", "d"): (6, 6, 6),
        ("r3", "d"): (2, 2, 2),
    }


def drawn(seed):
    """A random table: months, values, and three kinds of people, from dense to sparse."""
    r = random.Random(seed)
    months = [f"2026-{m:02d}" for m in range(1, r.choice([1, 2, 3, 4, 6]) + 1)]
    mean = r.choice([1, 3, 8, 20, 60])
    share = r.choice([0.02, 0.2, 0.5])
    counts = {}
    for m in months:
        for v in "abcde"[: r.choice([1, 2, 3, 5])]:
            size = r.choice([0.2, 1, 2])
            counts[m, v] = {
                "hit": int(r.expovariate(1) * mean * share * size),
                "not": int(r.uniform(0.5, 1.5) * mean * size),
                "out: X": r.choice([0, 0, 0, r.randint(0, 12)]),
            }
    return counts


def kinds_of(counts, out):
    return {
        c: {k: n for k, n in v.items() if k.startswith("out") == out} for c, v in counts.items()
    }


@pytest.mark.parametrize("seed", range(25))
def test_every_hidden_count_keeps_eight_values(seed):
    counts = drawn(seed)
    made = lattice(counts, "site")
    assert not narrow(attack(kinds_of(counts, False), made.hidden, made.lines))
    assert not narrow(attack(kinds_of(counts, True), made.left_out, made.lines))


def test_random_tables_are_broken_without_secondary_suppression():
    broken = 0
    for seed in range(16):
        counts = kinds_of(drawn(seed), False)
        made = lattice(counts, "site", Rules(secondary=False))
        broken += bool(narrow(attack(counts, made.hidden, made.lines)))
    assert broken >= 5


def test_several_cuts_of_the_same_people_give_nothing_away_together():
    """The attacker joins site, sex and age: unknowns are the cells of all at once, by month."""
    for seed in range(6):
        r = random.Random(seed)
        months, sites, sexes, ages = ["2026-01", "2026-02", "2026-04"], "ab", "fm", "yo"
        sizes = [0, 2, 5, 9, 30]
        full = {key: r.choice(sizes) for key in product(months, sites, sexes, ages)}
        keys = list(full)

        def cut(place, full=full):
            counts = {}
            for key, n in full.items():
                own = counts.setdefault((key[0], key[place]), {"n": 0})
                own["n"] += n
            return counts

        names = ((1, "site"), (2, "sex"), (3, "age_band"))
        made = {place: lattice(cut(place), name) for place, name in names}
        rows = {
            (place, line): np.array(
                [
                    float(k[0] in months_of(line[0], months) and line[1] in (None, k[place]))
                    for k in keys
                ]
            )
            for place, found in made.items()
            for line in found.lines
        }
        truth = np.array([full[k] for k in keys])
        shown = np.array([v for (p, line), v in rows.items() if line not in made[p].hidden])
        known = [LinearConstraint(shown, shown @ truth, shown @ truth)] if len(shown) else []
        for place, found in made.items():
            for line in found.hidden:
                ends = [
                    round(
                        s
                        * milp(
                            s * rows[place, line],
                            constraints=known,
                            bounds=Bounds(0, truth.sum() + 50),
                            integrality=np.ones(len(keys)),
                        ).fun
                    )
                    for s in (1, -1)
                ]
                assert ends[1] - ends[0] >= 7 or ends[1] == 0, (seed, place, line, ends)


def test_filters_that_differ_by_one_value_and_months_of_a_quarter():
    """Total less all other sites, quarter less its other months: both lead to no small number."""
    counts = {(f"2026-{m:02d}", s): {"n": 40} for m in range(1, 7) for s in "abc"}
    counts["2026-02", "b"] = {"n": 3}
    made = lattice(counts, "site")
    assert sum(("2026-02", site) in made.hidden for site in "abc") >= 2
    lines_of_quarter = [("2026-Q1", "b"), *((f"2026-0{m}", "b") for m in (1, 2, 3))]
    assert sum(line in made.hidden for line in lines_of_quarter) >= 2
    assert not narrow(attack(counts, made.hidden, made.lines))
    assert ("2026-05", "b") not in made.hidden


def numbers(thing):
    """Every number and text inside a table, wherever it stands, without the labels of its lines."""
    if isinstance(thing, MeasureTable):
        for row in thing.rows:
            yield from numbers(row.result)
    elif is_dataclass(thing):
        for field in fields(thing):
            if field.name not in ("value", "lower", "upper", "confidence"):
                yield from numbers(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        for inner in thing:
            yield from numbers(inner)
    elif thing is not None:
        yield thing


counts_of = st.integers(0, 40)


@st.composite
def tables(draw):
    rows = []
    for month in ("2026-01", "2026-02", "2026-03"):
        for site in "abc":
            x, y, z = draw(counts_of), draw(counts_of), draw(counts_of)
            out = (("NO_RESULT", z),) if z else ()
            if x + y == 0:
                text = f"Not shown: {z} followed."
                rows.append(MeasureRow((month, site), None, NotEstimable(text, "m", 0, out)))
                continue
            share = x / (x + y)
            found = Estimate("m", share, share, share, x, x + y, out, "Wilson")
            rows.append(MeasureRow((month, site), None, found))
    return MeasureTable("m", ("month", "site"), tuple(rows))


@settings(max_examples=25, deadline=None)
@given(tables())
def test_no_small_number_is_left_and_protecting_twice_changes_nothing(table):
    found = protect(table, "shared")
    for thing in numbers(found):
        if isinstance(thing, str):
            assert not set(thing.split()) & set("1234567"), thing
        else:
            assert not 0 < thing < 8
    for row in found.rows:
        if isinstance(row.result, Estimate):
            assert not 0 < row.result.denominator - row.result.numerator < 8
    assert protect(found, "shared") == found


@settings(max_examples=10, deadline=None)
@given(tables())
def test_service_and_auditor_see_the_table_as_it_is(table):
    assert protect(table, "service") is table
    assert protect(table, "auditor") is table


def test_unknown_mode_and_three_dimensions_are_refused():
    with pytest.raises(MeasureError, match="unknown mode"):
        protect(MeasureTable("m", (), ()), "publik")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="two dimensions"):
        protect(MeasureTable("m", ("month", "site", "sex"), ()), "shared")


@pytest.mark.parametrize(
    ("flt", "by", "words"),
    [
        (Filter(sites=("A", "B")), (), "one value at a time"),
        (Filter(sites=("A",)), ("sex",), "one dimension besides time"),
        (Filter(), ("site", "sex"), "one dimension besides time"),
        (Filter(date(2026, 1, 2), date(2026, 1, 31)), (), "whole months"),
        (Filter(date(2026, 1, 1), date(2026, 2, 28)), (), "one quarter"),
        (Filter(date(2026, 2, 1), date(2026, 4, 30)), (), "one quarter"),
    ],
)
def test_views_outside_the_lattice_are_refused_in_words(flt, by, words):
    with pytest.raises(MeasureError, match=words):
        shared_view(flt, by)


def test_views_of_the_lattice_are_placed_in_it():
    quarter = Filter(date(2026, 1, 1), date(2026, 3, 31), sites=("A",))
    assert shared_view(quarter, ()) == ("site", View("2026-Q1", "A", ("2026-01", "2026-03")))
    assert shared_view(Filter(), ("month", "sex")) == ("sex", View())


def test_suppressed_lines_carry_no_count():
    assert {f.name for f in fields(Suppressed)} == {"measure", "reason"}
