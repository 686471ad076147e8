"""Whatever the data and the question: every measure gives a figure or says why there is none.

Never NaN, never 0 % of nobody, never an error of another kind than one that names the mistake.
"""

from __future__ import annotations

import json
import math
import random
from datetime import date

import duckdb
import pytest

from pipelines import snapshot
from pipelines.measures.agreement import agreement
from pipelines.measures.catalogue import catalogue
from pipelines.measures.evaluate import evaluate
from pipelines.measures.filter import Filter
from pipelines.measures.headline import three_answers
from pipelines.measures.monthly import charted
from pipelines.measures.series import (
    escalation_by_month,
    persistence_by_month,
)
from pipelines.measures.tidy import tidy
from pipelines.measures.types import Estimate, MeasureError, Median, NotEstimable
from tests.command import outcomes

ALL = Filter()
DAYS = ("days", "res_")
MADE = ("counts_", "case_", "answer_")
"""Tables made from the others at publication; without them the others are read."""


@pytest.fixture(scope="module")
def published(worked_home):
    """The published tables of the worked cases, which hold contradictions of their own."""
    con = duckdb.connect()
    con.execute(f"attach '{snapshot.current(worked_home).path}' as s (read_only)")
    yield con
    con.close()


def columns(con, table):
    return con.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = 's' and table_name = ?",
        [table],
    ).fetchall()


def copied(con, keep, spoil):
    """The tables with these episodes alone; `spoil` may change a date or a number of days."""
    listed = "select table_name from duckdb_tables() where database_name = 's'"
    for (table,) in con.execute(listed).fetchall():
        if table.startswith(MADE):
            continue
        found = columns(con, table)
        own = any(name == "episode_key" for name, _ in found)
        where = f"where episode_key in ({', '.join(map(str, keep)) or 'null'})" if own else ""
        con.execute(f"create or replace table memory.{table} as from s.{table} {where}")
        for name, kind in found if own else ():
            if kind == "DATE" or (kind in ("INTEGER", "BIGINT") and name.startswith(DAYS)):
                spoil(table, name, kind)
    con.execute("use memory")


def check(result, empty):
    """A figure that can be, or a sentence that says why there is none."""
    if isinstance(result, NotEstimable):
        assert result.reason.startswith("Not ") and result.reason.endswith("."), result
        assert "nan" not in result.reason.lower().split()
        return
    assert isinstance(result, Estimate | Median) and not empty, result
    n = result.denominator if isinstance(result, Estimate) else result.n
    assert n > 0
    for value in (result.value, result.lower, result.upper):
        assert value is None or math.isfinite(value)


def every_measure(con, flt=ALL, empty=False):
    for entry in catalogue().values():
        for by in ((), ("site",)):
            table = evaluate(con, entry.id, flt, by)
            for row in table.rows:
                check(row.result, empty)
            for line in tidy(table):
                assert line["value"] is not None or line["note"], line
        if not entry.stock:
            for chart in charted(con, entry.id, flt):
                assert chart.reading.text


def the_pages(con):
    """What the pages ask besides: the three answers, agreement, and the series by month."""
    answers = three_answers(con, ALL)
    for result in (
        answers.escalation.confirmed,
        answers.improvement.median,
        answers.improvement.restricted_mean,
        answers.persistence.share_8_weeks.share,
        answers.persistence.estimated_8_weeks,
        agreement(con, ALL).kappa,
    ):
        check(result, empty=False)
    for series in (escalation_by_month, persistence_by_month):
        for point in series(con, ALL).points:
            check(point.estimate, empty=False)


def nothing(table, name, kind):
    """Leave the dates as they are."""


def test_no_episode_at_all(published):
    copied(published, [], nothing)
    every_measure(published, empty=True)


def test_one_person_and_three(published):
    keys = [k for (k,) in published.execute("select episode_key from s.episode").fetchall()]
    for n in (1, 3):
        copied(published, random.Random(n).sample(keys, n), nothing)
        every_measure(published)
        the_pages(published)


@pytest.mark.parametrize("seed", range(2))
def test_dates_that_contradict_each_other(published, seed):
    draw = random.Random(seed)
    keys = [k for (k,) in published.execute("select episode_key from s.episode").fetchall()]

    def spoil(table, name, kind):
        move = "::date" if kind == "DATE" else "::integer"
        shift = "(hash(rowid, {}) % 401)::integer - 200"
        published.execute(
            f"update memory.{table} set {name} = case when hash(rowid, {draw.random()}) % 3 = 0 "
            f"then null else ({name} + ({shift.format(draw.random())})){move} end "
            f"where hash(rowid, {draw.random()}) % 2 = 0"
        )

    copied(published, keys, spoil)
    every_measure(published)
    the_pages(published)


def test_a_case_whose_days_cannot_be_is_left_out_and_told(published):
    keys = [k for (k,) in published.execute("select episode_key from s.episode").fetchall()]
    copied(published, keys, nothing)
    sound = {n: evaluate(published, n, ALL).rows[0].result for n in ("improvement_by_day",)}
    published.execute(
        "update memory.episode set tti_days = -3 where episode_key = (select min(episode_key) "
        "from memory.episode where tti_event = 'improved' and n_evaluated > 0)"
    )
    spoilt = evaluate(published, "improvement_by_day", ALL).rows[0].result
    assert dict(spoilt.exclusions)["DATES_CONTRADICT"] == 1
    assert spoilt.denominator == sound["improvement_by_day"].denominator - 1


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(MeasureError, match="swap the two dates"):
        Filter(date(2026, 5, 1), date(2026, 1, 31))


def refuse(name):
    raise AssertionError(f"{name} in the output")


@pytest.mark.parametrize(
    ("words", "empty"),
    [
        (("--where", "site=nowhere"), True),
        (("--from", "1990-01", "--to", "1990-02"), True),
        (("--where", "site=unknown", "--by", "month"), False),
    ],
)
def test_the_command_tells_every_measure_of_a_selection(worked_home, words, empty):
    done = outcomes("measures", "--json", *words, home=worked_home.root)
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout, parse_constant=refuse)
    assert {line["measure"] for line in lines} == set(catalogue()) or not empty
    for line in lines:
        assert (line["value"] is None) == bool(line["note"]) or line["note"] == "", line
        assert line["value"] is not None or line["note"], line
        assert not empty or line["value"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("agrement",), "did you mean 'agreement'"),
        (("agreement", "--by", "ageband"), "did you mean 'age_band'"),
        (("agreement", "--where", "sitte=A"), "did you mean 'site'"),
        (("agreement", "--from", "2026-05", "--to", "2026-01"), "swap the two dates"),
        (("agreement", "--from", "2026-13"), "no month or day"),
        (("agreement", "--mode", "publik"), "unknown mode"),
        (("agreement", "--by", "site", "--by", "site"), "asked for twice"),
        (("agreement", "--mode", "shared", "--by", "ward"), "no dimension 'ward'"),
        (("agreement", "--mode", "shared", "--by", "site", "--by", "sex"), "one dimension besides"),
        (("agreement", "--mode", "shared", "--from", "2026-01-15"), "whole months"),
        (("agreement", "--mode", "shared"), "nothing has been released yet"),
    ],
)
def test_the_command_names_what_is_wrong_with_a_question(worked_home, words, said):
    done = outcomes("measures", *words, home=worked_home.root)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert said in " ".join(done.stderr.split())
