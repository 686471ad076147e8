"""What the linter lets pass and what it refuses; no engine is asked."""

from __future__ import annotations

import pytest

from pipelines.engines.portable import macro_problems, problems
from pipelines.engines.project import models
from pipelines.results import made_model
from rules.ruleset import load

MODELS = models(load())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_is_in_the_subset(model):
    assert problems(model.sql) == []


def test_the_macros_are_in_the_subset():
    assert macro_problems() == []


def test_only_the_name_of_the_engine_is_asked_outside_the_subset():
    (told,) = problems(made_model(load()).sql)
    assert "version" in told.lower()


# Expressions that DuckDB 2.0 and Spark 4.3 answer differently, or that only one of them knows.
DIFFERENT = (
    *("1 / 0", "x / y", "1 // 0", "5 % 0", "x % y", "cast(2.5 as integer)", "round(x)"),
    *("cast('1.5' as integer)", "try_cast('12.7' as integer)", "try_cast('1e3' as integer)"),
    *("cast(nprs as integer)", "cast(dose_fraction as bigint)", "cast(file_id as integer)"),
    *("date_diff('month', a, b)", "date_diff('year', a, b)", "date_sub('month', a, b)"),
    *("contact_date + interval 1 month", "contact_date - onset_date", "date_trunc('month', a)"),
    *("extract(isodow from a)", "extract(dow from a)", "age(a, b)", "strftime(a, '%Y')"),
    *("upper(x)", "substr(x, 0, 2)", "x[1:2]", "regexp_replace(x, '-', '')", "strip_accents(x)"),
    *("hash(x)", "format('{:03d}', 1)", "quantile_disc(x, 0.5)", "list(y order by y)"),
    *("first(y order by x)", "histogram(x)", "mode(x)", "median(x)", "avg(x)", "x ~ 'a'"),
    *("string_agg(x, ',')", "string_agg(x, ',' order by y)", "sum(dose_fraction)"),
    *("first_value(x) over (partition by y)", "row_number() over ()", "lag(x) over w"),
    *("count(*) filter (where x) over (partition by y)", "x * 0.7", "x like 'a%'"),
    *("approx_count_distinct(x)", "random()", "current_date", "list_transform(x, lambda i: i)"),
)


@pytest.mark.parametrize("expression", DIFFERENT)
def test_what_differs_is_refused_in_words_with_its_line(expression):
    found = problems(f"select\n    a,\n    {expression} as found\nfrom t")
    assert found, "let through"
    assert all(words.startswith("line ") for words in found)
    assert "line 3: " in "".join(found) or "line 1: " in "".join(found)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select date_diff('week', a, b) from t", "count days only"),
        ("select x / y from t", "divide by nullif(…, 0)"),
        ("select x * 0.7 from t", "cast(0.7 as double)"),
        ("select date_trunc('month', a) from t", "cast(… as date)"),
        ("select row_number() over () from t", "give its window an order"),
        ("with stream as (select 1 as a) select a from stream", "word of Spark's own"),
        ("select sum(dose_fraction) from dose", "order of the rows"),
        ("select a from t using sample 10", "not in the subset"),
        ("select (", "cannot be read"),
    ],
)
def test_the_words_say_what_to_do(sql, words):
    assert any(words in each for each in problems(sql)), problems(sql)


@pytest.mark.parametrize(
    "expression",
    [
        "date_diff('day', a, b) // 7",
        "cast(a as double) / nullif(b, 0)",
        "cast(date_trunc('month', a) as date)",
        "cast(date_trunc('month', a) + interval 1 month - interval 1 day as date)",
        "arg_min(a, b) filter (where c is not null)",
        "row_number() over (partition by a order by b)",
        "sum(cast(dose_fraction as decimal(18, 12)))",
        "string_agg(a, ',' order by a)",
        "cast(count(*) as integer)",
    ],
)
def test_what_is_the_same_passes(expression):
    assert problems(f"select {expression} as found from t") == []
