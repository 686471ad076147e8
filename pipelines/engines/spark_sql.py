"""Write a model as Spark SQL that gives the same rows, of the same types, as DuckDB does.

sqlglot writes the dialect; what it leaves with another meaning is put right on the tree first.
The subset of SQL for which this holds is what `portable` allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sqlglot import exp, parse_one

from pipelines.engines.macros import inline_macros
from pipelines.engines.stars import named_columns

BIGINT: Final = exp.DataType.build("bigint")
NUMBERING: Final = (exp.RowNumber, exp.Rank, exp.DenseRank)


def spark_sql(sql: str) -> str:
    """The `select` of a model in Spark SQL (4.0 or Databricks), laid out for reading."""
    return _laid_out(spark_tree(sql).sql("spark", pretty=True, max_text_width=100))


NEXT: Final = re.compile(r"^\), (\w+)((?: /\* .*? \*/)*) AS \($", re.MULTILINE)
ALONE: Final = re.compile(r"^( *)/\* (.*?) \*/$", re.MULTILINE)
BEHIND: Final = re.compile(r"^(.*[^ \n].*? )/\* ([^*]*(?:\*(?!/)[^*]*)*) \*/$", re.MULTILINE)


def _laid_out(text: str) -> str:
    """As the models are written: a table expression begins a paragraph, under its comment."""

    def paragraph(found: re.Match[str]) -> str:
        said = "".join(f"/* {each} */\n" for each in re.findall(r"/\* (.*?) \*/", found[2]))
        return f"),\n\n{said}{found[1]} AS ("

    return BEHIND.sub(_remark, ALONE.sub(_remark, NEXT.sub(paragraph, text)))


def _remark(found: re.Match[str]) -> str:
    """A comment to the end of the line, where its own signs need no guard."""
    return f"{found[1]}-- {found[2].replace('/ *', '/*')}"


def spark_tree(sql: str) -> exp.Expr:
    """The tree of `spark_sql`."""
    tree = named_columns(inline_macros(parse_one(sql, read="duckdb")))
    for rewrite in REWRITES:
        tree = tree.transform(rewrite)
    return tree


def _numbered(node: exp.Expr) -> exp.Expr:
    """`row_number` has 64 bits on DuckDB, 32 on Spark, where keys made from it would overflow."""
    if isinstance(node, exp.Window) and isinstance(node.this, NUMBERING) and not _compared(node):
        return exp.Cast(this=node, to=BIGINT.copy())
    return node


def _days(node: exp.Expr) -> exp.Expr:
    """Days between two dates, in 64 bits as on DuckDB, and whatever the session's time zone."""
    if isinstance(node, exp.DateDiff):
        days = exp.Anonymous(this="DATEDIFF", expressions=[node.this, node.expression])
        return days if _compared(node) else exp.Cast(this=days, to=BIGINT.copy())
    return node


def _compared(node: exp.Expr) -> bool:
    """Whether a number is only compared: its type then shows nowhere."""
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Add | exp.Sub):
        parent = parent.parent
    return isinstance(parent, exp.Predicate)


def _of_known(node: exp.Expr) -> exp.Expr:
    """`arg_min` passes over rows without a value on DuckDB; `min_by` gives NULL for them."""
    if not isinstance(node, exp.ArgMin | exp.ArgMax):
        return node
    if isinstance(node.this, exp.Coalesce) and isinstance(node.this.expressions[-1], exp.Literal):
        return node
    known = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
    if isinstance(node.parent, exp.Filter):
        given = node.parent.expression.this
        if known not in (given, *given.flatten()):
            node.parent.expression.set("this", exp.and_(known, given))
        return node
    return exp.Filter(this=node, expression=exp.Where(this=known))


def _kept(node: exp.Expr) -> exp.Expr:
    """`qualify` becomes a column of an inner select, which the outer one leaves out again."""
    if not isinstance(node, exp.Select) or not node.args.get("qualify"):
        return node
    condition, ahead = node.args["qualify"].this, node.args.get("with_")
    node.set("qualify", None)
    node.set("with_", None)
    inner = node.select(exp.alias_(exp.Paren(this=condition), "kept"), copy=False)
    star = exp.Star(**{"except_": [exp.to_identifier("kept")]})
    outer = exp.select(star).from_(inner.subquery("judged", copy=False)).where("kept")
    outer.set("with_", ahead)
    return outer


def _side_by_side(node: exp.Expr) -> exp.Expr:
    """Lists unfolded beside each other: Spark takes one generator per select."""
    if not isinstance(node, exp.Select):
        return node
    lists = [
        each for each in node.expressions if isinstance(each.unalias(), exp.Unnest | exp.Explode)
    ]
    if not lists:
        return node
    zipped = exp.Anonymous(
        this="ARRAYS_ZIP", expressions=[_unfolded(each.unalias()) for each in lists]
    )
    rows = exp.Aliases(
        this=exp.Anonymous(this="INLINE", expressions=[zipped]),
        expressions=[exp.to_identifier(each.alias) for each in lists],
    )
    first = lists[0]
    node.set(
        "expressions",
        [
            rows if each is first else each
            for each in node.expressions
            if each is first or each not in lists
        ],
    )
    return node


def _unfolded(node: exp.Expr) -> exp.Expr:
    found: exp.Expr = node.expressions[0] if isinstance(node, exp.Unnest) else node.this
    return found


def _joined(node: exp.Expr) -> exp.Expr:
    """Texts joined in their own order."""
    if isinstance(node, exp.GroupConcat) and isinstance(node.this, exp.Order):
        listed = exp.Anonymous(this="COLLECT_LIST", expressions=[node.this.this])
        ordered = exp.Anonymous(this="ARRAY_SORT", expressions=[listed])
        return exp.Anonymous(this="ARRAY_JOIN", expressions=[ordered, node.args["separator"]])
    return node


REWRITES: Final[tuple[Callable[[exp.Expr], exp.Expr], ...]] = (
    _numbered,
    _days,
    _of_known,
    _kept,
    _side_by_side,
    _joined,
)
