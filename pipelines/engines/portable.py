"""The SQL that means the same on DuckDB and Spark, and in words what is wrong with the rest.

It is a list of what is allowed: each entry was compared on both engines, row by row and type by
type. To allow more, add it here and give a case of it to the comparison in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from pipelines.engines.macros import known_macros
from pipelines.engines.project import SOURCES, models
from pipelines.engines.stars import column_types
from rules.ruleset import load

FUNCTIONS: Final = (
    *(exp.And, exp.Or, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Exists, exp.Cast),
    *(exp.Least, exp.Greatest, exp.Contains, exp.ConcatWs, exp.Lower, exp.Trim, exp.Substring),
    *(exp.Count, exp.Sum, exp.Min, exp.Max, exp.LogicalOr, exp.LogicalAnd, exp.ArgMin, exp.ArgMax),
    *(exp.GroupConcat, exp.RowNumber, exp.FirstValue, exp.LastValue, exp.Lag, exp.Lead),
    *(exp.DateDiff, exp.DateTrunc, exp.TimestampTrunc),
    *(exp.Array, exp.Unnest, exp.Explode, exp.Split),
)
NODES: Final = (
    *(exp.Identifier, exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Star, exp.Var),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Between, exp.Not),
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe, exp.Paren),
    *(exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered),
    *(exp.With, exp.CTE, exp.Subquery, exp.Union, exp.Table, exp.TableAlias, exp.Alias),
    *(exp.Window, exp.WindowSpec, exp.Filter, exp.IgnoreNulls, exp.Qualify, exp.Distinct),
    *(exp.DataType, exp.DataTypeParam, exp.Interval),
)
ORDERED: Final = (exp.RowNumber, exp.FirstValue, exp.LastValue, exp.Lag, exp.Lead)
WHOLE: Final = (exp.Count, exp.DateDiff, exp.RowNumber, exp.Null, exp.Predicate)
INTEGERS: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "BOOLEAN", "HUGEINT"})
KEYWORDS: Final = frozenset({"stream", "anti", "semi", "minus"})
"""Names that Spark takes for a word of its own where a table stands."""


def problems(sql: str) -> list[str]:
    """What in this statement would differ between the engines, with its line; empty: nothing."""
    try:
        tree = parse_one(sql, read="duckdb")
    except ParseError as error:
        return [f"it cannot be read: {str(error).splitlines()[0]}"]
    found = []
    for node in tree.walk():
        found += [f"line {_line(node)}: {words}" for words in _wrong(node)]
    return list(dict.fromkeys(found))


def macro_problems() -> list[str]:
    """The same of the shared macros, each under its name."""
    found = []
    for name, (_, body) in known_macros().items():
        found += [f"{name}: {words}" for node in body.walk() for words in _wrong(node)]
    return list(dict.fromkeys(found))


def _line(node: exp.Expr) -> int:
    """The line on which a node begins, as near as the parser says."""
    lines = [each.meta["line"] for each in node.walk() if "line" in each.meta]
    return min(lines, default=1)


def _wrong(node: exp.Expr) -> Iterator[str]:
    for check in (
        _functions,
        _dates,
        _casts,
        _divisions,
        _literals,
        _sums,
        _windows,
        _texts,
        _names,
    ):
        yield from check(node)


def _functions(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.Anonymous):
        if node.name.lower() not in known_macros():
            yield f"{node.name}() is not in the subset, and no macro of ours"
    elif isinstance(node, exp.Func):
        if not isinstance(node, FUNCTIONS) or isinstance(node, exp.TryCast):
            yield f"{_told(node)} is not in the subset"
    elif not isinstance(node, NODES):
        yield f"{_told(node)} ({type(node).__name__}) is not in the subset"


def _dates(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.DateDiff) and (node.text("unit") or "day").upper() != "DAY":
        yield "count days only: months, weeks and years mean something else on Spark"
    if isinstance(node, exp.DateTrunc | exp.TimestampTrunc | exp.Interval) and not _cast_to_date(
        node
    ):
        yield f"wrap {_told(node)} in cast(… as date): it is a timestamp on one engine only"
    if isinstance(node, exp.Sub) and _is_date(node.this) and _is_date(node.expression):
        yield f"{_told(node)} is an interval on Spark: use date_diff('day', …)"


def _is_date(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.to.is_type("date"))
    return isinstance(node, exp.Column) and _kinds(node) == {"DATE"}


def _cast_to_date(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Add | exp.Sub | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Cast) and parent.to.is_type("date")


def _casts(node: exp.Expr) -> Iterator[str]:
    if not isinstance(node, exp.Cast) or not node.to.is_type(*exp.DataType.INTEGER_TYPES):
        return
    given = node.this.unnest()
    if isinstance(given, exp.Window | exp.Filter):
        given = given.this
    known = _kinds(given)
    if not isinstance(given, WHOLE) and not (known and known <= INTEGERS):
        yield (
            f"{_told(node)}: DuckDB rounds where Spark cuts, and reads text that Spark refuses; "
            "cast only what is whole already"
        )


def _divisions(node: exp.Expr) -> Iterator[str]:
    if not isinstance(node, exp.Div | exp.IntDiv | exp.Mod):
        return
    divisor = node.expression.unnest()
    if not isinstance(divisor, exp.Nullif) and not (
        isinstance(divisor, exp.Literal) and divisor.this.strip("0.")
    ):
        yield f"divide by nullif(…, 0) or a number, not by {_told(divisor)}: Spark stops at 0"
    if any(kind.startswith("DECIMAL") for kind in _kinds(node)) and not node.find(exp.Cast):
        yield f"{_told(node)} divides decimals, which Spark rounds: cast(… as double) first"


def _literals(node: exp.Expr) -> Iterator[str]:
    if not isinstance(node, exp.Literal) or node.is_string or node.this.isdigit():
        return
    if not isinstance(node.parent, exp.Cast):
        yield f"{node.this} is a decimal on Spark: cast({node.this} as double)"


def _sums(node: exp.Expr) -> Iterator[str]:
    if not isinstance(node, exp.Sum) or "DOUBLE" not in _kinds(node):
        return
    if not any(each.to.is_type("decimal") for each in node.find_all(exp.Cast)):
        yield f"{_told(node)} depends on the order of the rows: sum(cast(… as decimal(18, 12)))"


def _windows(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.Window) and isinstance(node.this, exp.Filter):
        yield "filter does not go with over on every Spark: count(case when … then 1 end)"
    if isinstance(node, exp.Window) and node.this.find(*ORDERED) and not _has_order(node):
        yield f"{_told(node.this)} depends on the order of the rows: give its window an order"


def _has_order(node: exp.Window) -> bool:
    if node.args.get("order") is not None:
        return True
    select, name = node.find_ancestor(exp.Select), node.alias
    windows = select.args.get("windows", []) if select is not None and name else []
    return any(each.name == name and each.args.get("order") is not None for each in windows)


def _texts(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.GroupConcat):
        ordered = node.this
        own = isinstance(ordered, exp.Order) and ordered.expressions[0].this == ordered.this
        if not own:
            yield "string_agg needs an order by the very text that it joins"
    if isinstance(node, exp.Substring):
        start = node.args.get("start")
        if not (isinstance(start, exp.Literal) and start.this.isdigit() and int(start.this) >= 1):
            yield "substr counts from a number that is 1 or more"


def _names(node: exp.Expr) -> Iterator[str]:
    if isinstance(node, exp.CTE | exp.Table) and node.alias_or_name.lower() in KEYWORDS:
        yield f"{node.alias_or_name} is a word of Spark's own: give the table another name"


def _told(node: exp.Expr) -> str:
    text = " ".join(node.sql("duckdb", comments=False).split())
    return text if len(text) <= 60 else text[:57] + "…"


def _kinds(node: exp.Expr) -> set[str]:
    """The types that the columns of an expression have anywhere in the project."""
    columns = [node] if isinstance(node, exp.Column) else list(node.find_all(exp.Column))
    return {kind for each in columns for kind in _types().get(each.name, {"UNKNOWN"})}


@cache
def _types() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in (*SOURCES, *(model.name for model in models(load()))):
        for name, kind in column_types(table).items():
            found.setdefault(name, set()).add(kind)
    return found
