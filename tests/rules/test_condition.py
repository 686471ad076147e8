"""The grammar of a rule's condition, and its three values."""

from __future__ import annotations

import itertools

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.condition import (
    And,
    Atom,
    Condition,
    ConditionError,
    Not,
    Or,
    conjunction,
    decisive,
    disjunction,
    evaluate,
    negation,
    parse,
    to_sql,
)

VALUES = (True, None, False)
ORDER = {False: 0, None: 1, True: 2}


@pytest.mark.parametrize(("a", "b"), list(itertools.product(VALUES, VALUES)))
def test_and_is_the_minimum_and_or_the_maximum_of_no_unknown_yes(a, b):
    assert conjunction([a, b]) is min(a, b, key=ORDER.__getitem__)
    assert disjunction([a, b]) is max(a, b, key=ORDER.__getitem__)


def test_not_swaps_yes_and_no_and_keeps_unknown():
    assert [negation(v) for v in VALUES] == [False, None, True]


def test_and_binds_more_tightly_than_or():
    assert parse("a or b and c") == Or((Atom("a"), And((Atom("b"), Atom("c")))))


def test_brackets_not_and_calls_are_read():
    tree = parse("not (a or developed(b)) and c")
    assert tree == And((Not(Or((Atom("a"), Atom("b", "developed")))), Atom("c")))
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a >= 3", "character 3"),
        ("a and", "character 6"),
        ("(a or b", "character 8"),
        ("a b", "character 3"),
        ("developed()", "character 11"),
        ("select a from b;", "character 16"),
        ("", "character 1"),
        ("not", "character 4"),
        ("a or or b", "character 6"),
    ],
)
def test_anything_else_is_refused_with_its_place(text, place):
    with pytest.raises(ConditionError, match=place):
        parse(text)


NAMES = ("a", "b", "c", "d")


def trees() -> st.SearchStrategy[Condition]:
    return st.recursive(
        st.sampled_from(NAMES).map(Atom),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda p: And(tuple(p))),
            st.lists(inner, min_size=2, max_size=3).map(lambda p: Or(tuple(p))),
        ),
        max_leaves=10,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(trees(), min_size=8, max_size=8))
def test_python_and_sql_agree_on_every_filling(forest):
    con = duckdb.connect()
    try:
        con.execute("create table t (a boolean, b boolean, c boolean, d boolean)")
        rows = list(itertools.product(VALUES, repeat=4))
        con.executemany("insert into t values (?, ?, ?, ?)", rows)
        columns = ", ".join(to_sql(tree) for tree in forest)
        answers = con.execute(f"select a, b, c, d, {columns} from t").fetchall()
        for row in answers:
            values = dict(zip(NAMES, row[:4], strict=True))
            assert [evaluate(tree, values) for tree in forest] == list(row[4:])
    finally:
        con.close()


@settings(max_examples=200, deadline=None)
@given(trees(), st.tuples(*[st.sampled_from(VALUES)] * 4))
def test_the_deciding_atoms_alone_settle_the_value(tree, row):
    values = dict(zip(NAMES, row, strict=True))
    answer = evaluate(tree, values)
    deciding = {atom.name for atom in decisive(tree, values)}
    if answer is None:
        assert any(values[name] is None for name in deciding)
        return
    for filling in itertools.product(VALUES, repeat=4):
        other = dict(zip(NAMES, filling, strict=True))
        mixed = {n: values[n] if n in deciding else other[n] for n in NAMES}
        assert evaluate(tree, mixed) is answer
