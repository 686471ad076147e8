"""Rows held as codes add up as the engine adds them, unknown values among them."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.measures import coded

ROW = st.tuples(
    st.sampled_from([None, "a", "b", "\u00e9", "Z"]),
    st.sampled_from([None, -70_000, 0, 3, 90_000]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, date(2024, 1, 1), date(2025, 12, 1)]),
    st.sampled_from([None, 0.5, -2.25, 1e9]),
    st.sampled_from([None, True, False]),
    st.integers(1, 2_000_000_000),
)
NAMES = ("word", "number", "yes", "day", "value")


@settings(max_examples=40, deadline=None)
@given(
    found=st.lists(ROW, max_size=40),
    by=st.permutations(NAMES).flatmap(lambda p: st.sampled_from([p[:n] for n in range(6)])),
    dense=st.sampled_from([0, 10**6]),
)
def test_sums_are_those_of_the_engine(found, by, dense):
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as con:
        patch.setattr(coded, "DENSE", dense)
        con.execute(
            "create table t (key bigint, word varchar, number integer, yes boolean, day date, "
            "value double, mature boolean, n integer)"
        )
        if found:
            con.executemany("insert into t values (1, ?, ?, ?, ?, ?, ?, ?)", found)
        held, keys = coded.read(con, "t")
        assert len(keys) == len(found)
        sums = held.sums({f"as_{name}": name for name in by})
        columns = "".join(f"{name} as as_{name}, " for name in by)
        text = (
            f"select {columns}coalesce(bool_and(mature), false) as mature, sum(n)::bigint as n "
            "from t group by all having count(*) > 0 order by all"
        )
        con.execute(text)
        names = [each[0] for each in con.description]
        assert sums.rows() == [dict(zip(names, row, strict=True)) for row in con.fetchall()]


@given(found=st.lists(ROW, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_rows_are_chosen_as_conditions_choose_them(found):
    with duckdb.connect() as con:
        con.execute("create table t (word varchar, number integer, n integer)")
        con.executemany("insert into t values (?, ?, ?)", [(r[0], r[1], r[6]) for r in found])
        held, keys = coded.read(con, "t")
        assert keys is None and held.mature is None
        for condition, at in (
            ("word in ('a', 'none')", held.having("word", ("a", "none"))),
            ("number between 0 and 5", held.between("number", 0, 5)),
            ("number >= 3", held.between("number", 3, None)),
            ("number is not null", held.between("number", None, None)),
        ):
            text = f"select coalesce(sum(n), 0)::bigint from t where {condition}"
            assert con.execute(text).fetchall() == [(held.part(at).n.sum(),)]


def test_too_many_combinations_are_left_to_the_engine():
    with duckdb.connect() as con:
        con.execute("create table t as select range::integer as a, 1 as n from range(40000)")
        held, _ = coded.read(con, "t")
        assert held.sums({str(i): "a" for i in range(4)}) is not None
        assert held.sums({str(i): "a" for i in range(5)}) is None
